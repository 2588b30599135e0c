/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tree: which routes an incident takes. Alertmanager's semantics: children
 * inherit, the deepest match counts, the first matching sibling ends the
 * search unless it says `continue`.
 *
 * A route that has neither owner nor via of its own and says `continue`
 * sends nothing: what it sets are defaults for the routes that match after
 * it.
 */
#ifndef TOCSIN_ROUTE_TREE_H
#define TOCSIN_ROUTE_TREE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/config/settings.h"
#include "core/route/policy.h"
#include "core/store/records.h"

/* What the routes are asked about. All borrowed. */
struct subject {
    const char *project, *branch, *category, *blame, *rule, *source;
    const char *task; /* bot: the job */
    const struct incident_job *jobs;
    size_t nr_jobs;
    bool default_branch;
    bool outbreak;
    /* [name]: the owner and the persons behind it; asked for only when a
     * route matches by owner. May be NULL. Borrowed until the next call. */
    const json_t *(*owners)(void *user);
    void *user;
};
/* From an incident; branch "default" is asked of default_branch, which may
 * be NULL (main and master then). */
void subject_of(struct subject *out, const struct incident *i,
                const char *default_branch);

/* Where it goes, everything inherited. All borrowed from the settings. */
struct routed {
    const struct route *route;
    struct policy policy; /* settings->policy and all overlays */
    char **group_by;
    size_t nr_group_by;
    const char *owner;
    char **via;
    size_t nr_via;
    bool confidential;
    char **labels;
    size_t nr_labels;
    int64_t digest;            /* >= 0 */
    const char *via_at;        /* where via stands */
    const struct hours *hours; /* NULL: at any time */
};

#define ROUTED_MAX 16 /* tickets of one incident */

/* Fills out; how many. 0: no route. base (may be NULL) becomes what holds
 * where no route does: the policy and the matching amendments. trace (may be
 * NULL): an array that gets {"at","id","matched","why","settings"} per route
 * that was looked at. */
size_t route_find(const struct settings *s, const struct subject *sub,
                  struct routed out[static ROUTED_MAX], struct routed *base,
                  json_t *trace);
/* The fallback, with what base (see above) inherits to it. */
void route_fallback(const struct settings *s, const struct routed *base,
                    struct routed *out);
/* {"owner","via","group_by","open",..}. New. */
json_t *routed_json(const struct routed *r);

/* Does m match? *why: new, which matcher failed, or NULL. why may be NULL. */
bool match_subject(const struct match *m, const struct subject *sub,
                   char **why);

#endif
