/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walking the route tree. Must not look at the store: what a route asks for
 * is in the subject.
 */
#include <config.h>

#include "core/route/tree.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/route/owners.h"

void subject_of(struct subject *out, const struct incident *i,
                const char *default_branch)
{
    const char *branch = str_or(i->branch, "");

    memset(out, 0, sizeof(*out));
    out->project = str_or(i->project, "");
    out->branch = branch;
    out->category = str_or(i->category, "unknown/unclassified");
    out->blame = str_or(i->blame, "unknown");
    out->rule = str_or(i->rule, "");
    out->source = str_or(i->source, "");
    out->task = jx_str(i->extra, "task");
    out->jobs = i->jobs;
    out->nr_jobs = i->nr_jobs;
    out->default_branch =
        default_branch ? !strcmp(branch, default_branch)
                       : !strcmp(branch, "main") || !strcmp(branch, "master");
}

static bool any_glob(char *const *globs, size_t nr, const char *text)
{
    for (size_t i = 0; i < nr; i++)
        if (glob_match(globs[i], text))
            return true;
    return false;
}

static bool match_branch(const struct match *m, const struct subject *sub)
{
    for (size_t i = 0; i < m->nr_branch; i++) {
        if (!strcmp(m->branch[i], "default")) {
            if (sub->default_branch)
                return true;
        } else if (glob_match(m->branch[i], sub->branch)) {
            return true;
        }
    }
    return false;
}

static bool match_category(char *const *globs, size_t nr, const char *category)
{
    CLEANUP_FREE char *area = xstrndup(category, strcspn(category, "/"));

    for (size_t i = 0; i < nr; i++)
        if (glob_match(globs[i], strchr(globs[i], '/') ? category : area)
            || !strcmp(globs[i], "**"))
            return true;
    return false;
}

/* A job is known by its name and by the parts of its key (run_job_key). */
static bool match_job(const struct match *m, const struct subject *sub)
{
    if (sub->task && any_glob(m->job, m->nr_job, sub->task))
        return true;
    for (size_t i = 0; i < sub->nr_jobs; i++) {
        const struct incident_job *j = &sub->jobs[i];
        const char *p = j->key;

        if (j->name && any_glob(m->job, m->nr_job, j->name))
            return true;
        while (p && *p) {
            size_t n = strcspn(p, "\x1f");
            CLEANUP_FREE char *part = xstrndup(p, n);

            if (*part && any_glob(m->job, m->nr_job, part))
                return true;
            p += n + (p[n] != '\0');
        }
    }
    return false;
}

static bool match_owner(const struct match *m, const struct subject *sub)
{
    const json_t *names = sub->owners ? sub->owners(sub->user) : NULL;
    size_t i;
    json_t *v;

    json_array_foreach(names, i, v) {
        for (size_t n = 0; n < m->nr_owner; n++) {
            const char *want = m->owner[n];

            if (*want == '@')
                want++;
            if (glob_match(want, json_string_value(v)))
                return true;
        }
    }
    return false;
}

static void because(char **why, const char *key, char *const *wanted, size_t nr,
                    const char *is)
{
    struct strbuf b;

    if (!why)
        return;
    strbuf_init(&b, 1000);
    strbuf_addf(&b, "%s ", key);
    if (is)
        strbuf_addf(&b, "is %s, ", is);
    strbuf_adds(&b, "wanted is ");
    for (size_t i = 0; i < nr; i++)
        strbuf_addf(&b, "%s%s", i ? " or " : "", wanted[i]);
    *why = strbuf_take(&b);
    strbuf_release(&b);
}

bool match_subject(const struct match *m, const struct subject *sub, char **why)
{
    CLEANUP_FREE char *area =
        xstrndup(sub->category, strcspn(sub->category, "/"));

    if (why)
        *why = NULL;
#define ASK(key, ok, is)                                                       \
    do {                                                                       \
        if (m->nr_##key && !(ok)) {                                            \
            because(why, #key, m->key, m->nr_##key, is);                       \
            return false;                                                      \
        }                                                                      \
    } while (0)
    ASK(project, any_glob(m->project, m->nr_project, sub->project),
        sub->project);
    ASK(branch, match_branch(m, sub), sub->branch);
    ASK(category, match_category(m->category, m->nr_category, sub->category),
        sub->category);
    ASK(area, any_glob(m->area, m->nr_area, area), area);
    ASK(blame, any_glob(m->blame, m->nr_blame, sub->blame), sub->blame);
    ASK(rule, match_category(m->rule, m->nr_rule, sub->rule), sub->rule);
    ASK(source, any_glob(m->source, m->nr_source, sub->source), sub->source);
    ASK(job, match_job(m, sub), NULL);
    if (m->outbreak >= 0 && (m->outbreak == 1) != sub->outbreak) {
        if (why)
            *why = xstrdup(sub->outbreak ? "it is part of an outbreak"
                                         : "it is not part of an outbreak");
        return false;
    }
    ASK(owner, match_owner(m, sub), NULL);
#undef ASK
    return true;
}

/* route's own values over what it inherits. */
static void overlay(struct routed *r, const struct route *route)
{
    policy_overlay(&r->policy, &route->policy);
    if (route->nr_group_by) {
        r->group_by = route->group_by;
        r->nr_group_by = route->nr_group_by;
    }
    if (route->owner)
        r->owner = route->owner;
    if (route->has_via) {
        r->via = route->via;
        r->nr_via = route->nr_via;
        r->via_at = route->at;
    }
    if (route->nr_labels) {
        r->labels = route->labels;
        r->nr_labels = route->nr_labels;
    }
    if (route->has_hours)
        r->hours = &route->hours;
    if (route->digest >= 0)
        r->digest = route->digest;
    r->confidential = r->confidential || route->confidential;
    r->route = route;
}

static bool is_amendment(const struct route *r)
{
    return r->cont && !r->owner && !r->has_via;
}

struct walk {
    const struct subject *sub;
    struct routed *out;
    size_t nr;
    json_t *trace;
};

json_t *routed_json(const struct routed *r)
{
    json_t *o = json_object(), *list;

    jx_set_str(o, "owner", r->owner);
    list = json_array();
    for (size_t i = 0; i < r->nr_via; i++)
        json_array_append_new(list, json_string(r->via[i]));
    json_object_set_new(o, "via", list);
    list = json_array();
    for (size_t i = 0; i < r->nr_group_by; i++)
        json_array_append_new(list, json_string(r->group_by[i]));
    json_object_set_new(o, "group_by", list);
    if (r->policy.open.set)
        json_object_set_new(o, "open", condition_json(&r->policy.open));
    if (r->digest)
        jx_set_int(o, "digest", r->digest);
    if (r->confidential)
        jx_set_bool(o, "confidential", true);
    return o;
}

/* The entry of a route in the trace; why is taken. */
static json_t *traced(struct walk *w, const struct route *route, bool matched,
                      char *why)
{
    json_t *o;

    if (!w->trace) {
        free(why);
        return NULL;
    }
    o = json_object();
    jx_set_str(o, "at", route->at);
    jx_set_str(o, "id", route->id);
    jx_set_bool(o, "matched", matched);
    jx_set_str(o, "why", why);
    json_array_append_new(w->trace, o);
    free(why);
    return o;
}

/* Looks at the children of what has matched already. How many leaves came
 * out; r is what they inherit and learns what amendments say. */
static size_t walk(struct walk *w, const struct route *parent, struct routed *r)
{
    size_t before = w->nr;

    for (size_t i = 0; i < parent->nr_routes; i++) {
        const struct route *c = &parent->routes[i];
        struct routed own = *r;
        char *why = NULL;
        bool yes = match_subject(&c->match, w->sub, w->trace ? &why : NULL);
        json_t *t = traced(w, c, yes, why);
        size_t had = w->nr;

        if (!yes)
            continue;
        overlay(&own, c);
        if (walk(w, c, &own)) {
            if (t)
                jx_set_str(t, "why", "a route inside it matches");
        } else if (is_amendment(c)) {
            const struct route *keep = r->route;

            overlay(r, c);
            r->route = keep;
            if (t)
                jx_set_str(t, "why",
                           "sends nothing itself: defaults for "
                           "the routes that match after it");
        } else if (w->nr < ROUTED_MAX) {
            w->out[w->nr++] = own;
        }
        if (t)
            json_object_set_new(t, "settings", routed_json(&own));
        if (w->nr > had && !c->cont)
            break;
    }
    return w->nr - before;
}

size_t route_find(const struct settings *s, const struct subject *sub,
                  struct routed out[static ROUTED_MAX], struct routed *base,
                  json_t *trace)
{
    struct walk w = { sub, out, 0, trace };
    struct routed top;

    memset(&top, 0, sizeof(top));
    top.policy = s->policy;
    overlay(&top, &s->root);
    walk(&w, &s->root, &top);
    if (base)
        *base = top;
    return w.nr;
}

void route_fallback(const struct settings *s, const struct routed *base,
                    struct routed *out)
{
    *out = *base;
    overlay(out, &s->fallback);
    out->group_by = NULL;
    out->nr_group_by = 0;
}
