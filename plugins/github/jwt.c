/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signing with OpenSSL. Must not put the key, nor what OpenSSL says of it,
 * into an error.
 */
#include <config.h>

#include "plugins/github/jwt.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define SLACK 60
#define LASTS 540

static void add_base64url(struct strbuf *b, const void *p, size_t n)
{
    unsigned char *text = xmalloc(4 * ((n + 2) / 3) + 1);
    int len = EVP_EncodeBlock(text, p, (int)n);

    for (int i = 0; i < len && text[i] != '='; i++)
        strbuf_addc(b, text[i] == '+'   ? '-'
                       : text[i] == '/' ? '_'
                                        : (char)text[i]);
    free(text);
}

static void add_json(struct strbuf *b, json_t *v)
{
    char *text = jx_dump(v);

    add_base64url(b, text, strlen(text));
    free(text);
    json_decref(v);
}

static EVP_PKEY *read_key(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    /* An empty password: a key that wants one fails instead of asking. */
    EVP_PKEY *key =
        bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t) "")
            : NULL;

    BIO_free(bio);
    if (key && !EVP_PKEY_is_a(key, "RSA")) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

static int sign(struct strbuf *b, EVP_PKEY *key)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char *sig = NULL;
    size_t n = 0;
    int ok =
        ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) > 0
        && EVP_DigestSign(ctx, NULL, &n, (unsigned char *)b->buf, b->len) > 0;

    if (ok) {
        sig = xmalloc(n);
        ok = EVP_DigestSign(ctx, sig, &n, (unsigned char *)b->buf, b->len) > 0;
    }
    if (ok) {
        strbuf_addc(b, '.');
        add_base64url(b, sig, n);
    }
    free(sig);
    EVP_MD_CTX_free(ctx);
    return ok ? 0 : -1;
}

char *jwt_new(const char *app_id, const char *pem, int64_t now, struct err *err)
{
    EVP_PKEY *key = read_key(pem);
    struct strbuf b;
    int status;

    if (!key) {
        err_set(err, ERR_INPUT,
                "the private key is no RSA key in PEM form "
                "without a password");
        return NULL;
    }
    strbuf_init(&b, STRBUF_UNBOUNDED);
    add_json(&b, json_pack("{s:s, s:s}", "alg", "RS256", "typ", "JWT"));
    strbuf_addc(&b, '.');
    add_json(&b, json_pack("{s:I, s:I, s:s}", "iat", (json_int_t)(now - SLACK),
                           "exp", (json_int_t)(now + LASTS), "iss", app_id));
    status = sign(&b, key);
    EVP_PKEY_free(key);
    if (status < 0) {
        strbuf_release(&b);
        err_set(err, ERR_INTERNAL, "signing with the private key failed");
        return NULL;
    }
    return strbuf_take(&b);
}
