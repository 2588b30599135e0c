/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes of a log to clean lines. */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/clean.h"
#include "tests/unit/suite.h"

static void collect(void *user, const struct chunk *ch)
{
    for (size_t i = ch->fresh; i < ch->nr; i++) {
        struct line l = chunk_line(ch, i);

        ck_assert_uint_eq(strlen(l.text), l.len);
        strbuf_addf(user, "%d<%s>", (int)l.nr, l.text);
    }
}

/* What the cleaner makes of n bytes, fed `step` at a time. */
static char *cleaned(const void *p, size_t n, size_t step)
{
    struct strbuf b;
    struct cleaner *cl;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    cl = cleaner_new(collect, &b);
    for (size_t i = 0; i < n; i += step)
        cleaner_feed(cl, (const char *)p + i, n - i < step ? n - i : step);
    cleaner_end(cl);
    cleaner_free(cl);
    return b.buf;
}

static const struct {
    const char *in;
    size_t n;
    const char *out;
} cleanings[] = {
#define IN(s) s, sizeof(s) - 1
    { IN("a\nb"), "1<a>2<b>" },
    { IN("a\n"), "1<a>" },
    { IN(""), "" },
    { IN("\n\nx\n"), "1<>2<>3<x>" },
    { IN("a\r\nb\r\r\n"), "1<a>2<b>" },
    { IN(" 10%\r 50%\rdone\n"), "1<done>" },
    { IN("2026-08-14T06:41:00.1234567Z hello\n"), "1<hello>" },
    { IN("\xef\xbb\xbf"
         "2026-08-14T06:41:00.1Z hello\n"),
      "1<hello>" },
    { IN("build\tRun tests\t2026-08-14T06:41:00.1234567Z boo\n"), "1<boo>" },
    { IN("\x1b[1;31merror\x1b[0m: x\n"), "1<error: x>" },
    { IN("\x1b]8;;http://x\x07link\x1b]8;;\x07!\n"), "1<link!>" },
    { IN("\x1b]0;title\x1b\\text\n"), "1<text>" },
    { IN("[1;31mERROR[m] a[32m\n"), "1<ERROR] a>" },
    { IN("[main] INFO [5] a[i]\n"), "1<[main] INFO [5] a[i]>" },
    { IN("a\0b\0\n"), "1<ab>" },
    { IN("caf\xe9\n"), "1<caf\xc3\xa9>" },
    { IN("caf\xc3\xa9\n"), "1<caf\xc3\xa9>" },
    { IN("\xff\xfe"
         "h\0i\0\n\0x\0"),
      "1<hi>2<x>" },
    { IN("\xfe\xff"
         "\0h\0i\0\n\0x"),
      "1<hi>2<x>" },
    { IN("h\0i\0 \0y\0o\0u\0\n\0o\0k\0\n\0"), "1<hi you>2<ok>" },
    { IN("##[error]Bash exited\n"), "1<Bash exited>" },
    { IN("::error file=a.c,line=3::bad\n"), "1<bad>" },
    { IN("##vso[task.logissue type=error;]bad\n"), "1<bad>" },
    { IN("#12 34.56 a.c:1: x\n#12 DONE 3.1s\n#1 2.x y\n"),
      "1<a.c:1: x>2<#12 DONE 3.1s>3<#1 2.x y>" },
    { IN("14:32:11 BIOCONDA INFO (OUT) Error: x\n"), "1<Error: x>" },
    { IN("2026-08-14T06:41:00.1234567Z\n"), "1<>" },
    { IN("[2026-08-14T06:41:00Z] FAILED a\n"), "1<FAILED a>" },
    { IN("[2026-08-14T06:41:00Z\n"), "1<[2026-08-14T06:41:00Z>" },
    { IN("[] and what it should not be\n"), "1<[] and what it should not be>" },
};

START_TEST(test_clean)
{
    for (size_t step = 1; step < 5; step++) {
        char *s = cleaned(cleanings[_i].in, cleanings[_i].n, step);

        ck_assert_str_eq(s, cleanings[_i].out);
        free(s);
    }
}
END_TEST

START_TEST(test_clean_long_line)
{
    size_t n = LINE_MAX_BYTES * 3;
    char *p = xmalloc(n + 5), *s;

    memset(p, 'x', n);
    memcpy(p + n, "\nnext", 5);
    s = cleaned(p, n + 5, 1000);
    ck_assert_uint_lt(strlen(s), LINE_MAX_BYTES + 64);
    ck_assert_ptr_nonnull(strstr(s, "2<next>"));
    free(s);
    free(p);
}
END_TEST

/* Not in one piece, behind a log that has begun: the same lines. */
START_TEST(test_clean_in_pieces)
{
    static const char begun[] = "it begins like so many others\n"
                                "and goes on for more than a few bytes\n";
    size_t skip = sizeof(begun) - 1, n = skip + cleanings[_i].n;
    char *log = xmalloc(n + 1), *whole;

    memcpy(log, begun, skip);
    memcpy(log + skip, cleanings[_i].in, cleanings[_i].n + 1);
    whole = cleaned(log, n, n);
    for (size_t step = 1; step < 5; step++) {
        char *pieces = cleaned(log, n, step);

        ck_assert_str_eq(pieces, whole);
        free(pieces);
    }
    free(whole);
    free(log);
}
END_TEST

/* What is not taken as it is, and what comes of it. */
static const struct {
    const char *in, *out;
} odd[] = {
    { "\x1b[1m", "" },
    { "[1;31m", "" },
    { "[12]", "[12]" },
    { "[m]", "]" },
    { "[mm]", "[mm]" },
    { "\x07", "" },
    { "\x7f", "" },
    { "\t.", "\t." },
    { "caf\xe9", "caf\xc3\xa9" },
    { "caf\xc3\xa9", "caf\xc3\xa9" },
    { "\xe2\x97\x8f", "\xe2\x97\x8f" },
    { "\xe2\x97", "\xc3\xa2" },
    { "\xef\xbb\xbf", "\xef\xbb\xbf" },
    { "\xed\xa0\x80", "\xc3\xad\xc2\xa0" },
};

/* Wherever in a line it stands, and wherever the line does. */
START_TEST(test_clean_odd_byte)
{
    char log[400], expected[400];

    for (int before = 1; before < 90; before++)
        for (int into = 1; into < 70; into += 3) {
            char *s;
            int n = snprintf(log, sizeof(log), "%0*d\n%0*d%sz\r\n%070d\n",
                             before, 0, into, 0, odd[_i].in, 0);

            snprintf(expected, sizeof(expected), "1<%0*d>2<%0*d%sz>3<%070d>",
                     before, 0, into, 0, odd[_i].out, 0);
            s = cleaned(log, (size_t)n, (size_t)n);
            ck_assert_str_eq(s, expected);
            free(s);
        }
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { test_clean, ARRAY_SIZE(cleanings) },
        { test_clean_long_line, 1 },
        { test_clean_in_pieces, ARRAY_SIZE(cleanings) },
        { test_clean_odd_byte, ARRAY_SIZE(odd) },
    };

    return suite_cases("clean", cases, ARRAY_SIZE(cases));
}
