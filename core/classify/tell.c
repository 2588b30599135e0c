/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a rule makes of its captures. Must not look at the log: what is stored
 * of a failure is told anew when the rule is.
 */
#include <config.h>

#include "core/classify/tell.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/sentence.h"
#include "core/base/strbuf.h"
#include "core/classify/excerpt.h"
#include "core/classify/fingerprint.h"
#include "core/classify/prefix.h"
#include "core/classify/rule.h"

#define SUMMARY_MAX ((size_t)300)
#define UNCLASSIFIED "unknown/unclassified"

static bool listed(const json_t *list, const char *name)
{
    const json_t *one;
    size_t i;

    if (json_is_string(list))
        return !strcmp(json_string_value(list), name);
    json_array_foreach(list, i, one)
        if (json_is_string(one) && !strcmp(json_string_value(one), name))
            return true;
    return false;
}

static char *masked(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    fingerprint_mask(&b, s, strlen(s));
    return b.buf;
}

static char *template_of(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    template_mask(&b, s, strlen(s));
    return b.buf;
}

static char *rule_fingerprint(const struct rule *r, const json_t *captures)
{
    const json_t *list = json_object_get(r->json, "fingerprint"), *one;
    const json_t *raw = json_object_get(r->json, "raw");
    char *parts[CAPTURES_MAX * 2];
    size_t nr = 0, i;
    char *fp;

    json_array_foreach(list, i, one) {
        const char *name = json_string_value(one);
        const char *value = name ? jx_str_or(captures, name, "") : "";

        if (nr + 2 > ARRAY_SIZE(parts))
            break;
        parts[nr++] = xstrdup(name ? name : "");
        parts[nr++] =
            name && listed(raw, name) ? xstrdup(value) : masked(value);
    }
    fp = fingerprint_make(r->stable, (const char *const *)parts, nr);
    while (nr)
        free(parts[--nr]);
    return fp;
}

/* Where CI providers and conda check repositories out. */
static const char *const workspaces[] = {
    "/home/runner/work/*/*/",
    "/__w/*/*/",
    "/Users/runner/work/*/*/",
    "/home/vsts/work/1/s/",
    "/Users/runner/work/1/s/",
    "/github/workspace/",
    "D:\\a\\1\\s\\",
    "D:\\a\\*\\*\\",
    "/home/conda/feedstock_root/recipe/",
    "/home/conda/recipe_root/",
};

/* The rest of path behind pattern, whose '*' is one folder; NULL: no. */
static const char *behind(const char *path, const char *pattern)
{
    while (*pattern) {
        if (*pattern == '*') {
            size_t n = strcspn(path, "/\\");

            if (!n)
                return NULL;
            path += n;
            pattern++;
        } else if (*path++ != *pattern++) {
            return NULL;
        }
    }
    return *path ? path : NULL;
}

/* A path in the repository, where the file lies in a checkout of it. */
static void relate_file(json_t *failure, json_t *captures)
{
    const char *file = jx_str(captures, "file");

    for (size_t i = 0; file && i < ARRAY_SIZE(workspaces); i++) {
        const char *rest = behind(file, workspaces[i]);
        bool recipe = strstr(workspaces[i], "recipe") != NULL;
        char *made;

        if (!rest)
            continue;
        made = recipe ? xasprintf("recipe/%s", rest) : xstrdup(rest);
        for (char *s = made; *s; s++)
            if (*s == '\\')
                *s = '/';
        jx_set_str(failure, "path", file);
        jx_set_str(captures, "file", made);
        free(made);
        return;
    }
}

/* What the rule says of a failure with these captures. */
static void tell_rule(json_t *j, const struct rule *r, const json_t *captures)
{
    CLEANUP_FREE char *fp = rule_fingerprint(r, captures);
    CLEANUP_FREE char *digest = rule_digest(r->json);
    CLEANUP_FREE char *filled = sentence_fill(
        jx_str_or(r->json, "summary", jx_str_or(j, "message", "")), captures);
    CLEANUP_FREE char *whole = prefix_shorten(filled);
    CLEANUP_FREE char *summary = text_cut(whole, strlen(whole), SUMMARY_MAX);
    CLEANUP_FREE char *advice =
        sentence_fill(jx_str_or(r->json, "advice", ""), captures);

    jx_set_str(j, "rule", r->id);
    jx_set_str(j, "category", r->category);
    jx_set_str(j, "blame", r->blame);
    jx_set_str(j, "summary", summary);
    jx_set_str(j, "advice", *advice ? advice : NULL);
    jx_set_str(j, "severity", jx_str(r->json, "severity"));
    jx_set_str(j, "rule_digest", digest);
    jx_set_str(j, "fingerprint", fp);
}

void tell_failure(json_t *failure, const struct rule *r, json_t *captures)
{
    tell_rule(failure, r, captures);
    relate_file(failure, captures);
}

void failure_retell(const struct rule *r, json_t *failure)
{
    json_t *captures = json_deep_copy(jx_obj(failure, "captures"));
    const char *path = jx_str(failure, "path");

    if (path)
        jx_set_str(captures, "file", path);
    json_object_del(failure, "advice");
    json_object_del(failure, "severity");
    tell_rule(failure, r, captures);
    json_decref(captures);
}

json_t *unclassified_failure(const char *message, int64_t line)
{
    json_t *j = json_object();
    char *mask = template_of(message);
    CLEANUP_FREE char *whole = prefix_shorten(message);
    char *summary = text_cut(whole, strlen(whole), SUMMARY_MAX);
    const char *parts[] = { mask };
    char *fp = fingerprint_make(UNCLASSIFIED, parts, 1);

    json_object_set_new(j, "rule", json_null());
    jx_set_str(j, "category", UNCLASSIFIED);
    jx_set_str(j, "blame", "unknown");
    jx_set_bool(j, "primary", true);
    jx_set_int(j, "line", line);
    jx_set_str(j, "message", message);
    json_object_set_new(j, "captures", json_object());
    jx_set_str(j, "summary", *summary ? summary : "the log says nothing");
    jx_set_str(j, "fingerprint", fp);
    free(mask);
    free(summary);
    free(fp);
    return j;
}
