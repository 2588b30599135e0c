/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a sink says of its tickets, is asked to look after, and can take.
 * Must not pass a state on that the core does not know.
 */
#include <config.h>

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/services-private.h"

static size_t host_standing_count(const struct tocsin_host *host)
{
    return json_array_size(services_of(host)->standing);
}

static int host_standing(const struct tocsin_host *host, size_t i,
                         struct tocsin_remote *out)
{
    const json_t *row = json_array_get(services_of(host)->standing, i);
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;
    size_t size = out ? out->_struct_size : 0;

    if (!row || size < sizeof(size))
        return 0;
    r.ticket = json_string_value(json_array_get(row, 0));
    r.remote_id = json_string_value(json_array_get(row, 1));
    r.state = json_string_value(json_array_get(row, 2));
    memcpy(out, &r, size < sizeof(r) ? size : sizeof(r));
    out->_struct_size = size;
    return 1;
}

void remotes_standing(struct services *s, json_t *rows)
{
    if (!s->standing)
        s->standing = json_array();
    json_array_extend(s->standing, rows);
}

/* The core composes once all sinks are observed. */
static int host_lengths(const struct tocsin_host *host, size_t title_max,
                        size_t body_max)
{
    struct services *s = services_of(host);
    json_t *v;

    if (s->observed || title_max > INT32_MAX || body_max > INT32_MAX)
        return report_refuse(s, "a word on lengths",
                             "it comes too late, or is none");
    v = json_object();
    jx_set_str(v, "t", "lengths");
    jx_set_int(v, "title_max", (int64_t)title_max);
    jx_set_int(v, "body_max", (int64_t)body_max);
    services_send(s, v);
    return TOCSIN_OK;
}

static bool is_remote_state(const char *state)
{
    static const char *const known[] = {
        "open", "completed", "not_planned", "duplicate", "deleted", "double",
    };

    for (size_t i = 0; state && i < ARRAY_SIZE(known); i++)
        if (!strcmp(state, known[i]))
            return true;
    return false;
}

static int host_remote(const struct tocsin_host *host,
                       const struct tocsin_remote *given)
{
    struct services *s = services_of(host);
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;
    json_t *v;

    if (!given || services_copy(&r, sizeof(r), given) < 0
        || !report_is_name(r.ticket) || !report_is_name(r.remote_id))
        return report_refuse(s, "a remote",
                             "it has no usable ticket or remote_id");
    if (!is_remote_state(r.state))
        return report_refuse(s, "a remote",
                             "its state is none of open, completed, "
                             "not_planned, duplicate, deleted, double");
    v = json_object();
    jx_set_str(v, "ticket", r.ticket);
    jx_set_str(v, "remote_id", r.remote_id);
    services_set_text(s, v, "url", r.url);
    jx_set_str(v, "state", r.state);
    json_object_set_new(v, "labels", services_list(r.labels));
    json_object_set_new(v, "by", json_null());
    services_set_text(s, v, "by", r.by);
    jx_set_int(v, "changed", r.changed);
    services_set_text(s, v, "duplicate_of", r.duplicate_of);
    if (r.in_steps)
        jx_set_bool(v, "in_steps", true);
    json_array_append_new(s->remotes, v);
    s->gathered += 256;
    services_flush_if_due(s, GATHER_MS);
    return TOCSIN_OK;
}

void remotes_init(struct services *s)
{
    s->host.remote = host_remote;
    s->host.standing_count = host_standing_count;
    s->host.standing = host_standing;
    s->host.lengths = host_lengths;
}
