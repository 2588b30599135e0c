/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bytes16: sixteen bytes at a time, in the compiler's own vectors, which are
 * SSE2 on amd64, NEON on arm64 and plain words elsewhere.
 */
#ifndef TOCSIN_CLASSIFY_BYTES16_H
#define TOCSIN_CLASSIFY_BYTES16_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef unsigned char bytes16 __attribute__((vector_size(16)));

static inline bytes16 bytes16_load(const void *p)
{
    bytes16 v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static inline bytes16 bytes16_all(unsigned char c)
{
    return (bytes16){ c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c };
}

/* Whether any byte is not 0. */
static inline bool bytes16_any(bytes16 v)
{
    uint64_t half[2];

    memcpy(half, &v, sizeof(half));
    return (half[0] | half[1]) != 0;
}

/* 255 where a byte is a control (but no tab) or outside of ASCII. */
static inline bytes16 bytes16_odd(bytes16 v)
{
    return (bytes16)(v - bytes16_all(0x20) > bytes16_all(0x5e)) &
           (bytes16)(v != bytes16_all('\t'));
}

#endif
