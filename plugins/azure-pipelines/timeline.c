/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records into jobs. A record is found by its id; ids are only compared, and
 * go into addresses when they are what an id must be.
 */
#include <config.h>

#include "plugins/azure-pipelines/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/tocsin-plugin.h"
#include "plugins/azure-pipelines/names.h"
#include "plugins/azure-pipelines/outcome.h"

#define ID_MAX 64

/* A GUID, or what is harmless in an address. */
static const char *id_of(const json_t *v, const char *key)
{
    const char *id = jx_str(v, key);

    if (!id || !*id || strlen(id) > ID_MAX
        || id[strspn(id, "0123456789abcdefABCDEF-")])
        return NULL;
    return id;
}

static int64_t time_of(const json_t *v, const char *key)
{
    const char *text = jx_str(v, key);
    int64_t t = 0;

    if (!text || when_parse(text, &t) < 0 || t < 0)
        return 0;
    return t;
}

static int64_t number_of(const json_t *v, const char *key)
{
    int64_t n = jx_int(v, key, 0);

    return n > 0 && n < INT32_MAX ? n : 0;
}

static bool is_type(const json_t *record, const char *type)
{
    return str_eq(jx_str(record, "type"), type);
}

/* ---- issues -------------------------------------------------------------- */

static void issues_read(struct azure_issues *to, const json_t *record)
{
    const json_t *issue;
    size_t i;

    json_array_foreach(jx_arr(record, "issues"), i, issue) {
        const char *text = jx_str(issue, "message");
        size_t n = text ? strlen(text) : 0;

        if (!str_eq(jx_str(issue, "type"), "error") || n == 0
            || to->nr == AZURE_ISSUES_MAX)
            continue;
        ALLOC_GROW(to->at, to->nr + 1, to->alloc);
        to->at[to->nr++] = (struct azure_issue){
            .text =
                xstrndup(text, n < AZURE_ISSUE_BYTES ? n : AZURE_ISSUE_BYTES),
            .in_log =
                jx_str(jx_obj(issue, "data"), "logFileLineNumber") != NULL,
        };
    }
}

static void issues_release(struct azure_issues *issues)
{
    for (size_t i = 0; i < issues->nr; i++)
        free(issues->at[i].text);
    free(issues->at);
}

/* ---- what belongs to what ------------------------------------------------ */

/* {id: record}, borrowed records. New. */
static json_t *by_id(const json_t *records)
{
    json_t *map = json_object(), *record;
    size_t i;

    json_array_foreach(records, i, record) {
        const char *id = id_of(record, "id");

        if (id)
            json_object_set(map, id, record);
    }
    return map;
}

static const json_t *parent_of(const json_t *map, const json_t *record)
{
    const char *id = id_of(record, "parentId");

    return id ? json_object_get(map, id) : NULL;
}

/* The name of the nearest of that type above; a few steps, for there may be
 * a ring. */
static const char *name_above(const json_t *map, const json_t *record,
                              const char *type)
{
    for (int i = 0; i < 4 && record; i++) {
        record = parent_of(map, record);
        if (record && is_type(record, type))
            return jx_str(record, "name");
    }
    return NULL;
}

/* ---- jobs ---------------------------------------------------------------- */

static struct azure_job *find(const struct azure_timeline *t, const char *key,
                              int attempt)
{
    for (size_t i = 0; i < t->nr; i++)
        if (t->jobs[i].attempt == attempt && !strcmp(t->jobs[i].key, key))
            return &t->jobs[i];
    return NULL;
}

static void earlier_read(struct azure_timeline *t, const json_t *record)
{
    const json_t *before;
    size_t i;

    json_array_foreach(jx_arr(record, "previousAttempts"), i, before) {
        const char *id = id_of(before, "timelineId");
        bool known = !id;

        for (size_t k = 0; k < t->nr_earlier && !known; k++)
            known = !strcmp(t->earlier[k], id);
        if (known)
            continue;
        if (t->nr_earlier == AZURE_EARLIER_MAX) {
            t->complete = false;
            return;
        }
        ALLOC_GROW(t->earlier, t->nr_earlier + 1, t->alloc_earlier);
        t->earlier[t->nr_earlier++] = xstrdup(id);
    }
}

static int job_outcome(const json_t *record, const struct azure_issues *said)
{
    int outcome = azure_outcome(jx_str(record, "result"));

    for (size_t i = 0; i < said->nr; i++)
        outcome = azure_outcome_by_issue(outcome, said->at[i].text);
    return outcome;
}

static void job_read(struct azure_timeline *t, const json_t *map,
                     const json_t *record, bool newest)
{
    const char *id = id_of(record, "id");
    const char *name = jx_str(record, "name");
    int attempt = (int)number_of(record, "attempt");
    CLEANUP_FREE char *key =
        azure_name(jx_str_or(record, "identifier", str_or(id, "")));
    struct azure_job *j;

    earlier_read(t, record);
    if (!id || !name || !*name || !*key
        || !str_eq(jx_str(record, "state"), "completed")) {
        t->complete = false;
        return;
    }
    if (attempt < 1)
        attempt = 1;
    if (find(t, key, attempt) || t->nr == AZURE_JOBS_MAX) {
        t->complete = t->complete && !newest && t->nr < AZURE_JOBS_MAX;
        return;
    }
    ALLOC_GROW(t->jobs, t->nr + 1, t->alloc);
    j = &t->jobs[t->nr++];
    *j = (struct azure_job){
        .id = xstrdup(id),
        .key = xstrdup(key),
        .attempt = attempt,
        .started = time_of(record, "startTime"),
        .finished = time_of(record, "finishTime"),
        .log = number_of(jx_obj(record, "log"), "id"),
    };
    azure_job_names(name_above(map, record, "Stage"),
                    name_above(map, record, "Phase"), name, &j->job,
                    &j->variant);
    issues_read(&j->issues, record);
    j->outcome = job_outcome(record, &j->issues);
    if (j->outcome == TOCSIN_OUTCOME_UNKNOWN)
        t->complete = false;
}

/* ---- tasks --------------------------------------------------------------- */

static void task_read(struct azure_job *j, const json_t *record)
{
    const char *id = id_of(record, "id");

    if (!id)
        return;
    ALLOC_GROW(j->tasks, j->nr_tasks + 1, j->alloc_tasks);
    j->tasks[j->nr_tasks] = (struct azure_task){
        .id = xstrdup(id),
        .name = xstrdup(jx_str_or(record, "name", "")),
        .order = number_of(record, "order"),
        .log = number_of(jx_obj(record, "log"), "id"),
        .outcome = azure_outcome(jx_str(record, "result")),
    };
    issues_read(&j->tasks[j->nr_tasks++].issues, record);
}

static int task_cmp(const void *pa, const void *pb)
{
    const struct azure_task *a = pa, *b = pb;

    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return strcmp(a->id, b->id);
}

/* Of jobs from the first one on: those before are of a newer timeline. */
static void tasks_read(struct azure_timeline *t, size_t first,
                       const json_t *records)
{
    const json_t *record;
    size_t i;

    json_array_foreach(records, i, record) {
        const char *parent = id_of(record, "parentId");

        if (!parent || !is_type(record, "Task"))
            continue;
        for (size_t k = first; k < t->nr; k++)
            if (!strcmp(t->jobs[k].id, parent))
                task_read(&t->jobs[k], record);
    }
    for (size_t k = first; k < t->nr; k++)
        if (t->jobs[k].nr_tasks)
            qsort(t->jobs[k].tasks, t->jobs[k].nr_tasks,
                  sizeof(*t->jobs[k].tasks), task_cmp);
}

/* ---- all of it ----------------------------------------------------------- */

static void frame_read(struct azure_timeline *t, const json_t *record)
{
    const char *result = jx_str(record, "result");

    issues_read(&t->issues, record);
    if (!str_eq(result, "succeeded") && !str_eq(result, "failed")
        && !str_eq(result, "succeededWithIssues"))
        t->complete = false;
}

bool azure_timeline_add(struct azure_timeline *t, const json_t *v)
{
    const json_t *records = jx_arr(v, "records"), *record;
    CLEANUP_JSON json_t *map = NULL;
    size_t first = t->nr, i;
    bool newest = first == 0 && !t->nr_earlier;

    if (!records)
        return false;
    if (newest)
        t->complete = true;
    map = by_id(records);
    json_array_foreach(records, i, record) {
        if (i == AZURE_RECORDS_MAX) {
            t->complete = false;
            break;
        }
        if (is_type(record, "Job"))
            job_read(t, map, record, newest);
        else if (newest
                 && (is_type(record, "Stage") || is_type(record, "Phase")))
            frame_read(t, record);
    }
    tasks_read(t, first, records);
    return true;
}

static void job_release(struct azure_job *j)
{
    for (size_t i = 0; i < j->nr_tasks; i++) {
        free(j->tasks[i].id);
        free(j->tasks[i].name);
        issues_release(&j->tasks[i].issues);
    }
    free(j->tasks);
    issues_release(&j->issues);
    free(j->id);
    free(j->key);
    free(j->job);
    free(j->variant);
}

void azure_timeline_release(struct azure_timeline *t)
{
    for (size_t i = 0; i < t->nr; i++)
        job_release(&t->jobs[i]);
    for (size_t i = 0; i < t->nr_earlier; i++)
        free(t->earlier[i]);
    free(t->jobs);
    free(t->earlier);
    issues_release(&t->issues);
    *t = (struct azure_timeline){ .complete = false };
}
