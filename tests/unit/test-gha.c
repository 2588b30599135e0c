/* SPDX-License-Identifier: BSD-3-Clause */
/* github-actions: mapping, signing, where a step begins, the cursor. */
#include <config.h>

#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github/api.h"
#include "plugins/github-actions/cursor.h"
#include "plugins/github/jwt.h"
#include "plugins/github-actions/outcome.h"
#include "plugins/github-actions/steps.h"
#include "plugins/github-actions/stretch.h"
#include "suite.h"

#define DIGEST "0123"

/* ---- mapping ------------------------------------------------------------- */

static const struct {
    const char *conclusion;
    enum tocsin_outcome want;
    bool red, whole;
} conclusions[] = {
    { "success", TOCSIN_OUTCOME_SUCCESS, false, true },
    { "failure", TOCSIN_OUTCOME_FAILURE, true, true },
    { "timed_out", TOCSIN_OUTCOME_TIMED_OUT, true, true },
    { "cancelled", TOCSIN_OUTCOME_CANCELLED, false, false },
    { "skipped", TOCSIN_OUTCOME_SKIPPED, false, false },
    { "startup_failure", TOCSIN_OUTCOME_FAILURE, true, false },
    { "stale", TOCSIN_OUTCOME_ABANDONED, true, false },
    { "neutral", TOCSIN_OUTCOME_UNKNOWN, false, false },
    { "action_required", TOCSIN_OUTCOME_UNKNOWN, false, false },
    { "something new", TOCSIN_OUTCOME_UNKNOWN, false, false },
    { NULL, TOCSIN_OUTCOME_UNKNOWN, false, false },
};

START_TEST(mapping)
{
    const char *c = conclusions[_i].conclusion;

    ck_assert_int_eq(gha_outcome(c), conclusions[_i].want);
    ck_assert_int_eq(gha_is_red(gha_outcome(c)), conclusions[_i].red);
    ck_assert_int_eq(gha_is_whole(c), conclusions[_i].whole);
}
END_TEST

START_TEST(events)
{
    ck_assert_str_eq(gha_trigger("push"), "push");
    ck_assert_str_eq(gha_trigger("repository_dispatch"), "dispatch");
    ck_assert_ptr_null(gha_trigger("pull_request"));
    ck_assert_ptr_null(gha_trigger("pull_request_target"));
    ck_assert_ptr_null(gha_trigger(NULL));
}
END_TEST

/* ---- the App's signature ------------------------------------------------- */

static char *pem_of(EVP_PKEY *key)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *p, *text;
    long n;

    PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL);
    n = BIO_get_mem_data(b, &p);
    text = xstrndup(p, (size_t)n);
    BIO_free(b);
    return text;
}

static size_t decode(const char *s, size_t n, unsigned char *out)
{
    CLEANUP_FREE char *t = xcalloc(n + 5, 1);
    size_t pad = (4 - n % 4) % 4;
    int len;

    for (size_t i = 0; i < n; i++)
        t[i] = s[i] == '-' ? '+' : s[i] == '_' ? '/' : s[i];
    memset(t + n, '=', pad);
    len = EVP_DecodeBlock(out, (unsigned char *)t, (int)(n + pad));
    ck_assert_int_ge(len, 0);
    return (size_t)len - pad;
}

START_TEST(signature)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    CLEANUP_FREE char *pem = pem_of(key);
    CLEANUP_FREE char *jwt = jwt_new("1234", pem, 1000000, NULL);
    char *dot = strrchr(jwt, '.'), *first = strchr(jwt, '.');
    unsigned char sig[512], body[512];
    size_t n = decode(dot + 1, strlen(dot + 1), sig);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    json_t *claims;

    ck_assert_ptr_null(strpbrk(jwt, "+/="));
    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key);
    ck_assert_int_eq(EVP_DigestVerify(ctx, sig, n, (unsigned char *)jwt,
                                      (size_t)(dot - jwt)),
                     1);
    n = decode(jwt, (size_t)(first - jwt), body);
    claims = jx_parse((char *)body, n, NULL);
    ck_assert_str_eq(jx_str(claims, "alg"), "RS256");
    json_decref(claims);
    n = decode(first + 1, (size_t)(dot - first) - 1, body);
    claims = jx_parse((char *)body, n, NULL);
    ck_assert_str_eq(jx_str(claims, "iss"), "1234");
    ck_assert_int_eq(jx_int(claims, "iat", 0), 1000000 - 60);
    ck_assert_int_eq(jx_int(claims, "exp", 0), 1000000 + 540);
    json_decref(claims);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(no_key)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    CLEANUP_FREE char *pem = pem_of(ec);

    ck_assert_ptr_null(jwt_new("1", "no key", 1, &err));
    ck_assert_ptr_nonnull(strstr(err_msg(&err), "PEM"));
    ck_assert_ptr_null(jwt_new("1", pem, 1, NULL));
    EVP_PKEY_free(ec);
}
END_TEST

static const struct {
    const char *header;
    int64_t want;
} expiry[] = {
    { "GitHub-Authentication-Token-Expiration: 2026-12-01 09:00:00 UTC",
      1796115600 },
    { "github-authentication-token-expiration: 2026-12-01 09:00:00 +0200",
      1796108400 },
    { "github-authentication-token-expiration: soon", 0 },
    { "github-authentication-token-expiration: xxxx-xx-xx xx:xx:xx UTC", 0 },
    { "X: y", 0 },
};

START_TEST(expiring)
{
    const char *headers[] = { expiry[_i].header, NULL };
    const struct tocsin_http_reply r = { .headers = headers };

    ck_assert_int_eq(auth_ends(&r), expiry[_i].want);
}
END_TEST

START_TEST(expiry_is_told_twice)
{
    const int64_t end = 1796115600;
    CLEANUP_FREE char *a = auth_end_notice(end, end - 15 * DAY);
    CLEANUP_FREE char *b = auth_end_notice(end, end - 13 * DAY);
    CLEANUP_FREE char *c = auth_end_notice(end, end - 4 * DAY);
    CLEANUP_FREE char *d = auth_end_notice(end, end - 2 * DAY);

    ck_assert_ptr_null(a);
    ck_assert_ptr_nonnull(strstr(b, "1 Dec 2026"));
    ck_assert_str_eq(b, c);
    ck_assert_str_ne(c, d);
    ck_assert_ptr_null(auth_end_notice(0, end));
}
END_TEST

/* ---- where it is --------------------------------------------------------- */

static const struct {
    const char *url, *base, *graphql, *web;
} places[] = {
    { "https://api.github.com", "https://api.github.com",
      "https://api.github.com/graphql", "https://github.com" },
    { "https://ghe.example/api/v3/", "https://ghe.example/api/v3",
      "https://ghe.example/api/graphql", "https://ghe.example" },
    { "https://api.acme.ghe.com", "https://api.acme.ghe.com",
      "https://api.acme.ghe.com/graphql", "https://acme.ghe.com" },
};

START_TEST(places_of_it)
{
    struct api api;

    api_init(&api, places[_i].url);
    ck_assert_str_eq(api.base, places[_i].base);
    ck_assert_str_eq(api.graphql, places[_i].graphql);
    ck_assert_str_eq(api.web, places[_i].web);
    api_close(&api);
}
END_TEST

/* ---- steps --------------------------------------------------------------- */

#define STEP(n, name, how, from, to)                                           \
    "{\"number\": " #n ", \"name\": \"" name "\", \"conclusion\": \"" how      \
    "\", \"started_at\": \"2026-01-01T00:00:" from "Z\","                      \
    " \"completed_at\": \"2026-01-01T00:00:" to "Z\"}"
#define AT(s) "2026-01-01T00:00:" s "Z "
#define RUN "##[group]Run x\n"

static const struct {
    const char *name, *steps, *log;
    int64_t step, offset;
    const char *found;
} logs[] = {
    { "the third of three, one was skipped",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "success", "02",
          "03") "," STEP(3, "Run x", "skipped", "03",
                         "03") "," STEP(4, "Build", "failure", "03", "40") "]",
      "\xef\xbb\xbf" AT("00.1") "a\n" AT("02.5") RUN AT("02.6") "b\n" AT("03.5")
          RUN AT("04.5") "c\n",
      4, 3, "1:well 2:well 4:bad " },
    { "two steps begin in one second",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "success", "02",
          "02") "," STEP(3, "Run x", "success", "02",
                         "02") "," STEP(4, "Build", "failure", "02", "40") "]",
      AT("00.1") "a\n" AT("02.1") RUN AT("02.2") RUN AT("02.3") RUN, 4, 3,
      "1:well 2:well 3:well 4:bad " },
    { "a composite action prints begins of its own",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "success", "02", "20") "," STEP(3, "Build", "failure",
                                                      "21", "40") "]",
      AT("00.1") "a\n" AT("02.1") RUN AT("08.2") RUN AT("15.3") RUN AT("21.3")
          RUN,
      3, 4, "1:well 2:well 5:bad " },
    { "what fails in the second of its end was not over before",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "failure", "02", "20") "," STEP(3, "Look", "success",
                                                      "20", "20") "]",
      AT("00.1") "a\n" AT("02.1") RUN AT("20.1")
          RUN AT("20.2") "##[error]no\n" AT("20.3") RUN,
      2, 1, "1:well 2:bad 5:well " },
    { "the set-up itself", "[" STEP(1, "Set up job", "failure", "00", "02") "]",
      AT("00.1") "a\n", 1, 0, "1:bad " },
    { "it is cleaning up that fails",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "success", "02",
          "03") "," STEP(5, "Post Run x", "failure", "03", "04") "]",
      AT("00.1") "a\n" AT("02.1") RUN AT("03.1") "Post job cleanup.\n", 5, 2,
      "1:well 2:well 3:bad " },
    { "what a step prints is no begin of the one after",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "success", "02", "30") "," STEP(3, "Build", "failure",
                                                      "30", "40") "]",
      AT("00.1") "a\n" AT("02.1") RUN AT("09.0") RUN AT("30.9") RUN, 3, 3,
      "1:well 2:well 4:bad " },
    { "it is not there",
      "[" STEP(1, "Set up job", "success", "00",
               "02") "," STEP(2, "Build", "failure", "02", "30") "]",
      AT("00.1") "a\n" AT("45.1") RUN, 2, -1, "1:well " },
    { "nothing failed", "[" STEP(1, "Set up job", "success", "00", "02") "]",
      AT("00.1") "a\n", 0, -1, "" },
    { "no steps", "null", AT("00.1") "a\n", 0, -1, "" },
    { "odd ones", "[1, {\"number\": \"x\"}, {}]", "\n\n \n##[group]Run \n", 0,
      -1, "" },
};

/* "1:well 3:bad " */
static void note_step(void *user, int64_t line, int outcome)
{
    char *at = (char *)user + strlen(user);

    snprintf(at, (size_t)((char *)user + 64 - at), "%d:%s ", (int)line,
             outcome == TOCSIN_OUTCOME_FAILURE ? "bad" : "well");
}

START_TEST(step_begins)
{
    json_t *list = json_loads(logs[_i].steps, JSON_DECODE_ANY, NULL);
    size_t n = strlen(logs[_i].log);

    /* Whatever the pieces are. */
    for (size_t piece = 1; piece <= n; piece += piece < 4 ? 1 : 13) {
        char found[64] = "";
        struct steps s;

        steps_begin(&s, list);
        s.found = note_step;
        s.user = found;
        for (size_t at = 0; at < n; at += piece)
            steps_feed(&s, logs[_i].log + at, n - at < piece ? n - at : piece);
        ck_assert_msg(steps_offset(&s) == logs[_i].offset
                          && steps_failing(&s) == logs[_i].step,
                      "%s: step %d at %d", logs[_i].name,
                      (int)steps_failing(&s), (int)steps_offset(&s));
        ck_assert_str_eq(found, logs[_i].found);
        steps_release(&s);
    }
    json_decref(list);
}
END_TEST

/* ---- the cursor ---------------------------------------------------------- */

START_TEST(cursor_round)
{
    struct cursor c;
    char *text;

    cursor_read(&c, NULL, DIGEST);
    cursor_set_repo(&c, "o/r", json_pack("{s:i}", "at", 5));
    cursor_set_head(&c, "7", "abc");
    cursor_set_next(&c, "o/s");
    text = cursor_text(&c);
    cursor_release(&c);
    cursor_read(&c, text, DIGEST);
    ck_assert_int_eq(jx_int(cursor_repo(&c, "o/r"), "at", 0), 5);
    ck_assert_str_eq(cursor_head(&c, "7"), "abc");
    ck_assert_str_eq(cursor_next(&c), "o/s");
    cursor_release(&c);
    cursor_read(&c, text, "other options");
    ck_assert_ptr_null(cursor_repo(&c, "o/r"));
    cursor_release(&c);
    free(text);
}
END_TEST

START_TEST(cursor_odd)
{
    static const char *const odd[] = {
        "",
        "{",
        "[]",
        "7",
        "{\"v\":1,\"options\":\"0123\",\"repos\":[]}",
        "{\"v\":1,\"options\":\"0123\",\"repos\":{\"o/r\":3},\"heads\":1}",
        "{\"v\":9,\"options\":\"0123\"}",
    };
    struct cursor c;

    cursor_read(&c, odd[_i], DIGEST);
    ck_assert_ptr_null(cursor_repo(&c, "o/r"));
    ck_assert_ptr_null(cursor_head(&c, "7"));
    ck_assert_ptr_nonnull(cursor_sweep(&c));
    cursor_release(&c);
}
END_TEST

START_TEST(cursor_is_bounded)
{
    struct cursor c;
    char *text;

    cursor_read(&c, NULL, DIGEST);
    for (int i = 0; i < 30000; i++) {
        CLEANUP_FREE char *name = xasprintf("owner/repository-%d", i);

        cursor_set_repo(&c, name,
                        json_pack("{s:i, s:{s:i, s:i}}", "at", i, "runs",
                                  "1234567890", 1, "1234567891", 1));
    }
    text = cursor_text(&c);
    ck_assert_uint_le(strlen(text), CURSOR_TEXT_MAX);
    /* when each was read is known still */
    ck_assert_int_eq(jx_int(cursor_repo(&c, "owner/repository-9"), "at", 0), 9);
    free(text);
    cursor_release(&c);
}
END_TEST

/* ---- stretches ------------------------------------------------------------ */

/* A list as GitHub keeps one: several are made in the same second. */
#define LIST_MAX 400

struct list {
    size_t nr;
    int64_t made[LIST_MAX];
    int looked[LIST_MAX];
    uint32_t random;
};

static uint32_t any(struct list *l, uint32_t below)
{
    l->random = l->random * 1664525u + 1013904223u;
    return (l->random >> 8) % below;
}

static void list_make(struct list *l, uint32_t seed)
{
    int64_t now = 1000;

    memset(l, 0, sizeof(*l));
    l->random = seed;
    l->nr = 1 + any(l, LIST_MAX);
    for (size_t i = 0; i < l->nr; i++) {
        now += seed % 2 ? any(l, 3) : any(l, 8) == 0;
        l->made[i] = now;
    }
}

static size_t number(const char *place)
{
    return (size_t)strtoul(place, NULL, 10);
}

/* A page of up to nine. True: the list goes no further. */
static bool read_page(struct list *l, struct stretch *s,
                      const struct stretch *other, struct bounds *b)
{
    size_t n = 1 + any(l, 9), from, to, last;
    CLEANUP_FREE char *place = NULL;

    if (s->back) {
        to = s->place ? number(s->place) : l->nr;
        from = to > n ? to - n : 0;
    } else {
        from = s->place ? number(s->place) + 1 : 0;
        to = from + n < l->nr ? from + n : l->nr;
    }
    for (size_t i = from; i < to; i++)
        l->looked[i] += stretch_holds(s, other, l->made[i]);
    if (s->back ? from == 0 : to == l->nr)
        return true;
    last = s->back ? from : to - 1;
    place = xasprintf("%zu", last);
    str_replace(&s->place, place);
    s->at = l->made[last];
    bounds_add(b, place, s->at);
    return false;
}

/* A pass ends, and the next one has what stood in the cursor. */
static void pass_on(struct stretch *s)
{
    json_t *v = stretch_json(s);

    stretch_release(s);
    ck_assert(stretch_take(s, v));
    json_decref(v);
}

static void check_looked(const struct list *l)
{
    size_t twice = 0;

    for (size_t i = 0; i < l->nr; i++) {
        ck_assert_msg(l->looked[i] > 0, "%zu of %zu was not looked at", i,
                      l->nr);
        twice += l->looked[i] > 1;
    }
    ck_assert_uint_le(twice, l->nr / 4 + 40);
}

/* In whatever order the pages come. */
static void read_both_ends(struct list *l, struct bounds *b)
{
    struct stretch s[2] = { { .back = false }, { .back = true } };
    bool over[2] = { false, false };

    while (!over[0] || !over[1]) {
        size_t i = any(l, 2);

        if (any(l, 20) == 0) {
            pass_on(&s[0]);
            pass_on(&s[1]);
        }
        if (over[i])
            continue;
        /* the end of the list is the other's end, too */
        if (read_page(l, &s[i], &s[!i], b))
            over[0] = over[1] = true;
        else
            over[i] = stretch_is_read(&s[i], &s[!i]);
    }
    stretch_release(&s[0]);
    stretch_release(&s[1]);
}

START_TEST(from_both_ends)
{
    struct bounds b = { .nr = 0 };
    struct list l;

    list_make(&l, (uint32_t)_i + 1);
    read_both_ends(&l, &b);
    check_looked(&l);
    bounds_release(&b);
}
END_TEST

START_TEST(from_bounds)
{
    struct bounds b = { .nr = 0 }, none = { .nr = 0 };
    struct list l;
    json_t *cuts;
    struct stretch s = { .back = false };

    list_make(&l, (uint32_t)_i + 1);
    read_both_ends(&l, &b);
    memset(l.looked, 0, sizeof(l.looked));
    cuts = bounds_json(&b, 1 + any(&l, 8));
    for (size_t i = 0; i <= json_array_size(cuts); i++) {
        const json_t *end = json_array_get(cuts, i);
        struct stretch next = { .back = false };

        if (end) {
            next.place = xstrdup(json_string_value(json_array_get(end, 0)));
            next.at = json_integer_value(json_array_get(end, 1));
            s.end = xstrdup(next.place);
            s.end_at = next.at;
        }
        while (!stretch_is_read(&s, NULL)) {
            pass_on(&s);
            if (read_page(&l, &s, NULL, &none))
                break;
        }
        stretch_release(&s);
        s = next;
    }
    check_looked(&l);
    json_decref(cuts);
    bounds_release(&b);
    bounds_release(&none);
}
END_TEST

START_TEST(bounds_are_even)
{
    struct bounds b = { .nr = 0 };
    json_t *cuts;

    for (int i = 40; i > 0; i--) {
        CLEANUP_FREE char *place = xasprintf("c%d", i);

        bounds_add(&b, place, i);
    }
    bounds_add(&b, "unknown", 0);
    cuts = bounds_json(&b, 4);
    ck_assert_uint_eq(json_array_size(cuts), 3);
    ck_assert_str_eq(
        json_string_value(json_array_get(json_array_get(cuts, 1), 0)), "c20");
    json_decref(cuts);
    bounds_release(&b);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { mapping, ARRAY_SIZE(conclusions) },
        { events, 1 },
        { signature, 1 },
        { no_key, 1 },
        { expiring, ARRAY_SIZE(expiry) },
        { expiry_is_told_twice, 1 },
        { places_of_it, ARRAY_SIZE(places) },
        { step_begins, ARRAY_SIZE(logs) },
        { cursor_round, 1 },
        { cursor_odd, 7 },
        { cursor_is_bounded, 1 },
        { from_both_ends, 200 },
        { from_bounds, 200 },
        { bounds_are_even, 1 },
    };

    return suite_cases("github-actions", cases, ARRAY_SIZE(cases));
}
