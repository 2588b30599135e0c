/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sidecars, read strictly by a table of members. It never mends a value: what
 * is not plainly right is said and left out.
 */
#include <config.h>

#include "plugins/logs/sidecar.h"

#include <string.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "plugins/logs/names.h"

#define VALUE_MAX 1024
#define FAULTS_MAX 2000

enum member_type {
    MEMBER_TEXT,
    MEMBER_URL,
    MEMBER_TIME,
    MEMBER_OUTCOME,
    MEMBER_ATTEMPT,
    MEMBER_BOOL,
    MEMBER_FORMAT
};

struct member {
    const char *name;
    enum member_type type;
    size_t offset; /* in struct tocsin_run */
};

#define AT(field) offsetof(struct tocsin_run, field)
static const struct member members[] = {
    { "id", MEMBER_TEXT, AT(id) },
    { "project", MEMBER_TEXT, AT(project) },
    { "project_id", MEMBER_TEXT, AT(project_id) },
    { "branch", MEMBER_TEXT, AT(branch) },
    { "workflow", MEMBER_TEXT, AT(workflow) },
    { "job", MEMBER_TEXT, AT(job) },
    { "variant", MEMBER_TEXT, AT(variant) },
    { "commit", MEMBER_TEXT, AT(commit) },
    { "url", MEMBER_URL, AT(url) },
    { "trigger", MEMBER_TEXT, AT(trigger) },
    { "attempt", MEMBER_ATTEMPT, AT(attempt) },
    { "outcome", MEMBER_OUTCOME, AT(outcome) },
    { "created", MEMBER_TIME, AT(created) },
    { "started", MEMBER_TIME, AT(started) },
    { "finished", MEMBER_TIME, AT(finished) },
    { "push_complete", MEMBER_BOOL, AT(push_complete) },
    { "default_branch", MEMBER_BOOL, AT(default_branch) },
    { "format", MEMBER_FORMAT, 0 },
};

int logs_outcome(const char *name)
{
    static const char *const names[] = { "unknown",   "success", "failure",
                                         "cancelled", "skipped", "timed-out",
                                         "abandoned" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

static const struct member *find_member(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    return NULL;
}

static const char *text_fault(const json_t *v, const char **out)
{
    if (!json_is_string(v))
        return "is not text";
    const char *s = json_string_value(v);
    if (strlen(s) != json_string_length(v) || logs_has_control(s))
        return "holds a control character";
    if (strlen(s) > VALUE_MAX)
        return "is too long";
    *out = s;
    return NULL;
}

static const char *url_fault(const json_t *v, const char **out)
{
    const char *fault = text_fault(v, out);
    if (fault == NULL && !str_starts(*out, "https://")
        && !str_starts(*out, "http://"))
        fault = "is not an http or https URL";
    return fault;
}

static const char *time_fault(const json_t *v, int64_t *out)
{
    if (json_is_integer(v) && json_integer_value(v) >= 0) {
        *out = json_integer_value(v);
        return NULL;
    }
    if (json_is_string(v) && when_parse(json_string_value(v), out) == 0)
        return NULL;
    return "is neither a time such as 2026-08-14T06:41:00Z nor seconds";
}

static const char *attempt_fault(const json_t *v, int32_t *out)
{
    if (!json_is_integer(v) || json_integer_value(v) < 1
        || json_integer_value(v) > INT32_MAX)
        return "is not a whole number from 1";
    *out = (int32_t)json_integer_value(v);
    return NULL;
}

static const char *outcome_fault(const json_t *v, int32_t *out)
{
    int outcome = json_is_string(v) ? logs_outcome(json_string_value(v)) : -1;
    if (outcome < 0)
        return "is none of success, failure, cancelled, skipped, timed-out, "
               "abandoned, unknown";
    *out = outcome;
    return NULL;
}

static const char *bool_fault(const json_t *v, int32_t *out)
{
    if (!json_is_boolean(v))
        return "is neither true nor false";
    *out = json_is_true(v);
    return NULL;
}

static const char *member_fault(struct logs_sidecar *s, const struct member *m,
                                const json_t *v)
{
    void *at = (char *)&s->run + m->offset;
    switch (m->type) {
    case MEMBER_TEXT:
        return text_fault(v, at);
    case MEMBER_URL:
        return url_fault(v, at);
    case MEMBER_TIME:
        return time_fault(v, at);
    case MEMBER_OUTCOME:
        return outcome_fault(v, at);
    case MEMBER_ATTEMPT:
        return attempt_fault(v, at);
    case MEMBER_BOOL:
        return bool_fault(v, at);
    case MEMBER_FORMAT:
        return text_fault(v, &s->format);
    }
    return NULL;
}

static void add_fault(struct strbuf *faults, const char *name,
                      const char *fault)
{
    CLEANUP_FREE char *safe = logs_escape(name);
    strbuf_addf(faults, "%s\"%s\" %s", faults->len > 0 ? "; " : "", safe,
                fault);
}

static void read_members(struct logs_sidecar *s, struct strbuf *faults)
{
    const char *name;
    json_t *v;
    json_object_foreach(s->json, name, v) {
        const struct member *m = find_member(name);
        const char *fault =
            m != NULL ? member_fault(s, m, v) : "is not a member of a sidecar";
        if (fault != NULL)
            add_fault(faults, name, fault);
    }
    s->has_attempt = json_object_get(s->json, "attempt") != NULL;
    s->has_outcome = json_object_get(s->json, "outcome") != NULL;
    s->has_complete = json_object_get(s->json, "push_complete") != NULL;
    s->has_default = json_object_get(s->json, "default_branch") != NULL;
}

int logs_sidecar_parse(struct logs_sidecar *s, const char *text, size_t n,
                       struct err *err)
{
    *s = (struct logs_sidecar){ .run = TOCSIN_RUN_INIT };
    s->json = jx_parse(text, n, err);
    if (s->json == NULL)
        return -1;
    struct strbuf faults CLEANUP_STRBUF;
    strbuf_init(&faults, FAULTS_MAX);
    if (json_is_object(s->json))
        read_members(s, &faults);
    else
        strbuf_adds(&faults, "is not one JSON object");
    if (faults.len == 0)
        return 0;
    logs_sidecar_release(s);
    return err_set(err, ERR_INPUT, "%s%s", faults.buf,
                   faults.truncated ? " [cut]" : "");
}

int logs_sidecar_read(struct logs_sidecar *s, const char *path, struct err *err)
{
    size_t n;
    *s = (struct logs_sidecar){ .run = TOCSIN_RUN_INIT };
    CLEANUP_FREE char *text = io_read_file(path, LOGS_SIDECAR_MAX, &n, err);
    if (text == NULL)
        return -1;
    return logs_sidecar_parse(s, text, n, err);
}

void logs_sidecar_release(struct logs_sidecar *s)
{
    json_decref(s->json);
    *s = (struct logs_sidecar){ .run = TOCSIN_RUN_INIT };
}
