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
#include "core/cli/unknowns.h"

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

static const char *short_fingerprint(const char *fp)
{
    const char *colon = strchr(fp, ':');

    return colon ? colon + 1 : fp;
}

static json_t *group_json(const struct unknown_group *g)
{
    static const char *const shown[] = { "excerpt", "candidates", "log" };
    const struct unknown *u = &g->head;
    json_t *v = json_object();

    jx_set_str(v, "fingerprint", u->fingerprint);
    if (json_array_size(g->alike))
        json_object_set(v, "alike", g->alike);
    jx_set_int(v, "projects", g->projects);
    jx_set_int(v, "runs", g->runs);
    jx_set_int(v, "first", g->first);
    jx_set_int(v, "last", g->last);
    jx_set_str(v, "project", u->project);
    jx_set_str(v, "branch", u->branch);
    jx_set_str(v, "url", u->url);
    jx_set_str(v, "message", jx_str(u->detail, "message"));
    jx_set_int(v, "line", jx_int(u->detail, "line", 0));
    for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
        if (json_object_get(u->detail, shown[i]))
            json_object_set(v, shown[i], json_object_get(u->detail, shown[i]));
    return v;
}

static void print_group(const struct unknown_group *g)
{
    const struct unknown *u = &g->head;
    CLEANUP_FREE char *first = when_format_day(g->first);
    CLEANUP_FREE char *last = when_format_day(g->last);
    CLEANUP_FREE char *project = cli_safe(str_or(u->project, "?"), 120);
    CLEANUP_FREE char *message =
        cli_safe(jx_str_or(u->detail, "message", ""), 200);

    printf("%.12s  %" PRId64 " project%s, %" PRId64 " run%s, %s to %s",
           short_fingerprint(u->fingerprint), g->projects,
           g->projects == 1 ? "" : "s", g->runs, g->runs == 1 ? "" : "s", first,
           last);
    if (json_array_size(g->alike))
        printf(", with %zu like it", json_array_size(g->alike));
    printf("\n              %s\n              %s line %" PRId64 "%s%s\n",
           *message ? message : "(the log says nothing)", project,
           jx_int(u->detail, "line", 0), u->url ? " " : "",
           u->url ? u->url : "");
}

int status_unclassified(struct store *st, bool json, struct err *err)
{
    CLEANUP_JSON json_t *list = json_array();
    struct unknowns u;

    if (unknowns_read(st, &u, err) < 0)
        return -1;
    for (size_t i = 0; i < u.nr; i++) {
        if (json)
            json_array_append_new(list, group_json(&u.l[i]));
        else
            print_group(&u.l[i]);
    }
    if (json)
        cli_json(list);
    else
        puts(u.nr ? "tocsin rule suggest FINGERPRINT drafts a rule."
                  : "Every red log that is stored has a name.");
    unknowns_release(&u);
    return 0;
}
