/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Leads, in the worker: what a source hands on to others, and what others
 * have handed on. Must not let a source take what it was not offered.
 */
#include <config.h>

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/services-private.h"

static bool is_plain_url(const struct services *s, const char *text)
{
    CLEANUP_FREE char *clean = NULL;

    if (!report_is_name(text) || !report_is_url(text))
        return false;
    clean = services_redact(s, text);
    return !strcmp(clean, text);
}

static int host_lead(const struct tocsin_host *host,
                     const struct tocsin_lead *given)
{
    struct services *s = services_of(host);
    struct tocsin_lead lead = TOCSIN_LEAD_INIT;
    json_t *v;

    if (!given || services_copy(&lead, sizeof(lead), given) < 0
        || !is_plain_url(s, lead.url) || !is_plain_url(s, lead.place)
        || !str_starts(lead.url, lead.place) || !report_is_name(lead.project))
        return report_refuse(s, "a lead",
                             "it has no usable url, place or project");
    v = json_object();
    jx_set_str(v, "url", lead.url);
    jx_set_str(v, "place", lead.place);
    jx_set_str(v, "project", lead.project);
    return report_gather(s, LIST_LEADS, v, "a lead");
}

static size_t host_lead_count(const struct tocsin_host *host)
{
    return json_array_size(services_of(host)->leads);
}

static const char *host_lead_url(const struct tocsin_host *host, size_t i)
{
    return json_string_value(json_array_get(services_of(host)->leads, i));
}

static int host_lead_take(const struct tocsin_host *host, const char *url)
{
    struct services *s = services_of(host);
    json_t *v;

    if (!url || !json_object_get(s->offered, url))
        return report_refuse(s, "a lead taken", "it was not offered");
    v = json_object();
    jx_set_str(v, "url", url);
    return report_gather(s, LIST_TAKEN, v, "a lead taken");
}

void services_leads(struct services *s, json_t *urls)
{
    size_t i;
    json_t *v;

    json_array_foreach(urls, i, v)
        jx_set_bool(s->offered, json_string_value(v), true);
    json_array_extend(s->leads, urls);
}

void leads_init(struct services *s)
{
    s->leads = json_array();
    s->offered = json_object();
    s->host.lead = host_lead;
    s->host.lead_count = host_lead_count;
    s->host.lead_url = host_lead_url;
    s->host.lead_take = host_lead_take;
}
