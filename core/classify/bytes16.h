/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bytes16: sixteen bytes at a time, in the compiler's own vectors, which are
 * SSE2 on amd64, NEON on arm64 and plain words elsewhere.
 */
#ifndef TOCSIN_CLASSIFY_BYTES16_H
#define TOCSIN_CLASSIFY_BYTES16_H

#include <endian.h>
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

/* One bit for each byte that is 255, byte i's at 8 * (i % 8) of half i / 8;
 * all others must be 0. */
static inline void bytes16_bits(bytes16 v, uint64_t half[2])
{
    v &= bytes16_all(1);
    memcpy(half, &v, sizeof(v));
    half[0] = le64toh(half[0]);
    half[1] = le64toh(half[1]);
}

/* 255 where a byte is below limit, which is at most 128. Vectors compare with
 * a sign. */
static inline bytes16 bytes16_below(bytes16 v, unsigned char limit)
{
    typedef signed char signed16 __attribute__((vector_size(16)));
    signed16 least = (signed16)(v + bytes16_all(0x80));

    return (bytes16)(least
                     < (signed16)bytes16_all((unsigned char)(0x80 + limit)));
}

/* 255 where a byte is a control (but no tab) or outside of ASCII. */
static inline bytes16 bytes16_odd(bytes16 v)
{
    typedef signed char signed16 __attribute__((vector_size(16)));
    signed16 up = (signed16)(v + bytes16_all(1)); /* 127 has a sign, too */

    return (bytes16)(up < (signed16)bytes16_all(0x21))
           & (bytes16)(v != bytes16_all('\t'));
}

#endif
