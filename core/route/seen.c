/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our row of what stands at a sink follows what was seen there: a person's
 * act, an effect without a receipt, one that did not come, a double. Must
 * not take a listing that lags for evidence.
 */
#include <config.h>

#include "core/route/feedback.h"

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"

/* So long after an intent a listing that does not show its effect is not
 * late: there was none. */
#define LISTED_WITHIN (15 * MINUTE)

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
 * is still the same: to repeat it is to find out. Where one step opens it again
 * there is another one when it has an owner by now who never heard of it. */
static bool is_half_seen(const struct feedback *f, const struct outbox *o,
                         bool done)
{
    bool back = done && o->want_op == TOCSIN_DELIVER_REOPEN;

    if (!o->nonce)
        return false;
    if (!jx_bool(f->remote, "in_steps", false))
        return back && decide_calls_new(&f->t, f->sink);
    return back || o->want_op == TOCSIN_DELIVER_OPEN
           || (done && o->want_op == TOCSIN_DELIVER_RESOLVE);
}

/* People were told of it, though no receipt says so. */
static int note_told(struct feedback *f)
{
    CLEANUP_FREE char *armed = NULL;

    if (f->t.told)
        return 0;
    if (store_meta_get(f->st, "armed_at", &armed, f->err) < 0)
        return -1;
    if (!armed)
        return 0;
    f->t.told = f->now;
    return store_ticket_put(f->st, &f->t, f->err);
}

/* A crash came between an effect and its receipt, and here the effect is
 * seen: that is the receipt, also when something else is wanted by now. What
 * the body says there is not known. */
static int see_intent(struct feedback *f, struct outbox *o, const char *have)
{
    int64_t when = jx_int(f->remote, "changed", 0);
    bool done = !str_cmp0(o->want, have);

    /* it stands, but not whether anybody was called: to make it again is to
     * find out */
    if (done && o->want_op == TOCSIN_DELIVER_OPEN)
        return 0;
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
    return !strcmp(have, "open") && note_told(f) < 0 ? -1 : 1;
}

/* A person moved it since that was begun, and not to where it shall be. */
static bool is_theirs(const struct feedback *f, const struct outbox *o,
                      const char *have)
{
    return jx_str(f->remote, "by") && str_cmp0(o->want, have)
           && jx_int(f->remote, "changed", 0) >= o->intent_at;
}

/* It was begun and given back, and some of its steps are seen: the one that
 * tells people is still to come. */
static bool is_cut_short(const struct feedback *f, const struct outbox *o,
                         const char *have)
{
    return o->state == OUTBOX_DUE
           && is_half_seen(f, o, !str_cmp0(o->want, have));
}

/* What of ours did not hold is said again. */
static void take_ours(struct outbox *o, const char *have)
{
    str_replace(&o->have, have);
    /* an older copy of the state does not know that it was opened */
    if (o->state == OUTBOX_IDLE && !strcmp(have, "open")
        && !str_cmp0(o->want, "closed")) {
        o->want_op = TOCSIN_DELIVER_RESOLVE;
        o->state = OUTBOX_DUE;
    }
}

/* A person's word stands, also against what we had begun. */
static int take_word(struct feedback *f, struct outbox *o, const char *have)
{
    bool made = o->nonce && !str_cmp0(str_or(o->have, "none"), "none");

    str_replace(&o->have, have);
    str_replace(&o->want, have);
    str_replace(&o->nonce, NULL);
    o->want_op = 0;
    o->intent_at = 0;
    o->next_try = 0;
    o->state = o->state == OUTBOX_DEAD ? OUTBOX_DEAD : OUTBOX_IDLE;
    return made ? note_told(f) : 0;
}

int see_row(struct feedback *f, const char *state, bool *moved, bool *late)
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
    } else if (o.state == OUTBOX_INTENT ? is_theirs(f, &o, have)
                                        : str_cmp0(o.have, have) && !*late
                                              && !is_cut_short(f, &o, have)) {
        changed = true;
        *moved = person;
        if (person)
            rc = take_word(f, &o, have);
        else
            take_ours(&o, have);
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

int see_double(struct feedback *f)
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
