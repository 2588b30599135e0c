/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which characters a message may hold at all. Must not escape: what is
 * harmless in one position is markup in another, and safety.c knows which.
 */
#include <config.h>

#include "core/deliver/characters.h"

#include <stdbool.h>
#include <stdint.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define REPLACEMENT "\xef\xbf\xbd"

uint32_t characters_decode(const char *s, size_t *len)
{
    const unsigned char *p = (const unsigned char *)s;

    if (p[0] < 0x80) {
        *len = 1;
        return p[0];
    }
    if (p[0] < 0xe0) {
        *len = 2;
        return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    }
    if (p[0] < 0xf0) {
        *len = 3;
        return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6
               | (p[2] & 0x3f);
    }
    *len = 4;
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12
           | (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
}

struct range {
    uint32_t first, last;
};

static bool in_ranges(uint32_t c, const struct range *r, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        if (c >= r[i].first && c <= r[i].last)
            return true;
    return false;
}

/* Shown as U+FFFD: they would change what the reader or a terminal does. */
static bool is_control(uint32_t c)
{
    static const struct range r[] = {
        { 0x00, 0x1f },     { 0x7f, 0x9f },     { 0x61c, 0x61c },
        { 0x200e, 0x200f }, { 0x202a, 0x202e }, { 0x2066, 0x2069 },
        { 0xfff9, 0xfffb }, { 0xfdd0, 0xfdef }, { 0xfffe, 0xffff },
    };

    return in_ranges(c, r, ARRAY_SIZE(r));
}

/* Dropped: nobody sees them, programs do. */
static bool is_invisible(uint32_t c)
{
    static const struct range r[] = {
        { 0xad, 0xad },       { 0x34f, 0x34f },     { 0x115f, 0x1160 },
        { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200d },
        { 0x2060, 0x2065 },   { 0x206a, 0x206f },   { 0x3164, 0x3164 },
        { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
        { 0xfff0, 0xfff8 },   { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
        { 0xe0000, 0xe0fff },
    };

    return in_ranges(c, r, ARRAY_SIZE(r));
}

static bool is_space(uint32_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xa0
           || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028
           || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000
           || c == 0x0b || c == 0x0c;
}

char *characters_line(const char *s, size_t n)
{
    CLEANUP_FREE char *fixed = utf8_repair(s, n);
    bool space = false;
    size_t len;
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (const char *p = fixed; *p; p += len) {
        uint32_t c = characters_decode(p, &len);

        if (is_invisible(c))
            continue;
        if (is_space(c)) {
            space = b.len > 0;
            continue;
        }
        if (space)
            strbuf_addc(&b, ' ');
        space = false;
        if (is_control(c))
            strbuf_adds(&b, REPLACEMENT);
        else
            strbuf_add(&b, p, len);
    }
    return strbuf_take(&b);
}

char *characters_block(const char *s, size_t n)
{
    CLEANUP_FREE char *fixed = utf8_repair(s, n);
    size_t len;
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (const char *p = fixed; *p; p += len) {
        uint32_t c = characters_decode(p, &len);

        if (is_invisible(c))
            continue;
        if (c == '\r' && p[1] == '\n')
            continue;
        if (c == '\r' || c == 0x2028 || c == 0x2029)
            strbuf_addc(&b, '\n');
        else if (c == '\n' || c == '\t')
            strbuf_add(&b, p, len);
        else if (is_control(c))
            strbuf_adds(&b, REPLACEMENT);
        else
            strbuf_add(&b, p, len);
    }
    while (b.len && (b.buf[b.len - 1] == '\n' || b.buf[b.len - 1] == ' '))
        strbuf_setlen(&b, b.len - 1);
    return strbuf_take(&b);
}
