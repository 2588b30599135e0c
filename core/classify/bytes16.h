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

static inline void bytes16_store(void *p, bytes16 v)
{
    memcpy(p, &v, sizeof(v));
}

static inline bytes16 bytes16_all(unsigned char c)
{
    return (bytes16){ c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c };
}

/* Bit i for byte i: all are 255 or 0. */
static inline unsigned bytes16_bits(bytes16 v)
{
#ifdef __SSE2__
    typedef char char16 __attribute__((vector_size(16)));

    return (unsigned)__builtin_ia32_pmovmskb128((char16)v);
#else
    const uint64_t gather = UINT64_C(0x0102040810204080);
    uint64_t half[2];

    v &= bytes16_all(1);
    memcpy(half, &v, sizeof(half));
    return (unsigned)(le64toh(half[0]) * gather >> 56)
           | (unsigned)(le64toh(half[1]) * gather >> 56) << 8;
#endif
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
