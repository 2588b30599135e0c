/* SPDX-License-Identifier: BSD-3-Clause */
/* What a reply means: headers, redirects, when to try again. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/host/http/headers.h"
#include "core/host/http/lane.h"
#include "core/host/http/request.h"
#include "core/host/http/redirect.h"
#include "core/host/http/retry.h"
#include "suite.h"

#define NOW INT64_C(1700000000) /* Tue, 14 Nov 2023 22:13:20 GMT */

static struct headers headers_of(const char *text)
{
    struct headers h = { 0 };

    while (*text) {
        size_t n = strcspn(text, "\n");

        headers_add(&h, text, n);
        text += n + (text[n] == '\n');
    }
    return h;
}

/* ---- headers ---- */

static const struct {
    const char *value;
    int64_t want;
} waits[] = {
    { "120", 120 },
    { "0", 0 },
    { "Tue, 14 Nov 2023 22:14:20 GMT", 60 },
    { "Tue, 14 Nov 2023 22:00:00 GMT", 0 },
    { "28.706807374954224", 29 },
    { "1.", 2 },
    { "1.x", -1 },
    { ".5", -1 },
    { "-5", -1 },
    { "soon", -1 },
    { "12 s", -1 },
    { "99999999999999999999", -1 },
    { "", -1 },
};

START_TEST(retry_after_in_both_forms)
{
    CLEANUP_FREE char *line = xasprintf("retry-AFTER: %s", waits[_i].value);
    struct headers h = headers_of(line);

    ck_assert_int_eq(headers_retry_after(&h, NOW), waits[_i].want);
    headers_release(&h);
}
END_TEST

static const struct {
    const char *line;
    bool fine;
} lines[] = {
    { "Accept: text/plain", true },
    { "X-A:", true },
    { "a: b\tc", true },
    { ": none", false },
    { "no colon", false },
    { "A B: c", false },
    { "A: b\r\nX: y", false },
    { "A: b\x7f", false },
    { "", false },
};

START_TEST(lines_that_may_be_sent)
{
    ck_assert_int_eq(header_line_fine(lines[_i].line), lines[_i].fine);
}
END_TEST

START_TEST(too_many_header_bytes)
{
    struct headers h = { 0 };
    CLEANUP_FREE char *line = xmalloc(60001);
    int taken = 0;

    memset(line, 'a', 60000);
    line[60000] = '\0';
    while (headers_add(&h, line, 60000))
        taken++;
    ck_assert_int_eq(taken, 4);
    headers_release(&h);
}
END_TEST

/* ---- redirects ---- */

static const struct {
    const char *from, *location;
    int status;
    const char *method;
    bool asks;
    const char *url; /* NULL: not followed */
    bool elsewhere, as_get;
} redirects[] = {
    { "https://a.example/x", "/y?z=1#f", 302, "GET", true,
      "https://a.example/y?z=1", false, false },
    { "https://a.example/x", "https://A.example:443/y", 301, "GET", true,
      "https://a.example:443/y", false, false },
    { "https://a.example/x", "https://b.example/y", 302, "GET", true,
      "https://b.example/y", true, false },
    { "https://a.example/x", "https://a.example:8443/y", 302, "GET", true,
      "https://a.example:8443/y", true, false },
    { "http://a.example/x", "https://a.example/y", 301, "GET", true,
      "https://a.example/y", true, false },
    { "https://a.example/x", "http://a.example/y", 302, "GET", true, NULL, 0,
      0 },
    { "https://a.example/x", "ftp://a.example/y", 302, "GET", true, NULL, 0,
      0 },
    { "https://a.example/x", "file:///etc/passwd", 302, "GET", true, NULL, 0,
      0 },
    { "https://a.example/x", "https://u:p@b.example/", 302, "GET", true, NULL,
      0, 0 },
    { "https://a.example/x", "https://169.254.169.254/latest", 302, "GET", true,
      NULL, 0, 0 },
    { "https://a.example/x", "https://[::1]/", 302, "GET", true, NULL, 0, 0 },
    { "https://a.example/x", "https://10.1.2.3/", 302, "GET", true, NULL, 0,
      0 },
    { "https://a.example/x", "https://localhost/", 302, "GET", true, NULL, 0,
      0 },
    { "https://127.0.0.1:1/x", "https://127.0.0.1:2/", 302, "GET", true,
      "https://127.0.0.1:2/", true, false },
    { "https://a.example/x", NULL, 302, "GET", true, NULL, 0, 0 },
    { "https://a.example/x", "/y", 302, "POST", false, NULL, 0, 0 },
    { "https://a.example/x", "/y", 307, "POST", false, NULL, 0, 0 },
    { "https://a.example/x", "/y", 307, "POST", true, "https://a.example/y",
      false, false },
    { "https://a.example/x", "https://b.example/y", 307, "POST", true, NULL, 0,
      0 },
    { "https://a.example/x", "/y", 303, "POST", true, "https://a.example/y",
      false, true },
    { "https://a.example/x", "/y", 303, "POST", false, NULL, 0, 0 },
};

START_TEST(where_redirects_lead)
{
    struct redirect r;

    redirect_decide(&r, redirects[_i].from, redirects[_i].location,
                    redirects[_i].status, redirects[_i].method,
                    redirects[_i].asks);
    if (!redirects[_i].url) {
        ck_assert_ptr_null(r.url);
        ck_assert_ptr_nonnull(r.why);
        return;
    }
    ck_assert_ptr_nonnull(r.url);
    CLEANUP_FREE char *got = url_origin(r.url);
    CLEANUP_FREE char *want = url_origin(redirects[_i].url);
    ck_assert_str_eq(got, want);
    ck_assert_str_eq(strrchr(r.url, '/'), strrchr(redirects[_i].url, '/'));
    ck_assert_int_eq(r.elsewhere, redirects[_i].elsewhere);
    ck_assert_int_eq(r.as_get, redirects[_i].as_get);
    free(r.url);
}
END_TEST

/* ---- trying again ---- */

static const struct retry_rules rules = {
    .tries = 4,
    .base_ms = 1000,
    .cap_ms = 60000,
    .wait_max_ms = 120000,
};

#define ANY INT64_C(-1)

static const struct {
    const char *headers;
    const char *body;
    int status;
    bool fault, may;
    int tries;
    bool again, quota;
    int64_t wait_ms; /* or ANY: a back-off up to host_ms */
    int64_t host_ms;
} tries[] = {
    { "", NULL, 200, false, true, 1, false, false, 0, 0 },
    { "", NULL, 404, false, true, 1, false, false, 0, 0 },
    { "", NULL, 403, false, true, 1, false, false, 0, 0 },
    /* 5xx and connection faults: back off, with jitter */
    { "", NULL, 502, false, true, 1, true, false, ANY, 1000 },
    { "", NULL, 503, false, true, 3, true, false, ANY, 4000 },
    { "", NULL, 0, true, true, 2, true, false, ANY, 2000 },
    { "", NULL, 0, true, false, 1, false, false, ANY, 1000 },
    { "", NULL, 500, false, false, 1, false, false, ANY, 1000 },
    { "", NULL, 500, false, true, 4, false, false, ANY, 8000 },
    { "Retry-After: 7", NULL, 503, false, true, 1, true, false, 7000, 0 },
    { "Retry-After: 3600", NULL, 503, false, true, 1, false, false, 3600000,
      0 },
    /* limits: the whole host waits */
    { "Retry-After: 5", NULL, 429, false, true, 1, true, false, 5000, 5000 },
    { "Retry-After: 5", NULL, 403, false, true, 1, true, false, 5000, 5000 },
    { "Retry-After: 5", NULL, 403, false, false, 1, false, true, 5000, 5000 },
    { "Retry-After: 600", NULL, 429, false, true, 1, false, true, 600000,
      600000 },
    { "", NULL, 429, false, true, 1, true, false, 60000, 60000 },
    { "", NULL, 429, false, true, 2, true, false, 120000, 120000 },
    { "", NULL, 429, false, true, 3, false, true, 240000, 240000 },
    { "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700000030", NULL, 403,
      false, true, 1, true, false, 31000, 31000 },
    { "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1700003600", NULL, 403,
      false, true, 1, false, true, 3601000, 3601000 },
    { "", "{\"message\":\"You have exceeded a secondary rate limit\"}", 403,
      false, true, 1, true, false, 60000, 60000 },
    { "x-ratelimit-remaining: 12", NULL, 403, false, true, 1, false, false, 0,
      0 },
    /* Azure delays before it refuses */
    { "Retry-After: 4\nX-RateLimit-Delay: 3.5", NULL, 200, false, true, 1,
      false, false, 0, 4000 },
    { "Retry-After: 900", NULL, 200, false, true, 1, false, false, 0, 120000 },
};

START_TEST(when_to_try_again)
{
    struct headers h = headers_of(tries[_i].headers);
    struct retry_plan p;

    for (uint32_t random = 0; random < 5; random++) {
        const struct retry_facts f = {
            .status = tries[_i].status,
            .fault = tries[_i].fault,
            .may = tries[_i].may,
            .tries = tries[_i].tries,
            .headers = &h,
            .body = tries[_i].body,
            .now = NOW,
            .random = random * UINT32_C(0x3fffffff),
        };

        retry_decide(&p, &rules, &f);
        ck_assert_int_eq(p.again, tries[_i].again);
        ck_assert_int_eq(p.quota, tries[_i].quota);
        if (tries[_i].wait_ms != ANY) {
            ck_assert_int_eq(p.wait_ms, tries[_i].wait_ms);
            ck_assert_int_eq(p.host_wait_ms, tries[_i].host_ms);
        } else {
            ck_assert_int_ge(p.wait_ms, 0);
            ck_assert_int_le(p.wait_ms, tries[_i].host_ms);
            ck_assert_int_eq(p.host_wait_ms, 0);
        }
    }
    headers_release(&h);
}
END_TEST

/* ---- quota ---- */

/* It was on its way when another one was refused. */
START_TEST(a_late_reply_opens_no_lane)
{
    struct lane *l = lane_new("https://api.example:443", 16, 0);
    struct headers little = headers_of("x-ratelimit-limit: 5000\n"
                                       "x-ratelimit-remaining: 100\n"
                                       "x-ratelimit-reset: 1700001000");
    struct headers plenty = headers_of("x-ratelimit-limit: 5000\n"
                                       "x-ratelimit-remaining: 101\n"
                                       "x-ratelimit-reset: 1700001000");

    lane_replied(l, QUOTA_GRAPHQL, &little, NOW);
    lane_replied(l, QUOTA_GRAPHQL, &plenty, NOW);
    ck_assert_int_eq(lane_exhausted(l, QUOTA_GRAPHQL, NOW), 1001);
    lane_shut(l, QUOTA_COUNT, NOW + 3600);
    lane_replied(l, QUOTA_CORE, &plenty, NOW);
    lane_replied(l, QUOTA_CORE, &little, NOW);
    ck_assert_int_eq(lane_exhausted(l, QUOTA_CORE, NOW), 3600);
    ck_assert_int_eq(lane_exhausted(l, QUOTA_SEARCH, NOW), 3600);
    headers_release(&little);
    headers_release(&plenty);
    lane_free(l);
}
END_TEST

START_TEST(quotas_are_counted_apart)
{
    struct lane *l = lane_new("https://api.example:443", 16, 0);
    struct headers h = headers_of("x-ratelimit-limit: 5000\n"
                                  "x-ratelimit-remaining: 90\n"
                                  "x-ratelimit-reset: 1700001000");

    ck_assert_int_eq(quota_of("https://api.example/graphql"), QUOTA_GRAPHQL);
    ck_assert_int_eq(quota_of("https://api.example/search/code"), QUOTA_SEARCH);
    ck_assert_int_eq(quota_of("https://api.example/repos/a/graphql"),
                     QUOTA_CORE);
    lane_replied(l, QUOTA_GRAPHQL, &h, NOW);
    ck_assert_int_eq(lane_exhausted(l, QUOTA_GRAPHQL, NOW), 1001);
    ck_assert_int_eq(lane_exhausted(l, QUOTA_CORE, NOW), 0);
    ck_assert_int_eq(lane_exhausted(l, QUOTA_GRAPHQL, NOW + 1001), 0);
    headers_release(&h);
    h = headers_of("x-ratelimit-limit: 5000\nx-ratelimit-remaining: 0\n"
                   "x-ratelimit-reset: 1900000000");
    lane_replied(l, QUOTA_CORE, &h, NOW);
    ck_assert_int_eq(lane_exhausted(l, QUOTA_CORE, NOW), 0);
    headers_release(&h);
    lane_free(l);
}
END_TEST

/* ---- trouble ---- */

/* ---- pace ---- */

static void on_no_reply(void *user, const struct tocsin_http_reply *reply)
{
    (void)user;
    (void)reply;
}

static struct request *asking(const char *method, const char *path)
{
    CLEANUP_FREE char *url = xasprintf("https://api.github.com%s", path);
    const struct tocsin_http_request given = {
        ._struct_size = sizeof(given),
        .method = method,
        .url = url,
        .reply = on_no_reply,
    };
    CLEANUP_FREE char *origin = NULL;
    const char *fault = NULL;
    static uint64_t id;
    struct request *r = request_new(&given, 1000, &origin, &fault);

    ck_assert_ptr_null(fault);
    r->id = ++id;
    return r;
}

/* How many of such requests go in the first so many milliseconds. */
static int sent_in(const char *origin, const char *method, const char *path,
                   int64_t ms)
{
    struct lane *l = lane_new(origin, 16, 0);
    struct request *r = asking(method, path);
    int nr = 0;

    lane_put(l, r);
    for (int64_t now = 0; now < ms;) {
        int64_t due = lane_due_ms(l, now);

        ck_assert_int_ge(due, 0);
        if (lane_take(l, now, false)) {
            ck_assert_int_eq(due, 0);
            lane_sent(l, r);
            /* a quarter of a second at a time */
            lane_took(l, quota_of(r->url), 250);
            nr++;
            lane_put(l, r);
        } else {
            ck_assert_int_gt(due, 0);
            now += due;
        }
        if (nr > 2000)
            break;
    }
    lane_remove(l, r);
    request_free(r);
    lane_free(l);
    return nr;
}

START_TEST(github_is_not_asked_too_often)
{
    static const char github[] = "https://api.github.com:443";
    int nr = sent_in(github, "GET", "/repos/a/b", 60000);

    ck_assert_int_le(nr, 901);
    ck_assert_int_ge(nr, 890);
    nr = sent_in(github, "POST", "/repos/a/b/issues", 60000);
    ck_assert_int_le(nr, 181);
    /* a minute of its time */
    nr = sent_in(github, "POST", "/graphql", 60000);
    ck_assert_int_le(nr, 241);
    ck_assert_int_ge(nr, 230);
    ck_assert_int_eq(sent_in("https://other.example:443", "GET", "/", 1), 2001);
}
END_TEST

START_TEST(each_kind_waits_for_itself)
{
    struct lane *l = lane_new("https://api.github.com:443", 16, 0);
    struct request *query = asking("POST", "/graphql");
    struct request *rest = asking("GET", "/repos/a/b");

    lane_put(l, query);
    lane_put(l, rest);
    lane_took(l, QUOTA_GRAPHQL, 30000);
    ck_assert_ptr_eq(lane_take(l, 1000, false), rest);
    ck_assert_ptr_null(lane_take(l, 1000, false));
    ck_assert_int_gt(lane_due_ms(l, 1000), 20000);
    /* what is to be ended waits for nothing */
    ck_assert_ptr_eq(lane_take(l, 1000, true), query);
    ck_assert_int_eq(lane_due_ms(l, 1000), -1);
    /* an hour that it took is not owed */
    lane_put(l, query);
    lane_took(l, QUOTA_GRAPHQL, 3600000);
    ck_assert_int_le(lane_due_ms(l, 1000), 60001);
    lane_remove(l, query);
    request_free(query);
    request_free(rest);
    lane_free(l);
}
END_TEST

START_TEST(a_lane_narrows_and_dies)
{
    struct lane *l = lane_new("https://api.example:443", 64, 0);
    struct headers h = headers_of("Server: x");

    ck_assert_int_eq(l->width, 4);
    for (int i = 0; i < 4; i++)
        lane_widen(l);
    ck_assert_int_eq(l->width, 16);
    for (int i = 0; i < 100; i++)
        lane_widen(l);
    ck_assert_int_eq(l->width, 64);
    lane_trouble(l);
    ck_assert_int_eq(l->width, 32);
    for (int i = 0; i < 100; i++)
        lane_trouble(l);
    ck_assert_int_eq(l->width, 1);
    for (int i = 0; i < 9; i++)
        lane_lost(l);
    ck_assert(!lane_is_dead(l));
    lane_replied(l, QUOTA_CORE, &h, NOW);
    for (int i = 0; i < 9; i++)
        lane_lost(l);
    ck_assert(!lane_is_dead(l));
    lane_lost(l);
    ck_assert(lane_is_dead(l));
    headers_release(&h);
    lane_free(l);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { retry_after_in_both_forms, ARRAY_SIZE(waits) },
        { lines_that_may_be_sent, ARRAY_SIZE(lines) },
        { too_many_header_bytes, 1 },
        { where_redirects_lead, ARRAY_SIZE(redirects) },
        { when_to_try_again, ARRAY_SIZE(tries) },
        { a_late_reply_opens_no_lane, 1 },
        { quotas_are_counted_apart, 1 },
        { github_is_not_asked_too_often, 1 },
        { each_kind_waits_for_itself, 1 },
        { a_lane_narrows_and_dies, 1 },
    };

    return suite_cases("http", cases, ARRAY_SIZE(cases));
}
