/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records as lines. Must not show more of a failure than which one it is: what
 * a log says may be for nobody but its owner.
 */
#include <config.h>

#include "core/host/show.h"

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/store/store.h"

bool show_wanted(const char *instance)
{
    return log_wants(LOG_DEBUG, instance);
}

static void line(const char *instance, const char *verb, const char *what,
                 const json_t *v)
{
    CLEANUP_FREE char *text =
        json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_PRESERVE_ORDER);

    log_debug(instance, "%s %s %s", verb, what, str_or(text, ""));
}

/* Of a result what is told apart by it. New. */
static json_t *brief_result(const json_t *result)
{
    static const char *const keys[] = {
        "rule", "category", "blame", "severity", "primary", "fingerprint",
    };
    const json_t *failures = jx_arr(result, "failures"), *f;
    json_t *list = json_array(), *v = json_object();
    size_t i;

    jx_set_str(v, "verdict", jx_str(result, "verdict"));
    json_array_foreach(failures, i, f) {
        json_t *one = json_object();

        for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
            if (json_object_get(f, keys[k]))
                json_object_set(one, keys[k], json_object_get(f, keys[k]));
        json_array_append_new(list, one);
    }
    json_object_set_new(v, "failures", list);
    return v;
}

static bool is_confidential(const json_t *result)
{
    const json_t *f;
    size_t i;

    json_array_foreach(jx_arr(result, "failures"), i, f)
        if (class_is_confidential(jx_str(f, "category")))
            return true;
    return false;
}

static void record(const char *instance, const char *what, const json_t *v)
{
    CLEANUP_JSON json_t *copy = NULL;
    const json_t *result = jx_obj(v, "result");

    if (is_confidential(result)) {
        log_debug(instance, "said %s (confidential)", what);
        return;
    }
    copy = json_copy((json_t *)v);
    if (result)
        json_object_set_new(copy, "result", brief_result(result));
    line(instance, "said", what, copy);
}

/* A part of a snapshot: its begin, entries or end. */
static void snapshot_part(const char *instance, const json_t *part)
{
    const json_t *entries = jx_arr(part, "entries"), *v;
    size_t i;

    json_array_foreach(entries, i, v)
        record(instance, "entry", v);
    if (!entries)
        record(instance, "snapshot", part);
}

static void records(const char *instance, const json_t *frame)
{
    static const struct {
        const char *list, *one;
    } lists[] = {
        { "runs", "run" },       { "facts", "fact" },
        { "leads", "lead" },     { "taken", "lead taken" },
        { "remotes", "remote" }, { "validators", "validator" },
        { "notices", "notice" },
    };
    const json_t *v;
    size_t i;

    for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
        json_array_foreach(jx_arr(frame, lists[k].list), i, v)
            record(instance, lists[k].one, v);
    json_array_foreach(jx_arr(frame, "snapshots"), i, v)
        snapshot_part(instance, v);
    if (json_object_get(frame, "cursor"))
        line(instance, "said", "cursor", json_object_get(frame, "cursor"));
}

void show_said(const char *instance, const json_t *frame)
{
    static const char *const whole[] = { "item", "lengths", "reached", "done" };
    const char *type = jx_str_or(frame, "t", "");

    if (str_eq(type, "at"))
        log_debug(instance, "in %s", jx_str_or(frame, "callback", ""));
    else if (str_eq(type, "batch") || str_eq(type, "remote"))
        records(instance, frame);
    for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
        CLEANUP_JSON json_t *copy = NULL;

        if (!str_eq(type, whole[i]))
            continue;
        copy = json_copy((json_t *)frame);
        json_object_del(copy, "t");
        line(instance, "said", type, copy);
    }
}

void show_given(const char *instance, const char *what, const json_t *payload)
{
    CLEANUP_JSON json_t *hidden = NULL;

    if (!jx_bool(payload, "confidential", false)) {
        line(instance, "is given", what, payload);
        return;
    }
    hidden = json_pack("{s:s?, s:b}", "delivery", jx_str(payload, "delivery"),
                       "confidential", 1);
    line(instance, "is given", what, hidden);
}
