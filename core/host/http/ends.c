/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the end of a transfer means: a reply, a redirect to follow, a repeat
 * later, a quota that is used up. Must not tell anybody: replies are given in
 * http.c, from outside of curl.
 */
#include <config.h>

#include "core/host/http/http-private.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/host/http/lane.h"
#include "core/host/http/redirect.h"
#include "core/host/http/trace.h"
#include "core/host/http/transfer.h"

static void follow(struct http *h, struct request *r)
{
    CLEANUP_FREE char *origin = NULL;
    struct redirect to;

    if (++r->redirects > REDIRECTS_MAX) {
        request_fail(r, TOCSIN_HTTP_REDIRECT, "more than %d redirects",
                     REDIRECTS_MAX);
        end_request(h, r);
        return;
    }
    redirect_decide(&to, request_url(r), headers_get(&r->x->got, "Location"),
                    r->status, r->method, request_asks(r));
    if (!to.url) {
        request_fail(r, TOCSIN_HTTP_REDIRECT,
                     "the redirect is not followed: %s", to.why);
        end_request(h, r);
        return;
    }
    request_redirect(r, to.url, to.elsewhere, to.as_get);
    /* A redirect is no failed try. */
    r->tries--;
    origin = url_origin(request_url(r));
    lane_put_first(lane_of(h, origin), r);
}

static void out_of_quota(struct request *r, int64_t seconds)
{
    enum quota q = quota_of(request_url(r));
    int64_t until = when_now() + seconds;
    bool one = headers_int(&r->x->got, "x-ratelimit-remaining", 1) == 0;

    lane_shut(r->lane, one ? q : QUOTA_COUNT, until);
    r->retry_after = seconds;
    request_fail(r, TOCSIN_HTTP_QUOTA,
                 "the server wants us to wait %" PRId64 " s", seconds);
}

static void decide(struct http *h, struct request *r, bool fault)
{
    const struct retry_facts facts = {
        .status = r->status,
        .fault = fault,
        .tries = r->tries,
        .may = request_asks(r) && !(r->flags & TOCSIN_HTTP_NO_REPEAT)
               && !(r->body_part && r->x->taken && r->status / 100 == 2),
        .headers = &r->x->got,
        .body = r->x->text.buf,
        .now = when_now(),
        .random = retry_random(&h->random),
    };
    struct retry_plan plan;

    retry_decide(&plan, &h->opts.retry, &facts);
    if (plan.quota)
        out_of_quota(r, plan.wait_ms / 1000);
    else
        lane_wait(r->lane, when_monotonic_ms(), plan.host_wait_ms);
    if (!plan.again) {
        if (fault && !r->status)
            lane_lost(r->lane);
        end_request(h, r);
        return;
    }
    trace(&h->opts, "#%" PRIu64 " ! %s; again in %" PRId64 " ms", r->id,
          r->error_text ? r->error_text : "the server is in trouble",
          plan.wait_ms);
    delay(h, r, plan.wait_ms);
}

/* A plugin would take it for "as you know it", and it knows nothing. */
static void refuse_not_modified(struct request *r)
{
    if (!r->error && r->status == 304 && !r->x->asked_if)
        request_fail(r, TOCSIN_HTTP_UNREACHABLE,
                     "a 304 that was not asked for");
}

/* Not to be repeated: a certificate, a size, the plugin's own word. */
static void end_alone(struct http *h, struct request *r)
{
    if (r->error == TOCSIN_HTTP_TLS)
        lane_lost(r->lane);
    end_request(h, r);
}

static void transfer_ended(struct http *h, struct request *r, CURLcode code)
{
    bool fault = transfer_end(r, code);

    stop_transfer(h, r);
    refuse_not_modified(r);
    if (r->error)
        trace(&h->opts, "#%" PRIu64 " < %s", r->id, r->error_text);
    else
        trace(&h->opts, "#%" PRIu64 " < %d", r->id, r->status);
    trace_lines(&h->opts, r->id, '<', r->x->got.lines);
    if (fault || r->status >= 500)
        lane_trouble(r->lane);
    else if (r->status)
        lane_widen(r->lane);
    lane_took(r->lane, quota_of(request_url(r)), r->x->server_ms);
    if (r->status)
        lane_replied(r->lane, quota_of(request_url(r)), &r->x->got, when_now());
    if (!r->error && redirect_is(r->status)
        && !(r->flags & TOCSIN_HTTP_NO_REDIRECT))
        follow(h, r);
    else if (r->error && !fault)
        end_alone(h, r);
    else
        decide(h, r, fault);
}

void take_messages(struct http *h)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(h->multi, &left))) {
        struct request *r = NULL;
        CURLcode code = m->data.result;

        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &r);
        transfer_ended(h, r, code);
    }
}
