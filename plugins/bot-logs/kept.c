/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Must not trust what it unpacks: a state may have been written by others.
 */
#include <config.h>

#include "plugins/bot-logs/kept.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/base/mem.h"

#define LENGTH 8 /* bytes: the length goes first */

char *kept_pack(const char *text, size_t n)
{
    uLongf size = compressBound(n);
    CLEANUP_FREE unsigned char *z = xmalloc(LENGTH + size);
    uint64_t length = n;
    char *out;

    for (int i = 0; i < LENGTH; i++)
        z[i] = (unsigned char)(length >> (8 * i));
    if (n > INT_MAX / 2
        || compress2(z + LENGTH, &size, (const Bytef *)text, n, 6) != Z_OK)
        return NULL;
    size += LENGTH;
    out = xmalloc((size + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((unsigned char *)out, z, (int)size);
    return out;
}

char *kept_unpack(const char *packed, size_t max, size_t *n)
{
    size_t len = packed ? strlen(packed) : 0;
    CLEANUP_FREE unsigned char *z = xmalloc(len / 4 * 3 + 1);
    uint64_t length = 0;
    uLongf size;
    char *out;
    int got;

    if (len < 16 || len % 4 || len > INT_MAX)
        return NULL;
    got = EVP_DecodeBlock(z, (const unsigned char *)packed, (int)len);
    if (got < LENGTH)
        return NULL;
    for (int i = LENGTH; i-- > 0;)
        length = length << 8 | z[i];
    if (length > max)
        return NULL;
    size = length;
    out = xmalloc(length + 1);
    /* Base64's padding is bytes behind the end of the stream. */
    if (uncompress((Bytef *)out, &size, z + LENGTH, (uLong)(got - LENGTH))
            != Z_OK
        || size != length) {
        free(out);
        return NULL;
    }
    out[length] = '\0';
    *n = length;
    return out;
}
