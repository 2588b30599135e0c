/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the templates are told of a subject: of its causes (cause.c), of many
 * (list.c), and here whether it is over, whose it is and why. Must not escape
 * anything itself and must not put a JSON object from outside into a context.
 */
#include <config.h>

#include "core/deliver/context.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/deliver/templates.h"
#include "core/route/reason.h"

/* ---- pieces of a context ---- */

void context_day(json_t *o, const char *key, int64_t t)
{
    CLEANUP_FREE char *text = when_format_day(t);

    if (t > 0)
        jx_set_str(o, key, text);
}

void context_minute(json_t *o, const char *key, int64_t t)
{
    CLEANUP_FREE char *text = when_format_minute(t);

    if (t > 0)
        jx_set_str(o, key, text);
}

void context_url(json_t *o, const char *key, const char *url)
{
    if (safety_url_ok(url))
        jx_set_str(o, key, url);
}

bool is_plain_name(const char *s)
{
    return s && *s && strlen(s) < 140
           && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
                        "YZ0123456789-_./")
                  == strlen(s);
}

void context_made(json_t *o, const char *key, char *text)
{
    if (text && *text)
        json_object_set_new(o, key, templates_made(text));
    free(text);
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
    context_day(o, "ended", ended ? ended : s->ticket->resolved);
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
    context_made(o, "held_summary",
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

    context_url(o, "explain_url", url);
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
    causes_set(o, s, how, fill);
    if (s->nr)
        context_made(o, "title_summary",
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
        context_day(o, "told", t->told);
    jx_set_bool(o, "weekly", s->weekly);
    if (s->nr_new && s->nr_new < s->nr)
        jx_set_int(o, "total_new", (int64_t)s->nr_new);
    jx_set_bool(o, "new_one", s->nr_new == 1);
    jx_set_bool(o, "is_list",
                !t->project && !subject_is_outbreak(s) && !s->troubles);
    if (s->troubles)
        troubles_set(o, s, fill);
    jx_set_bool(o, "one_cause",
                !t->project && json_object_get(t->group, "fingerprint"));
    jx_set_bool(o, "reopened",
                s->op == TOCSIN_DELIVER_REOPEN || t->reopened > 0);
    items_set(o, s, how, fill);
    if (subject_is_outbreak(s))
        outbreak_set(o, s, fill);
    set_end(o, s);
    set_held(o, s, how, fill);
    past_set(o, s);
    set_foot(o, s, how);
    return o;
}
