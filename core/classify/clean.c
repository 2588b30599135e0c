/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From bytes to chunks of clean lines. Must not keep more than one chunk and
 * one capped line, whatever it is fed, and must not look at what a line
 * means. Nearly all lines take the short way: what is in front of them is
 * skipped, the rest copied.
 */
#include <config.h>

#include "core/classify/clean.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/classify/scrub.h"
#include "core/classify/strip.h"

enum encoding { ENC_UNDECIDED, ENC_BYTES, ENC_UTF16LE, ENC_UTF16BE };

/* So many bytes are looked at before the encoding is chosen. */
#define SNIFF 64
/* Decoded from UTF-16 before it goes on. */
#define DECODED 4096

struct cleaner {
    void (*emit)(void *user, const struct chunk *ch);
    void *user;
    enum encoding enc;
    unsigned char sniff[SNIFF];
    size_t nr_sniff;
    int half;      /* first byte of a UTF-16 unit, or -1 */
    uint32_t high; /* first of a surrogate pair, or 0 */
    char decoded[DECODED + 4];
    size_t nr_decoded;
    char raw[LINE_MAX_BYTES + 16]; /* the start of a line whose end is
                                         * still to come */
    size_t raw_len;
    bool raw_cut;
    bool cr;  /* a CR came: the next text overwrites */
    bool any; /* something came since the last LF */
    struct chunk chunk;
    unsigned seen;
    int64_t bytes;
};

struct cleaner *cleaner_new(void (*emit)(void *user, const struct chunk *ch),
                            void *user)
{
    struct cleaner *cl = xcalloc(1, sizeof(*cl));

    cl->emit = emit;
    cl->user = user;
    cl->half = -1;
    chunk_init(&cl->chunk);
    return cl;
}

void cleaner_free(struct cleaner *cl)
{
    if (cl)
        chunk_release(&cl->chunk);
    free(cl);
}

unsigned cleaner_seen(const struct cleaner *cl)
{
    return cl->seen;
}

int64_t cleaner_lines(const struct cleaner *cl)
{
    return chunk_last(&cl->chunk);
}

int64_t cleaner_bytes(const struct cleaner *cl)
{
    return cl->bytes;
}

/* ---- one line --------------------------------------------------------- */

static size_t trim(const char *s, size_t n)
{
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
        n--;
    return n;
}

/* The line at `to` in the chunk, without its stamp, is whole. */
static void add_line(struct cleaner *cl, char *to, size_t n)
{
    size_t skip = strip_wrappers(to, n);
    enum mark mark = MARK_NONE;

    n = trim(to + skip, n - skip);
    if (skip)
        memmove(to, to + skip, n);
    to[n] = '\0';
    skip = 0;
    if (strip_may_mark(to))
        mark = strip_mark(to, n, &skip, &cl->seen);
    chunk_add(&cl->chunk, skip, n, mark);
    if (chunk_is_full(&cl->chunk)) {
        cl->emit(cl->user, &cl->chunk);
        chunk_next(&cl->chunk);
    }
}

static char *line_room(struct cleaner *cl)
{
    return chunk_room(&cl->chunk, LINE_MAX_BYTES * 2 + SCRUB_SPARE);
}

/* A whole line of at most LINE_MAX_BYTES. */
static void take_line(struct cleaner *cl, const char *s, size_t n)
{
    char *to = line_room(cl);
    size_t skip;

    n = scrub_line(s, n, to);
    skip = strip_stamp(to, n, true, &cl->seen);
    memmove(to, to + skip, n - skip);
    add_line(cl, to, n - skip);
}

/* The line at s, if there is nothing about it; what is behind it, or NULL. */
static const char *take_plain(struct cleaner *cl, const char *s,
                              const char *end)
{
    char *to = line_room(cl);
    size_t stamp = strip_usual(s, (size_t)(end - s), &cl->seen), n;
    bool tabs;
    const char *nl =
        scrub_copy(s + stamp, end, to, LINE_MAX_BYTES - stamp, &tabs);

    if (!nl)
        return NULL;
    n = (size_t)(nl - s) - stamp;
    while (n && to[n - 1] == '\r')
        n--;
    if (!stamp && (stamp = strip_stamp(to, n, tabs, &cl->seen))) {
        n -= stamp;
        memmove(to, to + stamp, n);
    }
    add_line(cl, to, n);
    return nl + 1;
}

/* ---- bytes to lines --------------------------------------------------- */

static void add_text(struct cleaner *cl, const char *p, size_t n)
{
    size_t room;

    if (!n)
        return;
    cl->any = true;
    if (cl->cr) { /* the line is written over from its start */
        cl->raw_len = 0;
        cl->raw_cut = false;
        cl->cr = false;
    }
    room = LINE_MAX_BYTES - cl->raw_len;
    if (n <= room) {
        memcpy(cl->raw + cl->raw_len, p, n);
        cl->raw_len += n;
        return;
    }
    memcpy(cl->raw + cl->raw_len, p, room);
    cl->raw_len += room;
    if (cl->raw_cut)
        return;
    /* Half a token at the cut would be half a secret: back to a space. */
    cl->raw_cut = true;
    cl->seen |= SEEN_CUT;
    for (size_t back = 0; back < 512; back++)
        if (cl->raw[LINE_MAX_BYTES - 1 - back] == ' ') {
            memset(cl->raw + LINE_MAX_BYTES - 1 - back, ' ', back + 1);
            break;
        }
}

/* Part of a line that did not come in one piece, or is too long. */
static void add_part(struct cleaner *cl, const char *p, size_t n)
{
    while (n) {
        const char *cr = memchr(p, '\r', n);
        size_t part = cr ? (size_t)(cr - p) : n;

        add_text(cl, p, part);
        if (!cr)
            return;
        cl->cr = true;
        cl->any = true;
        p += part + 1;
        n -= part + 1;
    }
}

static void end_line(struct cleaner *cl)
{
    take_line(cl, cl->raw, cl->raw_len);
    cl->raw_len = 0;
    cl->raw_cut = false;
    cl->cr = false;
    cl->any = false;
}

static void feed_bytes(struct cleaner *cl, const char *p, size_t n)
{
    const char *end = p + n, *next;

    for (; p < end; p = next) {
        const char *nl;
        size_t len;

        next = cl->any ? NULL : take_plain(cl, p, end);
        if (next)
            continue;
        nl = memchr(p, '\n', (size_t)(end - p));
        if (!nl)
            break;
        next = nl + 1;
        len = (size_t)(nl - p);
        if (cl->any || len > LINE_MAX_BYTES) {
            add_part(cl, p, len);
            end_line(cl);
            continue;
        }
        while (len && p[len - 1] == '\r')
            len--;
        take_line(cl, p, len);
    }
    add_part(cl, p, (size_t)(end - p));
}

static void flush_decoded(struct cleaner *cl)
{
    size_t n = cl->nr_decoded;

    cl->nr_decoded = 0;
    feed_bytes(cl, cl->decoded, n);
}

/* One code point as UTF-8 into the byte path; newlines work as such. */
static void feed_code_point(struct cleaner *cl, uint32_t c)
{
    char *b = cl->decoded + cl->nr_decoded;

    if (c < 0x80) {
        *b++ = (char)c;
    } else if (c < 0x800) {
        *b++ = (char)(0xc0 | c >> 6);
        *b++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *b++ = (char)(0xe0 | c >> 12);
        *b++ = (char)(0x80 | (c >> 6 & 0x3f));
        *b++ = (char)(0x80 | (c & 0x3f));
    } else {
        *b++ = (char)(0xf0 | c >> 18);
        *b++ = (char)(0x80 | (c >> 12 & 0x3f));
        *b++ = (char)(0x80 | (c >> 6 & 0x3f));
        *b++ = (char)(0x80 | (c & 0x3f));
    }
    cl->nr_decoded = (size_t)(b - cl->decoded);
    if (cl->nr_decoded >= DECODED)
        flush_decoded(cl);
}

static void feed_unit(struct cleaner *cl, uint32_t u)
{
    if (u >= 0xd800 && u < 0xdc00) {
        cl->high = u;
        return;
    }
    if (u >= 0xdc00 && u < 0xe000) {
        uint32_t c = cl->high
                         ? 0x10000 + ((cl->high - 0xd800) << 10) + (u - 0xdc00)
                         : 0xfffd;

        cl->high = 0;
        feed_code_point(cl, c);
        return;
    }
    cl->high = 0;
    if (u != 0xfeff && u)
        feed_code_point(cl, u);
}

static void feed_utf16(struct cleaner *cl, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (cl->half < 0) {
            cl->half = p[i];
            continue;
        }
        feed_unit(cl, cl->enc == ENC_UTF16LE
                          ? (uint32_t)cl->half | (uint32_t)p[i] << 8
                          : (uint32_t)cl->half << 8 | p[i]);
        cl->half = -1;
    }
}

/* By its mark, or by every second byte being NUL as in plain English. */
static enum encoding sniff_encoding(const unsigned char *s, size_t n)
{
    size_t even = 0, odd = 0;

    if (n >= 2 && s[0] == 0xff && s[1] == 0xfe)
        return ENC_UTF16LE;
    if (n >= 2 && s[0] == 0xfe && s[1] == 0xff)
        return ENC_UTF16BE;
    for (size_t i = 0; i + 1 < n; i += 2) {
        even += !s[i];
        odd += !s[i + 1];
    }
    if (n >= 8 && odd > n * 2 / 5 && even < n / 20 + 1)
        return ENC_UTF16LE;
    if (n >= 8 && even > n * 2 / 5 && odd < n / 20 + 1)
        return ENC_UTF16BE;
    return ENC_BYTES;
}

static void feed_decoded(struct cleaner *cl, const unsigned char *p, size_t n)
{
    if (cl->enc == ENC_BYTES) {
        feed_bytes(cl, (const char *)p, n);
        return;
    }
    feed_utf16(cl, p, n);
    flush_decoded(cl);
}

static void decide_encoding(struct cleaner *cl)
{
    cl->enc = sniff_encoding(cl->sniff, cl->nr_sniff);
    if (cl->enc != ENC_BYTES)
        cl->seen |= SEEN_UTF16;
    feed_decoded(cl, cl->sniff, cl->nr_sniff);
}

void cleaner_feed(struct cleaner *cl, const void *p, size_t n)
{
    const unsigned char *s = p;

    cl->bytes += (int64_t)n;
    if (cl->enc == ENC_UNDECIDED) {
        size_t take = SNIFF - cl->nr_sniff < n ? SNIFF - cl->nr_sniff : n;

        memcpy(cl->sniff + cl->nr_sniff, s, take);
        cl->nr_sniff += take;
        if (cl->nr_sniff < SNIFF)
            return;
        decide_encoding(cl);
        s += take;
        n -= take;
    }
    feed_decoded(cl, s, n);
}

void cleaner_end(struct cleaner *cl)
{
    if (cl->enc == ENC_UNDECIDED)
        decide_encoding(cl);
    if (cl->any)
        end_line(cl);
    cl->emit(cl->user, &cl->chunk);
}
