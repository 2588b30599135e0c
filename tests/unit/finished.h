/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * finished: tickets of every kind made of hostile text, for whole messages;
 * dead.h says what must hold of these.
 */
#ifndef TOCSIN_TESTS_FINISHED_H
#define TOCSIN_TESTS_FINISHED_H

#include <stdlib.h>
#include <string.h>

#include "tests/unit/hostile.h"
#include "tests/unit/messages.h"

/* Where the text comes from; new. */
static char *(*next_text)(uint64_t *seed) = hostile_text;

static json_t *hostile_value(uint64_t *seed)
{
    CLEANUP_FREE char *s = next_text(seed);

    return jx_string(s, strlen(s));
}

static void spoil(json_t *o, const char *key, uint64_t *seed)
{
    json_object_set_new(o, key, hostile_value(seed));
}

static json_t *hostile_incident(uint64_t *seed, int nr)
{
    json_t *i = json_pack(
        "{s:s, s:s, s:s, s:{s:{}, s:i, s:{s:i}}, s:[{},{}], s:{s:{}}}",
        "first_seen", "2026-08-14", "last_seen", "2026-08-15", "rule",
        nr % 3 == 0   ? "r/one"
        : nr % 3 == 1 ? "r/two"
                      : "r/gone",
        "failure", "captures", "line", 12, "excerpt", "first", 10, "jobs",
        "extra", "tried");
    json_t *failure = jx_obj(i, "failure");
    CLEANUP_FREE char *fp = xasprintf("1:%032d", nr);
    CLEANUP_FREE char *tail = next_text(seed);
    CLEANUP_FREE char *url = xasprintf("https://ci.example/%s", tail);
    CLEANUP_FREE char *tried = xasprintf("version %s", tail);

    jx_set_str(i, "fingerprint", fp);
    if (nr % 4 == 3)
        json_object_set_new(i, "rule", json_null());
    spoil(jx_obj(failure, "captures"), "a", seed);
    spoil(jx_obj(failure, "captures"), "b", seed);
    spoil(jx_obj(failure, "excerpt"), "text", seed);
    spoil(failure, "summary", seed);
    spoil(failure, "advice", seed);
    spoil(failure, "message", seed);
    spoil(json_array_get(jx_arr(i, "jobs"), 0), "name", seed);
    spoil(json_array_get(jx_arr(i, "jobs"), 1), "name", seed);
    spoil(i, "branch", seed);
    spoil(i, "first_red_commit", seed);
    spoil(i, "last_green_commit", seed);
    spoil(i, "target", seed);
    spoil(i, "category", seed);
    if (nr % 5 == 0)
        spoil(i, "url", seed);
    else
        jx_set_str(i, "url", url);
    jx_set_str(i, "last_green_at", "2026-07-01");
    jx_set_str(jx_obj(i, "extra"), "task", nr % 2 ? "version" : tail);
    jx_set_int(jx_obj(jx_obj(i, "extra"), "tried"), tried, 3);
    jx_set_int(jx_obj(jx_obj(i, "extra"), "tried"), "version 1", 3);
    return i;
}

/* Tocsin's own trouble quotes what a server said. */
static json_t *hostile_notice(uint64_t *seed)
{
    json_t *n = json_pack("{s:s}", "instance", "chat");

    spoil(n, "code", seed);
    spoil(n, "text", seed);
    return n;
}

static json_t *hostile_rules(void)
{
    return json_pack("[{s:s,s:s,s:s}, {s:s,s:s,s:s}]", "id", "r/one", "summary",
                     "`{{a}}` and {{b}}", "advice",
                     "Look at `x {{a}}`; ask {{b}}.\n", "id", "r/two",
                     "summary", "it is {{a}}", "advice",
                     "- [ours](https://ours.example/) {{a}}\n- {{b}}");
}

/* Of one project, but for what is told of many. */
static void hostile_ticket(json_t *v, const char *kind, uint64_t r,
                           uint64_t *seed)
{
    json_t *t = jx_obj(v, "ticket");
    bool many = !strcmp(kind, "outbreak") || !strcmp(kind, "digest")
                || !strcmp(kind, "list");

    jx_set_str(t, "kind", !strcmp(kind, "list") ? "build" : kind);
    spoil(t, "route", seed);
    if (r & 0x20000)
        spoil(t, "title", seed);
    if (!many) {
        if (r & 0x10000)
            jx_set_str(t, "project", "o/r");
        spoil(t, "branch", seed);
    } else if (r & 0x40000) {
        json_object_set_new(t, "group", json_pack("{s:s}", "fingerprint", "1"));
    }
    if (!strcmp(kind, "outbreak")) {
        json_object_set_new(v, "outbreak",
                            json_pack("{s:s, s:s, s:s, s:i, s:i}", "key",
                                      "infra/x", "category", "infra/x", "began",
                                      "2026-08-14", "projects", 2, "owners",
                                      2));
        if (r & 0x80000)
            jx_set_str(jx_obj(v, "outbreak"), "ended", "2026-08-19");
    }
}

static json_t *hostile_case(uint64_t *seed)
{
    static const char *const kinds[] = { "build",    "bot",    "build",
                                         "outbreak", "digest", "list",
                                         "operators" };
    static const char *const whats[] = { "open", "open", "remind", "resolve",
                                         "digest" };
    static const char *const froms[] = { "CODEOWNERS", "recipe-maintainers",
                                         "digest", "escalate", "fallback" };
    uint64_t r = hostile_next(seed);
    json_t *v = json_pack(
        "{s:s, s:s, s:{}, s:{s:s, s:s, s:s}, s:[], s:[], s:o}", "now",
        "2026-08-20", "op", whats[(r >> 4) % ARRAY_SIZE(whats)], "ticket",
        "owner", "name", "o/team", "from", froms[(r >> 20) % ARRAY_SIZE(froms)],
        "mention", "@o/team @mara", "incidents", "notices", "rules",
        hostile_rules());
    uint64_t nr = 1 + (r >> 8) % 3;

    hostile_ticket(v, kinds[r % ARRAY_SIZE(kinds)], r, seed);
    for (uint64_t i = 0; i < nr; i++) {
        json_t *one = hostile_incident(seed, (int)i + (int)((r >> 12) % 9));

        if (!jx_str(jx_obj(v, "ticket"), "project"))
            spoil(one, "project", seed);
        json_array_append_new(jx_arr(v, "incidents"), one);
        json_array_append_new(jx_arr(v, "notices"), hostile_notice(seed));
    }
    return v;
}

#endif
