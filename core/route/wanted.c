/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is what was decided still wanted, now that it is about to be sent? Must
 * not decide anew: what changed is dropped, and the next decide() sees it.
 */
#include <config.h>

#include "core/route/decide.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/route/judge.h"
#include "core/route/operators.h"

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
