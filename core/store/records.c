/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names and releases of the records. Must not know how they are kept.
 */
#include <config.h>

#include "core/store/records.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static const char *const outcome_names[] = {
    "unknown", "success",   "failure",   "cancelled",
    "skipped", "timed-out", "abandoned",
};

const char *outcome_name(int outcome)
{
    if (outcome < 0 || (size_t)outcome >= ARRAY_SIZE(outcome_names))
        return "unknown";
    return outcome_names[outcome];
}

int outcome_parse(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(outcome_names); i++)
        if (!strcmp(name, outcome_names[i]))
            return (int)i;
    return -1;
}

bool outcome_is_red(int outcome)
{
    return outcome == TOCSIN_OUTCOME_FAILURE
           || outcome == TOCSIN_OUTCOME_TIMED_OUT
           || outcome == TOCSIN_OUTCOME_ABANDONED;
}

bool outcome_is_green(int outcome)
{
    return outcome == TOCSIN_OUTCOME_SUCCESS;
}

void failure_release(struct failure *f)
{
    free(f->fingerprint);
    free(f->rule);
    free(f->category);
    free(f->blame);
    json_decref(f->detail);
    memset(f, 0, sizeof(*f));
}

void run_release(struct run *r)
{
    free(r->source);
    free(r->run_id);
    free(r->project);
    free(r->project_id);
    free(r->branch);
    free(r->workflow);
    free(r->job);
    free(r->variant);
    free(r->commit);
    free(r->url);
    free(r->trigger);
    free(r->rules);
    for (size_t i = 0; i < r->nr_failures; i++)
        failure_release(&r->failures[i]);
    free(r->failures);
    memset(r, 0, sizeof(*r));
}

char *run_job_key(const struct run *r)
{
    return xasprintf("%s\x1f%s\x1f%s\x1f%s", r->source, str_or(r->workflow, ""),
                     str_or(r->job, ""), str_or(r->variant, ""));
}

const char *incident_state_name(enum incident_state s)
{
    static const char *const name[] = { "pending", "open", "resolved" };

    return name[s];
}

const char *incident_end_name(enum incident_end e)
{
    static const char *const name[] = {
        "standing", "green", "absent",   "superseded",
        "gone",     "flaky", "archived",
    };

    return name[e];
}

static void incident_job_release(struct incident_job *j)
{
    free(j->key);
    free(j->name);
    free(j->url);
    free(j->commit);
}

void incident_release(struct incident *i)
{
    free(i->public_id);
    free(i->project);
    free(i->branch);
    free(i->fingerprint);
    free(i->kind);
    free(i->source);
    free(i->rule);
    free(i->category);
    free(i->blame);
    json_decref(i->failure);
    free(i->superseded_by);
    free(i->outbreak);
    free(i->caused_by);
    free(i->first_red_commit);
    free(i->last_red_commit);
    free(i->last_green_commit);
    free(i->url);
    free(i->target);
    json_decref(i->extra);
    for (size_t n = 0; n < i->nr_jobs; n++)
        incident_job_release(&i->jobs[n]);
    free(i->jobs);
    memset(i, 0, sizeof(*i));
}

const char *ticket_state_name(enum ticket_state s)
{
    static const char *const name[] = { "pending", "open", "resolved" };

    return name[s];
}

void ticket_release(struct ticket *t)
{
    free(t->key);
    json_decref(t->group);
    free(t->project);
    free(t->branch);
    free(t->kind);
    free(t->route);
    free(t->route_at);
    free(t->owner);
    json_decref(t->persons);
    free(t->owner_from);
    json_decref(t->via);
    json_decref(t->labels);
    free(t->reason);
    free(t->title);
    free(t->parent);
    json_decref(t->human);
    json_decref(t->unreached);
    json_decref(t->left);
    memset(t, 0, sizeof(*t));
}

void decision_release(struct decision *d)
{
    free(d->ticket);
    free(d->code);
    free(d->rule_at);
    free(d->text);
    json_decref(d->inputs);
    memset(d, 0, sizeof(*d));
}

void outbox_release(struct outbox *o)
{
    free(o->sink);
    free(o->want);
    free(o->why);
    free(o->have);
    free(o->have_digest);
    free(o->nonce);
    free(o->remote_id);
    free(o->url);
    free(o->last_error);
    free(o->pending);
    memset(o, 0, sizeof(*o));
}

void silence_release(struct silence *s)
{
    free(s->author);
    free(s->comment);
    json_decref(s->match);
    memset(s, 0, sizeof(*s));
}

void health_release(struct health *h)
{
    free(h->instance);
    free(h->trouble);
    json_decref(h->poisoned);
    json_decref(h->deaths);
    memset(h, 0, sizeof(*h));
}
