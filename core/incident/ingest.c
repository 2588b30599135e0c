/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A frame of a source into the store, in one transaction with its cursor:
 * what a cursor has passed is stored, and nothing else is. Must not judge
 * what the runs mean.
 */
#include <config.h>

#include "core/incident/incident-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

#define FACT_MAX ((size_t)1 << 20)
#define NOTICE_MAX 500
/* As classify/baseline.h makes them. */
#define BASELINE_TEXT_MAX ((size_t)64 << 10)
#define BASELINE_CHARACTERS                                                    \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:"

struct ingest {
    struct store *st;
    int64_t now;
    struct ingest_counts counts;
    struct snapshots *snapshots;
};

struct ingest *ingest_new(struct store *st, int64_t now)
{
    struct ingest *in = xcalloc(1, sizeof(*in));

    in->st = st;
    in->now = now;
    in->snapshots = snapshots_new(st, now);
    return in;
}

void ingest_free(struct ingest *in)
{
    if (!in)
        return;
    snapshots_free(in->snapshots);
    free(in);
}

const struct ingest_counts *ingest_counts(const struct ingest *in)
{
    return &in->counts;
}

/* The text names one example and no number, so that the same trouble in the
 * next frame is no news. */
static int refuse(struct ingest *in, const char *instance, const char *what,
                  const char *why, struct err *err)
{
    CLEANUP_FREE char *code = xasprintf("refused-%s", what);
    CLEANUP_FREE char *text =
        xasprintf("a %s that %s was not stored", what, why);

    in->counts.refused++;
    return store_notice_put(in->st, instance, code, text, in->now, err);
}

/* ---- runs ---- */

/* What a run says of the default branch is a fact of its project. */
static int learn_default_branch(struct ingest *in, const struct run *r,
                                struct err *err)
{
    json_t *known CLEANUP_JSON = NULL;

    if (r->default_branch != 1)
        return 0;
    CLEANUP_FREE char *project = store_project_name(in->st, r->project);
    if (store_fact_get(in->st, project, "default_branch", &known, err) < 0)
        return -1;
    if (known && json_is_string(known)
        && !strcmp(json_string_value(known), r->branch))
        return 0;
    json_t *v CLEANUP_JSON = json_string(r->branch);
    return store_fact_put(
        in->st,
        &(struct fact){ r->source, project, "default_branch", v, in->now },
        NULL, err);
}

/* A green log says which rules hit what is no failure, and what the job says
 * when all is well. */
static int count_green_log(struct ingest *in, const struct run *r,
                           const json_t *result, struct err *err)
{
    size_t i;
    json_t *f;

    if (store_green_add(in->st, "", r->finished, err) < 0)
        return -1;
    json_array_foreach(jx_arr(result, "failures"), i, f) {
        const char *rule = jx_str(f, "rule");

        if (rule && *rule && !believe_id(rule)
            && store_green_add(in->st, rule, r->finished, err) < 0)
            return -1;
    }
    return 0;
}

static int learn_green_log(struct ingest *in, const struct run *r, bool added,
                           const json_t *result, struct err *err)
{
    const char *text = jx_str(result, "baseline");

    if (!result)
        return 0;
    if (added && count_green_log(in, r, result, err) < 0)
        return -1;
    if (!text || strlen(text) > BASELINE_TEXT_MAX
        || text[strspn(text, BASELINE_CHARACTERS)])
        return 0;
    return store_baseline_put(in->st, r->id, text, err);
}

static int ingest_run(struct ingest *in, const char *instance, const json_t *v,
                      struct err *err)
{
    struct run r;
    bool added = false;
    int status = 0;
    const char *why = believe_run(in->st, instance, v, in->now, &r);

    if (why) {
        status = refuse(in, instance, "run", why, err);
    } else if (believe_is_pull_request(r.trigger)) {
        in->counts.ignored++;
    } else {
        status = store_run_add(in->st, &r, &added, err);
        if (status == 0 && added)
            status = learn_default_branch(in, &r, err);
        /* Its log may come later, when a red one is to be read against it. */
        if (status == 0 && outcome_is_green(r.outcome))
            status = learn_green_log(in, &r, added, jx_obj(v, "result"), err);
        in->counts.runs += added;
        in->counts.known += !added;
        in->counts.red += added && outcome_is_red(r.outcome);
    }
    run_release(&r);
    return status;
}

int ingest_baseline(struct ingest *in, const char *instance, const json_t *run,
                    char **text, struct err *err)
{
    struct run r;
    int status = 0;

    *text = NULL;
    if (!believe_run(in->st, instance, run, in->now, &r))
        status = store_baseline_get(in->st, &r, text, err);
    run_release(&r);
    return status < 0 ? -1 : 0;
}

/* ---- facts ---- */

static const char *believe_fact(const char *subject, const char *key,
                                const json_t *value)
{
    if (!subject || !key || !value)
        return "is not whole";
    if (believe_id(subject) || believe_id(key)
        || key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_")])
        return "has a name that cannot be";
    if (!strchr(subject, ':') && believe_project(subject))
        return "is about no project";
    if (!strcmp(key, "renamed_to") && !json_is_null(value)
        && (!json_is_string(value)
            || believe_project(json_string_value(value))))
        return "renames to what is no project";
    if (!strcmp(key, "default_branch") && !json_is_null(value)
        && (!json_is_string(value) || believe_branch(json_string_value(value))))
        return "names what is no branch";
    if (json_is_string(value) && json_string_length(value) > FACT_MAX)
        return "is too long";
    return NULL;
}

static int ingest_fact(struct ingest *in, const char *instance, const json_t *v,
                       struct err *err)
{
    const struct fact f = {
        .source = instance,
        .subject = jx_str(v, "subject"),
        .key = jx_str(v, "key"),
        .value = json_object_get(v, "value"),
        .at = in->now,
    };
    const char *why = believe_fact(f.subject, f.key, f.value);

    if (why)
        return refuse(in, instance, "fact", why, err);
    in->counts.facts++;
    return store_fact_put(in->st, &f, NULL, err);
}

/* ---- notices, frames ---- */

static int ingest_notice(struct ingest *in, const char *instance,
                         const json_t *v, struct err *err)
{
    const char *code = jx_str(v, "code");
    const char *text = jx_str_or(v, "text", "");

    if (!code || believe_id(code) || !*code)
        return refuse(in, instance, "notice", "has no code", err);
    CLEANUP_FREE char *cut = xstrndup(text, strnlen(text, NOTICE_MAX));
    CLEANUP_FREE char *whole = utf8_repair(cut, strlen(cut));
    return store_notice_put(in->st, instance, code, whole, in->now, err);
}

static int ingest_validator(struct ingest *in, const char *instance,
                            const json_t *v, struct err *err)
{
    const char *url = jx_str(v, "url");

    if (!believe_url(url))
        return refuse(in, instance, "validator", "has no usable url", err);
    return store_validator_put(in->st, instance, url, jx_str(v, "etag"),
                               jx_str(v, "modified"), in->now, err);
}

static int ingest_lead(struct ingest *in, const char *instance, const json_t *v,
                       struct err *err)
{
    const char *url = jx_str(v, "url"), *place = jx_str(v, "place");
    const char *project = jx_str(v, "project");

    if (!believe_url(url) || !believe_url(place) || !str_starts(url, place)
        || !project || believe_project(project))
        return refuse(in, instance, "lead", "leads nowhere", err);
    return store_lead_put(in->st,
                          &(struct lead){ .url = url,
                                          .place = place,
                                          .project = project,
                                          .source = instance,
                                          .at = in->now },
                          err);
}

/* Who a name stands for comes first: the rest is about that one. */
static int ingest_facts(struct ingest *in, const char *instance,
                        const json_t *facts, struct err *err)
{
    for (int names = 1; names >= 0; names--) {
        size_t n;
        json_t *v;

        json_array_foreach(facts, n, v) {
            const char *key = jx_str(v, "key");
            bool names_it = str_eq(key, "id") || str_eq(key, "renamed_to");

            if (names_it == names && ingest_fact(in, instance, v, err) < 0)
                return -1;
        }
    }
    return 0;
}

static int ingest_parts(struct ingest *in, const char *instance, json_t *frame,
                        struct err *err)
{
    size_t n;
    json_t *v;

    json_array_foreach(jx_arr(frame, "runs"), n, v)
        if (ingest_run(in, instance, v, err) < 0)
            return -1;
    if (ingest_facts(in, instance, jx_arr(frame, "facts"), err) < 0)
        return -1;
    json_array_foreach(jx_arr(frame, "snapshots"), n, v)
        if (snapshots_part(in->snapshots, instance, v, &in->counts, err) < 0)
            return -1;
    json_array_foreach(jx_arr(frame, "notices"), n, v)
        if (ingest_notice(in, instance, v, err) < 0)
            return -1;
    json_array_foreach(jx_arr(frame, "validators"), n, v)
        if (ingest_validator(in, instance, v, err) < 0)
            return -1;
    json_array_foreach(jx_arr(frame, "leads"), n, v)
        if (ingest_lead(in, instance, v, err) < 0)
            return -1;
    json_array_foreach(jx_arr(frame, "taken"), n, v)
        if (store_lead_take(in->st, jx_str_or(v, "url", ""), err) < 0)
            return -1;
    const char *cursor = jx_str(frame, "cursor");
    return cursor ? store_cursor_set(in->st, instance, cursor, err) : 0;
}

int ingest_frame(struct ingest *in, const char *instance, json_t *frame,
                 struct err *err)
{
    struct ingest_counts before = in->counts;

    if (store_begin(in->st, STORE_BATCH, err) < 0)
        return -1;
    if (ingest_parts(in, instance, frame, err) == 0
        && store_commit(in->st, err) == 0)
        return 0;
    store_rollback(in->st);
    in->counts = before;
    return err_wrap(err, "%s", instance);
}
