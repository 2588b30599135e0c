/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What people did with a ticket, as facts on the ticket: closed, reopened,
 * snoozed, said to be wrong. What a person does wins.
 *
 * Must not decide: it writes down and marks; the next decide() draws the
 * conclusions. A state that a sink does not know is no evidence.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/route/judge.h"
#include "core/route/operators.h"

#define SNOOZE_LABEL "tocsin: snooze"
#define SNOOZE_DEFAULT (30 * DAY)
#define SNOOZE_MAX (366 * DAY)
#define WRONG_LABEL "tocsin: wrong"
/* These two are about the project, not the ticket they stand on. */
#define OFF_LABEL "tocsin: off"
#define DIGEST_LABEL "tocsin: digest"
/* So long after an intent a listing that does not show its effect is not
 * late: there was none. */
#define LISTED_WITHIN (15 * MINUTE)

struct feedback {
    struct store *st;
    const char *sink;
    int64_t now;
    struct ticket t;
    json_t *remote;
    struct err *err;
};

/* The seconds of "tocsin: snooze", "tocsin: snooze 90d"; 0: no such label.
 * A length that cannot be read is the default one: it means "not now". */
static int64_t snooze_of(const json_t *labels)
{
    int64_t longest = 0;
    size_t i;
    json_t *v;

    json_array_foreach(labels, i, v) {
        const char *s = json_string_value(v);
        int64_t t;

        if (!s || strncasecmp(s, SNOOZE_LABEL, strlen(SNOOZE_LABEL)))
            continue;
        s += strlen(SNOOZE_LABEL);
        if (*s && *s != ' ')
            continue;
        s += strspn(s, " ");
        if (!*s || when_parse_duration(s, &t) < 0 || t <= 0)
            t = SNOOZE_DEFAULT;
        if (t > SNOOZE_MAX)
            t = SNOOZE_MAX;
        if (t > longest)
            longest = t;
    }
    return longest;
}

static bool has_label(const json_t *labels, const char *label)
{
    size_t i;
    json_t *v;

    json_array_foreach(labels, i, v) {
        if (json_is_string(v) && !strcasecmp(json_string_value(v), label))
            return true;
    }
    return false;
}

struct standing_of {
    json_t *fingerprints, *commits;
};

static int standing_add(void *user, struct incident *i)
{
    struct standing_of *s = user;

    json_array_append_new(s->fingerprints, json_string(i->fingerprint));
    if (i->last_red_commit)
        json_array_append_new(
            s->commits,
            jx_string(i->last_red_commit, strlen(i->last_red_commit)));
    return 0;
}

static int standing_of(struct feedback *f, struct standing_of *s)
{
    struct incident_query q = { .ticket = f->t.key, .unresolved_only = true };

    s->fingerprints = json_array();
    s->commits = json_array();
    return store_incident_each(f->st, &q, standing_add, s, f->err);
}

static json_t *human(struct feedback *f)
{
    if (!f->t.human)
        f->t.human = json_object();
    return f->t.human;
}

static json_t *member_object(json_t *of, const char *key)
{
    json_t *o = jx_obj(of, key);

    if (!o) {
        o = json_object();
        json_object_set_new(of, key, o);
    }
    return o;
}

/* Ends the silence that this ticket's people began, if there is one. */
static int unsilence(struct feedback *f, const char *from)
{
    json_t *ids = member_object(human(f), "silences");
    int64_t id = jx_int(ids, from, 0);

    json_object_del(ids, from);
    return id ? store_silence_expire(f->st, id, f->now, f->err) : 0;
}

static int silence(struct feedback *f, const char *from, int64_t seconds,
                   bool causes)
{
    json_t *ids = member_object(human(f), "silences");
    struct standing_of s = { NULL, NULL };
    struct silence rec = { 0 };
    const char *by = jx_str_or(f->remote, "by", "a person");
    bool off = !strcmp(from, "off");
    int rc = 0;

    if (unsilence(f, from) < 0)
        return -1;
    rec.match = json_object();
    jx_set_str(rec.match, "from", from);
    /* a cause in a project, whatever ticket it comes back in; or all of it */
    if ((causes || off) && f->t.project) {
        json_object_set_new(rec.match, "project",
                            json_pack("[s]", f->t.project));
        if (f->t.branch && !off)
            json_object_set_new(rec.match, "branch",
                                json_pack("[s]", f->t.branch));
    } else {
        json_object_set_new(rec.match, "ticket", json_pack("[s]", f->t.key));
    }
    if (causes) {
        rc = standing_of(f, &s);
        if (json_array_size(s.fingerprints))
            json_object_set(rec.match, "fingerprint", s.fingerprints);
        else
            rc = rc < 0 ? rc : 1; /* nothing stands: nothing to do */
    }
    rec.author = xasprintf("%s at %s", by, f->sink);
    rec.comment = xasprintf("%s of ticket %.8s", from, f->t.key);
    rec.starts = rec.created = f->now;
    rec.ends = seconds ? f->now + seconds : 0;
    if (!rc)
        rc = store_silence_put(f->st, &rec, f->err);
    if (!rc)
        jx_set_int(ids, from, rec.id);
    silence_release(&rec);
    json_decref(s.fingerprints);
    json_decref(s.commits);
    return rc < 0 ? -1 : 0;
}

/* Put on or taken off. */
static bool label_moved(const json_t *before, const json_t *labels,
                        const char *label, bool *is)
{
    *is = has_label(labels, label);
    return *is != has_label(before, label);
}

/* What people want of a whole project: nothing, or digests. */
static int see_wishes(struct feedback *f, const json_t *before,
                      const json_t *labels)
{
    CLEANUP_JSON json_t *digest = NULL;
    bool is, changed;

    if (label_moved(before, labels, OFF_LABEL, &is)
        && (is ? silence(f, "off", 0, false) : unsilence(f, "off")) < 0)
        return -1;
    if (!label_moved(before, labels, DIGEST_LABEL, &is) || !f->t.project)
        return 0;
    digest = is ? json_string("digest") : json_null();
    return store_fact_put(f->st, f->sink, f->t.project, FACT_TELL, digest,
                          f->now, &changed, f->err);
}

static int see_labels(struct feedback *f, const json_t *before,
                      const json_t *labels)
{
    int64_t was = snooze_of(before), is = snooze_of(labels);
    bool was_wrong = has_label(before, WRONG_LABEL);
    bool is_wrong = has_label(labels, WRONG_LABEL);

    if (see_wishes(f, before, labels) < 0)
        return -1;
    if (is && is != was) {
        jx_set_int(human(f), "snooze_until", f->now + is);
        if (silence(f, "snooze", is, false) < 0)
            return -1;
    } else if (!is && was) {
        json_object_del(human(f), "snooze_until");
        if (unsilence(f, "snooze") < 0)
            return -1;
    }
    if (is_wrong == was_wrong)
        return 0;
    jx_set_bool(human(f), "wrong", is_wrong);
    return is_wrong ? silence(f, "wrong", 0, true) : unsilence(f, "wrong");
}

static int closed_by(struct feedback *f, const char *state)
{
    json_t *h = human(f);
    struct standing_of s = { NULL, NULL };
    int rc;

    if (!strcmp(state, "not_planned") || !strcmp(state, "deleted"))
        return silence(f, "not-planned", 0, true);
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
    json_t *h = human(f);
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
        && unsilence(f, "not-planned") < 0)
        return -1;
    return strcmp(state, "open") ? closed_by(f, state) : 0;
}

/* The ticket was to be closed or opened and is seen as it was before: the
 * intent had no effect, and what is wanted may have changed since. */
static int see_no_effect(struct feedback *f, struct outbox *o)
{
    if (f->now < o->intent_at + LISTED_WITHIN)
        return 0;
    str_replace(&o->nonce, NULL);
    o->state = OUTBOX_DUE;
    o->intent_at = 0;
    return 1;
}

/* The effect is seen, but not whether people were told of it. What is wanted
 * is still the same: to repeat it is to find out. */
static bool is_half_seen(const struct feedback *f, const struct outbox *o,
                         bool done)
{
    if (!jx_bool(f->remote, "in_steps", false) || !o->nonce)
        return false;
    return o->want_op == TOCSIN_DELIVER_OPEN
           || (done
               && (o->want_op == TOCSIN_DELIVER_RESOLVE
                   || o->want_op == TOCSIN_DELIVER_REOPEN));
}

/* A crash came between an effect and its receipt, and here the effect is
 * seen: that is the receipt, also when something else is wanted by now. What
 * the body says there is not known. */
static int see_intent(struct feedback *f, struct outbox *o, const char *have)
{
    CLEANUP_FREE char *armed = NULL;
    int64_t when = jx_int(f->remote, "changed", 0);
    bool done = !str_cmp0(o->want, have);

    if (!str_cmp0(o->have, have))
        return done && !strcmp(have, "open") ? 0 : see_no_effect(f, o);
    if ((when && when < o->intent_at) || is_half_seen(f, o, done))
        return 0;
    str_replace(&o->have, have);
    str_replace(&o->have_digest, NULL);
    str_replace(&o->nonce, NULL);
    o->intent_at = 0;
    o->sent_at = f->now;
    o->state = done ? OUTBOX_IDLE : OUTBOX_DUE;
    o->want_op = done                    ? 0
                 : !strcmp(have, "open") ? TOCSIN_DELIVER_RESOLVE
                 : !strcmp(have, "none") ? TOCSIN_DELIVER_OPEN
                                         : TOCSIN_DELIVER_REOPEN;
    if (f->t.told || strcmp(have, "open"))
        return 1;
    if (store_meta_get(f->st, "armed_at", &armed, f->err) < 0)
        return -1;
    if (armed) {
        f->t.told = f->now;
        return store_ticket_put(f->st, &f->t, f->err) < 0 ? -1 : 1;
    }
    return 1;
}

/* It was begun and given back, and some of its steps are seen: the one that
 * tells people is still to come. */
static bool is_cut_short(const struct feedback *f, const struct outbox *o,
                         const char *have)
{
    return o->state == OUTBOX_DUE
           && is_half_seen(f, o, !str_cmp0(o->want, have));
}

/*
 * Our row of what stands there follows what was seen. *moved: a person moved
 * it. *late: what was seen is older than what we did there since; a listing
 * that lags is no evidence.
 */
static int see_row(struct feedback *f, const char *state, bool *moved,
                   bool *late)
{
    const char *have = !strcmp(state, "open")      ? "open"
                       : !strcmp(state, "deleted") ? "none"
                                                   : "closed";
    bool person = jx_str(f->remote, "by") != NULL;
    struct outbox o;
    int got = store_outbox_get(f->st, f->t.id, f->sink, &o, f->err), rc = 0;
    int64_t when = jx_int(f->remote, "changed", 0);
    bool changed = false;

    *moved = *late = false;
    if (got <= 0)
        return got;
    *late = str_cmp0(o.have, have) && when && when < o.sent_at;
    if (o.state == OUTBOX_INTENT && !person) {
        rc = see_intent(f, &o, have);
        changed = rc > 0;
        rc = rc < 0 ? -1 : 0;
    } else if (o.state != OUTBOX_INTENT && str_cmp0(o.have, have) && !*late
               && !is_cut_short(f, &o, have)) {
        str_replace(&o.have, have);
        changed = true;
        *moved = person;
        /* a person's word stands; ours that did not hold is said again */
        if (person) {
            str_replace(&o.want, have);
            o.want_op = 0;
            o.state = o.state == OUTBOX_DEAD ? OUTBOX_DEAD : OUTBOX_IDLE;
        } else if (o.state == OUTBOX_IDLE && !strcmp(have, "open")
                   && !str_cmp0(o.want, "closed")) {
            /* an older copy of the state does not know that it was opened */
            o.want_op = TOCSIN_DELIVER_RESOLVE;
            o.state = OUTBOX_DUE;
        }
    }
    /* it may have been moved to another place by a person */
    if (jx_str(f->remote, "remote_id")
        && str_cmp0(o.remote_id, jx_str(f->remote, "remote_id"))) {
        str_replace(&o.remote_id, jx_str(f->remote, "remote_id"));
        if (jx_str(f->remote, "url"))
            str_replace(&o.url, jx_str(f->remote, "url"));
        changed = true;
    }
    if (changed && rc == 0)
        rc = store_outbox_put(f->st, &o, f->err);
    outbox_release(&o);
    return rc;
}

/* Another one of ours stands there beside the ticket's. It waits to be closed
 * as everything else that is written does. */
static int see_double(struct feedback *f)
{
    const char *id = jx_str(f->remote, "remote_id");
    json_t *list = decide_doubles_make(&f->t, f->sink), *v;
    struct outbox o;
    size_t i;
    int rc = 0;

    json_array_foreach(list, i, v)
        if (str_eq(json_string_value(v), id))
            return 0;
    if (json_array_size(list) >= DOUBLES_MAX || !id)
        return 0;
    json_array_append_new(list, json_string(id));
    if (store_ticket_put(f->st, &f->t, f->err) < 0
        || store_outbox_get(f->st, f->t.id, f->sink, &o, f->err) < 0)
        return -1;
    if (o.state == OUTBOX_IDLE && str_eq(o.have, o.want)
        && str_cmp0(o.have, "none")) {
        o.state = OUTBOX_DUE;
        o.want_op = str_cmp0(o.have, "open") ? TOCSIN_DELIVER_RESOLVE
                                             : TOCSIN_DELIVER_UPDATE;
        o.next_try = 0;
        rc = store_outbox_put(f->st, &o, f->err);
    }
    outbox_release(&o);
    return rc;
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
    json_t *sinks = member_object(human(f), "sinks");
    json_t *seen = member_object(sinks, f->sink);
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
    jx_set_int(human(f), "seen", f->now);
    if (labels) {
        json_object_set(human(f), "labels", labels);
        if (see_labels(f, jx_arr(before, "labels"), labels) < 0)
            return -1;
    }
    if (!late
        && see_state(f, jx_str_or(before, "state", "open"), state, moved) < 0)
        return -1;
    /* of which it is one may be said later than that it is one */
    if (!late && !strcmp(state, "duplicate"))
        jx_set_str(human(f), "duplicate_of", jx_str(f->remote, "duplicate_of"));
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

/* Does anything of a ticket speak that no silence matches? */
struct speaking {
    struct judge j;
    const struct ticket *t;
    bool found;
};

static int speaking_ask(void *user, struct incident *i)
{
    struct speaking *w = user;

    w->found =
        w->found
        || (!judge_silence(&w->j, i, w->t) && !judge_rule_stopped(&w->j, i));
    return w->found;
}

static bool speaks(struct store *st, const struct ticket *t, int64_t now)
{
    struct incident_query q = { .ticket = t->key, .unresolved_only = true };
    struct decide_options opts = { .now = now };
    struct speaking w = { .t = t };

    if (judge_init(&w.j, st, NULL, &opts, NULL) < 0)
        return false;
    if (!w.j.nr_silencers && !json_object_size(w.j.stopped))
        w.found = true;
    else if (store_incident_each(st, &q, speaking_ask, &w, NULL) < 0)
        w.found = false;
    judge_release(&w.j);
    return w.found;
}

bool decide_still_wanted(struct store *st, const struct outbox *o,
                         const struct ticket *t, int64_t now)
{
    bool open = !strcmp(str_or(o->want, "none"), "open"), same;
    struct outbox row;
    struct ticket is;

    if (store_outbox_get(st, t->id, o->sink, &row, NULL) != 1)
        return false;
    same = str_eq(row.want, o->want) && row.want_op == o->want_op;
    outbox_release(&row);
    if (!same || !open)
        return same;
    if (store_ticket_by_id(st, t->id, &is, NULL) != 1)
        return false;
    same = is.state != TICKET_RESOLVED;
    ticket_release(&is);
    /* a silence may have come while this pass ran; the text of what stands
     * is kept true all the same */
    return same
           && (o->want_op == TOCSIN_DELIVER_UPDATE
               || !str_cmp0(t->kind, KIND_OPERATORS) || speaks(st, t, now));
}
