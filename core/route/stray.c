/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands at a sink and not in the state (it was lost, or an older copy
 * came back) becomes the ticket's again: told, and never filed twice. Must
 * not ask a sink: feedback.c has kept what was seen there.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/judge.h"

struct adoption {
    struct judge *j;
    struct ticket *t;
    size_t nr;
    struct err *err;
};

static bool has(const json_t *list, const char *s)
{
    size_t i;
    json_t *v;

    json_array_foreach(list, i, v)
        if (str_eq(json_string_value(v), s))
            return true;
    return false;
}

static int adopt_row(struct adoption *a, const char *sink, const json_t *remote)
{
    struct outbox o = {
        .ticket = a->t->id,
        .sink = xstrdup(sink),
        .state = OUTBOX_IDLE,
        .want = xstrdup("open"),
        .have = xstrdup("open"),
        .remote_id = xstrdup0(jx_str(remote, "remote_id")),
        .url = xstrdup0(jx_str(remote, "url")),
        .sent_at = jx_int(remote, "changed", 0),
    };
    int rc = store_outbox_put(a->j->st, &o, a->err);

    outbox_release(&o);
    return rc;
}

static int adopt(void *user, const char *sink, const char *ticket,
                 const json_t *remote)
{
    struct adoption *a = user;
    struct ticket *t = a->t;
    int64_t when = jx_int(remote, "changed", 0);
    struct outbox o;
    int got = store_outbox_get(a->j->st, t->id, sink, &o, a->err);

    if (got > 0)
        outbox_release(&o);
    if (got < 0 || judge_begin(a->j, a->err) < 0)
        return -1;
    if (!got && settings_sink(a->j->s, sink)) {
        if (adopt_row(a, sink, remote) < 0)
            return -1;
        if (!t->via)
            t->via = json_array();
        if (!has(t->via, sink))
            json_array_append_new(t->via, json_string(sink));
        if (!judge_sink_is_local(a->j, sink) || a->j->s->armed)
            t->told = t->told ? t->told : when ? when : a->j->opts.now;
        t->opened = t->opened ? t->opened : when ? when : a->j->opts.now;
        t->state = TICKET_OPEN;
        t->backlog = false;
        a->nr++;
    }
    return store_stray_delete(a->j->st, sink, ticket, a->err);
}

int stray_adopt(struct judge *j, struct ticket *t, struct err *err)
{
    struct adoption a = { j, t, 0, err };

    if (store_stray_each(j->st, t->key, adopt, &a, err) < 0)
        return -1;
    if (!a.nr)
        return 0;
    return store_ticket_put(j->st, t, err) < 0 ? -1 : 1;
}
