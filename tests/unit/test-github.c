/* SPDX-License-Identifier: BSD-3-Clause */
/* plugins/github: the App's signature, tokens that end, where GitHub is. */
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
#include "plugins/github/jwt.h"
#include "suite.h"

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

int main(void)
{
    const struct suite_case cases[] = {
        { signature, 1 },
        { no_key, 1 },
        { expiring, ARRAY_SIZE(expiry) },
        { expiry_is_told_twice, 1 },
        { places_of_it, ARRAY_SIZE(places) },
    };

    return suite_cases("github", cases, ARRAY_SIZE(cases));
}
