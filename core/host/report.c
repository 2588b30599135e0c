/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a plugin says, as JSON on its way to the core: runs, facts, notices,
 * and what its other services (logs.c, snapshots.c, remotes.c, …) have in
 * common. Must not pass a text on that was not redacted.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/services-private.h"
#include "core/store/records.h"

/* What names something; a longer one is no name. */
#define NAME_LIMIT ((size_t)1024)
#define SECRET_MIN 12
/* What the core takes for a name; a longer one is cut. */
#define LABEL_MAX ((size_t)500)
#define LABEL_CUT ((size_t)400)
#define NOTICES_PER_CODE 20
/* One element of a batch; a CODEOWNERS file is the largest by far. */
#define ELEMENT_MAX ((size_t)4 << 20)

const char *const list_names[NR_LISTS] = {
    [LIST_RUNS] = "runs",
    [LIST_FACTS] = "facts",
    [LIST_SNAPSHOTS] = "snapshots",
    [LIST_NOTICES] = "notices",
    [LIST_VALIDATORS] = "validators",
    [LIST_LEADS] = "leads",
    [LIST_TAKEN] = "taken",
};

int services_copy(void *to, size_t size, const void *from)
{
    size_t given;

    memcpy(&given, from, sizeof(given));
    if (given < 2 * sizeof(size_t) || given > 65536)
        return -1;
    memset(to, 0, size);
    memcpy(to, from, given < size ? given : size);
    memcpy(to, &size, sizeof(size));
    return 0;
}

/* -- refusing -- */

int report_refuse(struct services *s, const char *what, const char *why)
{
    CLEANUP_FREE char *text = xasprintf("%s was left out: %s", what, why);

    s->host.log(&s->host, TOCSIN_LOG_WARN, text);
    return TOCSIN_REJECT;
}

bool report_is_name(const char *text)
{
    size_t n = text ? strnlen(text, NAME_LIMIT + 1) : 0;

    if (n == 0 || n > NAME_LIMIT)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

bool report_is_project(const char *text)
{
    return report_is_name(text) && strchr(text, '/') && !strpbrk(text, " \\:");
}

bool report_holds_secret(const struct services *s, const char *name)
{
    CLEANUP_FREE char *clean = NULL;

    if (!name || strlen(name) < SECRET_MIN)
        return false;
    clean = services_redact(s, name);
    return strcmp(clean, name) != 0;
}

bool report_is_url(const char *text)
{
    return str_starts(text, "https://") || str_starts(text, "http://");
}

/* -- gathering -- */

int report_gather(struct services *s, enum list which, json_t *v,
                  const char *what)
{
    struct strbuf *list = &s->lists[which];
    CLEANUP_FREE char *text = json_dumps(v, JSON_COMPACT);
    size_t n = text ? strlen(text) : 0;

    json_decref(v);
    if (!text || n > ELEMENT_MAX)
        return report_refuse(s, what, "it is too large");
    if (list->len)
        strbuf_addc(list, ',');
    strbuf_add(list, text, n);
    s->gathered += n;
    services_flush_if_due(s, GATHER_MS);
    return TOCSIN_OK;
}

static const char *host_redact(const struct tocsin_host *host, const char *text)
{
    struct services *s = services_of(host);

    free(s->redacted);
    s->redacted = services_redact(s, text ? text : "");
    return s->redacted;
}

/* -- runs -- */

static const char *run_fault(const struct services *s,
                             const struct tocsin_run *run)
{
    if (!report_is_name(run->id))
        return "it has no usable id";
    if (!report_is_project(run->project))
        return "its project is no owner/name";
    if (!report_is_name(run->branch))
        return "it has no usable branch";
    if (report_holds_secret(s, run->project)
        || report_holds_secret(s, run->branch))
        return "its project or branch looks like a secret";
    if (run->outcome < TOCSIN_OUTCOME_UNKNOWN
        || run->outcome > TOCSIN_OUTCOME_ABANDONED)
        return "its outcome is none";
    return NULL;
}

void report_set_name(json_t *v, const char *key, const char *text)
{
    if (report_is_name(text))
        jx_set_str(v, key, text);
}

static void drop_controls(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
            p[0] = p[1] = '?';
}

/* The name of a job, as its author likes it: made one that the core believes,
 * or the run would be lost. Two that differ stay two. */
static void set_label(const struct services *s, json_t *v, const char *key,
                      const char *text)
{
    CLEANUP_FREE char *safe = text ? services_redact(s, text) : NULL;
    CLEANUP_FREE char *label = safe ? utf8_repair(safe, strlen(safe)) : NULL;
    CLEANUP_FREE char *mark = NULL;
    CLEANUP_FREE char *cut = NULL;
    size_t n = LABEL_CUT;

    if (!label)
        return;
    drop_controls(label);
    if (strlen(label) <= LABEL_MAX) {
        jx_set_str(v, key, label);
        return;
    }
    while (n && ((unsigned char)label[n] & 0xc0) == 0x80)
        n--;
    mark = digest_text128(label, strlen(label));
    cut = xasprintf("%.*s... %.8s", (int)n, label, mark);
    jx_set_str(v, key, cut);
}

static json_t *run_json(const struct services *s, const struct tocsin_run *run)
{
    json_t *v = json_object();

    jx_set_str(v, "id", run->id);
    jx_set_int(v, "attempt", run->attempt > 0 ? run->attempt : 1);
    jx_set_str(v, "project", run->project);
    report_set_name(v, "project_id", run->project_id);
    jx_set_str(v, "branch", run->branch);
    set_label(s, v, "workflow", run->workflow);
    set_label(s, v, "job", run->job);
    set_label(s, v, "variant", run->variant);
    report_set_name(v, "commit", run->commit);
    if (run->url && report_is_url(run->url))
        services_set_text(s, v, "url", run->url);
    services_set_text(s, v, "trigger", run->trigger);
    jx_set_str(v, "outcome", outcome_name(run->outcome));
    jx_set_int(v, "created", run->created);
    jx_set_int(v, "started", run->started);
    jx_set_int(v, "finished", run->finished);
    jx_set_bool(v, "push_complete", run->push_complete == 1);
    jx_set_int(v, "default_branch", run->default_branch);
    jx_set_str(v, "item", s->item);
    return v;
}

json_t *report_run(struct services *s, const struct tocsin_run *given,
                   int *outcome)
{
    struct tocsin_run run;
    const char *fault = "it is NULL, or its _struct_size is not set";

    if (given && services_copy(&run, sizeof(run), given) == 0)
        fault = run_fault(s, &run);
    if (fault) {
        report_refuse(s, "a run", fault);
        return NULL;
    }
    if (outcome)
        *outcome = run.outcome;
    return run_json(s, &run);
}

static int host_run(const struct tocsin_host *host,
                    const struct tocsin_run *run)
{
    struct services *s = services_of(host);
    json_t *v = report_run(s, run, NULL);

    return v ? report_gather(s, LIST_RUNS, v, "a run") : TOCSIN_REJECT;
}

/* The rules, compiled when the first text comes. */
static const struct ruleset *rules_of(struct services *s)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    const char *given = jx_str_or(s->start, "ruleset", "{}");
    CLEANUP_JSON json_t *all = NULL;
    CLEANUP_FREE char *text = NULL;

    if (s->rules)
        return s->rules;
    all = jx_parse(given, strlen(given), NULL);
    s->rules = ruleset_new(jx_arr(all, "rules"), jx_arr(all, "ignore"), &err);
    if (s->rules)
        return s->rules;
    text = xasprintf("the rules do not compile: %s", err_msg(&err));
    s->host.log(&s->host, TOCSIN_LOG_ERROR, text);
    services_break(s, "could not go on without rules");
    return NULL;
}

struct classifier *report_classifier(struct services *s, const char *format,
                                     int outcome, const struct baseline *green)
{
    const struct classify_options opts = {
        .file = s->item,
        .format = format,
        .outcome = outcome,
        .green = green,
        .make_baseline = outcome == TOCSIN_OUTCOME_SUCCESS,
        .redact = (const char *const *)s->redact,
        .nr_redact = s->nr_redact,
    };
    const struct ruleset *rules = rules_of(s);

    return rules ? classifier_new(rules, &opts) : NULL;
}

/* -- facts -- */

static int host_fact(const struct tocsin_host *host,
                     const struct tocsin_fact *given)
{
    struct services *s = services_of(host);
    struct tocsin_fact fact = TOCSIN_FACT_INIT;
    CLEANUP_JSON json_t *value = NULL;
    CLEANUP_JSON json_t *named = NULL;
    json_t *v;

    if (!given || services_copy(&fact, sizeof(fact), given) < 0
        || !report_is_name(fact.subject) || !report_is_name(fact.key)
        || !fact.value)
        return report_refuse(s, "a fact",
                             "it has no usable subject, key or value");
    if (strlen(fact.value) <= ELEMENT_MAX)
        value = jx_parse(fact.value, strlen(fact.value), NULL);
    if (!value)
        return report_refuse(s, "a fact", "its value is no JSON, or too large");
    named = json_pack("{s:O}", fact.key, value);
    redactor_clean_json(s->redactor, named);
    v = json_object();
    jx_set_str(v, "subject", fact.subject);
    jx_set_str(v, "key", fact.key);
    json_object_set(v, "value", json_object_get(named, fact.key));
    return report_gather(s, LIST_FACTS, v, "a fact");
}

/* -- notices -- */

static int host_notice(const struct tocsin_host *host, const char *code,
                       const char *text)
{
    struct services *s = services_of(host);
    int64_t told;
    json_t *v;

    if (!report_is_name(code) || !text)
        return report_refuse(s, "a notice", "it has no usable code or text");
    told = jx_int(s->notices, code, 0);
    if (told >= NOTICES_PER_CODE)
        return TOCSIN_OK;
    jx_set_int(s->notices, code, told + 1);
    v = json_object();
    jx_set_str(v, "code", code);
    services_set_text(s, v, "text", text);
    if (!s->is_sink)
        return report_gather(s, LIST_NOTICES, v, "a notice");
    json_array_append_new(s->told, v);
    return TOCSIN_OK;
}

/* -- life -- */

void report_init(struct services *s)
{
    s->notices = json_object();
    s->host.notice = host_notice;
    position_init(s);
    if (s->is_sink) {
        remotes_init(s);
        return;
    }
    s->host.redact = host_redact;
    s->host.run = host_run;
    s->host.fact = host_fact;
    logs_init(s);
    leads_init(s);
    snapshots_init(s);
}

void report_end(struct services *s)
{
    logs_end(s);
    snapshots_end(s);
}

void report_release(struct services *s)
{
    report_end(s);
    ruleset_free(s->rules);
    position_release(s);
    json_decref(s->notices);
    free(s->redacted);
}
