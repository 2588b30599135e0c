/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker says, turned into records or refused. The worker has read
 * hostile input with a plugin that may be broken: nothing it says may be
 * stored unchecked.
 */
#include <config.h>

#include "core/incident/incident-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"

#define PROJECT_MAX 200
#define BRANCH_MAX 255
#define NAME_MAX_BYTES 500
#define URL_MAX 2000
#define TIME_MAX INT64_C(253402300799) /* the end of the year 9999 */
#define ATTEMPT_MAX 1000000
#define FAILURES_MAX 10
#define EXCERPT_MAX 16384
#define TEXT_MAX 4096

/* C0, DEL and C1 (U+0080 to U+009F). */
static bool has_control(const char *s)
{
    for (const unsigned char *p = (const unsigned char *)s; *p; p++)
        if (*p < 0x20 || *p == 0x7f
            || (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
            return true;
    return false;
}

const char *believe_project(const char *s)
{
    static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
                             "TUVWXYZ0123456789._-/";

    if (!s || !*s)
        return "has no project";
    if (strlen(s) > PROJECT_MAX || s[strspn(s, ok)])
        return "has a project name that no forge allows";
    if (!strchr(s, '/') || *s == '/' || *s == '-' || str_ends(s, "/")
        || strstr(s, "//") || strstr(s, "..") || strstr(s, "/./"))
        return "has a project name that is not owner/name";
    return NULL;
}

const char *believe_branch(const char *s)
{
    if (!s || !*s)
        return "has no branch";
    if (strlen(s) > BRANCH_MAX || has_control(s) || strpbrk(s, " ~^:?*[\\")
        || strstr(s, "..") || *s == '-')
        return "has a branch name that Git does not allow";
    return NULL;
}

const char *believe_id(const char *s)
{
    if (!s || !*s)
        return "has no id";
    return believe_name(s);
}

const char *believe_name(const char *s)
{
    if (!s)
        return NULL;
    if (strlen(s) > NAME_MAX_BYTES)
        return "has a name that is too long";
    return has_control(s) ? "has a control character in a name" : NULL;
}

const char *believe_url(const char *s)
{
    if (!s || strlen(s) > URL_MAX || has_control(s) || strpbrk(s, " <>\"`"))
        return NULL;
    return str_starts(s, "https://") || str_starts(s, "http://") ? s : NULL;
}

bool believe_time(int64_t t)
{
    return t >= 0 && t <= TIME_MAX;
}

bool believe_is_pull_request(const char *trigger)
{
    return trigger
           && (str_starts(trigger, "pull_request")
               || str_starts(trigger, "pullRequest")
               || str_starts(trigger, "merge_request"));
}

/* ---- failures ---- */

static bool is_fingerprint(const char *s)
{
    if (!s)
        return false;
    size_t n = strspn(s, "0123456789");
    return n > 0 && n < 6 && s[n] == ':' && strlen(s + n + 1) == 32
           && strspn(s + n + 1, "0123456789abcdef") == 32;
}

bool believe_is_category(const char *s)
{
    static const char *const areas[] = {
        "dependency", "source", "configure", "compile", "link",     "test",
        "package",    "upload", "infra",     "bot",     "security", "unknown",
    };

    if (!s || strlen(s) > 100)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
        size_t n = strlen(areas[i]);
        if (!strncmp(s, areas[i], n) && s[n] == '/' && s[n + 1]
            && !s[n + 1
                  + strspn(s + n + 1,
                           "abcdefghijklmnopqrstuvwxyz0123456789-_")])
            return true;
    }
    return false;
}

bool believe_is_blame(const char *s)
{
    static const char *const blames[] = {
        "recipe", "dependency", "upstream", "infrastructure", "bot", "unknown",
    };

    for (size_t i = 0; s && i < ARRAY_SIZE(blames); i++)
        if (!strcmp(s, blames[i]))
            return true;
    return false;
}

static void cap_text(json_t *obj, const char *key, size_t max)
{
    const char *s = jx_str(obj, key);

    if (!s || strlen(s) <= max)
        return;
    size_t n = max;
    while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
        n--;
    CLEANUP_FREE char *cut = xasprintf("%.*s […]", (int)n, s);
    jx_set_str(obj, key, cut);
}

/* A worker that says more than the classifier ever would is cut. */
static json_t *believe_detail(const json_t *v, const json_t *result)
{
    json_t *d = json_deep_copy(v);
    static const char *const log_keys[] = { "format", "tool", "lines",
                                            "verdict", "file" };
    json_t *log = json_object();

    cap_text(d, "message", TEXT_MAX);
    cap_text(d, "summary", TEXT_MAX);
    cap_text(d, "advice", TEXT_MAX);
    cap_text(jx_obj(d, "excerpt"), "text", EXCERPT_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(log_keys); i++)
        if (json_object_get(result, log_keys[i]))
            json_object_set(log, log_keys[i],
                            json_object_get(result, log_keys[i]));
    json_object_set_new(d, "log", log);
    return d;
}

static bool believe_failure(const json_t *v, const json_t *result,
                            struct failure *f)
{
    const char *fingerprint = jx_str(v, "fingerprint");
    const char *category = jx_str(v, "category");
    const char *blame = jx_str(v, "blame");
    const char *rule = jx_str(v, "rule");

    if (!is_fingerprint(fingerprint))
        return false;
    *f = (struct failure){
        .fingerprint = xstrdup(fingerprint),
        .rule = rule && !believe_id(rule) ? xstrdup(rule) : NULL,
        .category = xstrdup(
            believe_is_category(category) ? category : "unknown/unclassified"),
        .blame = xstrdup(believe_is_blame(blame) ? blame : "unknown"),
        .primary = jx_bool(v, "primary", false),
        .detail = believe_detail(v, result),
    };
    return true;
}

static void believe_failures(const json_t *result, struct run *r)
{
    const json_t *all = jx_arr(result, "failures");
    bool primary = false;
    size_t n;
    json_t *v;

    r->failures = xcalloc(FAILURES_MAX, sizeof(*r->failures));
    json_array_foreach(all, n, v) {
        if (r->nr_failures == FAILURES_MAX)
            break;
        struct failure *f = &r->failures[r->nr_failures];
        if (!believe_failure(v, result, f))
            continue;
        f->primary = f->primary && !primary;
        primary = primary || f->primary;
        r->nr_failures++;
    }
    if (r->nr_failures && !primary)
        r->failures[0].primary = true;
}

void believe_stored(const json_t *details, struct run *r)
{
    const json_t *f;
    size_t i;

    memset(r, 0, sizeof(*r));
    r->failures = xcalloc(FAILURES_MAX, sizeof(*r->failures));
    json_array_foreach(details, i, f) {
        const json_t *log = jx_obj(f, "log");
        struct failure *to = &r->failures[r->nr_failures];

        if (r->nr_failures == FAILURES_MAX || !believe_failure(f, log, to))
            continue;
        if (jx_bool(log, "kept", false))
            jx_set_bool(jx_obj(to->detail, "log"), "kept", true);
        r->nr_failures++;
    }
}

bool believe_primary(const json_t *result, struct failure *f)
{
    struct run r = { 0 };
    bool found = false;

    memset(f, 0, sizeof(*f));
    believe_failures(result, &r);
    for (size_t i = 0; i < r.nr_failures; i++)
        if (r.failures[i].primary) {
            *f = r.failures[i];
            memset(&r.failures[i], 0, sizeof(*f));
            found = true;
        }
    run_release(&r);
    return found;
}

char *fingerprint_without_log(const char *tag, const char *a, const char *b)
{
    char hex[33];
    struct digest *d = digest_new();

    digest_field(d, tag);
    digest_field(d, a);
    digest_field(d, b);
    digest_end128(d, hex);
    return xasprintf("1:%s", hex);
}

/* Red without a log: it still stands, and the project is in the fingerprint,
 * because nothing says that two such failures are one. */
static void failure_without_log(struct store *st, struct run *r)
{
    CLEANUP_FREE char *origin = store_project_origin(st, r->project);
    struct failure *f;

    r->nr_failures = 1;
    f = &r->failures[0];
    *f = (struct failure){
        .fingerprint =
            fingerprint_without_log("unknown/no-log", origin, r->workflow),
        .category = xstrdup("unknown/no-log"),
        .blame = xstrdup("unknown"),
        .primary = true,
    };
    f->detail = json_pack("{s:n, s:s, s:s, s:b, s:s}", "rule", "category",
                          f->category, "blame", f->blame, "primary", 1,
                          "fingerprint", f->fingerprint);
}

/* ---- runs ---- */

/* An optional string: false when it is there and no string. */
static bool take(const json_t *v, const char *key, char **out)
{
    json_t *s = json_object_get(v, key);

    if (!s || json_is_null(s))
        return true;
    if (!json_is_string(s)
        || strlen(json_string_value(s)) != json_string_length(s))
        return false;
    *out = *json_string_value(s) ? xstrdup(json_string_value(s)) : NULL;
    return true;
}

static const char *believe_run_names(const json_t *v, struct run *r)
{
    struct {
        const char *key;
        char **to;
    } names[] = {
        { "id", &r->run_id },
        { "project", &r->project },
        { "project_id", &r->project_id },
        { "branch", &r->branch },
        { "workflow", &r->workflow },
        { "job", &r->job },
        { "variant", &r->variant },
        { "commit", &r->commit },
        { "trigger", &r->trigger },
    };
    const char *why;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!take(v, names[i].key, names[i].to))
            return "has a name that is no text";
        why = believe_name(*names[i].to);
        if (why)
            return why;
    }
    if ((why = believe_id(r->run_id)) || (why = believe_project(r->project))
        || (why = believe_branch(r->branch)))
        return why;
    return NULL;
}

static const char *believe_run_times(const json_t *v, int64_t now,
                                     struct run *r)
{
    r->created = jx_int(v, "created", 0);
    r->started = jx_int(v, "started", 0);
    r->finished = jx_int(v, "finished", 0);
    if (!believe_time(r->created) || !believe_time(r->started)
        || !believe_time(r->finished))
        return "has a time that cannot be";
    if (!r->finished)
        r->finished = r->started ? r->started : r->created;
    /* What ended in the future would be newer than all that comes. */
    if (!r->finished || r->finished > now + DAY) {
        r->finished = now;
        r->undated = true;
    }
    return NULL;
}

const char *believe_run(struct store *st, const char *instance, const json_t *v,
                        int64_t now, struct run *r)
{
    const char *outcome = jx_str(v, "outcome");
    const char *why;
    int64_t attempt = jx_int(v, "attempt", 1);

    memset(r, 0, sizeof(*r));
    if (!json_is_object(v))
        return "is no object";
    r->source = xstrdup(instance);
    if ((why = believe_run_names(v, r)) || (why = believe_run_times(v, now, r)))
        return why;
    r->outcome = outcome ? outcome_parse(outcome) : -1;
    if (r->outcome < 0)
        return "has an outcome that does not exist";
    if (attempt < 1 || attempt > ATTEMPT_MAX)
        return "has an attempt that cannot be";
    r->attempt = (int)attempt;
    r->url = xstrdup0(believe_url(jx_str(v, "url")));
    r->push_complete = jx_bool(v, "push_complete", false);
    int64_t dflt = jx_int(v, "default_branch", -1);
    r->default_branch = dflt == 1 || dflt == 0 ? (int)dflt : -1;
    if (outcome_is_red(r->outcome)) {
        const char *rules = jx_str(jx_obj(v, "result"), "rules");

        r->rules = rules && !believe_id(rules) ? xstrdup(rules) : NULL;
        believe_failures(jx_obj(v, "result"), r);
        if (!r->nr_failures)
            failure_without_log(st, r);
    }
    return NULL;
}
