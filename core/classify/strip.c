/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stamps, columns and marks. Must not look at what a line means.
 */
#include <config.h>

#include "core/classify/strip.h"

#include <ctype.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/classify/bytes16.h"

static bool digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

/* Whether s has form: a digit differs from '0' in its last four bits only,
 * and every other byte in none. */
static bool has_form(const char *s, bytes16 form)
{
    bytes16 most = (bytes16)(form == bytes16_all('0')) & bytes16_all(9);

    return !bytes16_bits((bytes16)((bytes16_load(s) ^ form) > most));
}

/* "2026-08-14T06:41" */
static const bytes16 minute = {
    '0', '0', '0', '0', '-', '0', '0', '-',
    '0', '0', 'T', '0', '0', ':', '0', '0',
};

/* "06:41:00.1234567", as Actions and Azure go on, with "Z ". */
#define STAMP_USUAL ((size_t)29)
static const bytes16 fraction = {
    '0', '0', ':', '0', '0', ':', '0', '0',
    '.', '0', '0', '0', '0', '0', '0', '0',
};

size_t strip_usual(const char *s, size_t n, unsigned *seen)
{
    if (n < STAMP_USUAL || s[27] != 'Z' || s[28] != ' '
        || !has_form(s + 11, fraction) || !has_form(s, minute))
        return 0;
    *seen |= SEEN_STAMP;
    return STAMP_USUAL;
}

/* Length of "2026-08-14T06:41:00.1234567Z " at s, 0 when there is none. */
static size_t stamp_length(const char *s, size_t n)
{
    size_t i;

    if (n < 20 || !has_form(s, minute))
        return 0;
    if (s[16] != ':' || !digits(s + 17, 2))
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
    const char *end = n > 21 && s[0] == '[' && digits(s + 1, 4)
                          ? memchr(s, ']', n < 40 ? n : 40)
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

/* Length of bioconda's "14:32:11 BIOCONDA INFO (OUT) ", 0 if none. A blank
 * before it is what some store in place of an escape. */
static size_t bioconda_length(const char *line, size_t len)
{
    size_t blank = len && line[0] == ' ', n = len - blank, i = 8;
    const char *s = line + blank;

    if (n < 20 || !digits(s, 2) || s[2] != ':' || !digits(s + 3, 2)
        || s[5] != ':' || !digits(s + 6, 2) || s[8] != ' ')
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
    if (n - i >= 5
        && (!memcmp(s + i, "(OUT)", 5) || !memcmp(s + i, "(ERR)", 5)))
        i += 5;
    if (i < n && s[i] == ' ')
        i++;
    return blank + i;
}

/* Length of involucro's "[Apr 29 07:34:49] SERR ", which says what a test in
 * a container printed; 0 if none. What it says itself has another word and
 * stays whole. */
static size_t involucro_length(const char *s, size_t n)
{
    static const char shape[] = "[Aaa 00 00:00:00] S";

    if (n < 22)
        return 0;
    for (size_t i = 0; i < sizeof(shape) - 1; i++) {
        bool fits = shape[i] == '0'
                        ? isdigit((unsigned char)s[i]) || s[i] == ' '
                    : shape[i] == 'A' ? isupper((unsigned char)s[i])
                    : shape[i] == 'a' ? islower((unsigned char)s[i])
                                      : s[i] == shape[i];

        if (!fits)
            return 0;
    }
    if (memcmp(s + 18, "SERR", 4) && memcmp(s + 18, "SOUT", 4))
        return 0;
    return 22 + (n > 22 && s[22] == ' ');
}

static size_t digit_run(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && s[i] >= '0' && s[i] <= '9')
        i++;
    return i;
}

/* Length of BuildKit's "#12 34.56 ", 0 if none. */
static size_t buildkit_length(const char *s, size_t n)
{
    static const char after[] = { ' ', '.', ' ' };
    size_t i = 1;

    if (!n || s[0] != '#')
        return 0;
    for (size_t k = 0; k < sizeof(after); k++) {
        size_t run = digit_run(s + i, n - i);

        i += run;
        if (!run || i >= n || s[i] != after[k])
            return 0;
        i++;
    }
    return i;
}

size_t strip_stamp(const char *s, size_t n, bool tabs, unsigned *seen)
{
    size_t at = 0, len = stamp_length(s, n);

    if (!len && tabs) {
        at = columns_length(s, n);
        len = stamp_length(s + at, n - at);
    }
    if (len)
        *seen |= SEEN_STAMP;
    return at + len;
}

size_t strip_wrappers(const char *s, size_t n)
{
    size_t at;

    if (!n || (s[0] > '9' && s[0] != '['))
        return 0;
    at = bracket_stamp_length(s, n);

    at += buildkit_length(s + at, n - at);
    at += bioconda_length(s + at, n - at);
    return at + involucro_length(s + at, n - at);
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
static enum mark long_mark(const char *s, size_t *skip, unsigned *seen)
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
        *seen |= SEEN_ACTIONS;
        *skip = (size_t)(end - s) + 2;
        return m;
    }
    if (strncmp(s, "##vso[", 6) || !(end = strchr(s, ']')))
        return MARK_NONE;
    *seen |= SEEN_AZURE;
    if (strncmp(s + 6, "task.logissue", 13))
        return MARK_NONE;
    m = strstr(s, "type=error") && strstr(s, "type=error") < end ? MARK_ERROR
                                                                 : MARK_WARNING;
    *skip = (size_t)(end - s) + 1;
    return m;
}

enum mark strip_mark(const char *s, size_t n, size_t *skip, unsigned *seen)
{
    if (n < 6 || !strip_may_mark(s))
        return MARK_NONE;
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        const char *text = marks[i].text;
        size_t len;

        if (s[0] != text[0] || s[2] != text[2] || s[3] != text[3])
            continue;
        len = strlen(text);
        if (n < len || memcmp(s, text, len))
            continue;
        *seen |= marks[i].seen;
        *skip = len;
        return marks[i].mark;
    }
    return s[0] == '[' ? MARK_NONE : long_mark(s, skip, seen);
}
