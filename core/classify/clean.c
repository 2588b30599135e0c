/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From bytes to clean lines. Must not keep more than one capped line,
 * whatever it is fed, and must not look at what a line means.
 */
#include <config.h>

#include "core/classify/clean.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

enum encoding { ENC_UNDECIDED, ENC_BYTES, ENC_UTF16LE, ENC_UTF16BE };

/* So many bytes are looked at before the encoding is chosen. */
#define SNIFF 64

struct cleaner {
    void (*emit)(void *user, const struct line *l);
    void *user;
    enum encoding enc;
    unsigned char sniff[SNIFF];
    size_t nr_sniff;
    int half;                   /* first byte of a UTF-16 unit, or -1 */
    uint32_t high;              /* first of a surrogate pair, or 0 */
    char raw[LINE_MAX_BYTES + 8];
    size_t raw_len;
    bool raw_cut;
    bool cr;                    /* a CR came: the next text overwrites */
    bool any;                   /* something came since the last LF */
    char out[LINE_MAX_BYTES * 2 + 16];
    unsigned seen;
    int64_t lines;
    int64_t bytes;
};

struct cleaner *cleaner_new(void (*emit)(void *user, const struct line *l),
                            void *user)
{
    struct cleaner *cl = xcalloc(1, sizeof(*cl));

    cl->emit = emit;
    cl->user = user;
    cl->half = -1;
    return cl;
}

void cleaner_free(struct cleaner *cl)
{
    free(cl);
}

unsigned cleaner_seen(const struct cleaner *cl)
{
    return cl->seen;
}

int64_t cleaner_lines(const struct cleaner *cl)
{
    return cl->lines;
}

int64_t cleaner_bytes(const struct cleaner *cl)
{
    return cl->bytes;
}

/* ---- one line --------------------------------------------------------- */

static bool digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

/* Length of "2026-08-14T06:41:00.1234567Z " at s, 0 when there is none. */
static size_t stamp_length(const char *s, size_t n)
{
    size_t i;

    if (n < 20 || !digits(s, 4) || s[4] != '-' || !digits(s + 5, 2) ||
        s[7] != '-' || !digits(s + 8, 2) || s[10] != 'T' ||
        !digits(s + 11, 2) || s[13] != ':' || !digits(s + 14, 2) ||
        s[16] != ':' || !digits(s + 17, 2))
        return 0;
    i = 19;
    if (i < n && s[i] == '.') {
        i++;
        while (i < n && s[i] >= '0' && s[i] <= '9')
            i++;
    }
    if (i >= n || s[i] != 'Z')
        return 0;
    i++;
    if (i < n && s[i] == ' ')
        return i + 1;
    return i == n ? i : 0;
}

/* The same in brackets, as Buildkite and others put it. */
static size_t bracket_stamp_length(const char *s, size_t n)
{
    const char *end = n > 21 && s[0] == '[' ? memchr(s, ']', n < 40 ? n : 40)
                                            : NULL;
    size_t len = end ? (size_t)(end - s) : 0;

    if (!len || stamp_length(s + 1, len - 1) != len - 1)
        return 0;
    return len + 1 + (len + 1 < n && s[len + 1] == ' ');
}

/* Length of "job<TAB>step<TAB>" when a stamp follows, as in `gh run view
 * --log`; 0 otherwise. */
static size_t columns_length(const char *s, size_t n)
{
    const char *a = memchr(s, '\t', n < 256 ? n : 256);
    const char *b;
    size_t left;

    if (!a)
        return 0;
    left = n - (size_t)(a + 1 - s);
    b = memchr(a + 1, '\t', left < 256 ? left : 256);
    if (!b)
        return 0;
    b++;
    left = n - (size_t)(b - s);
    /* each step's first line brings the byte order mark of its own file */
    if (left >= 3 && !memcmp(b, "\xef\xbb\xbf", 3)) {
        b += 3;
        left -= 3;
    }
    return stamp_length(b, left) ? (size_t)(b - s) : 0;
}

/* Length of bioconda's "14:32:11 BIOCONDA INFO (OUT) ", 0 if none. */
static size_t bioconda_length(const char *s, size_t n)
{
    size_t i = 8;

    if (n < 20 || !digits(s, 2) || s[2] != ':' || !digits(s + 3, 2) ||
        s[5] != ':' || !digits(s + 6, 2) || s[8] != ' ')
        return 0;
    while (i < n && s[i] == ' ')
        i++;
    if (n - i < 10 || memcmp(s + i, "BIOCONDA ", 9))
        return 0;
    i += 9;
    while (i < n && s[i] >= 'A' && s[i] <= 'Z')
        i++;
    while (i < n && s[i] == ' ')
        i++;
    if (n - i >= 5 && (!memcmp(s + i, "(OUT)", 5) ||
                       !memcmp(s + i, "(ERR)", 5)))
        i += 5;
    if (i < n && s[i] == ' ')
        i++;
    return i;
}

/* Length of the escape sequence that starts at s[0] == ESC. */
static size_t escape_length(const char *s, size_t n)
{
    size_t i = 1;

    if (n < 2)
        return 1;
    if (s[1] == '[') {          /* CSI: parameters, then one final byte */
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
        return 2;               /* without an end: only the start goes */
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
    return i == 1 && (i + 1 >= n || (s[i + 1] | 32) < 'a' ||
                      (s[i + 1] | 32) > 'z') ? 2 : 0;
}

/* Length of the UTF-8 sequence at s, 0 when it is none. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
    unsigned char c = s[0];
    size_t len = c < 0x80 ? 1 : c >= 0xc2 && c <= 0xdf ? 2
               : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;

    if (!len || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && s[1] < 0xa0) || (c == 0xed && s[1] > 0x9f) ||
        (c == 0xf0 && s[1] < 0x90) || (c == 0xf4 && s[1] > 0x8f))
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
        if (c >= 0xa0) {        /* Latin-1; C1 controls are dropped */
            out[o++] = (char)(0xc0 | (c >> 6));
            out[o++] = (char)(0x80 | (c & 0x3f));
        }
        i++;
    }
    return o;
}

static const struct {
    const char *text;
    enum mark mark;
    unsigned seen;
} marks[] = {
    { "##[group]", MARK_GROUP, 0 },
    { "##[endgroup]", MARK_ENDGROUP, 0 },
    { "##[error]", MARK_ERROR, 0 },
    { "##[warning]", MARK_WARNING, 0 },
    { "##[notice]", MARK_NOTICE, SEEN_ACTIONS },
    { "##[debug]", MARK_DEBUG, 0 },
    { "##[command]", MARK_COMMAND, 0 },
    { "##[section]", MARK_SECTION, SEEN_AZURE },
    { "::group::", MARK_GROUP, SEEN_ACTIONS },
    { "::endgroup::", MARK_ENDGROUP, SEEN_ACTIONS },
    { "::error::", MARK_ERROR, SEEN_ACTIONS },
    { "::warning::", MARK_WARNING, SEEN_ACTIONS },
    { "::debug::", MARK_DEBUG, SEEN_ACTIONS },
    { "[command]", MARK_COMMAND, SEEN_ACTIONS },
};

/* "::error file=a.c,line=3::text" and "##vso[task.logissue type=error;]text":
 * the mark, and *skip to its text. */
static enum mark long_mark(struct cleaner *cl, const char *s, size_t *skip)
{
    const char *end;
    enum mark m = MARK_NONE;

    if (!strncmp(s, "::error ", 8))
        m = MARK_ERROR;
    else if (!strncmp(s, "::warning ", 10))
        m = MARK_WARNING;
    else if (!strncmp(s, "::notice ", 9))
        m = MARK_NOTICE;
    if (m != MARK_NONE) {
        end = strstr(s + 7, "::");
        if (!end)
            return MARK_NONE;
        cl->seen |= SEEN_ACTIONS;
        *skip = (size_t)(end - s) + 2;
        return m;
    }
    if (strncmp(s, "##vso[", 6) || !(end = strchr(s, ']')))
        return MARK_NONE;
    cl->seen |= SEEN_AZURE;
    if (strncmp(s + 6, "task.logissue", 13))
        return MARK_NONE;
    m = strstr(s, "type=error") && strstr(s, "type=error") < end
        ? MARK_ERROR : MARK_WARNING;
    *skip = (size_t)(end - s) + 1;
    return m;
}

static enum mark find_mark(struct cleaner *cl, const char *s, size_t n,
                           size_t *skip)
{
    if (n < 6 || (s[0] != '#' && s[0] != ':' && s[0] != '['))
        return MARK_NONE;
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        size_t len = strlen(marks[i].text);

        if (n < len || memcmp(s, marks[i].text, len))
            continue;
        cl->seen |= marks[i].seen;
        *skip = len;
        return marks[i].mark;
    }
    return long_mark(cl, s, skip);
}

static void emit_line(struct cleaner *cl)
{
    char *s = cl->out;
    size_t n, skip;
    struct line l = { NULL, 0, 0, MARK_NONE };

    cl->lines++;
    n = scrub(cl->raw, cl->raw_len, cl->out);
    s[n] = '\0';
    if (n >= 3 && !memcmp(s, "\xef\xbb\xbf", 3)) {
        s += 3;
        n -= 3;
    }
    skip = columns_length(s, n);
    s += skip;
    n -= skip;
    skip = stamp_length(s, n);
    if (skip)
        cl->seen |= SEEN_STAMP;
    s += skip;
    n -= skip;
    skip = bracket_stamp_length(s, n);
    s += skip;
    n -= skip;
    skip = bioconda_length(s, n);
    s += skip;
    n -= skip;
    skip = 0;
    l.mark = find_mark(cl, s, n, &skip);
    s += skip;
    n -= skip;
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
        s[--n] = '\0';
    l.text = s;
    l.len = n;
    l.nr = cl->lines;
    cl->emit(cl->user, &l);
    cl->raw_len = 0;
    cl->raw_cut = false;
    cl->cr = false;
    cl->any = false;
}

/* ---- bytes to lines --------------------------------------------------- */

static void add_text(struct cleaner *cl, const char *p, size_t n)
{
    size_t room;

    if (!n)
        return;
    cl->any = true;
    if (cl->cr) {               /* the line is written over from its start */
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

static void feed_bytes(struct cleaner *cl, const char *p, size_t n)
{
    while (n) {
        const char *nl = memchr(p, '\n', n);
        size_t len = nl ? (size_t)(nl - p) : n;
        const char *q = p;
        size_t left = len;

        while (left) {
            const char *cr = memchr(q, '\r', left);
            size_t part = cr ? (size_t)(cr - q) : left;

            add_text(cl, q, part);
            if (!cr)
                break;
            cl->cr = true;
            cl->any = true;
            q += part + 1;
            left -= part + 1;
        }
        if (!nl)
            return;
        emit_line(cl);
        p += len + 1;
        n -= len + 1;
    }
}

/* One code point as UTF-8 into the byte path; newlines work as such. */
static void feed_code_point(struct cleaner *cl, uint32_t c)
{
    char b[4];
    size_t n;

    if (c < 0x80) {
        b[0] = (char)c;
        n = 1;
    } else if (c < 0x800) {
        b[0] = (char)(0xc0 | c >> 6);
        b[1] = (char)(0x80 | (c & 0x3f));
        n = 2;
    } else if (c < 0x10000) {
        b[0] = (char)(0xe0 | c >> 12);
        b[1] = (char)(0x80 | (c >> 6 & 0x3f));
        b[2] = (char)(0x80 | (c & 0x3f));
        n = 3;
    } else {
        b[0] = (char)(0xf0 | c >> 18);
        b[1] = (char)(0x80 | (c >> 12 & 0x3f));
        b[2] = (char)(0x80 | (c >> 6 & 0x3f));
        b[3] = (char)(0x80 | (c & 0x3f));
        n = 4;
    }
    feed_bytes(cl, b, n);
}

static void feed_unit(struct cleaner *cl, uint32_t u)
{
    if (u >= 0xd800 && u < 0xdc00) {
        cl->high = u;
        return;
    }
    if (u >= 0xdc00 && u < 0xe000) {
        uint32_t c = cl->high ? 0x10000 + ((cl->high - 0xd800) << 10) +
                                (u - 0xdc00) : 0xfffd;

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
    if (cl->enc == ENC_BYTES)
        feed_bytes(cl, (const char *)p, n);
    else
        feed_utf16(cl, p, n);
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
        emit_line(cl);
}
