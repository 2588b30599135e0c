/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests of a delivery. Must not send two writes in one second, whatever
 * the gap between two deliveries is: GitHub asks for that.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-issues/sink.h"

/* With body_html, which shows what is a live mention. */
#define FULL "Accept: application/vnd.github.full+json"

static char *owner_of(const char *repository)
{
    return xstrndup(repository, strcspn(repository, "/"));
}

void ask_read(struct delivery *d, const char *url, got_reply *got)
{
    CLEANUP_FREE char *owner = owner_of(d->at.repository);

    api_ask(&d->s->read, &(struct api_call){
                             .owner = owner,
                             .url = url,
                             .accept = FULL,
                             .missing_is_fine = true,
                             .got = got,
                             .user = d,
                         });
}

/* The worker has nothing else to do meanwhile. */
static void keep_gap(struct sink *s)
{
    int64_t left = s->wrote_ms + s->gap_ms - when_monotonic_ms();
    const struct timespec rest = {
        .tv_sec = left / 1000,
        .tv_nsec = left % 1000 * 1000000,
    };

    if (left > 0)
        nanosleep(&rest, NULL);
}

struct writing {
    struct delivery *d;
    const char *method; /* static */
    char *url, *body;
    uint32_t flags;
    got_reply *got;
};

static void writing_free(struct writing *w)
{
    free(w->url);
    free(w->body);
    free(w);
}

/* The gap is one between what GitHub sees: it counts from its reply on. */
static void on_written(void *user, const struct net_reply *r)
{
    struct writing *w = user;
    struct delivery *d = w->d;
    got_reply *got = w->got;

    d->s->wrote_ms = when_monotonic_ms();
    writing_free(w);
    got(d, r);
}

static void send_it(struct writing *w)
{
    api_ask(&w->d->s->write, &(struct api_call){
                                 .owner = w->d->at.repository,
                                 .url = w->url,
                                 .body = w->body,
                                 .method = w->method,
                                 .accept = FULL,
                                 .missing_is_fine = true,
                                 .flags = w->flags,
                                 .got = on_written,
                                 .user = w,
                             });
}

/* As the host answers where its own switch is on. */
static void hold(const struct writing *w)
{
    const struct tocsin_http_reply none = {
        ._struct_size = sizeof(none),
        .error = TOCSIN_HTTP_HELD,
        .error_text = w->d->stopped,
        .url = w->url,
        .headers = (const char *const[]){ NULL },
        .body = "",
    };

    w->got(w->d, &(struct net_reply){ .http = &none });
}

static void on_stop(void *user, bool may)
{
    struct writing *w = user;

    if (may) {
        send_it(w);
        return;
    }
    hold(w);
    writing_free(w);
}

void ask_write(struct delivery *d, const char *method, const char *url,
               json_t *body, bool again, got_reply *got)
{
    struct writing *w = xcalloc(1, sizeof(*w));

    w->d = d;
    w->method = method;
    w->url = xstrdup(url);
    w->body = jx_dump(body);
    w->flags = TOCSIN_HTTP_NO_REDIRECT | (again ? TOCSIN_HTTP_IDEMPOTENT : 0);
    w->got = got;
    json_decref(body);
    keep_gap(d->s);
    stop_look(d, on_stop, w);
}
