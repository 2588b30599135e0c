/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What people did with a ticket, as facts on the ticket: closed, reopened,
 * snoozed, said to be wrong. What a person does wins.
 *
 * Must not decide: it writes down and marks; the next decide() draws the
 * conclusions. A state that a sink does not know is no evidence.
 */
#include <config.h>

#include "core/route/feedback.h"

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"

json_t *feedback_human(struct feedback *f)
{
    if (!f->t.human)
        f->t.human = json_object();
    return f->t.human;
}

json_t *feedback_member(json_t *of, const char *key)
{
    json_t *o = jx_obj(of, key);

    if (!o) {
        o = json_object();
        json_object_set_new(of, key, o);
    }
    return o;
}

static int closed_by(struct feedback *f, const char *state)
{
    json_t *h = feedback_human(f);
    struct standing_of s = { NULL, NULL };
    int rc;

    if (!strcmp(state, "not_planned") || !strcmp(state, "deleted"))
        return silence_begin(f, "not-planned", 0, true);
    jx_set_int(h, "closes", jx_int(h, "closes", 0) + 1);
    jx_set_bool(h, "reopened", false);
    rc = standing_of(f, &s);
    json_object_set(h, "commits", s.commits);
    json_decref(s.fingerprints);
    json_decref(s.commits);
    return rc;
}

static int see_state(struct feedback *f, const char *before, const char *state,
                     bool moved)
{
    json_t *h = feedback_human(f);
    const char *by = jx_str(f->remote, "by");

    if (!by || (!moved && !strcmp(before, state)))
        return 0;
    jx_set_str(h, "state", state);
    jx_set_str(h, "by", by);
    jx_set_int(h, "changed", jx_int(f->remote, "changed", f->now));
    json_object_del(h, "duplicate_of");
    jx_set_str(h, "duplicate_of", jx_str(f->remote, "duplicate_of"));
    /* said of what was closed as not planned: they mean this one only */
    if (!strcmp(before, "not_planned")
        && (!strcmp(state, "open") || !strcmp(state, "duplicate"))
        && silence_end(f, "not-planned") < 0)
        return -1;
    return strcmp(state, "open") ? closed_by(f, state) : 0;
}

static bool state_known(const char *s)
{
    static const char *const known[] = { "open", "completed", "not_planned",
                                         "duplicate", "deleted" };

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (!strcmp(s, known[i]))
            return true;
    return false;
}

/* 1: something changed that is worth a decision. */
static int see(struct feedback *f)
{
    const char *state = jx_str_or(f->remote, "state", "");
    json_t *labels = jx_arr(f->remote, "labels");
    json_t *sinks = feedback_member(feedback_human(f), "sinks");
    json_t *seen = feedback_member(sinks, f->sink);
    CLEANUP_JSON json_t *before = json_deep_copy(seen);
    bool moved, late;

    if (!state_known(state)) {
        log_warn("%s: state \"%s\" of ticket %.8s says nothing", f->sink, state,
                 f->t.key);
        return 0;
    }
    if (see_row(f, state, &moved, &late) < 0)
        return -1;
    if (!late) {
        jx_set_str(seen, "state", state);
        jx_set_str(seen, "duplicate_of", jx_str(f->remote, "duplicate_of"));
    }
    if (labels)
        json_object_set(seen, "labels", labels);
    if (json_equal(before, seen) && !moved)
        return 0;
    jx_set_int(feedback_human(f), "seen", f->now);
    if (labels) {
        json_object_set(feedback_human(f), "labels", labels);
        if (see_labels(f, jx_arr(before, "labels"), labels) < 0)
            return -1;
    }
    if (!late
        && see_state(f, jx_str_or(before, "state", "open"), state, moved) < 0)
        return -1;
    /* of which it is one may be said later than that it is one */
    if (!late && !strcmp(state, "duplicate"))
        jx_set_str(feedback_human(f), "duplicate_of",
                   jx_str(f->remote, "duplicate_of"));
    return 1;
}

static int note_row(void *user, const char *sink, const char *ticket,
                    const json_t *remote)
{
    struct {
        const char *sink;
        bool known;
    } *n = user;

    (void)ticket;
    (void)remote;
    n->known = n->known || !strcmp(n->sink, sink);
    return 0;
}

/* It stands there and not here: the state was lost, or an older copy came
 * back. Kept until its ticket comes up, see stray.c. */
static int keep_stray(struct feedback *f, const char *key)
{
    struct {
        const char *sink;
        bool known;
    } n = { f->sink, false };

    if (str_cmp0(jx_str(f->remote, "state"), "open"))
        return store_stray_delete(f->st, f->sink, key, f->err);
    if (store_stray_each(f->st, key, note_row, &n, f->err) < 0)
        return -1;
    return n.known ? 0
                   : store_stray_put(f->st, f->sink, key, f->remote, f->now,
                                     f->err);
}

static int has_row(struct feedback *f)
{
    struct outbox o;
    int got = store_outbox_get(f->st, f->t.id, f->sink, &o, f->err);

    if (got > 0)
        outbox_release(&o);
    return got;
}

static int take(struct feedback *f)
{
    const char *key = jx_str(f->remote, "ticket");
    bool is_double = str_eq(jx_str(f->remote, "state"), "double");
    int got = key ? store_ticket_get(f->st, key, &f->t, f->err) : 0, row;

    if (got == 0 && key)
        return is_double ? 0 : keep_stray(f, key);
    if (got <= 0)
        return got;
    row = has_row(f);
    if (is_double) {
        got = row > 0 ? see_double(f) : row;
        ticket_release(&f->t);
        return got;
    }
    if (row < 0 || (!row && keep_stray(f, key) < 0)) {
        ticket_release(&f->t);
        return -1;
    }
    if (!row) { /* judged with what stands there */
        f->t.next_at = f->now;
        got = store_ticket_put(f->st, &f->t, f->err);
        ticket_release(&f->t);
        return got;
    }
    got = see(f);
    if (got == 1) {
        f->t.next_at = f->now;
        f->t.changed = f->now;
        got = store_ticket_put(f->st, &f->t, f->err);
    }
    ticket_release(&f->t);
    return got;
}

int decide_feedback(struct store *st, const char *sink, json_t *remotes,
                    int64_t now, struct err *err)
{
    struct feedback f = { .st = st, .sink = sink, .now = now, .err = err };
    size_t i;

    if (!json_array_size(remotes))
        return 0;
    if (store_begin(st, STORE_BATCH, err) < 0)
        return -1;
    json_array_foreach(remotes, i, f.remote) {
        memset(&f.t, 0, sizeof(f.t));
        if (take(&f) < 0) {
            store_rollback(st);
            return -1;
        }
    }
    return store_commit(st, err);
}
