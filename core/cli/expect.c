/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Expectations of scenarios. Must not be satisfied by silence: what is
 * expected and not there is as wrong as the other way round.
 */
#include <config.h>

#include "core/cli/expect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

struct expecting {
    struct replay *r;
    struct strbuf *diff;
    struct err *err;
    int differences;
    json_t *tickets; /* of the store, when needed */
    json_t *incidents;
    json_t *notices;
};

static void differ(struct expecting *e, char sign, const char *what,
                   const json_t *v)
{
    json_t *copy = json_copy((json_t *)v);
    char *text;

    json_object_del(copy, "@");
    text = jx_dump(copy);
    strbuf_addf(e->diff, "  %c %s %s\n", sign, what, text);
    free(text);
    json_decref(copy);
}

/* ---- what there is ------------------------------------------------------ */

static int count_member(void *user, struct incident *i)
{
    (void)i;
    ++*(int64_t *)user;
    return 0;
}

static int add_ticket(void *user, struct ticket *t)
{
    struct expecting *e = user;
    struct incident_query q = { .ticket = t->key };
    int64_t members = 0;
    json_t *v = json_object();

    if (store_incident_each(replay_store(e->r), &q, count_member, &members,
                            e->err)
        < 0) {
        json_decref(v);
        return -1;
    }
    jx_set_str(v, "project", t->project);
    jx_set_str(v, "kind", t->kind);
    jx_set_str(v, "state", ticket_state_name(t->state));
    jx_set_str(v, "reason", t->reason);
    jx_set_str(v, "owner", t->owner);
    jx_set_str(v, "told", t->told ? "true" : "false");
    jx_set_str(v, "parent", t->parent ? "true" : "false");
    json_object_set_new(v, "members", json_sprintf("%lld", (long long)members));
    return json_array_append_new(e->tickets, v);
}

static int add_incident(void *user, struct incident *i)
{
    struct expecting *e = user;
    json_t *v = json_object();

    jx_set_str(v, "project", i->project);
    jx_set_str(v, "branch", i->branch);
    jx_set_str(v, "category", i->category);
    jx_set_str(v, "fingerprint", i->fingerprint);
    jx_set_str(v, "state", incident_state_name(i->state));
    jx_set_str(v, "end", incident_end_name(i->end));
    jx_set_str(v, "target", i->target);
    jx_set_str(v, "standing", i->standing ? "true" : "false");
    json_object_set_new(v, "pushes",
                        json_sprintf("%lld", (long long)i->pushes));
    json_object_set_new(v, "attempts", json_sprintf("%g", i->attempts));
    return json_array_append_new(e->incidents, v);
}

static int add_notice(void *user, const struct notice *n)
{
    struct expecting *e = user;
    json_t *v = json_object();

    jx_set_str(v, "instance", n->instance);
    jx_set_str(v, "code", n->code);
    jx_set_str(v, "text", n->text);
    return json_array_append_new(e->notices, v);
}

static int gather(struct expecting *e)
{
    struct store *st = replay_store(e->r);
    struct ticket_query tq = { 0 };
    struct incident_query iq = { 0 };

    e->tickets = json_array();
    e->incidents = json_array();
    e->notices = json_array();
    return store_ticket_each(st, &tq, add_ticket, e, e->err) < 0
                   || store_incident_each(st, &iq, add_incident, e, e->err) < 0
                   || store_notice_each(st, add_notice, e, e->err) < 0
               ? -1
               : 0;
}

/* ---- messages ------------------------------------------------------------ */

/* want: a string or a list of them; all must (or must not) be in text. */
static bool texts(const json_t *want, const char *text, bool present)
{
    size_t i;
    json_t *v;

    if (json_is_string(want))
        return (strstr(text, json_string_value(want)) != NULL) == present;
    json_array_foreach((json_t *)want, i, v)
        if (!texts(v, text, present))
            return false;
    return true;
}

static bool message_fits(const json_t *want, const json_t *got)
{
    static const char *const same[] = {
        "op", "sink", "project", "owner", "title",
    };

    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        const char *w = jx_str(want, same[i]);

        if (w && !str_eq(w, jx_str_or(got, same[i], "")))
            return false;
    }
    return texts(json_object_get(want, "title_has"),
                 jx_str_or(got, "title", ""), true)
           && texts(json_object_get(want, "body_has"),
                    jx_str_or(got, "body", ""), true)
           && texts(json_object_get(want, "body_lacks"),
                    jx_str_or(got, "body", ""), false);
}

static void show_message(struct expecting *e, const json_t *got)
{
    json_t *v = json_object();
    static const char *const keys[] = {
        "op", "sink", "project", "owner", "title",
    };

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        jx_set_str(v, keys[i], jx_str(got, keys[i]));
    differ(e, '+', "message", v);
    json_decref(v);
}

static void check_messages(struct expecting *e, const json_t *want)
{
    const json_t *got = replay_messages(e->r);
    size_t nr = json_array_size(got), i;
    bool *used = xcalloc(nr + 1, sizeof(*used));
    json_t *w;
    int before = e->differences;

    json_array_foreach((json_t *)want, i, w) {
        size_t k = 0;

        while (k < nr && (used[k] || !message_fits(w, json_array_get(got, k))))
            k++;
        if (k < nr) {
            used[k] = true;
            continue;
        }
        differ(e, '-', "message", w);
        e->differences++;
    }
    for (size_t k = 0; k < nr; k++) {
        if (used[k])
            continue;
        /* With thousands of messages the first few tell enough. */
        if (e->differences++ - before < 20)
            show_message(e, json_array_get(got, k));
    }
    free(used);
}

/* ---- tickets and incidents ----------------------------------------------- */

static bool fits(const json_t *want, const json_t *got, const char *const *keys)
{
    for (; *keys; keys++) {
        const char *w = jx_str(want, *keys);

        if (w && !str_eq(w, jx_str_or(got, *keys, "")))
            return false;
    }
    return true;
}

/* want is there exactly once among those that its choosing keys name. */
static void check_one(struct expecting *e, const char *what, const json_t *want,
                      const json_t *all, const char *const *choose,
                      const char *const *keys)
{
    size_t i, chosen = 0, right = 0;
    json_t *got;

    json_array_foreach((json_t *)all, i, got) {
        if (!fits(want, got, choose))
            continue;
        chosen++;
        right += fits(want, got, keys);
    }
    if (right == 1)
        return;
    e->differences++;
    differ(e, '-', what, want);
    if (!chosen)
        strbuf_addf(e->diff, "  + no such %s\n", what);
    json_array_foreach((json_t *)all, i, got)
        if (fits(want, got, choose))
            differ(e, '+', what, got);
}

static void check_tickets(struct expecting *e, const json_t *list)
{
    static const char *const choose[] = { "project", "kind", NULL };
    static const char *const keys[] = {
        "project", "kind", "state",  "reason", "owner",
        "members", "told", "parent", NULL,
    };
    size_t i;
    json_t *w;

    json_array_foreach((json_t *)list, i, w)
        check_one(e, "ticket", w, e->tickets, choose, keys);
}

static void check_incidents(struct expecting *e, const json_t *list)
{
    static const char *const choose[] = {
        "project", "branch", "category", "fingerprint", NULL,
    };
    static const char *const keys[] = {
        "project", "branch",   "category", "fingerprint", "state", "end",
        "pushes",  "attempts", "standing", "target",      NULL,
    };
    size_t i;
    json_t *w;

    json_array_foreach((json_t *)list, i, w) {
        json_t *copy = json_copy(w);
        const char *name = jx_str(w, "fails");

        if (name) {
            CLEANUP_FREE char *fp = replay_fingerprint(e->r, name);

            jx_set_str(copy, "fingerprint", str_or(fp, "no such rule"));
        }
        check_one(e, "incident", copy, e->incidents, choose, keys);
        json_decref(copy);
    }
}

/* ---- counts and notices -------------------------------------------------- */

static int64_t count(const json_t *list, const char *key, const char *value,
                     const char *key2, const char *value2)
{
    int64_t n = 0;
    size_t i;
    json_t *v;

    json_array_foreach((json_t *)list, i, v)
        n += (!value || str_eq(jx_str(v, key), value))
             && (!value2 || str_eq(jx_str(v, key2), value2));
    return n;
}

/* -1: no such count. */
static int64_t counted(struct expecting *e, const char *name)
{
    CLEANUP_FREE char *copy = xstrdup(name);
    char *save = NULL;
    const char *first = strtok_r(copy, ".", &save);
    const char *second = strtok_r(NULL, ".", &save);
    const char *third = strtok_r(NULL, ".", &save);

    if (!strcmp(first, "messages"))
        return count(replay_messages(e->r), "op", second, "sink", third);
    if (!strcmp(first, "tickets"))
        return count(e->tickets, "state", second, "kind", third);
    if (!strcmp(first, "reason") && second)
        return count(e->tickets, "reason", second, NULL, NULL);
    if (!strcmp(first, "incidents"))
        return count(e->incidents, "state", second, NULL, NULL)
               + (second ? count(e->incidents, "end", second, NULL, NULL) : 0);
    if (!strcmp(first, "notices"))
        return (int64_t)json_array_size(e->notices);
    return -1;
}

static void check_counts(struct expecting *e, const json_t *counts)
{
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)counts, name, v) {
        const char *want = json_string_value(v);
        int64_t got;

        if (!strcmp(name, "@"))
            continue;
        got = counted(e, name);
        if (want && strtoll(want, NULL, 10) == got)
            continue;
        e->differences++;
        strbuf_addf(e->diff, "  - %s: %s\n  + %s: %" PRId64 "\n", name,
                    str_or(want, "?"), name, got);
    }
}

static void check_notices(struct expecting *e, const json_t *list)
{
    size_t i;
    json_t *v, *n;

    json_array_foreach((json_t *)list, i, v) {
        const char *code = json_string_value(v);

        if (code && count(e->notices, "code", code, NULL, NULL))
            continue;
        e->differences++;
        strbuf_addf(e->diff, "  - notice %s\n", str_or(code, "?"));
        json_array_foreach(e->notices, i, n)
            differ(e, '+', "notice", n);
        return;
    }
}

int expect_check(struct replay *r, const json_t *expect, struct strbuf *diff,
                 struct err *err)
{
    struct expecting e = { .r = r, .diff = diff, .err = err };
    int ret = gather(&e);

    if (ret == 0) {
        if (json_object_get(expect, "messages"))
            check_messages(&e, json_object_get(expect, "messages"));
        check_tickets(&e, json_object_get(expect, "tickets"));
        check_incidents(&e, json_object_get(expect, "incidents"));
        check_counts(&e, json_object_get(expect, "counts"));
        check_notices(&e, json_object_get(expect, "notices"));
        ret = e.differences;
    }
    json_decref(e.tickets);
    json_decref(e.incidents);
    json_decref(e.notices);
    return ret;
}
