/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the templates are told of one cause: the failure, its jobs, its log,
 * and of the bot what it tried. Must not escape anything itself.
 */
#include <config.h>

#include "core/deliver/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"

/* A commit, short, and where the forge of this flavour shows it. */
static void set_commit(json_t *o, const char *key, const char *project,
                       const char *commit, const struct safety *how)
{
    CLEANUP_FREE char *url_key = xasprintf("%s_url", key);
    CLEANUP_FREE char *shown = NULL, *url = NULL;

    if (!commit || !*commit)
        return;
    shown = xstrndup(commit, 7);
    jx_set_str(o, key, shown);
    if ((how->flavour != SAFETY_GITHUB && how->flavour != SAFETY_MAIL)
        || !project || strspn(commit, "0123456789abcdef") != strlen(commit)
        || !is_plain_name(project))
        return;
    url = xasprintf("https://github.com/%s/commit/%s", project, commit);
    context_url(o, url_key, url);
}

static const char *area_of(const struct incident *i, char area[32])
{
    snprintf(area, 32, "%.*s", (int)strcspn(str_or(i->category, ""), "/"),
             str_or(i->category, ""));
    return area;
}

/* What the branch does not do. */
static const char *verb_of(const struct incident *i)
{
    static const struct {
        const char *area, *verb;
    } verbs[] = {
        { "dependency", "does not build" }, { "source", "does not build" },
        { "configure", "does not build" },  { "compile", "does not build" },
        { "link", "does not build" },       { "package", "does not build" },
        { "test", "fails its tests" },      { "upload", "is not published" },
    };
    char area[32];

    area_of(i, area);
    for (size_t k = 0; k < ARRAY_SIZE(verbs); k++)
        if (!strcmp(verbs[k].area, area))
            return verbs[k].verb;
    return "fails";
}

/* Not upstream's: its source may be what this repository holds. */
static bool is_elsewhere(const struct incident *i)
{
    return str_eq(i->blame, "dependency") || str_eq(i->blame, "infrastructure");
}

static void set_advice(json_t *o, const struct subject *s,
                       const struct incident *i, const struct safety *how,
                       const struct fill *fill)
{
    char *text = advice_of(s, i, how, fill);

    jx_set_bool(o, "advice_lines", text && strchr(text, '\n'));
    context_made(o, "advice", text);
}

static json_t *red_jobs(const struct incident *i, size_t max, size_t *more)
{
    json_t *list = json_array();

    *more = 0;
    for (size_t k = 0; k < i->nr_jobs; k++) {
        json_t *o;

        if (i->standing && !i->jobs[k].standing)
            continue;
        if (json_array_size(list) == max) {
            (*more)++;
            continue;
        }
        o = json_object();
        jx_set_str(o, "job", str_or(i->jobs[k].name, "the only job"));
        context_url(o, "job_url", i->jobs[k].url);
        jx_set_bool(o, "job_next", json_array_size(list) > 0);
        json_array_append_new(list, o);
    }
    return list;
}

static void set_excerpt(json_t *o, const struct incident *i,
                        const struct fill *fill)
{
    const json_t *excerpt = jx_obj(i->failure, "excerpt");
    const char *text = jx_str(excerpt, "text");
    int64_t line = jx_int(i->failure, "line", 0);
    int64_t first = jx_int(excerpt, "first", 1);
    CLEANUP_FREE char *cut = NULL;

    if (!text || fill->trusted_only)
        return;
    cut = excerpt_cut(text, line > first ? (size_t)(line - first) : 0,
                      fill->excerpt_lines, fill->excerpt_chars);
    if (*cut)
        jx_set_str(o, "excerpt", cut);
}

/* ---- the bot ---- */

/* The keys of "tried" are "TASK TARGET". */
static void set_versions(json_t *o, const struct incident *i,
                         const struct fill *fill)
{
    json_t *tried = jx_obj(i->extra, "tried"), *list = json_array(), *v;
    const char *key;

    json_object_foreach(tried, key, v) {
        json_t *item;

        if (!str_starts(key, "version ")
            || json_array_size(list) == fill->items)
            continue;
        item = json_object();
        jx_set_str(item, "version", key + strlen("version "));
        jx_set_bool(item, "version_next", json_array_size(list) > 0);
        json_array_append_new(list, item);
    }
    if (json_array_size(list) > 1 && !fill->trusted_only) {
        json_object_set(o, "versions", list);
        jx_set_bool(o, "has_versions", true);
    }
    json_decref(list);
}

static void set_bot(json_t *o, const struct incident *i,
                    const struct fill *fill)
{
    const char *task = jx_str(i->extra, "task");

    if (!task && i->nr_jobs)
        task = i->jobs[0].name;
    if (fill->trusted_only)
        task = "task";
    if (task && str_starts(task, "migration:"))
        jx_set_str(o, "migration", task + strlen("migration:"));
    else if (str_eq(task, "version") && i->target)
        jx_set_str(o, "target", i->target);
    else
        jx_set_str(o, "task", task ? task : "task");
    if (!fill->trusted_only)
        jx_set_str(o, "from", jx_str(i->extra, "from"));
    jx_set_int(o, "attempts", (int64_t)(i->attempts + 0.5));
    jx_set_bool(o, "once", i->attempts < 1.5);
    jx_set_bool(o, "one_day", i->first_seen / DAY == i->last_seen / DAY);
    set_versions(o, i, fill);
    jx_set_bool(o, "has_tries",
                jx_bool(o, "has_versions", false) || jx_str(o, "log_url"));
}

/* One job that is called "build", or has no name and is called so: that "main
 * does not build on build" tells nobody anything. */
static bool is_the_build(const json_t *jobs)
{
    return json_array_size(jobs) == 1
           && str_eq(jx_str(json_array_get(jobs, 0), "job"), "build");
}

/* ---- a cause ---- */

static json_t *cause_context(const struct subject *s, size_t nr,
                             const struct safety *how, const struct fill *fill)
{
    const struct incident *i = &s->members[nr];
    const char *project = s->ticket->project;
    json_t *o = json_object(), *jobs;
    size_t more;
    bool few;

    jx_set_int(o, "number", (int64_t)nr + 1);
    context_made(o, "summary", summary_of(s, i, how, SAFETY_CODE, fill));
    set_advice(o, s, i, how, fill);
    set_excerpt(o, i, fill);
    if (!fill->trusted_only) {
        context_url(o, "log_url", i->url);
        jobs = red_jobs(i, 8, &more);
        if (json_array_size(jobs))
            json_object_set(o, "jobs", jobs);
        few = json_array_size(jobs) + more <= 2 && !is_the_build(jobs);
        jx_set_bool(o, "few_jobs", few);
        /* The first sentence has them, and no green one beside them. */
        jx_set_bool(o, "jobs_said", few && (s->nr > 1 || !s->green_jobs));
        if (more)
            jx_set_int(o, "more_jobs", (int64_t)more);
        json_decref(jobs);
    }
    if (jx_int(i->failure, "line", 0) > 0)
        jx_set_int(o, "line", jx_int(i->failure, "line", 0));
    jx_set_str(o, "verb", verb_of(i));
    jx_set_str(o, "rule", i->rule);
    jx_set_str(o, "category", i->category);
    jx_set_str(o, "incident", i->public_id);
    jx_set_bool(o, "elsewhere", is_elsewhere(i));
    context_day(o, "red_since", i->first_seen);
    context_day(o, "last_seen", i->last_seen);
    context_day(o, "last_green", i->last_green_at);
    if (!fill->trusted_only) {
        set_commit(o, "red_commit", project, i->first_red_commit, how);
        set_commit(o, "green_commit", project, i->last_green_commit, how);
    }
    if (i->pushes > 1)
        jx_set_int(o, "pushes", i->pushes);
    if (str_eq(i->kind, "bot"))
        set_bot(o, i, fill);
    return o;
}

void causes_set(json_t *o, const struct subject *s, const struct safety *how,
                const struct fill *fill)
{
    json_t *list = json_array(), *one;

    for (size_t k = 0; k < s->nr && k < fill->causes; k++)
        json_array_append_new(list, cause_context(s, k, how, fill));
    jx_set_bool(o, "several", s->nr > 1);
    if (s->nr > 1)
        jx_set_int(o, "count", (int64_t)s->nr);
    if (s->nr > fill->causes)
        jx_set_int(o, "more_causes", (int64_t)(s->nr - fill->causes));
    one = s->nr ? cause_context(s, 0, how, fill) : json_object();
    json_object_set_new(o, "first", one);
    if (s->nr > 1)
        json_object_set(o, "causes", list);
    json_decref(list);
}
