/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Snapshots that a source states, part by part, each entry's text classified
 * as a log would be. Must not state a snapshot whose end did not come.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/services-private.h"

static json_t *part(const struct services *s)
{
    json_t *v = json_object();

    jx_set_str(v, "name", s->snapshot);
    return v;
}

static int host_snapshot_begin(const struct tocsin_host *host, const char *name,
                               int64_t taken)
{
    struct services *s = services_of(host);
    json_t *v;

    if (s->snapshot) {
        services_break(s, "began a snapshot inside a snapshot");
        return TOCSIN_FATAL;
    }
    if (!report_is_name(name))
        return report_refuse(s, "a snapshot", "it has no usable name");
    s->snapshot = xstrdup(name);
    v = part(s);
    jx_set_int(v, "begin", taken);
    return report_gather(s, LIST_SNAPSHOTS, v, "a snapshot");
}

static json_t *entry_json(struct services *s, const struct tocsin_entry *e)
{
    json_t *v = json_object();

    jx_set_str(v, "key", e->key);
    jx_set_str(v, "project", e->project);
    report_set_name(v, "branch", e->branch);
    services_set_text(s, v, "task", str_or(e->task, ""));
    services_set_text(s, v, "target", e->target);
    if (e->url && report_is_url(e->url))
        services_set_text(s, v, "url", e->url);
    jx_set_num(v, "attempts",
               e->attempts >= 0 && e->attempts < 1e12 ? e->attempts : 0.0);
    jx_set_int(v, "first", e->first);
    jx_set_int(v, "last", e->last);
    report_set_name(v, "category", e->category);
    report_set_name(v, "blame", e->blame);
    return v;
}

static int host_snapshot_entry(const struct tocsin_host *host,
                               const struct tocsin_entry *given)
{
    struct services *s = services_of(host);
    struct tocsin_entry e = TOCSIN_ENTRY_INIT;
    struct classifier *c;
    json_t *v, *list, *entry;

    if (!s->snapshot) {
        services_break(s, "gave an entry without a snapshot");
        return TOCSIN_FATAL;
    }
    if (!given || services_copy(&e, sizeof(e), given) < 0
        || !report_is_name(e.key) || !report_is_project(e.project))
        return report_refuse(s, "an entry", "it has no usable key or project");
    if (report_holds_secret(s, e.key) || report_holds_secret(s, e.project)
        || report_holds_secret(s, e.branch))
        return report_refuse(s, "an entry",
                             "its key, project or branch looks "
                             "like a secret");
    entry = entry_json(s, &e);
    if (e.text) {
        c = report_classifier(s, "plain", TOCSIN_OUTCOME_FAILURE, NULL);
        if (!c) {
            json_decref(entry);
            return TOCSIN_FATAL;
        }
        classifier_feed(c, e.text, e.text_len);
        json_object_set_new(entry, "result", classifier_finish(c));
        classifier_free(c);
    }
    v = part(s);
    list = json_array();
    json_array_append_new(list, entry);
    json_object_set_new(v, "entries", list);
    return report_gather(s, LIST_SNAPSHOTS, v, "an entry");
}

static int host_snapshot_end(const struct tocsin_host *host, int complete,
                             const char *why)
{
    struct services *s = services_of(host);
    json_t *v;

    if (!s->snapshot) {
        services_break(s, "ended a snapshot that it had not begun");
        return TOCSIN_FATAL;
    }
    v = part(s);
    jx_set_bool(v, "end", true);
    jx_set_bool(v, "complete", complete == 1);
    services_set_text(s, v, "why", why);
    free(s->snapshot);
    s->snapshot = NULL;
    return report_gather(s, LIST_SNAPSHOTS, v, "a snapshot");
}

void snapshots_init(struct services *s)
{
    s->host.snapshot_begin = host_snapshot_begin;
    s->host.snapshot_entry = host_snapshot_entry;
    s->host.snapshot_end = host_snapshot_end;
}

void snapshots_end(struct services *s)
{
    free(s->snapshot);
    s->snapshot = NULL;
}
