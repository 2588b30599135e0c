/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sinks of a pass of the outbox: what each said of itself, what people
 * set of it, and what is dropped with it. Must not send.
 */
#include <config.h>

#include "core/deliver/outbox-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

void sending_clear(struct sending *n)
{
    outbox_release(&n->row);
    ticket_release(&n->ticket);
    owner_release(&n->owner);
    message_release(&n->message);
    memset(n, 0, sizeof(*n));
}

struct outbox_run *outbox_run_new(struct store *st, const struct settings *s,
                                  struct composer *c, struct host *h,
                                  const struct outbox_options *opts)
{
    struct outbox_run *r = xcalloc(1, sizeof(*r));

    r->st = st;
    r->s = s;
    r->composer = c;
    r->host = h;
    r->opts = *opts;
    r->nr = s->nr_sinks;
    r->outlets = xcalloc(r->nr ? r->nr : 1, sizeof(*r->outlets));
    for (size_t i = 0; i < r->nr; i++)
        r->outlets[i].in = &s->sinks[i];
    if (opts->dry_run)
        r->forecast = forecast_new(opts->out, opts->json);
    return r;
}

void outbox_run_free(struct outbox_run *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->nr; i++) {
        struct outlet *o = &r->outlets[i];

        sending_clear(&o->now);
        free(o->format.flavour);
        free(o->format.neutralise);
        free(o->format.mark);
        free(o->tickets);
        pace_release(&o->pace);
    }
    forecast_free(r->forecast);
    err_release(&r->err);
    free(r->outlets);
    free(r);
}

const struct outbox_counts *outbox_run_counts(const struct outbox_run *r)
{
    return &r->counts;
}

struct outlet *outbox_find(struct outbox_run *r, const char *sink)
{
    for (size_t i = 0; i < r->nr; i++)
        if (!strcmp(r->outlets[i].in->name, sink))
            return &r->outlets[i];
    return NULL;
}

static int64_t option_number(const struct instance *in, const char *name,
                             int64_t dflt)
{
    const json_t *v = json_object_get(in->options, name);

    if (json_is_integer(v))
        return json_integer_value(v);
    if (json_is_string(v))
        return strtoll(json_string_value(v), NULL, 10);
    return dflt;
}

/* A sink with options flavour, title_max and body_max lets people choose. */
void outbox_run_ready(struct outbox_run *r, const char *sink, uint32_t flags,
                      json_t *format)
{
    struct outlet *o = outbox_find(r, sink);
    const char *flavour;

    if (!o)
        return;
    flavour = jx_str_or(o->in->options, "flavour",
                        jx_str_or(format, "flavour", "plain"));
    o->flags = flags;
    str_replace(&o->format.flavour, flavour);
    str_replace(&o->format.neutralise, jx_str(format, "neutralise"));
    o->format.title_max = (size_t)option_number(o->in, "title_max",
                                                jx_int(format, "title_max", 0));
    o->format.body_max =
        (size_t)option_number(o->in, "body_max", jx_int(format, "body_max", 0));
    o->pace.per_minute = option_number(o->in, "writes_per_minute",
                                       jx_int(format, "writes_per_minute", 0));
    o->pace.per_hour = option_number(o->in, "writes_per_hour",
                                     jx_int(format, "writes_per_hour", 0));
    o->assigns = str_eq(jx_str(o->in->options, "notify"), "assignees");
    o->ready = true;
}

/* What people set stands. */
void outbox_run_lengths(struct outbox_run *r, const char *sink,
                        int64_t title_max, int64_t body_max)
{
    struct outlet *o = outbox_find(r, sink);

    if (o && title_max > 0)
        o->format.title_max =
            (size_t)option_number(o->in, "title_max", title_max);
    if (o && body_max > 0)
        o->format.body_max = (size_t)option_number(o->in, "body_max", body_max);
}

void outbox_run_standing(struct outbox_run *r, int64_t tickets)
{
    if (r->forecast)
        forecast_standing(r->forecast, tickets);
}
