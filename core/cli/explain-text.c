/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/cli/cli.h"
#include "core/cli/explain-text.h"

/* ---- what was decided ---- */

static void print_decision(const json_t *d)
{
    CLEANUP_FREE char *text = cli_safe(jx_str_or(d, "text", ""), 500);
    CLEANUP_FREE char *in = jx_dump(json_object_get(d, "inputs"));
    CLEANUP_FREE char *safe = cli_safe(in, 500);
    bool with = json_object_size(json_object_get(d, "inputs")) > 0;

    printf("  %s  %-16s %s\n      by %s%s%s\n", jx_str_or(d, "at", "?"),
           jx_str_or(d, "code", "?"), text,
           jx_str_or(d, "rule_at", "the defaults"), with ? ", with " : "",
           with ? safe : "");
}

void explain_print_decisions(const json_t *tickets)
{
    size_t n, m;
    json_t *t, *d;

    json_array_foreach(tickets, n, t) {
        printf("Ticket %.12s: %s (%s)\n", jx_str_or(t, "ticket", "?"),
               jx_str_or(t, "state", "?"), jx_str_or(t, "reason", "?"));
        printf("  route %s at %s\n", jx_str_or(t, "route", "?"),
               jx_str_or(t, "route_at", "?"));
        json_array_foreach(json_object_get(t, "decisions"), m, d)
            print_decision(d);
    }
}

/* ---- how it would be decided now ---- */

static void print_line(const char *name, const char *text)
{
    CLEANUP_FREE char *safe = cli_safe(str_or(text, ""), 1000);

    printf("    %-11s %s\n", name, safe);
}

/* "a, b, c", or "" of none. New. */
static char *words(const json_t *list)
{
    struct strbuf b;
    size_t i;
    json_t *v;
    char *out;

    strbuf_init(&b, 2000);
    json_array_foreach(list, i, v)
        strbuf_addf(&b, "%s%s", i ? ", " : "",
                    str_or(json_string_value(v), "?"));
    out = strbuf_take(&b);
    strbuf_release(&b);
    return out;
}

static void print_words(const char *name, const json_t *list, const char *none)
{
    CLEANUP_FREE char *text = words(list);

    if (*text || none)
        print_line(name, *text ? text : none);
}

static void add_bound(struct strbuf *b, const char *key, double n)
{
    CLEANUP_FREE char *length = when_format_duration((int64_t)n);

    if (!strcmp(key, "red_for"))
        strbuf_addf(b, "%s red", length);
    else if (!strcmp(key, "age"))
        strbuf_addf(b, "%s", length);
    else
        strbuf_addf(b, "%g %s", n,
                    !strcmp(key, "pushes") ? n == 1 ? "red push" : "red pushes"
                    : n == 1               ? "try"
                                           : "tries");
}

/* "2 days red, or 3 red pushes". New. */
static char *condition(const json_t *c)
{
    const json_t *all = jx_obj(c, "all");
    json_t *bounds = all ? jx_obj(c, "all") : jx_obj(c, "any"), *v;
    const char *key;
    struct strbuf b;
    char *out;

    strbuf_init(&b, 500);
    json_object_foreach(bounds, key, v) {
        if (b.len)
            strbuf_adds(&b, all ? " and " : ", or ");
        add_bound(&b, key, json_number_value(v));
    }
    out = strbuf_take(&b);
    strbuf_release(&b);
    return out;
}

static void print_owner(const json_t *o)
{
    const char *from = jx_str(o, "from"), *at = jx_str(o, "at");
    CLEANUP_FREE char *persons = words(jx_arr(o, "persons"));
    CLEANUP_FREE char *text = NULL;

    if (!jx_bool(o, "found", false)) {
        print_line("owner", "none is known");
        return;
    }
    if (str_eq(from, "owners.yaml"))
        from = "owners:";
    text = xasprintf("%s%s%s%s%s%s%s%s", jx_str_or(o, "name", "?"),
                     *persons ? ": " : "", persons, from || at ? " (" : "",
                     str_or(from, ""), from && at ? " at " : "", str_or(at, ""),
                     from || at ? ")" : "");
    print_line("owner", text);
    print_words("left out", jx_arr(o, "dropped"), NULL);
}

static void print_ticket(const json_t *t)
{
    const json_t *is = jx_obj(t, "settings");
    bool own = str_eq(jx_str(t, "role"), "own");
    CLEANUP_FREE char *text = cli_safe(jx_str_or(t, "text", ""), 1000);
    CLEANUP_FREE char *route =
        xasprintf("%s at %s", jx_str_or(t, "route", "?"),
                  jx_str_or(t, "route_at", "the defaults"));

    printf("  ticket %.12s%s%s: %s\n", jx_str_or(t, "key", "?"),
           own ? "" : ", of the ", own ? "" : jx_str_or(t, "role", "?"),
           jx_str_or(t, "code", "?"));
    printf("    %s\n", text);
    print_line("route", route);
    print_owner(jx_obj(t, "owner"));
    print_words("via", jx_arr(is, "via"), "nobody");
    print_words("one for each", jx_arr(is, "group_by"), NULL);
    if (jx_bool(is, "confidential", false))
        print_line("confidential", "yes");
    if (jx_bool(t, "backlog", false))
        print_line("backlog", "until tocsin backlog release");
    if (jx_str(t, "parent"))
        print_line("parent", jx_str(t, "parent"));
}

static void print_routes(const json_t *routes)
{
    size_t i;
    json_t *r;

    json_array_foreach(routes, i, r) {
        CLEANUP_FREE char *why = cli_safe(jx_str_or(r, "why", ""), 300);

        printf("  %s %s at %s%s%s\n",
               jx_bool(r, "matched", false) ? "takes" : "no   ",
               jx_str_or(r, "id", "?"), jx_str_or(r, "at", "?"),
               *why ? ": " : "", why);
    }
}

static void print_silences(const json_t *list)
{
    size_t i;
    json_t *v;

    json_array_foreach(list, i, v) {
        CLEANUP_FREE char *until =
            jx_int(v, "ends", 0) ? when_format_minute(jx_int(v, "ends", 0))
                                 : xstrdup("for ever");
        CLEANUP_FREE char *comment = cli_safe(jx_str_or(v, "comment", ""), 300);

        printf("  silence %lld by %s, %s: %s\n", (long long)jx_int(v, "id", 0),
               jx_str_or(v, "author", "?"), until, comment);
    }
}

static void print_policy(const json_t *p)
{
    CLEANUP_FREE char *open = condition(jx_obj(p, "open"));
    CLEANUP_FREE char *quiet =
        when_format_duration(jx_int(p, "resolve_quiet", 0));
    CLEANUP_FREE char *remind = when_format_duration(jx_int(p, "remind", 0));
    int64_t greens = jx_int(p, "resolve_greens", 1);

    if (!p)
        return;
    printf("  told after %s (%s)\n", *open ? open : "nothing",
           jx_str_or(p, "open_at", "the defaults"));
    printf("  closed after %lld green push%s", (long long)greens,
           greens == 1 ? "" : "es");
    if (jx_int(p, "resolve_quiet", 0))
        printf(", green for %s", quiet);
    putchar('\n');
    if (jx_int(p, "remind", 0))
        printf("  said again after %s\n", remind);
    if (jx_obj(p, "escalate")) {
        CLEANUP_FREE char *after = condition(jx_obj(p, "escalate"));

        printf("  goes on to %s after %s\n",
               jx_str_or(jx_obj(p, "escalate"), "to", "?"), after);
    }
}

void explain_print_trace(const json_t *trace)
{
    CLEANUP_FREE char *where =
        xasprintf("%s %s", jx_str_or(trace, "project", "?"),
                  jx_str_or(trace, "branch", ""));
    CLEANUP_FREE char *safe = cli_safe(where, 300);
    size_t i;
    json_t *t;

    printf("Now, %s: %s, blame %s\n", safe, jx_str_or(trace, "category", "?"),
           jx_str_or(trace, "blame", "?"));
    print_routes(jx_arr(trace, "routes"));
    print_policy(jx_obj(trace, "policy"));
    print_silences(jx_arr(trace, "silences"));
    if (jx_str(trace, "caused_by"))
        printf("  caused by incident %s (%s)\n", jx_str(trace, "caused_by"),
               jx_str_or(trace, "inhibited_at", "?"));
    if (jx_bool(jx_obj(trace, "facts"), "archived", false))
        puts("  the project is archived");
    json_array_foreach(jx_arr(trace, "tickets"), i, t)
        print_ticket(t);
}
