/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHA-256 with a fetched algorithm and a reused context: one-shot EVP_Digest
 * costs twice as much. Must not be used for anything secret.
 */
#include <config.h>

#include "core/base/digest.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

struct digest {
    EVP_MD_CTX *ctx;
};

static EVP_MD *algorithm(void)
{
    static EVP_MD *md;

    if (!md)
        md = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!md)
        BUG("OpenSSL offers no SHA-256");
    return md;
}

struct digest *digest_new(void)
{
    struct digest *d = xmalloc(sizeof(*d));

    d->ctx = EVP_MD_CTX_new();
    if (!d->ctx || EVP_DigestInit_ex2(d->ctx, algorithm(), NULL) != 1)
        BUG("SHA-256 cannot start");
    return d;
}

void digest_add(struct digest *d, const void *p, size_t n)
{
    if (n)
        EVP_DigestUpdate(d->ctx, p, n);
}

void digest_field(struct digest *d, const char *s)
{
    uint64_t n = s ? strlen(s) : UINT64_MAX;

    EVP_DigestUpdate(d->ctx, &n, sizeof(n));
    if (s)
        EVP_DigestUpdate(d->ctx, s, n);
}

static void end(struct digest *d, char *hex, size_t bytes)
{
    unsigned char md[EVP_MAX_MD_SIZE];

    EVP_DigestFinal_ex(d->ctx, md, NULL);
    for (size_t i = 0; i < bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", md[i]);
    EVP_MD_CTX_free(d->ctx);
    cleanup_free(&d);
}

void digest_end(struct digest *d, char hex[static 65])
{
    end(d, hex, 32);
}

void digest_end128(struct digest *d, char hex[static 33])
{
    end(d, hex, 16);
}

void digest_key(const void *p, size_t n, unsigned char key[static DIGEST_KEY])
{
    static EVP_MD_CTX *ctx;
    unsigned char md[EVP_MAX_MD_SIZE];

    if (!ctx)
        ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestInit_ex2(ctx, algorithm(), NULL) != 1
        || EVP_DigestUpdate(ctx, p, n) != 1
        || EVP_DigestFinal_ex(ctx, md, NULL) != 1)
        BUG("SHA-256 failed");
    memcpy(key, md, DIGEST_KEY);
}

char *digest_text128(const void *p, size_t n)
{
    struct digest *d = digest_new();
    char hex[33];

    digest_add(d, p, n);
    digest_end128(d, hex);
    return xstrdup(hex);
}
