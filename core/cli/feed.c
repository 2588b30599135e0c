/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What came in at a step of a scenario, as the frames that workers send. Must
 * not write into the store itself: ingest_frame and the health of sources do.
 */
#include <config.h>

#include "core/cli/replay-private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/host/health.h"

/* The rule of that name, or the one whose name ends in * and fits. */
static json_t *rule_of(const struct replay *r, const char *name)
{
    json_t *rule = jx_obj(r->sc->rules, name), *v;
    const char *key;

    if (rule)
        return rule;
    json_object_foreach(r->sc->rules, key, v)
        if (str_ends(key, "*") && !strncmp(key, name, strlen(key) - 1))
            return v;
    return NULL;
}

char *replay_fingerprint(const struct replay *r, const char *name)
{
    const json_t *rule = rule_of(r, name);
    CLEANUP_FREE char *copy = NULL;
    const char *part;

    if (!rule)
        return NULL;
    copy = xstrdup(jx_str_or(rule, "fingerprint", name));
    /* Numbers are volatile to a fingerprint; here they tell causes apart. */
    for (char *p = copy; *p; p++)
        if (isdigit((unsigned char)*p))
            *p = (char)(*p - '0' + 'k');
    part = copy;
    return fingerprint_of(jx_str_or(rule, "category", "unknown/unknown"), &part,
                          1);
}

/* The classifier's result for a failure that the scenario names. */
static json_t *named_result(struct replay *r, const json_t *obj,
                            const char *name, struct err *err)
{
    const json_t *rule = rule_of(r, name);
    CLEANUP_FREE char *fp = replay_fingerprint(r, name);
    CLEANUP_FREE char *id = xasprintf("scenario/%s", name);
    const char *summary, *advice, *key;
    json_t *f, *capture;

    if (!rule) {
        err_set(err, ERR_CONFIG, "%s: there is no rule \"%s\"", replay_at(obj),
                name);
        return NULL;
    }
    summary = jx_str_or(rule, "summary", name);
    advice = jx_str(rule, "advice");
    f = json_pack("{s:s, s:s, s:s, s:b, s:i, s:s, s:{}, s:s, s:s,"
                  " s:{s:i, s:i, s:s}}",
                  "rule", id, "category",
                  jx_str_or(rule, "category", "unknown/unknown"), "blame",
                  jx_str_or(rule, "blame", "unknown"), "primary", 1, "line", 1,
                  "message", jx_str_or(rule, "message", summary), "captures",
                  "summary", summary, "fingerprint", fp, "excerpt", "first", 1,
                  "last", 1, "text", jx_str_or(rule, "message", summary));
    jx_set_str(f, "advice", advice);
    json_object_foreach(jx_obj(rule, "captures"), key, capture)
        if (strcmp(key, "@"))
            json_object_set(jx_obj(f, "captures"), key, capture);
    return json_pack("{s:i, s:i, s:s, s:n, s:s, s:s, s:s, s:[o], s:s}", "bytes",
                     1, "lines", 1, "format", "plain", "tool", "outcome",
                     "failure", "outcome_from", "declared", "verdict",
                     "classified", "failures", f, "rules",
                     r->settings->rules_digest);
}

static json_t *classified(struct replay *r, const char *text, size_t n,
                          int outcome, struct err *err)
{
    struct classify_options co = { .outcome = outcome };
    struct classifier *c;
    json_t *result;

    if (!r->rules)
        r->rules = ruleset_new(r->settings->rules, r->settings->ignore, err);
    if (!r->rules)
        return NULL;
    c = classifier_new(r->rules, &co);
    classifier_feed(c, text, n);
    result = classifier_finish(c);
    classifier_free(c);
    jx_set_str(result, "rules", r->settings->rules_digest);
    return result;
}

/* The result that obj's fails: or the text under key leads to. 0 and NULL
 * when it has neither. */
static int result_of(struct replay *r, const json_t *obj, const char *key,
                     json_t **result, struct err *err)
{
    const char *name = jx_str(obj, "fails");
    const json_t *text = json_object_get(obj, key);

    *result = NULL;
    if (name)
        *result = named_result(r, obj, name, err);
    else if (json_is_string(text))
        *result =
            classified(r, json_string_value(text), json_string_length(text),
                       TOCSIN_OUTCOME_FAILURE, err);
    else
        return 0;
    return *result ? 0 : -1;
}

int64_t replay_number(const json_t *obj, const char *key, int64_t dflt)
{
    const char *s = jx_str(obj, key);
    int64_t v = 0;

    if (!s)
        return dflt;
    if (!strcmp(s, "true"))
        return 1;
    if (!strcmp(s, "false"))
        return 0;
    if (when_parse(s, &v) == 0 && strchr(s, '-'))
        return v;
    return strtoll(s, NULL, 10);
}

static int64_t time_of(const struct replay *r, const json_t *obj,
                       const char *key, int64_t dflt)
{
    const char *s = jx_str(obj, key);
    int64_t ago;

    if (s && s[0] == '-' && when_parse_duration(s + 1, &ago) == 0)
        return r->now - ago;
    return replay_number(obj, key, dflt);
}

static json_t *run_frame(struct replay *r, const json_t *obj, struct err *err)
{
    static const char *const strings[] = {
        "project", "project_id", "workflow", "job",
        "variant", "commit",     "url",      "trigger",
    };
    json_t *run = json_object(), *result;
    CLEANUP_FREE char *id = NULL;

    if (result_of(r, obj, "log", &result, err) < 0) {
        json_decref(run);
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
        jx_set_str(run, strings[i], jx_str(obj, strings[i]));
    if (!jx_str(run, "trigger"))
        jx_set_str(run, "trigger", "push");
    jx_set_str(run, "branch", jx_str_or(obj, "branch", "main"));
    id = xasprintf("run-%lld", (long long)++r->serial);
    jx_set_str(run, "id", jx_str_or(obj, "id", id));
    jx_set_int(run, "attempt", replay_number(obj, "attempt", 1));
    jx_set_str(run, "outcome",
               jx_str_or(obj, "outcome", result ? "failure" : "success"));
    jx_set_int(run, "created", time_of(r, obj, "created", r->now));
    jx_set_int(run, "started", time_of(r, obj, "started", r->now));
    jx_set_int(run, "finished", time_of(r, obj, "finished", r->now));
    jx_set_bool(run, "push_complete",
                replay_number(obj, "push_complete", 0) != 0);
    jx_set_int(run, "default_branch", replay_number(obj, "default_branch", 1));
    if (result)
        json_object_set_new(run, "result", result);
    return run;
}

/* Appends v to the list `key` of the frame of source. */
static void put(json_t *frames, const char *source, const char *key, json_t *v)
{
    json_t *frame = jx_obj(frames, source), *list;

    if (!frame) {
        frame = json_pack("{s:s}", "t", "batch");
        json_object_set_new(frames, source, frame);
    }
    list = jx_arr(frame, key);
    if (!list) {
        list = json_array();
        json_object_set_new(frame, key, list);
    }
    json_array_append_new(list, v);
}

static int feed_runs(struct replay *r, json_t *frames, struct err *err)
{
    size_t i, n;
    json_t *obj, *one;

    json_array_foreach(jx_arr(r->step, "runs"), i, obj) {
        json_t *all = scenario_expand(obj, r->sc->defaults, err);

        if (!all)
            return -1;
        json_array_foreach(all, n, one) {
            json_t *run = run_frame(r, one, err);

            if (!run) {
                json_decref(all);
                return -1;
            }
            put(frames, jx_str_or(one, "source", "ci"), "runs", run);
        }
        json_decref(all);
    }
    return 0;
}

static int feed_facts(struct replay *r, json_t *frames, struct err *err)
{
    size_t i, n;
    json_t *obj, *one;

    json_array_foreach(jx_arr(r->step, "facts"), i, obj) {
        json_t *all = scenario_expand(obj, NULL, err);

        if (!all)
            return -1;
        json_array_foreach(all, n, one) {
            json_t *v = json_object_get(one, "value");

            put(frames, jx_str_or(one, "source", "ci"), "facts",
                json_pack("{s:s, s:s, s:O}", "subject",
                          jx_str_or(one, "subject", ""), "key",
                          jx_str_or(one, "key", ""), "value",
                          v ? v : json_null()));
        }
        json_decref(all);
    }
    return 0;
}

static json_t *entry_frame(struct replay *r, const json_t *obj, struct err *err)
{
    static const char *const strings[] = {
        "key",    "project", "branch",   "task",
        "target", "url",     "category", "blame",
    };
    json_t *entry = json_object(), *result;

    if (result_of(r, obj, "text", &result, err) < 0) {
        json_decref(entry);
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
        jx_set_str(entry, strings[i], jx_str(obj, strings[i]));
    if (!jx_str(entry, "key"))
        json_object_set_new(
            entry, "key",
            json_sprintf("%s version", jx_str_or(obj, "project", "?")));
    if (!jx_str(entry, "task"))
        jx_set_str(entry, "task", "version");
    jx_set_num(entry, "attempts",
               jx_str(obj, "attempts") ? strtod(jx_str(obj, "attempts"), NULL)
                                       : 1.0);
    jx_set_int(entry, "first", time_of(r, obj, "first", r->now));
    jx_set_int(entry, "last", time_of(r, obj, "last", r->now));
    if (result)
        json_object_set_new(entry, "result", result);
    return entry;
}

static int feed_entries(struct replay *r, const json_t *snap, json_t *frames,
                        const char *source, struct err *err)
{
    const char *name = jx_str_or(snap, "name", "versions");
    json_t *list = json_array(), *obj, *one;
    size_t i, n;
    int ret = 0;

    json_array_foreach(jx_arr(snap, "entries"), i, obj) {
        json_t *all = scenario_expand(obj, NULL, err);

        json_array_foreach(all, n, one) {
            json_t *entry = entry_frame(r, one, err);

            if (entry)
                json_array_append_new(list, entry);
            else
                ret = -1;
        }
        if (!all)
            ret = -1;
        json_decref(all);
    }
    put(frames, source, "snapshots",
        json_pack("{s:s, s:o}", "name", name, "entries", list));
    return ret;
}

static int feed_snapshots(struct replay *r, json_t *frames, struct err *err)
{
    size_t i;
    json_t *snap;

    json_array_foreach(jx_arr(r->step, "snapshots"), i, snap) {
        const char *source = jx_str_or(snap, "source", "bot");
        const char *name = jx_str_or(snap, "name", "versions");

        put(frames, source, "snapshots",
            json_pack("{s:s, s:I}", "name", name, "begin", r->now));
        if (feed_entries(r, snap, frames, source, err) < 0)
            return -1;
        put(frames, source, "snapshots",
            json_pack("{s:s, s:b, s:b, s:s*}", "name", name, "end", 1,
                      "complete",
                      (int)(replay_number(snap, "complete", 1) != 0), "why",
                      jx_str(snap, "why")));
    }
    return 0;
}

static bool fails(const struct replay *r, const char *source)
{
    size_t i;
    json_t *v;

    json_array_foreach(jx_arr(r->step, "fail"), i, v)
        if (str_eq(json_string_value(v), source))
            return true;
    return false;
}

static int feed_health(struct replay *r, struct err *err)
{
    static const struct ending fine = { HOST_END_OK, NULL, NULL };
    static const struct ending http_403 = { HOST_END_RETRY, NULL, "HTTP 403" };

    for (size_t i = 0; i < REPLAY_SOURCES; i++) {
        bool bad = fails(r, replay_sources[i]), again;
        json_t *skip = NULL;
        int may = health_start(r->st, replay_sources[i], r->now, &skip, err);

        json_decref(skip);
        if (may < 0
            || health_end(r->st, replay_sources[i], r->now,
                          bad ? &http_403 : &fine, &again, err)
                   < 0)
            return -1;
    }
    return 0;
}

int replay_feed(void *user, struct ingest *in, struct err *err)
{
    struct replay *r = user;
    CLEANUP_JSON json_t *frames = json_object();
    const char *source;
    json_t *frame;

    if (!r->step)
        return feed_health(r, err);
    if (feed_facts(r, frames, err) < 0 || feed_runs(r, frames, err) < 0
        || feed_snapshots(r, frames, err) < 0 || feed_health(r, err) < 0)
        return -1;
    json_object_foreach(frames, source, frame)
        if (ingest_frame(in, source, frame, err) < 0)
            return -1;
    return 0;
}
