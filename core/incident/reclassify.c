/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Batch by batch, until no run is left that other rules have classified; the
 * newest first: of several classes that one falls into, what still stands
 * keeps the ticket.
 * Must not read the text of a failure: it is a log's, and hostile.
 */
#include <config.h>

#include "core/incident/reclassify.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/incident/incident-private.h"

#define META_RULES "rules"
/* What is asked at once: a frame holds 8 MiB. */
#define BATCH_RUNS 200
#define BATCH_BYTES ((size_t)3 << 20)

struct batch {
    json_t *runs;
    size_t bytes;
    int64_t last; /* id */
};

static int add_run(void *user, int64_t run, const json_t *failures)
{
    struct batch *b = user;
    CLEANUP_FREE char *text = jx_dump(failures);

    b->bytes += strlen(text);
    b->last = run;
    json_array_append_new(
        b->runs,
        json_pack("{s:I, s:O}", "id", (json_int_t)run, "failures", failures));
    return b->bytes >= BATCH_BYTES;
}

static const json_t *answer_to(const json_t *answers, int64_t run)
{
    json_t *v;
    size_t i;

    json_array_foreach((json_t *)answers, i, v)
        if (jx_int(v, "id", 0) == run)
            return v;
    return NULL;
}

/* "kept" stands in the failure, for whoever asks why its class is old. */
static json_t *marked(const json_t *failures, bool kept)
{
    json_t *list = json_deep_copy(failures), *f;
    size_t i;

    json_array_foreach(list, i, f) {
        json_t *log = jx_obj(f, "log");

        if (!log) {
            log = json_object();
            json_object_set_new(f, "log", log);
        }
        json_object_del(log, "kept");
        if (kept)
            jx_set_bool(log, "kept", true);
    }
    return list;
}

static const json_t *primary_of(const json_t *failures)
{
    const json_t *f;
    size_t i;

    json_array_foreach(failures, i, f)
        if (json_is_true(json_object_get(f, "primary")))
            return f;
    return json_array_get(failures, 0);
}

/* What the class of a run is called. New. */
static json_t *class_of(const json_t *failures)
{
    static const char *const keys[] = { "fingerprint", "category", "rule" };
    const json_t *primary = primary_of(failures);
    json_t *name = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        jx_set_str(name, keys[i], jx_str(primary, keys[i]));
    return name;
}

/* The same run: what it was called goes on under its new name. */
static int rename_class(struct store *st, const json_t *was, const json_t *now,
                        struct err *err)
{
    CLEANUP_JSON json_t *old = class_of(was);
    CLEANUP_JSON json_t *new = class_of(now);

    return store_class_renamed(st, old, new, err);
}

static int take_answer(struct store *st, const char *rules, const json_t *run,
                       const json_t *answer, struct reclassify_counts *c,
                       struct err *err)
{
    const char *how = jx_str_or(answer, "how", "kept");
    bool other = !strcmp(how, "other");
    int64_t id = jx_int(run, "id", 0);
    CLEANUP_JSON json_t *list = NULL;
    struct run r;
    int ret;

    c->runs++;
    if (!strcmp(how, "same"))
        return store_run_reclassified(st, id, rules, false, NULL, 0, err);
    if (other
        && rename_class(st, jx_arr(run, "failures"), jx_arr(answer, "failures"),
                        err)
               < 0)
        return -1;
    list = marked(jx_arr(other ? answer : run, "failures"), !other);
    believe_stored(list, &r);
    c->other += other;
    c->kept += !other;
    ret = store_run_reclassified(st, id, rules, !other, r.failures,
                                 r.nr_failures, err);
    run_release(&r);
    return ret;
}

static int take_answers(struct store *st, const char *rules, const json_t *runs,
                        const json_t *answers, struct reclassify_counts *c,
                        struct err *err)
{
    json_t *run;
    size_t i;

    if (store_begin(st, STORE_BATCH, err) < 0)
        return -1;
    json_array_foreach((json_t *)runs, i, run)
        if (take_answer(st, rules, run,
                        answer_to(answers, jx_int(run, "id", 0)), c, err)
            < 0) {
            store_rollback(st);
            return -1;
        }
    return store_commit(st, err);
}

/* The answers to a batch that ended the process: run by run, without those
 * that it ends on. They stay as they are. */
static json_t *ask_singly(const struct reclassify_options *opts,
                          const json_t *runs)
{
    json_t *all = json_array(), *run;
    size_t i;

    json_array_foreach((json_t *)runs, i, run) {
        CLEANUP_JSON json_t *one = json_pack("[O]", run);
        CLEANUP_ERR struct err err = ERR_INIT;
        CLEANUP_JSON json_t *answer = opts->ask(opts->user, one, &err);

        if (answer)
            json_array_extend(all, answer);
        else
            log_warn("run %lld: %s", (long long)jx_int(run, "id", 0),
                     err_msg(&err));
    }
    return all;
}

/* NULL: nobody answers, not even to nothing. Another pass will try. */
static json_t *ask(const struct reclassify_options *opts, const json_t *runs,
                   struct reclassify_counts *c)
{
    CLEANUP_ERR struct err err = ERR_INIT, again = ERR_INIT;
    CLEANUP_JSON json_t *nothing = json_array();
    CLEANUP_JSON json_t *empty = NULL;
    json_t *answers = opts->ask(opts->user, runs, &err);

    if (answers)
        /* cppcheck-suppress returnDanglingLifetime ; ask keeps no err */
        return answers;
    empty = opts->ask(opts->user, nothing, &again);
    if (empty)
        return ask_singly(opts, runs);
    log_warn("%s", err_msg(&err));
    c->unfinished = true;
    return NULL;
}

/* 1: there may be more, 0: none, -1. */
static int one_batch(struct store *st, const char *rules, int64_t *before,
                     const struct reclassify_options *opts,
                     struct reclassify_counts *c, struct err *err)
{
    CLEANUP_JSON json_t *runs = json_array();
    CLEANUP_JSON json_t *answers = NULL;
    struct batch b = { .runs = runs };

    if (store_run_outdated_each(st, rules, *before, BATCH_RUNS, add_run, &b,
                                err)
        < 0)
        return -1;
    *before = b.last;
    if (!json_array_size(runs))
        return 0;
    answers = ask(opts, runs, c);
    if (!answers)
        return 0;
    return take_answers(st, rules, runs, answers, c, err) < 0 ? -1 : 1;
}

int reclassify(struct store *st, const struct settings *s,
               const struct reclassify_options *opts,
               struct reclassify_counts *counts, struct err *err)
{
    CLEANUP_FREE char *was = NULL;
    int64_t before = 0;
    int r = 1;

    memset(counts, 0, sizeof(*counts));
    if (store_meta_get(st, META_RULES, &was, err) < 0)
        return -1;
    if (str_eq(was, s->rules_digest))
        return 0;
    while (r > 0) {
        if (when_monotonic_ms() >= opts->deadline_ms) {
            counts->unfinished = true;
            return 0;
        }
        r = one_batch(st, s->rules_digest, &before, opts, counts, err);
    }
    if (r < 0 || counts->unfinished)
        return r;
    return store_meta_set(st, META_RULES, s->rules_digest, err);
}
