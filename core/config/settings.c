/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The settings once they are loaded: defaults, finding, freeing. Must not
 * read files.
 */
#include <config.h>

#include "core/config/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/config/loading.h"

void policy_init(struct policy *p)
{
    memset(p, 0, sizeof(*p));
    p->open.red_for = p->open.pushes = p->open.age = -1;
    p->open.attempts = -1;
    p->escalate.after = p->open;
    p->resolve_greens = p->resolve_quiet = -1;
    p->remind = p->update_counts = -1;
    p->flaky_rate = p->flaky_within = -1;
    p->relapse_within = p->flaps = p->flap_quiet = -1;
    p->new_per_pass = p->new_per_day = p->new_per_person_per_day = -1;
    p->new_per_rule_per_day = p->trusted_after = -1;
    p->backlog_per_day = -1;
    p->outbreak_projects = p->outbreak_owners = -1;
    p->outbreak_within = p->outbreak_hold = p->outbreak_quiet = -1;
    p->absent_after = -1;
}

static void fill(int64_t *v, int64_t dflt)
{
    if (*v < 0)
        *v = dflt;
}

void policy_defaults(struct policy *p)
{
    if (!p->open.set) {
        p->open.set = true;
        p->open.red_for = 2 * DAY;
        p->open.pushes = 3;
    }
    fill(&p->resolve_greens, 1);
    fill(&p->resolve_quiet, 0);
    fill(&p->remind, 0);
    fill(&p->update_counts, DAY);
    fill(&p->flaky_rate, 0);
    fill(&p->flaky_within, WEEK);
    fill(&p->relapse_within, WEEK);
    fill(&p->flaps, 3);
    fill(&p->flap_quiet, 3 * DAY);
    fill(&p->new_per_pass, 10);
    fill(&p->new_per_day, 30);
    fill(&p->new_per_person_per_day, 1);
    fill(&p->new_per_rule_per_day, POLICY_UNLIMITED);
    fill(&p->trusted_after, 10);
    fill(&p->backlog_per_day, 0);
    fill(&p->outbreak_projects, 10);
    fill(&p->outbreak_owners, 5);
    fill(&p->outbreak_within, HOUR);
    fill(&p->outbreak_hold, HOUR);
    fill(&p->outbreak_quiet, 2 * HOUR);
    fill(&p->absent_after, DAY);
}

const struct team *settings_team(const struct settings *s, const char *id)
{
    for (size_t i = 0; i < s->nr_teams; i++)
        if (str_eq(s->teams[i].id, id))
            return &s->teams[i];
    return NULL;
}

const struct person *settings_person(const struct settings *s,
                                     const char *login)
{
    for (size_t i = 0; i < s->nr_persons; i++)
        if (!strcasecmp(s->persons[i].login, login))
            return &s->persons[i];
    return NULL;
}

const struct time_window *settings_window(const struct settings *s,
                                          const char *name)
{
    for (size_t i = 0; i < s->nr_windows; i++)
        if (str_eq(s->windows[i].name, name))
            return &s->windows[i];
    return NULL;
}

static const struct instance *find(const struct instance *list, size_t nr,
                                   const char *name)
{
    for (size_t i = 0; i < nr; i++)
        if (str_eq(list[i].name, name))
            return &list[i];
    return NULL;
}

const struct instance *settings_source(const struct settings *s,
                                       const char *name)
{
    return find(s->sources, s->nr_sources, name);
}

const struct instance *settings_sink(const struct settings *s, const char *name)
{
    return find(s->sinks, s->nr_sinks, name);
}

const char *settings_data_dir(void)
{
    const char *dir = getenv("TOCSIN_DATA_DIR");

    return dir && *dir ? dir : PKGDATADIR;
}

/* ---- freeing ------------------------------------------------------------ */

static void match_release(struct match *m)
{
    texts_free(m->project, m->nr_project);
    texts_free(m->branch, m->nr_branch);
    texts_free(m->category, m->nr_category);
    texts_free(m->area, m->nr_area);
    texts_free(m->blame, m->nr_blame);
    texts_free(m->rule, m->nr_rule);
    texts_free(m->source, m->nr_source);
    texts_free(m->owner, m->nr_owner);
    texts_free(m->job, m->nr_job);
}

static void policy_release(struct policy *p)
{
    free(p->open.at);
    free(p->escalate.after.at);
    free(p->escalate.to);
    texts_free(p->escalate.via, p->escalate.nr_via);
    free(p->at);
}

static void hours_release(struct hours *h)
{
    texts_free(h->active, h->nr_active);
    texts_free(h->mute, h->nr_mute);
}

static void habits_release(struct habits *h)
{
    free(h->tell_text);
    free(h->zone);
    hours_release(&h->hours);
    free(h->at_text);
    free(h->on_text);
}

static void windows_free(struct settings *s)
{
    for (size_t i = 0; i < s->nr_windows; i++) {
        struct time_window *w = &s->windows[i];

        free(w->name);
        free(w->zone);
        free(w->weekdays.of);
        free(w->times.of);
        free(w->days.of);
        free(w->months.of);
        free(w->years.of);
        free(w->at);
    }
    free(s->windows);
}

static void route_release(struct route *r)
{
    free(r->id);
    match_release(&r->match);
    policy_release(&r->policy);
    texts_free(r->group_by, r->nr_group_by);
    free(r->owner);
    texts_free(r->via, r->nr_via);
    texts_free(r->labels, r->nr_labels);
    hours_release(&r->hours);
    for (size_t i = 0; i < r->nr_routes; i++)
        route_release(&r->routes[i]);
    free(r->routes);
    free(r->at);
}

static void inhibit_free(struct settings *s)
{
    for (size_t i = 0; i < s->nr_inhibit; i++) {
        match_release(&s->inhibit[i].cause);
        match_release(&s->inhibit[i].symptom);
        texts_free(s->inhibit[i].equal, s->inhibit[i].nr_equal);
        free(s->inhibit[i].at);
    }
    free(s->inhibit);
}

static void instances_free(struct instance *list, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        instance_release(&list[i]);
    free(list);
}

static void owners_free(struct settings *s)
{
    for (size_t i = 0; i < s->nr_teams; i++) {
        struct team *t = &s->teams[i];

        free(t->id);
        texts_free(t->persons, t->nr_persons);
        json_decref(t->contacts);
        habits_release(&t->habits);
        free(t->at);
    }
    free(s->teams);
    for (size_t i = 0; i < s->nr_persons; i++) {
        struct person *p = &s->persons[i];

        free(p->login);
        habits_release(&p->habits);
        texts_free(p->via, p->nr_via);
        json_decref(p->contacts);
        free(p->at);
    }
    free(s->persons);
    for (size_t i = 0; i < s->nr_ownership; i++) {
        struct ownership *o = &s->ownership[i];

        free(o->project);
        free(o->path);
        texts_free(o->owners, o->nr_owners);
        free(o->at);
    }
    free(s->ownership);
}

void settings_free(struct settings *s)
{
    if (!s)
        return;
    free(s->path);
    free(s->digest);
    free(s->state);
    json_decref(s->at);
    instances_free(s->sources, s->nr_sources);
    instances_free(s->sinks, s->nr_sinks);
    policy_release(&s->policy);
    route_release(&s->root);
    route_release(&s->fallback);
    route_release(&s->digests.route);
    habits_release(&s->digests.habits);
    windows_free(s);
    free(s->operators_owner);
    texts_free(s->operators_via, s->nr_operators_via);
    inhibit_free(s);
    owners_free(s);
    json_decref(s->rules);
    json_decref(s->ignore);
    free(s->rules_digest);
    texts_free(s->plugin_path, s->nr_plugin_path);
    free(s->templates);
    free(s->metrics);
    free(s->heartbeat);
    free(s->heartbeat_file);
    free(s->guards.kill_switch);
    free(s->guards.at);
    free(s->explain_url);
    texts_free(s->forbidden, s->nr_forbidden);
    texts_free(s->robots, s->nr_robots);
    texts_free(s->redact, s->nr_redact);
    free(s->http.ca_file);
    free(s->http.contact);
    texts_free(s->http.connect_to, s->http.nr_connect_to);
    free(s);
}
