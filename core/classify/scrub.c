/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is not simply copied. Must not look at what a line means, nor take
 * longer than it is long.
 */
#include <config.h>

#include "core/classify/scrub.h"

#include <stdint.h>
#include <string.h>

#include "core/classify/bytes16.h"

#define MARK "\xef\xbb\xbf"

/* Whether a byte of v may be one of those; next: the bytes one further on.
 * "[1;" may be an escape sequence without its ESC. */
static inline bytes16 special(bytes16 v, bytes16 next)
{
    bytes16 orphan = (bytes16)(v == bytes16_all('['))
                     & (bytes16_below(next - bytes16_all('0'), 12)
                        | (bytes16)(next == bytes16_all('m')));

    return bytes16_odd(v) | orphan;
}

/* Length of the escape sequence that starts at s[0] == ESC. */
static size_t escape_length(const char *s, size_t n)
{
    size_t i = 1;

    if (n < 2)
        return 1;
    if (s[1] == '[') { /* CSI: parameters, then one final byte */
        for (i = 2; i < n && i < 64; i++)
            if (s[i] >= 0x40 && s[i] <= 0x7e)
                return i + 1;
        return i;
    }
    if (s[1] == ']' || s[1] == 'P' || s[1] == '^' || s[1] == '_') {
        for (i = 2; i < n && i < 4096; i++) {
            if (s[i] == 0x07)
                return i + 1;
            if (s[i] == 0x1b && i + 1 < n && s[i + 1] == '\\')
                return i + 2;
        }
        return 2; /* without an end: only the start goes */
    }
    return s[1] >= 0x20 && s[1] <= 0x2f && n > 2 ? 3 : 2;
}

/* Length of "[1;31m" whose ESC somebody has eaten, 0 if it is none. */
static size_t orphan_length(const char *s, size_t n)
{
    size_t i = 1;
    bool digit = false;

    while (i < n && i < 12 && ((s[i] >= '0' && s[i] <= '9') || s[i] == ';')) {
        digit |= s[i] != ';';
        i++;
    }
    if (i >= n || s[i] != 'm')
        return 0;
    if (digit)
        return i + 1;
    /* "[m" resets, too; "[main]" is a word */
    return i == 1
                   && (i + 1 >= n || (s[i + 1] | 32) < 'a'
                       || (s[i + 1] | 32) > 'z')
               ? 2
               : 0;
}

/* Length of the UTF-8 sequence at s, 0 when it is none. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
    unsigned char c = s[0];
    size_t len = c < 0x80                 ? 1
                 : c >= 0xc2 && c <= 0xdf ? 2
                 : (c & 0xf0) == 0xe0     ? 3
                 : c >= 0xf0 && c <= 0xf4 ? 4
                                          : 0;

    if (!len || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && s[1] < 0xa0) || (c == 0xed && s[1] > 0x9f)
        || (c == 0xf0 && s[1] < 0x90) || (c == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

/* Escape sequences and controls out, Latin-1 to UTF-8. Returns the length
 * in out, which holds twice the input. */
static size_t scrub(const char *s, size_t n, char *out)
{
    size_t o = 0;

    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)s[i];
        size_t len;

        if (i + 16 < n) {
            bytes16 v = bytes16_load(s + i);
            unsigned found = bytes16_bits(special(v, bytes16_load(s + i + 1)));
            size_t fair = found ? (size_t)__builtin_ctz(found) : 16;

            bytes16_store(out + o, v);
            i += fair;
            o += fair;
            if (!found)
                continue;
            c = (unsigned char)s[i];
        }
        if (c >= 0x20 && c < 0x7f && c != '[') {
            out[o++] = (char)c;
            i++;
            continue;
        }
        if (c == 0x1b) {
            i += escape_length(s + i, n - i);
            continue;
        }
        if (c == '[' && (len = orphan_length(s + i, n - i))) {
            i += len;
            continue;
        }
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            i++;
            continue;
        }
        len = utf8_length((const unsigned char *)s + i, n - i);
        if (len) {
            memcpy(out + o, s + i, len);
            o += len;
            i += len;
            continue;
        }
        if (c >= 0xa0) { /* Latin-1; C1 controls are dropped */
            out[o++] = (char)(0xc0 | (c >> 6));
            out[o++] = (char)(0x80 | (c & 0x3f));
        }
        i++;
    }
    return o;
}

size_t scrub_line(const char *s, size_t n, char *to)
{
    const char *cr = memrchr(s, '\r', n);

    if (cr) {
        n -= (size_t)(cr + 1 - s);
        s = cr + 1;
    }
    n = scrub(s, n, to);
    if (n >= 3 && !memcmp(to, MARK, 3)) {
        n -= 3;
        memmove(to, to + 3, n);
    }
    return n;
}

/* ---- nearly all lines --------------------------------------------------- */

/* How many bytes from s on are as they are meant to be read: 0 if the first
 * is not, else a character. */
static size_t fair_length(const char *s, const char *end)
{
    unsigned char c = (unsigned char)*s;
    size_t n = (size_t)(end - s);

    if (c == '[')
        return !orphan_length(s, n);
    if (c == '\r') /* n is more than one: all special bytes are well inside */
        return s[1] == '\n' || s[1] == '\r';
    if (c >= 0x80)
        return n >= 3 && !memcmp(s, MARK, 3)
                   ? 0
                   : utf8_length((const unsigned char *)s, n);
    return 0;
}

const char *scrub_copy(const char *s, const char *end, char *to, size_t most,
                       bool *tabs)
{
    const char *fair = s, *start = s;
    bytes16 tab = bytes16_all(0);

    for (; end - s > 64 && (size_t)(s - start) <= most; s += 64, to += 64) {
        uint64_t found = 0;

        for (int i = 0; i < 64; i += 16) {
            bytes16 v = bytes16_load(s + i);

            bytes16_store(to + i, v);
            tab |= (bytes16)(v == bytes16_all('\t'));
            found |= (uint64_t)bytes16_bits(special(v, bytes16_load(s + i + 1)))
                     << i;
        }
        for (; found; found &= found - 1) {
            const char *at = s + __builtin_ctzll(found);
            size_t n;

            if (*at == '\n') {
                *tabs = bytes16_bits(tab) != 0;
                return (size_t)(at - start) <= most ? at : NULL;
            }
            if (at < fair)
                continue;
            n = fair_length(at, end);
            if (!n)
                return NULL;
            fair = at + n;
        }
    }
    return NULL;
}
