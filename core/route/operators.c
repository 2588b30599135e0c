/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instances in trouble and fresh notices, as one ticket for the operators.
 * Must not make a second ticket, and must not tell of a trouble through the
 * sink that has it while another one is there.
 */
#include <config.h>

#include "core/route/operators.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/route/judge.h"
#include "core/route/reason.h"

#define META "operators.troubles"
/* A notice that did not come again is over; much is tried once a day. */
#define FRESH (2 * DAY)
#define QUIET HOUR /* well for so long: closed */
#define REMIND DAY
#define TROUBLES_MAX 50

struct gathering {
    const struct settings *s;
    int64_t now;
    json_t *list;
};

static bool is_ours(const struct settings *s, const char *instance)
{
    return settings_source(s, instance) || settings_sink(s, instance);
}

static void add(struct gathering *g, const char *instance, const char *code,
                const char *text, int64_t since)
{
    json_t *v = json_object();

    jx_set_str(v, "instance", instance);
    jx_set_str(v, "code", code);
    jx_set_str(v, "text", text);
    jx_set_int(v, "since", since);
    json_array_append_new(g->list, v);
}

static int add_health(void *user, const struct health *h)
{
    struct gathering *g = user;

    if (h->trouble && is_ours(g->s, h->instance)
        && json_array_size(g->list) < TROUBLES_MAX)
        add(g, h->instance, NULL, h->trouble, h->trouble_since);
    return 0;
}

static int add_notice(void *user, const struct notice *n)
{
    struct gathering *g = user;

    if (n->last > g->now - FRESH && is_ours(g->s, n->instance)
        && json_array_size(g->list) < TROUBLES_MAX)
        add(g, n->instance, n->code, n->text, n->first);
    return 0;
}

/* {"at": when something last stood, "troubles"}. New; NULL and no error:
 * nothing ever did. */
static int load(struct store *st, json_t **doc, struct err *err)
{
    CLEANUP_FREE char *text = NULL;

    *doc = NULL;
    if (store_meta_get(st, META, &text, err) < 0)
        return -1;
    if (text)
        *doc = jx_parse(text, strlen(text), NULL);
    return 0;
}

int operators_troubles(struct store *st, json_t **list, struct err *err)
{
    CLEANUP_JSON json_t *doc = NULL;

    if (load(st, &doc, err) < 0)
        return -1;
    *list = jx_arr(doc, "troubles") ? json_incref(jx_arr(doc, "troubles"))
                                    : json_array();
    return 0;
}

static int save(struct judge *j, json_t *troubles, struct err *err)
{
    CLEANUP_JSON json_t *doc = json_object();
    CLEANUP_FREE char *text = NULL;

    jx_set_int(doc, "at", j->opts.now);
    json_object_set(doc, "troubles", troubles);
    text = jx_dump(doc);
    return judge_begin(j, err) < 0 || store_meta_set(j->st, META, text, err) < 0
               ? -1
               : 0;
}

/* 1 found, 0 made (not written), -1. */
static int find(struct judge *j, struct ticket *t, struct err *err)
{
    CLEANUP_JSON json_t *group = json_pack("{s:s}", "kind", KIND_OPERATORS);
    CLEANUP_FREE char *text = jx_dump(group);
    CLEANUP_FREE char *key = digest_text128(text, strlen(text));
    int got = store_ticket_get(j->st, key, t, err);

    if (got)
        return got;
    memset(t, 0, sizeof(*t));
    t->key = key;
    key = NULL;
    t->group = json_incref(group);
    t->kind = xstrdup(KIND_OPERATORS);
    t->state = TICKET_RESOLVED;
    t->created = j->opts.now;
    return 0;
}

/* Who hears of it, as configured now. */
static int dress(struct judge *j, struct ticket *t, struct err *err)
{
    const struct settings *s = j->s;
    const struct owner *o;
    int found = judge_owner(j, s->operators_owner, NULL, NULL, &o, err);

    if (found < 0)
        return -1;
    str_replace(&t->owner, found ? o->name : s->operators_owner);
    str_replace(&t->owner_from, KIND_OPERATORS);
    json_decref(t->persons);
    t->persons =
        found && o->persons ? json_deep_copy(o->persons) : json_array();
    json_decref(t->via);
    t->via = json_array();
    for (size_t i = 0; i < s->nr_operators_via; i++)
        json_array_append_new(t->via, json_string(s->operators_via[i]));
    return 0;
}

/* Does it fail to do its work (a notice of it is no such thing)? */
static bool is_sick(const json_t *troubles, const char *sink)
{
    size_t i;
    json_t *v;

    json_array_foreach(troubles, i, v)
        if (!jx_str(v, "code") && str_eq(jx_str(v, "instance"), sink))
            return true;
    return false;
}

static void choose(struct judge *j, struct verdict *v, const json_t *troubles)
{
    const struct settings *s = j->s;

    v->sinks = xcalloc(s->nr_operators_via + 1, sizeof(*v->sinks));
    for (int sick = 0; sick < 2 && !v->nr_sinks; sick++)
        for (size_t i = 0; i < s->nr_operators_via; i++) {
            const struct instance *in = settings_sink(s, s->operators_via[i]);

            if (in && (sick || !is_sick(troubles, in->name))
                && (j->opts.armed || judge_sink_is_local(j, in->name)))
                v->sinks[v->nr_sinks++] = in->name;
        }
}

/* *lacks: a sink has not got it. *last: when it was last said there. */
static int look(struct judge *j, const struct verdict *v, bool *lacks,
                int64_t *last, struct err *err)
{
    *lacks = false;
    *last = v->t.opened;
    for (size_t i = 0; v->t.id && i < v->nr_sinks; i++) {
        struct outbox o;
        int got = store_outbox_get(j->st, v->t.id, v->sinks[i], &o, err);

        if (got < 0)
            return -1;
        *lacks = *lacks || !got || str_cmp0(o.want, "open");
        if (got && o.reminded_at > *last)
            *last = o.reminded_at;
        if (got)
            outbox_release(&o);
    }
    return 0;
}

static void say(struct verdict *v, const char *code, enum wish wish)
{
    v->code = code;
    v->wish = wish;
}

/* A person who closed it knows of what stood then. */
static bool is_closed_by_person(const struct ticket *t)
{
    return jx_str(t->human, "by")
           && strcmp(jx_str_or(t->human, "state", "open"), "open");
}

static int tell(struct judge *j, struct verdict *v, bool news, struct err *err)
{
    bool lacks, closed = is_closed_by_person(&v->t);
    int64_t last;

    if (look(j, v, &lacks, &last, err) < 0)
        return -1;
    v->reopening = v->was.state == TICKET_RESOLVED && v->was.opened;
    if (v->was.state == TICKET_RESOLVED || (closed && news)) {
        v->t.state = TICKET_OPEN;
        v->t.opened = j->opts.now;
        v->t.resolved = 0;
        json_decref(v->t.human);
        v->t.human = NULL;
        say(v, v->reopening ? REASON_REOPENED : REASON_OPENED, WISH_OPEN);
    } else if (closed) {
        say(v, REASON_CLOSED_BY_PERSON, WISH_KEEP);
    } else if (j->opts.now >= last + REMIND) {
        v->op = TOCSIN_DELIVER_REMIND;
        say(v, REASON_REMINDED, WISH_OPEN);
    } else {
        say(v, REASON_STANDS, news || lacks ? WISH_OPEN : WISH_KEEP);
    }
    if (!v->nr_sinks)
        say(v, j->opts.armed ? REASON_UNREACHABLE : REASON_UNARMED, WISH_KEEP);
    return 0;
}

static void close_it(struct judge *j, struct verdict *v)
{
    v->t.state = TICKET_RESOLVED;
    v->t.resolved = j->opts.now;
    say(v, REASON_RECOVERED, WISH_CLOSED);
}

static int judge_it(struct judge *j, json_t *troubles, const json_t *before,
                    struct err *err)
{
    bool news = !json_equal(troubles, jx_arr(before, "troubles"));
    struct verdict v = { .wish = WISH_KEEP, .inputs = json_object() };
    int got = find(j, &v.t, err), rc = got < 0 ? -1 : 0;

    jx_set_int(v.inputs, "troubles", (int64_t)json_array_size(troubles));
    ticket_copy(&v.was, &v.t);
    v.t.next_at = 0;
    if (!rc && json_array_size(troubles)) {
        rc = save(j, troubles, err);
        rc = rc < 0 ? rc : dress(j, &v.t, err);
        choose(j, &v, troubles);
        rc = rc < 0 ? rc : tell(j, &v, news, err);
    } else if (!rc && v.t.state != TICKET_RESOLVED
               && j->opts.now >= jx_int(before, "at", 0) + QUIET) {
        close_it(j, &v);
    }
    if (!rc && (got || v.code)) {
        rc = judge_begin(j, err);
        if (!rc && !v.t.id)
            rc = store_ticket_put(j->st, &v.t, err);
        rc = rc < 0 ? rc : desire(j, &v, err);
    }
    verdict_release(&v);
    return rc;
}

int operators_decide(struct store *st, const struct settings *s,
                     const struct decide_options *opts, struct err *err)
{
    CLEANUP_JSON json_t *list = json_array();
    CLEANUP_JSON json_t *before = NULL;
    struct gathering g = { s, opts->now, list };
    struct judge j;
    int rc;

    if (!s->nr_operators_via)
        return 0;
    if (store_health_each(st, add_health, &g, err) < 0
        || store_notice_each(st, add_notice, &g, err) < 0
        || load(st, &before, err) < 0)
        return -1;
    if (!before && !json_array_size(list))
        return 0;
    if (judge_init(&j, st, s, opts, err) < 0)
        return -1;
    rc = judge_it(&j, list, before, err);
    if (j.writing && rc < 0)
        store_rollback(st);
    else if (j.writing)
        rc = store_commit(st, err);
    judge_release(&j);
    return rc;
}
