/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An observation, and an issue as a fact. Must not say a state that GitHub
 * did not say.
 */
#include <config.h>

#include "plugins/github-issues/observe.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"

#define LABELS_MAX 100
#define SOMEBODY "somebody" /* of a change whose author is not known */

/* ---- an issue as REST has it --------------------------------------------- */

static const char *state_of(const json_t *issue)
{
    const char *reason = jx_str_or(issue, "state_reason", "completed");

    if (issue_is(issue, "open"))
        return "open";
    if (!issue_is(issue, "closed"))
        return NULL;
    return !strcmp(reason, "not_planned") ? "not_planned"
           : !strcmp(reason, "duplicate") ? "duplicate"
                                          : "completed";
}

static int64_t time_of(const json_t *issue, const char *key)
{
    int64_t t = 0;

    when_parse(jx_str_or(issue, key, ""), &t);
    return t;
}

/* NULL: we did. */
static const char *closed_by(const struct observation *o, const json_t *issue)
{
    const char *by = jx_str(jx_obj(issue, "closed_by"), "login");

    if (!by)
        return SOMEBODY;
    return who_is_us(o->s, by) ? NULL : by;
}

void observe_say(struct observation *o, const char *ticket, const json_t *issue)
{
    const char *labels[LABELS_MAX + 1] = { NULL };
    const json_t *list = jx_arr(issue, "labels");
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;
    CLEANUP_FREE char *id = NULL;
    struct place at;
    size_t nr = 0;

    r.state = state_of(issue);
    if (!r.state || !place_of_issue(&at, issue))
        return;
    for (size_t i = 0; i < json_array_size(list) && nr < LABELS_MAX; i++)
        if (jx_str(json_array_get(list, i), "name"))
            labels[nr++] = jx_str(json_array_get(list, i), "name");
    id = place_text(&at);
    r.ticket = ticket;
    r.remote_id = id;
    r.url = jx_str(issue, "html_url");
    r.labels = labels;
    r.by = strcmp(r.state, "open") ? closed_by(o, issue) : NULL;
    r.changed = strcmp(r.state, "open") ? time_of(issue, "closed_at")
                                        : time_of(issue, "created_at");
    o->s->host->remote(o->s->host, &r);
    place_release(&at);
}

void observe_double(struct observation *o, const char *ticket,
                    const struct place *at)
{
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;
    CLEANUP_FREE char *id = place_text(at);

    r.ticket = ticket;
    r.remote_id = id;
    r.state = "double";
    o->s->host->remote(o->s->host, &r);
}

void observe_deleted(struct observation *o, const struct standing *row)
{
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;
    CLEANUP_FREE char *id = place_text(&row->at);

    r.ticket = row->ticket;
    r.remote_id = id;
    r.state = "deleted";
    r.by = SOMEBODY;
    o->s->host->remote(o->s->host, &r);
}

/* ---- what stands --------------------------------------------------------- */

static void add_owner(struct observation *o, const char *repository)
{
    CLEANUP_FREE char *owner = xstrndup(repository, strcspn(repository, "/"));

    jx_set_bool(o->owners, owner, true);
}

static void read_standing(struct observation *o)
{
    const struct tocsin_host *host = o->s->host;
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;

    o->rows = xcalloc(host->standing_count(host) + 1, sizeof(*o->rows));
    for (; host->standing(host, o->nr, &r); o->nr++) {
        struct standing *row = &o->rows[o->nr];

        row->ticket = r.ticket;
        row->open = str_eq(r.state, "open");
        if (!place_parse(&row->at, r.remote_id))
            continue;
        jx_set_int(o->by_key, r.ticket, (int64_t)o->nr);
        add_owner(o, row->at.repository);
    }
    if (o->s->organization)
        jx_set_bool(o->owners, o->s->organization, true);
    if (o->s->repository)
        add_owner(o, o->s->repository);
}

static void go(void *user, const char *why)
{
    struct observation *o = user;
    const char *owner;
    json_t *v;

    if (why) {
        o->incomplete = true;
        if (o->s->read.fatal)
            o->fatal = xstrdup(o->s->read.fatal);
        o->s->host->log(o->s->host, TOCSIN_LOG_ERROR, why);
        return;
    }
    if (!json_object_size(o->owners))
        o->s->host->log(o->s->host, TOCSIN_LOG_INFO,
                        "issues of ours are looked for nowhere: none is "
                        "known here, and no organization: is given");
    json_object_foreach(o->owners, owner, v) {
        nodes_look(o, owner);
        sweep_look(o, owner);
    }
    for (size_t i = 0; i < o->nr; i++)
        if (o->rows[i].at.number && !o->rows[i].at.node)
            one_look(o, i);
}

/* ---- the frame ----------------------------------------------------------- */

static void over(void *user)
{
    struct observation *o = user;
    struct sink *s = o->s;
    const struct tocsin_host *host = s->host;
    bool fatal = o->fatal || s->read.fatal;

    if (fatal && s->read.fatal)
        host->log(host, TOCSIN_LOG_ERROR, s->read.fatal);
    if (s->read.locked_out)
        host->notice(host, "no-token", s->read.locked_out);
    net_tell(&s->net);
    if (!o->incomplete && o->swept) {
        jx_set_int(s->cursor, "swept", o->swept);
        cursor_save(s);
    }
    host->done(host, o->op,
               fatal           ? TOCSIN_FATAL
               : o->incomplete ? TOCSIN_RETRY
                               : TOCSIN_OK,
               NULL);
    for (size_t i = 0; i < o->nr; i++)
        place_release(&o->rows[i].at);
    free(o->rows);
    json_decref(o->owners);
    json_decref(o->by_key);
    free(o->fatal);
    free(o);
}

int observe_start(struct sink *s, uint64_t op)
{
    struct observation *o = xcalloc(1, sizeof(*o));

    o->s = s;
    o->op = op;
    o->owners = json_object();
    o->by_key = json_object();
    o->swept = s->host->now(s->host);
    net_begin(&s->net, s->host, over, o);
    read_standing(o);
    who_are_we(s, go, o);
    net_let_go(&s->net);
    return TOCSIN_OK;
}
