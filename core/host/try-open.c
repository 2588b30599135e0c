/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a plugin itself has against its options: a worker in which it is opened
 * and closed again, and nothing else. What would end an instance in a pass
 * before it does anything is found here, whatever it is. Must not let it
 * collect, observe or deliver.
 */
#include <config.h>

#include "core/host/host-private.h"

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/config/problems.h"
#include "core/tocsin-plugin.h"

#define OPEN_SECONDS 30

struct trial {
    const struct instance *in;
    struct problems *pb;
    bool said; /* an error */
};

/* Where the option stands that text begins with the name of, "from: ..."; the
 * instance when it begins otherwise. */
static const char *place_of(const struct instance *in, const char *text)
{
    static const char *const ends[] = { "", "_file", "_env" };
    const char *at = NULL;
    const char *colon = strstr(text, ": ");

    for (size_t i = 0; colon && !at && i < ARRAY_SIZE(ends); i++) {
        CLEANUP_FREE char *key =
            xasprintf("%.*s%s", (int)(colon - text), text, ends[i]);

        at = jx_str(in->option_at, key);
    }
    return at ? at : str_or(in->at, "");
}

static void on_said(void *user, const char *instance, int level,
                    const char *text)
{
    struct trial *t = user;

    (void)instance;
    t->said |= level == TOCSIN_LOG_ERROR;
    problems_at(t->pb, level != TOCSIN_LOG_ERROR, place_of(t->in, text), text);
}

static void take_notices(struct trial *t, const json_t *frame)
{
    const json_t *v;
    size_t i;

    json_array_foreach(jx_arr(frame, "notices"), i, v) {
        const char *text = jx_str_or(v, "text", "");

        problems_at(t->pb, true, place_of(t->in, text), text);
    }
}

static int on_batch(void *user, const char *instance, json_t *frame,
                    struct err *err)
{
    (void)instance;
    (void)err;
    take_notices(user, frame);
    return 0;
}

static void on_remotes(void *user, const char *instance, json_t *frame)
{
    (void)instance;
    take_notices(user, frame);
}

static void on_ended(void *user, const char *instance, enum host_end how,
                     const char *item, const char *text)
{
    struct trial *t = user;

    (void)instance;
    (void)item;
    /* That it gave up is known from why. */
    if (text && !(t->said && (how == HOST_END_FATAL || how == HOST_END_RETRY)))
        problems_at(t->pb, false, str_or(t->in->at, ""), text);
}

void host_check_open(struct host *h, const struct instance *in,
                     struct problems *pb)
{
    static const struct host_events events = {
        .said = on_said,
        .batch = on_batch,
        .remotes = on_remotes,
        .ended = on_ended,
    };
    const struct host_start start = { .now = when_now() };
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *file = plugin_find(&h->path, in->plugin, &err);
    struct trial t = { in, pb, false };
    struct member *m;

    if (!file)
        return;
    m = host_new_member(h, in->name);
    m->is_sink = in->is_sink;
    m->deadline_s = OPEN_SECONDS;
    m->memory = in->memory;
    m->events = events;
    m->user = &t;
    start_trial(m, h, in, &start, file);
    host_run_alone(h, m);
    member_free(m);
}
