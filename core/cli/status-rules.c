/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Raw material for rules, and how those that there are do.
 */
#include <config.h>

#include "core/cli/status-rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/cli/cli.h"

/* So many of a list are named. */
#define NAMED_MAX 5

static void print_counts(const char *what, const json_t *counts)
{
    size_t nr = 0, all = json_object_size(counts);
    const char *rule;
    json_t *n;

    if (!all)
        return;
    printf("  %s: ", what);
    json_object_foreach((json_t *)counts, rule, n) {
        CLEANUP_FREE char *safe = cli_safe(rule, 80);

        if (nr == NAMED_MAX)
            break;
        printf("%s%s (%lld)", nr++ ? ", " : "", safe,
               (long long)json_integer_value(n));
    }
    if (all > nr)
        printf(" and %zu more", all - nr);
    putchar('\n');
}

void status_print_rules(const json_t *rules)
{
    int64_t red =
        jx_int(rules, "classified", 0) + jx_int(rules, "unclassified", 0);

    if (red)
        printf("Rules, 30 days: %" PRId64 " red logs, %" PRId64
               " named (%.1f %%), %" PRId64 " unclassified%s\n",
               red, jx_int(rules, "classified", 0),
               100.0 * (double)jx_int(rules, "classified", 0) / (double)red,
               jx_int(rules, "unclassified", 0),
               jx_int(rules, "unclassified", 0) ? " (status --unclassified)"
                                                : "");
    if (jx_int(rules, "kept", 0))
        printf("  named by older rules, too little is stored to say more: "
               "%" PRId64 "\n",
               jx_int(rules, "kept", 0));
    print_counts("filed", jx_obj(rules, "filed"));
    print_counts("... of which were mended", jx_obj(rules, "fixed"));
    print_counts("hit green logs", jx_obj(rules, "green_hits"));
    print_counts("marked as wrong by people", jx_obj(rules, "wrong"));
}

/* ---- --unclassified ----------------------------------------------------- */

struct list {
    json_t *items; /* NULL: print */
    size_t nr;
};

static const char *short_fingerprint(const char *fp)
{
    const char *colon = strchr(fp, ':');

    return colon ? colon + 1 : fp;
}

static int add_item(void *user, const struct unknown *u)
{
    struct list *l = user;
    json_t *v = json_object();

    jx_set_str(v, "fingerprint", u->fingerprint);
    jx_set_int(v, "projects", u->projects);
    jx_set_int(v, "runs", u->runs);
    jx_set_int(v, "first", u->first);
    jx_set_int(v, "last", u->last);
    jx_set_str(v, "project", u->project);
    jx_set_str(v, "branch", u->branch);
    jx_set_str(v, "url", u->url);
    jx_set_str(v, "message", jx_str(u->detail, "message"));
    jx_set_int(v, "line", jx_int(u->detail, "line", 0));
    if (json_object_get(u->detail, "excerpt"))
        json_object_set(v, "excerpt", json_object_get(u->detail, "excerpt"));
    if (json_object_get(u->detail, "candidates"))
        json_object_set(v, "candidates",
                        json_object_get(u->detail, "candidates"));
    if (json_object_get(u->detail, "log"))
        json_object_set(v, "log", json_object_get(u->detail, "log"));
    json_array_append_new(l->items, v);
    return 0;
}

static int print_item(void *user, const struct unknown *u)
{
    struct list *l = user;
    CLEANUP_FREE char *first = when_format_day(u->first);
    CLEANUP_FREE char *last = when_format_day(u->last);
    CLEANUP_FREE char *project = cli_safe(str_or(u->project, "?"), 120);
    CLEANUP_FREE char *message =
        cli_safe(jx_str_or(u->detail, "message", ""), 200);

    printf("%.12s  %" PRId64 " project%s, %" PRId64 " run%s, %s to %s\n"
           "              %s\n              %s line %" PRId64 "%s%s\n",
           short_fingerprint(u->fingerprint), u->projects,
           u->projects == 1 ? "" : "s", u->runs, u->runs == 1 ? "" : "s", first,
           last, *message ? message : "(the log says nothing)", project,
           jx_int(u->detail, "line", 0), u->url ? " " : "",
           u->url ? u->url : "");
    l->nr++;
    return 0;
}

int status_unclassified(struct store *st, bool json, struct err *err)
{
    struct list l = { .items = json ? json_array() : NULL };
    int r =
        store_unknown_each(st, NULL, 0, json ? add_item : print_item, &l, err);

    if (r == 0 && json)
        cli_json(l.items);
    else if (r == 0 && !l.nr)
        puts("Every red log that is stored has a name.");
    else if (r == 0)
        puts("tocsin rule suggest FINGERPRINT drafts a rule.");
    json_decref(l.items);
    return r;
}
