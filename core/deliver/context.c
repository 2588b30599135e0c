/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the templates are told of a subject. Must not escape anything itself
 * and must not put a JSON object from outside into a context.
 */
#include <config.h>

#include "core/deliver/subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/deliver/templates.h"
#include "core/route/reason.h"

/* ---- pieces of a context ---- */

static void set_day(json_t *o, const char *key, int64_t t)
{
    CLEANUP_FREE char *text = when_format_day(t);

    if (t > 0)
        jx_set_str(o, key, text);
}

static void set_minute(json_t *o, const char *key, int64_t t)
{
    CLEANUP_FREE char *text = when_format_minute(t);

    if (t > 0)
        jx_set_str(o, key, text);
}

static void set_url(json_t *o, const char *key, const char *url)
{
    if (safety_url_ok(url))
        jx_set_str(o, key, url);
}

/* A name that can hold nothing but a name. */
static bool is_plain_name(const char *s)
{
    return s && *s && strlen(s) < 140
           && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
                        "YZ0123456789-_./")
                  == strlen(s);
}

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
    set_url(o, url_key, url);
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

static const json_t *find_rule(const struct subject *s, const char *id)
{
    size_t k;
    json_t *rule;

    if (id)
        json_array_foreach(s->settings->rules, k, rule)
            if (str_eq(jx_str(rule, "id"), id))
                return rule;
    return NULL;
}

static char *trim_stop(char *s)
{
    size_t n = s ? strlen(s) : 0;

    while (n && (s[n - 1] == '.' || s[n - 1] == ' ' || s[n - 1] == '\n'))
        s[--n] = '\0';
    return s;
}

static char *last_words(const char *written, const struct safety *how)
{
    CLEANUP_FREE char *code = safety_text(how, SAFETY_CODE, written, 200);

    return *code ? xasprintf("no rule knows why; the log says %s", code) : NULL;
}

/* Written in Markdown once, with captures that nobody had escaped: here it
 * is plain words. */
static char *without_ticks(const char *written, const struct safety *how,
                           enum safety_position pos)
{
    struct strbuf b;
    char *text;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (const char *p = written; *p; p++)
        if (*p != '`')
            strbuf_addc(&b, *p);
    text = safety_text(how, pos, b.buf, 300);
    strbuf_release(&b);
    return text;
}

/* The rule's sentence with its captures at pos, escaped; else what the
 * worker wrote down when it saw the failure. */
static char *summary_of(const struct subject *s, const struct incident *i,
                        const struct safety *how, enum safety_position pos,
                        const struct fill *fill)
{
    const char *rule = jx_str(find_rule(s, i->rule), "summary");
    const char *written = jx_str(i->failure, "summary");
    char *text = NULL;

    if (fill->trusted_only)
        return safety_text(how, pos == SAFETY_TITLE ? pos : SAFETY_TEXT,
                           i->rule ? i->rule : "no rule knows why", 120);
    if (rule)
        text =
            templates_fill_rule(rule, how, pos, jx_obj(i->failure, "captures"));
    if (!text && written && !i->rule && pos != SAFETY_TITLE)
        text = last_words(written, how);
    if (!text && written)
        text = without_ticks(written, how,
                             pos == SAFETY_TITLE ? pos : SAFETY_TEXT);
    if (!text || !*text) {
        free(text);
        text = xstrdup("no rule knows why yet");
    }
    return trim_stop(text);
}

static void set_made(json_t *o, const char *key, char *text)
{
    if (text && *text)
        json_object_set_new(o, key, templates_made(text));
    free(text);
}

static void set_advice(json_t *o, const struct subject *s,
                       const struct incident *i, const struct safety *how,
                       const struct fill *fill)
{
    const char *rule = jx_str(find_rule(s, i->rule), "advice");
    const char *written = jx_str(i->failure, "advice");
    char *text = NULL;

    if (rule && (!fill->trusted_only || !strstr(rule, "{{")))
        text = templates_fill_rule(rule, how, SAFETY_CODE,
                                   jx_obj(i->failure, "captures"));
    if (!text && written && !fill->trusted_only)
        text = safety_text(how, SAFETY_TEXT, written, 1500);
    while (text && *text && strchr(" \n", text[strlen(text) - 1]))
        text[strlen(text) - 1] = '\0';
    jx_set_bool(o, "advice_lines", text && strchr(text, '\n'));
    set_made(o, "advice", text);
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
        set_url(o, "job_url", i->jobs[k].url);
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
    set_made(o, "summary", summary_of(s, i, how, SAFETY_CODE, fill));
    set_advice(o, s, i, how, fill);
    set_excerpt(o, i, fill);
    if (!fill->trusted_only) {
        set_url(o, "log_url", i->url);
        jobs = red_jobs(i, 8, &more);
        if (json_array_size(jobs))
            json_object_set(o, "jobs", jobs);
        few = json_array_size(jobs) + more <= 2;
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
    set_day(o, "red_since", i->first_seen);
    set_day(o, "last_seen", i->last_seen);
    set_day(o, "last_green", i->last_green_at);
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

static void set_causes(json_t *o, const struct subject *s,
                       const struct safety *how, const struct fill *fill)
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

/* ---- lists and outbreaks ---- */

static json_t *item_context(const struct subject *s, size_t nr,
                            const struct safety *how, const struct fill *fill)
{
    const struct incident *i = &s->members[nr];
    json_t *o = json_object();

    if (s->needs && s->needs[nr] > 0) {
        jx_set_int(o, "item_needs", s->needs[nr]);
        jx_set_bool(o, "item_need_one", s->needs[nr] == 1);
    }

    jx_set_str(o, "item_project", i->project);
    jx_set_str(o, "item_branch", i->branch);
    set_url(o, "item_url", i->url);
    set_day(o, "item_since", i->first_seen);
    jx_set_bool(o, "item_new", nr < s->nr_new && s->nr_new < s->nr);
    set_made(o, "item_summary", summary_of(s, i, how, SAFETY_CODE, fill));
    return o;
}

static void set_items(json_t *o, const struct subject *s,
                      const struct safety *how, const struct fill *fill)
{
    json_t *list = json_array();
    size_t shown = fill->trusted_only ? 0 : fill->items;

    for (size_t k = 0; k < s->nr && k < shown; k++)
        json_array_append_new(list, item_context(s, k, how, fill));
    if (json_array_size(list))
        json_object_set(o, "items", list);
    if (s->nr > shown)
        jx_set_int(o, "more_items", (int64_t)(s->nr - shown));
    jx_set_int(o, "total", (int64_t)s->nr);
    jx_set_bool(o, "total_one", s->nr == 1);
    json_decref(list);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int64_t count_projects(const struct subject *s)
{
    const char **names = xcalloc(s->nr + 1, sizeof(*names));
    int64_t nr = 0;

    for (size_t i = 0; i < s->nr; i++)
        names[i] = str_or(s->members[i].project, "");
    qsort(names, s->nr, sizeof(*names), by_name);
    for (size_t i = 0; i < s->nr; i++)
        nr += i == 0 || strcmp(names[i], names[i - 1]);
    free(names);
    return nr;
}

static void set_samples(json_t *o, const struct subject *s)
{
    json_t *list = json_array();

    for (size_t k = s->nr; k-- > 0 && json_array_size(list) < 3;) {
        json_t *one;

        if (!safety_url_ok(s->members[k].url))
            continue;
        one = json_object();
        jx_set_str(one, "sample_project", s->members[k].project);
        jx_set_str(one, "sample_url", s->members[k].url);
        jx_set_bool(one, "sample_first", !json_array_size(list));
        json_array_append_new(list, one);
    }
    if (json_array_size(list))
        json_object_set(o, "samples", list);
    jx_set_bool(o, "has_samples", json_array_size(list) > 0);
    json_decref(list);
}

static void set_outbreak(json_t *o, const struct subject *s,
                         const struct fill *fill)
{
    int64_t projects = count_projects(s);

    jx_set_int(o, "projects", projects);
    if (s->has_outbreak) {
        if (s->outbreak.projects > projects)
            jx_set_int(o, "projects", s->outbreak.projects);
        jx_set_int(o, "owners", s->outbreak.owners);
        set_minute(o, "began", s->outbreak.began);
        set_minute(o, "over_since", s->outbreak.ended);
    } else if (s->nr) {
        set_minute(o, "began", s->members[0].first_seen);
    }
    jx_set_bool(o, "project_one", jx_int(o, "projects", 0) == 1);
    jx_set_bool(o, "owner_one", jx_int(o, "owners", 0) == 1);
    jx_set_int(o, "told_before", s->told_before);
    jx_set_bool(o, "told_one", s->told_before == 1);
    if (!fill->trusted_only)
        set_samples(o, s);
}

/* ---- the end ---- */

/* Nothing ended but that this sink is told of it. */
static bool still_stands(const struct subject *s)
{
    bool yes = false;

    for (size_t i = 0; i < s->nr; i++)
        yes = yes || s->members[i].standing;
    return yes && !subject_is_outbreak(s);
}

static const char *end_of(const struct subject *s)
{
    enum incident_end end = s->nr ? s->members[0].end : END_NONE;

    if (str_eq(s->ticket->reason, "withdrawn"))
        return "withdrawn";
    if (str_eq(s->ticket->reason, "retracted"))
        return "retracted";
    for (size_t i = 0; i < s->nr; i++)
        if (s->members[i].end == END_GREEN)
            end = END_GREEN;
    switch (end) {
    case END_GREEN:
        return "green";
    case END_ABSENT:
        return "absent";
    case END_SUPERSEDED:
        return "superseded";
    case END_GONE:
        return "gone";
    case END_FLAKY:
        return "flaky";
    case END_ARCHIVED:
        return "archived";
    default:
        return still_stands(s) ? "moved" : "other";
    }
}

static void set_end(json_t *o, const struct subject *s)
{
    CLEANUP_FREE char *key = xasprintf("end_%s", end_of(s));
    int64_t ended = 0;

    for (size_t i = 0; i < s->nr; i++)
        if (s->members[i].ended > ended)
            ended = s->members[i].ended;
    jx_set_bool(o, key, true);
    set_day(o, "ended", ended ? ended : s->ticket->resolved);
    jx_set_bool(o, "is_bot", str_eq(s->ticket->kind, "bot"));
    jx_set_bool(o, "is_outbreak", subject_is_outbreak(s));
}

/* ---- the foot ---- */

static void set_owner(json_t *o, const struct subject *s,
                      const struct safety *how)
{
    static const struct {
        const char *from, *key;
    } why[] = {
        { "recipe-maintainers", "by_recipe" }, { "CODEOWNERS", "by_file" },
        { "owners.yaml", "by_config" },        { "team", "by_route" },
        { "fallback", "by_fallback" },         { "digest", "by_digest" },
        { "escalated", "by_escalation" },
    };
    const char *from = s->owner ? s->owner->from : NULL;
    const char *key = "by_other";
    CLEANUP_FREE char *live = NULL;

    if (!s->owner || !s->owner->name) {
        jx_set_bool(o, "nobody", true);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(why); i++)
        if (str_eq(why[i].from, from))
            key = why[i].key;
    jx_set_bool(o, key, true);
    jx_set_str(o, "owner", s->owner->name);
    jx_set_bool(o, "one_person", json_array_size(s->owner->persons) == 1);
    /* What could not be written as a call is none, not an empty one. */
    live = s->owner->mention
               ? safety_text(how, SAFETY_MENTION, s->owner->mention, 0)
               : NULL;
    if (live && *live)
        jx_set_str(o, "mention", s->owner->mention);
}

static void set_held(json_t *o, const struct subject *s,
                     const struct safety *how, const struct fill *fill)
{
    if (!s->has_cause)
        return;
    jx_set_str(o, "held_by", s->cause.public_id);
    jx_set_str(o, "held_category", s->cause.category);
    set_made(o, "held_summary",
             summary_of(s, &s->cause, how, SAFETY_CODE, fill));
    if (!str_eq(s->cause.project, s->ticket->project)
        && (!fill->trusted_only || is_plain_name(s->cause.project)))
        jx_set_str(o, "held_project", s->cause.project);
}

static void set_foot(json_t *o, const struct subject *s,
                     const struct safety *how)
{
    const char *base = s->settings->explain_url;
    CLEANUP_FREE char *url =
        base ? xasprintf("%s%s", base, s->ticket->key) : NULL;

    set_url(o, "explain_url", url);
    if (s->nr && s->members[0].public_id) {
        CLEANUP_FREE char *show =
            xasprintf("tocsin incident show %s", s->members[0].public_id);
        CLEANUP_FREE char *all = xasprintf("%s --projects", show);

        jx_set_str(o, "show", show);
        jx_set_str(o, "show_all", all);
    }
    jx_set_str(o, "route", s->ticket->route);
    jx_set_str(o, "key", s->ticket->key);
    set_owner(o, s, how);
}

/* ---- Tocsin's own trouble ---- */

/* A name is the configuration's; a text may quote anything. */
static void set_troubles(json_t *o, const struct subject *s,
                         const struct fill *fill)
{
    json_t *list = json_array(), *v;
    size_t i, all = json_array_size(s->troubles);

    jx_set_bool(o, "is_operators", true);
    jx_set_str(o, "command", "tocsin status");
    json_array_foreach(s->troubles, i, v) {
        json_t *one;

        if (i >= fill->items && i)
            break;
        one = json_object();
        jx_set_str(one, "trouble_instance", jx_str(v, "instance"));
        if (!fill->trusted_only)
            jx_set_str(one, "trouble_text", jx_str(v, "text"));
        set_minute(one, "trouble_since", jx_int(v, "since", 0));
        json_array_append_new(list, one);
    }
    if (all > json_array_size(list))
        jx_set_int(o, "more_troubles", (int64_t)(all - json_array_size(list)));
    if (all)
        json_object_set(o, "troubles", list);
    json_decref(list);
}

json_t *subject_context(const struct subject *s, const struct safety *how,
                        const struct fill *fill)
{
    const struct ticket *t = s->ticket;
    json_t *o = json_object();
    const char *slash = t->project ? strrchr(t->project, '/') : NULL;

    if (!fill->trusted_only || is_plain_name(t->project)) {
        jx_set_str(o, "project", t->project);
        jx_set_str(o, "name", slash ? slash + 1 : t->project);
    }
    if (!fill->trusted_only || is_plain_name(t->branch))
        jx_set_str(o, "branch", t->branch);
    set_causes(o, s, how, fill);
    if (s->nr)
        set_made(o, "title_summary",
                 summary_of(s, &s->members[0], how, SAFETY_TITLE, fill));
    if (s->green_jobs > 0)
        jx_set_int(o, "green_jobs", s->green_jobs);
    jx_set_bool(o, "green_one", s->green_jobs == 1);
    jx_set_bool(o, "over", s->over);
    jx_set_bool(o, "closed",
                s->op == TOCSIN_DELIVER_RESOLVE || t->state == TICKET_RESOLVED);
    jx_set_bool(o, "is_digest", s->is_digest);
    jx_set_bool(o, "escalated", str_eq(t->reason, REASON_ESCALATED));
    if (t->escalated)
        set_day(o, "told", t->told);
    jx_set_bool(o, "weekly", s->weekly);
    if (s->nr_new && s->nr_new < s->nr)
        jx_set_int(o, "total_new", (int64_t)s->nr_new);
    jx_set_bool(o, "new_one", s->nr_new == 1);
    jx_set_bool(o, "is_list",
                !t->project && !subject_is_outbreak(s) && !s->troubles);
    if (s->troubles)
        set_troubles(o, s, fill);
    jx_set_bool(o, "one_cause",
                !t->project && json_object_get(t->group, "fingerprint"));
    jx_set_bool(o, "reopened",
                s->op == TOCSIN_DELIVER_REOPEN || t->reopened > 0);
    set_items(o, s, how, fill);
    if (subject_is_outbreak(s))
        set_outbreak(o, s, fill);
    set_end(o, s);
    set_held(o, s, how, fill);
    past_set(o, s);
    set_foot(o, s, how);
    return o;
}
