/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From queued requests to replies: who may go, who is told; what an end means
 * is in ends.c. Must not call a plugin from inside a call of the plugin's, nor
 * forget a reply.
 */
#include <config.h>

#include "core/host/http/http-private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/host/http/lane.h"
#include "core/host/http/trace.h"
#include "core/host/http/transfer.h"

/* Over all origins. */
#define RUNNING_MAX 512

/* ---- life ---------------------------------------------------------------- */

struct http *http_new(const struct http_options *opts)
{
    struct http *h = xcalloc(1, sizeof(*h));

    h->opts = *opts;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (size_t i = 0; i < opts->nr_connect_to; i++)
        h->connect_to = curl_slist_append(h->connect_to, opts->connect_to[i]);
    h->multi = curl_multi_init();
    if (!h->multi)
        BUG("curl_multi_init failed");
    curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      (long)opts->parallel);
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)opts->parallel * 2);
    poller_init(&h->poller, h->multi);
    return h;
}

void stop_transfer(struct http *h, struct request *r)
{
    if (!r->easy)
        return;
    curl_multi_remove_handle(h->multi, r->easy);
    transfer_rest(r);
    if (h->nr_spare < SPARE_MAX)
        h->spare[h->nr_spare++] = r->easy;
    else
        curl_easy_cleanup(r->easy);
    r->easy = NULL;
    request_rest(r);
    h->running--;
    r->lane->running--;
}

void http_free(struct http *h)
{
    struct request *r, *rtmp;
    struct lane *l, *ltmp;

    if (!h)
        return;
    HASH_ITER(hh, h->all, r, rtmp)
    {
        stop_transfer(h, r);
        HASH_DEL(h->all, r);
        request_free(r);
    }
    HASH_ITER(hh, h->lanes, l, ltmp)
    {
        HASH_DEL(h->lanes, l);
        lane_free(l);
    }
    while (h->nr_spare)
        curl_easy_cleanup(h->spare[--h->nr_spare]);
    curl_multi_cleanup(h->multi);
    poller_release(&h->poller);
    curl_slist_free_all(h->connect_to);
    free(h);
}

const struct http_options *http_options_of(const struct http *h)
{
    return &h->opts;
}

bool http_busy(const struct http *h)
{
    return h->all != NULL;
}

/* ---- lists --------------------------------------------------------------- */

void end_request(struct http *h, struct request *r)
{
    r->next = NULL;
    r->ended = true;
    if (h->ended_last)
        h->ended_last->next = r;
    else
        h->ended = r;
    h->ended_last = r;
}

void delay(struct http *h, struct request *r, int64_t ms)
{
    r->not_before_ms = when_monotonic_ms() + ms;
    r->delayed = true;
    r->prev = NULL;
    r->next = h->delayed;
    if (h->delayed)
        h->delayed->prev = r;
    h->delayed = r;
}

static void undelay(struct http *h, struct request *r)
{
    if (r->prev)
        r->prev->next = r->next;
    else
        h->delayed = r->next;
    if (r->next)
        r->next->prev = r->prev;
    r->next = r->prev = NULL;
    r->delayed = false;
}

struct lane *lane_of(struct http *h, const char *origin)
{
    struct lane *l;

    HASH_FIND_STR(h->lanes, origin, l);
    if (l)
        return l;
    l = lane_new(origin, h->opts.parallel, when_monotonic_ms());
    HASH_ADD_KEYPTR(hh, h->lanes, l->origin, strlen(l->origin), l);
    return l;
}

void http_set_times(struct http *h, int64_t deadline_ms, int64_t end_ms)
{
    h->opts.deadline_ms = deadline_ms;
    h->opts.end_ms = end_ms;
}

/* ---- starting ------------------------------------------------------------ */

int http_start(struct http *h, const struct tocsin_http_request *given,
               const char *item, uint64_t *id)
{
    CLEANUP_FREE char *origin = NULL;
    const char *fault = NULL;
    struct request *r = request_new(given, h->opts.max_body, &origin, &fault);

    if (!r)
        return -1;
    r->http = h;
    r->id = ++h->last_id;
    r->item = xstrdup0(item);
    HASH_ADD(hh, h->all, id, sizeof(r->id), r);
    if (id)
        *id = r->id;
    if (fault) {
        request_fail(r, TOCSIN_HTTP_REFUSED, "%s", fault);
        end_request(h, r);
    } else {
        lane_put(lane_of(h, origin), r);
    }
    return 0;
}

static bool is_late(const struct http *h)
{
    return h->opts.deadline_ms && when_monotonic_ms() >= h->opts.deadline_ms;
}

/* Whether this pass sends nothing any more. */
static bool no_more(const struct http *h)
{
    return (h->opts.requests && h->sent >= h->opts.requests) || is_late(h);
}

static bool write_refused(struct http *h, struct request *r)
{
    int64_t wait = h->opts.may_write(h->opts.user);

    if (wait == HTTP_HELD) {
        request_fail(r, TOCSIN_HTTP_HELD, "held by the kill switch");
    } else if (wait) {
        request_fail(r, TOCSIN_HTTP_QUOTA,
                     "as much was written as may be for now");
        r->retry_after = wait;
    }
    return wait != 0;
}

/* Whether r is ended instead of sent: this pass or the server wants no more
 * of it. */
static bool refused(struct http *h, struct request *r)
{
    int64_t wait =
        lane_exhausted(r->lane, quota_of(request_url(r)), when_now());

    if (wait) {
        request_fail(r, TOCSIN_HTTP_QUOTA,
                     "the server's quota is used up for %" PRId64 " s", wait);
        r->retry_after = wait;
        return true;
    }
    if (lane_is_dead(r->lane)) {
        request_fail(r, TOCSIN_HTTP_UNREACHABLE,
                     "not asked: nobody answered at %s before",
                     r->lane->origin);
        return true;
    }
    if (h->opts.requests && h->sent >= h->opts.requests) {
        request_fail(r, TOCSIN_HTTP_BUDGET,
                     "this pass has sent its %" PRId64 " requests",
                     h->opts.requests);
        return true;
    }
    if (is_late(h)) {
        request_fail(r, TOCSIN_HTTP_BUDGET, "this pass has no time left");
        return true;
    }
    return h->opts.may_write && request_writes(r) && write_refused(h, r);
}

static void launch(struct http *h, struct request *r)
{
    struct validator v = { NULL, NULL };
    CURL *easy = h->nr_spare ? h->spare[--h->nr_spare]
                             : transfer_new(&h->opts, h->connect_to);

    request_again(r);
    if (r->flags & TOCSIN_HTTP_CONDITIONAL && h->opts.validator)
        h->opts.validator(h->opts.user, r->url, &v.etag, &v.modified);
    transfer_begin(r, easy, &v);
    r->tries++;
    h->sent++;
    h->running++;
    r->lane->running++;
    lane_sent(r->lane, r);
    trace(&h->opts, "#%" PRIu64 " > %s %s", r->id, r->method, request_url(r));
    trace_lines(&h->opts, r->id, '>', r->headers);
    curl_multi_add_handle(h->multi, easy);
}

static void pump_lane(struct http *h, struct lane *l, int64_t now)
{
    struct request *r;

    while (l->running < l->width && h->running < RUNNING_MAX
           && (r = lane_take(l, now, no_more(h) || lane_is_dead(l)))) {
        if (refused(h, r))
            end_request(h, r);
        else
            launch(h, r);
    }
}

static void pump(struct http *h)
{
    int64_t now = when_monotonic_ms();
    struct request *next;

    for (struct request *r = h->delayed; r; r = next) {
        next = r->next;
        if (r->not_before_ms > now)
            continue;
        undelay(h, r);
        lane_put_first(r->lane, r);
    }
    for (struct lane *l = h->lanes; l; l = l->hh.next)
        pump_lane(h, l, now);
}

/* ---- replies ------------------------------------------------------------- */

int http_enter_part(struct request *r, const void *p, size_t n)
{
    struct http *h = r->http;

    if (h->opts.enter)
        h->opts.enter(h->opts.user, r->item);
    return r->body_part(r->user, p, n);
}

static void note_reply(struct http *h, struct request *r)
{
    const char *etag = headers_validator(&r->x->got, "ETag");
    const char *modified = headers_validator(&r->x->got, "Last-Modified");

    if (r->flags & TOCSIN_HTTP_CONDITIONAL && r->status == 200
        && h->opts.replied && (etag || modified))
        h->opts.replied(h->opts.user, r->url, etag, modified);
}

static void give_reply(struct http *h, struct request *r)
{
    const bool streamed = r->body_part && r->status / 100 == 2;
    const struct tocsin_http_reply reply = {
        ._struct_size = sizeof(reply),
        .error = r->error,
        .status = r->status,
        .error_text = r->error_text,
        .url = request_url(r),
        .headers = (const char *const *)r->x->got.lines,
        .body = streamed ? "" : str_or(r->x->text.buf, ""),
        .body_len = streamed ? 0 : r->x->text.len,
        .retry_after = r->retry_after,
    };
    static const char *const none[] = { NULL };
    struct tocsin_http_reply copy = reply;

    if (!copy.headers)
        copy.headers = none;
    if (!r->error)
        note_reply(h, r);
    if (h->opts.enter)
        h->opts.enter(h->opts.user, r->item);
    HASH_DEL(h->all, r);
    r->reply(r->user, &copy);
    request_free(r);
}

static void give_replies(struct http *h)
{
    while (h->ended) {
        struct request *r = h->ended;

        h->ended = r->next;
        if (!h->ended)
            h->ended_last = NULL;
        give_reply(h, r);
    }
}

/* How long nothing needs to be done by us. */
static int64_t rest_ms(const struct http *h, int64_t wait_ms)
{
    int64_t now = when_monotonic_ms();

    if (h->ended)
        return 0;
    if (h->opts.end_ms && h->opts.end_ms - now < wait_ms)
        wait_ms = h->opts.end_ms - now;
    for (const struct request *r = h->delayed; r; r = r->next)
        if (r->not_before_ms - now < wait_ms)
            wait_ms = r->not_before_ms - now;
    for (struct lane *l = h->lanes; l; l = l->hh.next) {
        int64_t due = lane_due_ms(l, now);

        /* One that is due already waits for others to end. */
        if (due > 0 && due < wait_ms)
            wait_ms = due;
    }
    return wait_ms > 0 ? wait_ms : 0;
}

/* ---- cancelling ---------------------------------------------------------- */

static void stop(struct http *h, struct request *r, int error, const char *why)
{
    if (r->ended)
        return;
    if (r->easy)
        stop_transfer(h, r);
    else if (r->delayed)
        undelay(h, r);
    else
        lane_remove(r->lane, r);
    request_fail(r, error, "%s", why);
    end_request(h, r);
}

static void cancel(struct http *h, struct request *r)
{
    if (!h->in_curl) {
        stop(h, r, TOCSIN_HTTP_CANCELLED, "it was cancelled");
    } else if (!r->unwanted) {
        r->unwanted = true;
        h->nr_unwanted++;
    }
}

void http_cancel(struct http *h, uint64_t id)
{
    struct request *r;

    HASH_FIND(hh, h->all, &id, sizeof(id), r);
    if (r)
        cancel(h, r);
}

static void stop_all(struct http *h, int error, const char *why)
{
    struct request *r, *tmp;

    HASH_ITER(hh, h->all, r, tmp)
    stop(h, r, error, why);
}

static void stop_unwanted(struct http *h)
{
    struct request *r, *tmp;

    if (!h->nr_unwanted)
        return;
    h->nr_unwanted = 0;
    HASH_ITER(hh, h->all, r, tmp)
    if (r->unwanted)
        stop(h, r, TOCSIN_HTTP_CANCELLED, "it was cancelled");
}

void http_cancel_all(struct http *h)
{
    /* A reply may start others. */
    while (h->all) {
        stop_all(h, TOCSIN_HTTP_CANCELLED, "it was cancelled");
        give_replies(h);
    }
}

/* ---- one step ------------------------------------------------------------ */

/* Lets curl work, and takes what ended. wait_ms: -1: only what is due. */
static void work(struct http *h, int64_t wait_ms)
{
    h->in_curl = true;
    if (wait_ms >= 0)
        poller_wait(&h->poller, wait_ms);
    else
        poller_kick(&h->poller);
    h->in_curl = false;
    stop_unwanted(h);
    take_messages(h);
}

void http_step(struct http *h, int64_t wait_ms)
{
    pump(h);
    work(h, rest_ms(h, wait_ms));
    /* The next ones are on their way while these replies are handled. */
    pump(h);
    work(h, -1);
    if (h->opts.end_ms && when_monotonic_ms() >= h->opts.end_ms)
        stop_all(h, TOCSIN_HTTP_BUDGET, "this pass has no time left");
    give_replies(h);
}
