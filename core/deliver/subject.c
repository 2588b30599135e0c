/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a message is about, read from the store. Must not write words: the
 * templates' context (context.c) and the machines' fields (fields.c) do.
 */
#include <config.h>

#include "core/deliver/subject.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/route/decide.h"
#include "core/route/operators.h"
#include "core/route/reason.h"

/* ---- reading ---- */

struct reading {
    struct subject *s;
    struct incident *others; /* members that may be told after all */
    size_t nr, alloc;
};

/* Takes the incident's contents. */
static void keep(struct incident **list, size_t *nr, size_t *alloc,
                 struct incident *i)
{
    ALLOC_GROW(*list, *nr + 1, *alloc);
    (*list)[(*nr)++] = *i;
    memset(i, 0, sizeof(*i));
}

static bool is_present(const struct incident *i)
{
    return i->state != INCIDENT_RESOLVED && i->standing;
}

static int read_member(void *user, struct incident *i)
{
    struct reading *r = user;

    r->s->all++;
    if (is_present(i))
        keep(&r->s->members, &r->s->nr, &r->s->alloc, i);
    else
        keep(&r->others, &r->nr, &r->alloc, i);
    return 0;
}

/* What fails first in a build comes first: mend it, and the rest may go. */
static int stage_of(const struct incident *i)
{
    static const char *const stages[] = {
        "dependency", "source",  "configure", "compile",
        "link",       "package", "test",      "upload",
    };
    size_t n = strcspn(str_or(i->category, ""), "/");

    for (size_t k = 0; k < ARRAY_SIZE(stages); k++)
        if (strlen(stages[k]) == n && !strncmp(stages[k], i->category, n))
            return (int)k;
    return (int)ARRAY_SIZE(stages);
}

static int by_stage(const void *a, const void *b)
{
    const struct incident *x = a, *y = b;
    int p = stage_of(x), q = stage_of(y);

    if (p != q)
        return p - q;
    if (x->first_seen != y->first_seen)
        return x->first_seen < y->first_seen ? -1 : 1;
    return str_cmp0(x->fingerprint, y->fingerprint);
}

static int by_end(const void *a, const void *b)
{
    const struct incident *x = a, *y = b;
    int64_t p = x->ended ? x->ended : x->last_seen;
    int64_t q = y->ended ? y->ended : y->last_seen;

    if (p != q)
        return p > q ? -1 : 1;
    return str_cmp0(x->fingerprint, y->fingerprint);
}

/* Nothing stands: it is told of what was there last, one episode of it. */
static void take_last(struct reading *r)
{
    int64_t end;

    if (!r->nr)
        return;
    qsort(r->others, r->nr, sizeof(*r->others), by_end);
    end = r->others[0].ended;
    for (size_t i = 0; i < r->nr; i++)
        if (i == 0 || r->others[i].ended >= end - DAY)
            keep(&r->s->members, &r->s->nr, &r->s->alloc, &r->others[i]);
}

/* ---- which jobs are green ---- */

struct job_word {
    char *key;
    bool green;
    UT_hash_handle hh;
};

struct flow_words { /* of the newest commit of a workflow */
    char *key;
    char *commit;
    struct job_word *jobs;
    UT_hash_handle hh;
};

static void jobs_clear(struct flow_words *f)
{
    struct job_word *j, *next;

    HASH_ITER(hh, f->jobs, j, next)
    {
        HASH_DEL(f->jobs, j);
        free(j->key);
        free(j);
    }
}

static int hear_run(void *user, const struct run *r)
{
    struct flow_words **flows = user, *f;
    CLEANUP_FREE char *flow =
        xasprintf("%s\n%s", str_or(r->source, ""), str_or(r->workflow, ""));
    CLEANUP_FREE char *key = run_job_key(r);
    struct job_word *j;

    if (!outcome_is_red(r->outcome) && !outcome_is_green(r->outcome))
        return 0;
    HASH_FIND_STR(*flows, flow, f);
    if (!f) {
        f = xcalloc(1, sizeof(*f));
        f->key = xstrdup(flow);
        HASH_ADD_KEYPTR(hh, *flows, f->key, strlen(f->key), f);
    }
    if (!str_eq(f->commit, r->commit)) {
        jobs_clear(f);
        str_replace(&f->commit, r->commit);
    }
    HASH_FIND_STR(f->jobs, key, j);
    if (!j) {
        j = xcalloc(1, sizeof(*j));
        j->key = xstrdup(key);
        HASH_ADD_KEYPTR(hh, f->jobs, j->key, strlen(j->key), j);
    }
    j->green = outcome_is_green(r->outcome);
    return 0;
}

static bool has_job(const struct flow_words *f, const struct subject *s)
{
    struct job_word *j;

    for (size_t i = 0; i < s->nr; i++)
        for (size_t k = 0; k < s->members[i].nr_jobs; k++) {
            HASH_FIND_STR(f->jobs, s->members[i].jobs[k].key, j);
            if (j)
                return true;
        }
    return false;
}

static int count_green(struct subject *s, struct store *st, struct err *err)
{
    const struct incident *i = &s->members[0];
    struct flow_words *flows = NULL, *f, *next;
    int64_t since = i->first_seen - 30 * DAY;
    int rc = store_run_each(st, i->project, i->branch, since > 0 ? since : 0,
                            hear_run, &flows, err);

    HASH_ITER(hh, flows, f, next)
    {
        /* cppcheck-suppress uninitvar ; it cannot see through HASH_ITER */
        if (has_job(f, s))
            for (struct job_word *j = f->jobs; j; j = j->hh.next)
                s->green_jobs += j->green;
        HASH_DEL(flows, f);
        jobs_clear(f);
        free(f->key);
        free(f->commit);
        free(f);
    }
    return rc;
}

/* ---- outbreaks ---- */

static int count_told(struct subject *s, struct store *st, struct err *err)
{
    for (size_t i = 0; i < s->nr; i++) {
        int64_t *tickets = NULL;
        size_t nr = 0;

        if (store_member_tickets(st, s->members[i].id, &tickets, &nr, err) < 0)
            return -1;
        for (size_t k = 0; k < nr; k++) {
            struct ticket t = { 0 };

            if (tickets[k] == s->ticket->id)
                continue;
            if (store_ticket_by_id(st, tickets[k], &t, err) < 0) {
                free(tickets);
                return -1;
            }
            s->told_before += t.told > 0;
            ticket_release(&t);
        }
        free(tickets);
    }
    return 0;
}

static int read_outbreak(struct subject *s, struct store *st, struct err *err)
{
    const char *key = NULL;
    int found;

    for (size_t i = 0; i < s->nr && !key; i++)
        key = s->members[i].outbreak;
    if (!key)
        return 0;
    found = store_outbreak_get(st, key, &s->outbreak, err);
    if (found < 0)
        return -1;
    s->has_outbreak = found > 0;
    return count_told(s, st, err);
}

/* Is it told of on a confidential route? 1, 0, -1. */
static int is_confidential(struct store *st, const struct incident *i,
                           struct err *err)
{
    int64_t *tickets = NULL;
    size_t nr = 0;
    int rc = class_is_confidential(i->category);

    if (!rc && store_member_tickets(st, i->id, &tickets, &nr, err) < 0)
        return -1;
    for (size_t k = 0; !rc && k < nr; k++) {
        struct ticket t;

        rc = store_ticket_by_id(st, tickets[k], &t, err);
        rc = rc < 0 ? -1 : rc && t.confidential;
        ticket_release(&t);
    }
    free(tickets);
    return rc;
}

/* People were told, and then it turned out to be a symptom. Of what, is not
 * for everybody. */
static int read_cause(struct subject *s, struct store *st, struct err *err)
{
    int found = 0, hidden = 0;

    if (!str_eq(s->ticket->reason, REASON_INHIBITED))
        return 0;
    for (size_t i = 0; i < s->nr && !found; i++)
        if (s->members[i].caused_by)
            found = store_incident_by_id(st, s->members[i].caused_by, &s->cause,
                                         err);
    if (found == 1 && !s->ticket->confidential)
        hidden = is_confidential(st, &s->cause, err);
    s->has_cause = found == 1 && !hidden;
    if (found == 1 && hidden)
        incident_release(&s->cause);
    return found < 0 || hidden < 0 ? -1 : 0;
}

/* ---- digests ---- */

struct weighed {
    struct incident i;
    int64_t needs;
    bool fresh;
};

/* What is new comes first; then what blocks most; then what is red for
 * longest. */
static int by_needs(const void *a, const void *b)
{
    const struct weighed *x = a, *y = b;

    if (x->fresh != y->fresh)
        return x->fresh ? -1 : 1;
    if (x->needs != y->needs)
        return x->needs > y->needs ? -1 : 1;
    if (x->i.first_seen != y->i.first_seen)
        return x->i.first_seen < y->i.first_seen ? -1 : 1;
    return str_cmp0(x->i.project, y->i.project);
}

static int needs_of(struct store *st, const char *project, int64_t *needs,
                    struct err *err)
{
    CLEANUP_JSON json_t *v = NULL;

    if (store_fact_get(st, project, "descendants", &v, err) < 0)
        return -1;
    *needs = json_is_number(v) ? (int64_t)json_number_value(v) : 0;
    return 0;
}

static bool is_new(const char *news, const char *id)
{
    CLEANUP_FREE char *word = xasprintf(" %s ", id);

    return news && strstr(news, word);
}

static int sort_digest(struct subject *s, struct store *st, struct err *err)
{
    CLEANUP_FREE struct weighed *w = xcalloc(s->nr, sizeof(*w));
    CLEANUP_FREE char *news = NULL;

    if (digest_news(st, s->ticket, &news, err) < 0)
        return -1;
    s->needs = xcalloc(s->nr, sizeof(*s->needs));
    for (size_t i = 0; i < s->nr; i++) {
        w[i].i = s->members[i];
        if (needs_of(st, w[i].i.project, &w[i].needs, err) < 0)
            return -1;
        w[i].fresh = is_new(news, w[i].i.public_id);
        s->nr_new += w[i].fresh;
    }
    qsort(w, s->nr, sizeof(*w), by_needs);
    for (size_t i = 0; i < s->nr; i++) {
        s->members[i] = w[i].i;
        s->needs[i] = w[i].needs;
    }
    return 0;
}

static bool is_weekly(const struct settings *s, const char *owner)
{
    const struct team *t = owner ? settings_team(s, owner) : NULL;
    const struct person *p = owner && !t ? settings_person(s, owner) : NULL;
    enum tell tell = t ? t->habits.tell : p ? p->habits.tell : TELL_EACH;

    return tell == TELL_WEEKLY;
}

int subject_load(struct subject *s, struct store *st, struct err *err)
{
    const struct ticket *t = s->ticket;
    struct incident_query q = { .ticket = t->key };
    struct reading r = { .s = s };
    int rc;

    if (str_eq(t->kind, KIND_OPERATORS))
        return operators_troubles(st, &s->troubles, err);
    rc = store_incident_each(st, &q, read_member, &r, err);
    if (rc == 0) {
        s->over = s->nr == 0;
        if (s->over)
            take_last(&r);
        if (s->nr)
            qsort(s->members, s->nr, sizeof(*s->members), by_stage);
    }
    for (size_t i = 0; i < r.nr; i++)
        incident_release(&r.others[i]);
    free(r.others);
    s->is_digest = str_eq(t->kind, KIND_DIGEST);
    s->weekly = s->is_digest && is_weekly(s->settings, t->owner);
    if (rc == 0 && s->is_digest && s->nr)
        rc = sort_digest(s, st, err);
    if (rc == 0)
        rc = read_cause(s, st, err);
    if (rc == 0 && s->nr && !t->project && !s->is_digest)
        rc = read_outbreak(s, st, err);
    if (rc == 0 && s->nr && t->project && !str_eq(t->kind, "bot"))
        rc = count_green(s, st, err);
    if (rc == 0)
        rc = past_load(s, st, err);
    if (rc < 0)
        subject_release(s);
    return rc;
}

void subject_release(struct subject *s)
{
    for (size_t i = 0; i < s->nr; i++)
        incident_release(&s->members[i]);
    free(s->members);
    free(s->needs);
    s->needs = NULL;
    json_decref(s->troubles);
    json_decref(s->past);
    s->troubles = s->past = NULL;
    if (s->has_outbreak)
        outbreak_release(&s->outbreak);
    if (s->has_cause)
        incident_release(&s->cause);
    s->has_cause = false;
    s->members = NULL;
    s->nr = 0;
    s->has_outbreak = false;
}

bool subject_is_outbreak(const struct subject *s)
{
    return str_eq(s->ticket->kind, "outbreak")
           || (!s->ticket->project && s->has_outbreak);
}

const char *subject_template(const struct subject *s)
{
    if (s->troubles)
        return "operators";
    if (s->op == TOCSIN_DELIVER_RESOLVE || s->ticket->state == TICKET_RESOLVED)
        return "resolved";
    /* It is over, and the ticket stays for what must be run again. */
    if (subject_is_outbreak(s) && s->has_outbreak
        && str_eq(s->outbreak.state, "over"))
        return "resolved";
    if (s->op == TOCSIN_DELIVER_REMIND)
        return "reminder";
    if (subject_is_outbreak(s))
        return "outbreak";
    if (s->op == TOCSIN_DELIVER_DIGEST || !s->ticket->project)
        return "list";
    return str_eq(s->ticket->kind, "bot") ? "bot" : "build";
}
