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
    s->wrote_ms = when_monotonic_ms();
}

void ask_write(struct delivery *d, const char *method, const char *url,
               json_t *body, bool again, got_reply *got)
{
    CLEANUP_FREE char *text = jx_dump(body);

    json_decref(body);
    keep_gap(d->s);
    api_ask(&d->s->write, &(struct api_call){
                              .owner = d->at.repository,
                              .url = url,
                              .body = text,
                              .method = method,
                              .accept = FULL,
                              .missing_is_fine = true,
                              .flags = TOCSIN_HTTP_NO_REDIRECT
                                       | (again ? TOCSIN_HTTP_IDEMPOTENT : 0),
                              .got = got,
                              .user = d,
                          });
}
