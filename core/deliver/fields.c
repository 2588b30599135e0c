/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What machines are told of a subject, and what has changed when it changes.
 * Must not say a number in a digest that only counts up.
 */
#include <config.h>

#include "core/deliver/subject.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"

static json_t *job_names(const struct incident *i)
{
    json_t *list = json_array();

    for (size_t k = 0; k < i->nr_jobs; k++)
        if (!i->standing || i->jobs[k].standing)
            jx_append_str(list, str_or(i->jobs[k].name, ""));
    return list;
}

static json_t *cause_fields(const struct incident *i)
{
    json_t *o = json_object();

    jx_set_str(o, "incident", i->public_id);
    jx_set_str(o, "project", i->project);
    jx_set_str(o, "branch", i->branch);
    jx_set_str(o, "rule", i->rule);
    jx_set_str(o, "category", i->category);
    jx_set_str(o, "blame", i->blame);
    jx_set_str(o, "severity", jx_str(i->failure, "severity"));
    jx_set_str(o, "fingerprint", i->fingerprint);
    jx_set_str(o, "summary", jx_str(i->failure, "summary"));
    jx_set_str(o, "message", jx_str(i->failure, "message"));
    jx_set_str(o, "url", i->url);
    jx_set_str(o, "target", i->target);
    jx_set_int(o, "first_seen", i->first_seen);
    jx_set_int(o, "last_seen", i->last_seen);
    jx_set_int(o, "pushes", i->pushes);
    jx_set_num(o, "attempts", i->attempts);
    json_object_set_new(o, "jobs", job_names(i));
    return o;
}

#define FIELDS_CAUSES_MAX 50

json_t *subject_fields(const struct subject *s)
{
    const struct ticket *t = s->ticket;
    json_t *o = json_object(), *causes = json_array();

    jx_set_str(o, "ticket", t->key);
    jx_set_str(o, "kind", t->kind);
    jx_set_str(o, "state", ticket_state_name(t->state));
    jx_set_str(o, "project", t->project);
    jx_set_str(o, "branch", t->branch);
    jx_set_str(o, "owner", s->owner ? s->owner->name : NULL);
    jx_set_str(o, "owner_from", s->owner ? s->owner->from : NULL);
    jx_set_str(o, "route", t->route);
    jx_set_str(o, "reason", t->reason);
    jx_set_int(o, "opened", t->opened);
    jx_set_int(o, "descendants", t->descendants);
    jx_set_int(o, "members", (int64_t)s->nr);
    for (size_t k = 0; k < s->nr && k < FIELDS_CAUSES_MAX; k++)
        json_array_append_new(causes, cause_fields(&s->members[k]));
    json_object_set_new(o, "causes", causes);
    if (s->troubles)
        json_object_set(o, "troubles", s->troubles);
    return o;
}

static char *digest_json(json_t *v)
{
    char *text = jx_dump(v), *digest = digest_text128(text, strlen(text));

    free(text);
    json_decref(v);
    return digest;
}

/* What its rule says of it, whatever it was read from: the half of
 * rule_digest() that is not of where it matches. */
static const char *wording(const struct incident *i)
{
    const char *digest = jx_str(i->failure, "rule_digest");

    return digest ? strchr(digest, ':') : NULL;
}

char *subject_digest(const struct subject *s)
{
    json_t *v = json_array(), *job, *names;
    bool spans = !s->ticket->project;
    size_t k;

    json_array_append_new(v, json_string(subject_template(s)));
    json_array_append_new(v, json_boolean(s->over));
    json_array_append_new(v, json_integer(s->ticket->reopened));
    if (s->has_cause)
        json_array_append_new(v, json_string(s->cause.public_id));
    if (s->unsaid) /* what stands there says it */
        json_array_append_new(v, json_string("unsaid"));
    json_array_foreach(s->troubles, k, job)
        json_array_append_new(v, json_pack("[s?, s?]", jx_str(job, "instance"),
                                           jx_str(job, "code")));
    for (size_t i = 0; i < s->nr; i++) {
        const struct incident *m = &s->members[i];
        json_t *o;

        /* An outbreak is one thing however many it hits. */
        if (subject_is_outbreak(s) && i > 0)
            break;
        o = json_object();
        jx_set_str(o, "fingerprint", m->fingerprint);
        jx_set_str(o, "rule", m->rule);
        jx_set_str(o, "wording", wording(m));
        jx_set_str(o, "end", incident_end_name(m->end));
        if (spans && !subject_is_outbreak(s))
            jx_set_str(o, "project", m->project);
        if (!spans) {
            names = job_names(m);
            json_array_foreach(names, k, job)
                json_object_set_new(o, json_string_value(job), json_true());
            json_decref(names);
        }
        json_array_append_new(v, o);
    }
    return digest_json(v);
}

char *subject_counts_digest(const struct subject *s)
{
    json_t *v = json_array();

    json_array_append_new(v, json_integer(s->green_jobs));
    if (s->troubles) /* their words may hold numbers */
        json_array_append(v, s->troubles);
    json_array_append_new(v, json_integer((int64_t)s->nr));
    json_array_append_new(
        v, json_integer(s->has_outbreak ? s->outbreak.projects : 0));
    for (size_t i = 0; i < s->nr; i++) {
        json_array_append_new(v, json_integer(s->members[i].pushes));
        json_array_append_new(
            v, json_integer((int64_t)(s->members[i].attempts + 0.5)));
    }
    return digest_json(v);
}
