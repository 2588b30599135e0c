/* SPDX-License-Identifier: BSD-3-Clause */
/* Literals: which a pattern needs, and which a text holds. */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/condense.h"
#include "core/classify/literal.h"
#include "core/classify/rarity.h"
#include "core/classify/required.h"
#include "suite.h"

/* "a|b", with "i:" in front where case does not count; "-" for none. */
static char *shown(const char *pattern)
{
    struct required req;
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    if (!required_of(pattern, &req))
        strbuf_adds(&b, "-");
    if (req.nocase)
        strbuf_adds(&b, "i:");
    for (size_t i = 0; i < req.nr; i++) {
        strbuf_adds(&b, i ? "|" : "");
        strbuf_add(&b, req.items[i].s, req.items[i].n);
    }
    required_release(&req);
    return b.buf;
}

/* text: one that the pattern matches, NULL when only the set counts. */
static const struct {
    const char *pattern, *literals, *text;
} cases[] = {
    /* plain text, and what is fixed about it */
    { "nothing provides requested (?<spec>\\S+)", "nothing provides requested ",
      "x nothing provides requested y" },
    { "^a(?:b|c)zeta: (x)", "abzeta: x|aczeta: x", "aczeta: x" },
    { "foo\\.bar\\d+x", "foo.bar", "foo.bar1x" },
    { "ab", "-", "ab" },
    { "", "-", "" },
    { "q{wx}", "q{wx}", "q{wx}" },
    { "qwe{5x}", "qwe{5x}", "qwe{5x}" },
    { "zq\\x41\\x{42}\\0\\t", "zqAB\0\t", NULL },
    { "\\Qa.b(\\E plain", "a.b( plain", "a.b( plain" },
    /* what a group ends with goes on behind it */
    { "^(?<file>\\S+\\.zig):(?<line>\\d+)", ".zig:", "a.zig:1" },
    { "(?:\\d+qx|\\d+yz)=\\d", "qx=|yz=", "1qx=2" },
    { "(?:\\d+qx)?=wv", "=wv", "=wv" },
    { "(?:\\d+qx|\\w*)=wv", "=wv", "=wv" },
    { "(?:\\d+qxw)+=\\d", "qxw=", "1qxw2qxw=2" },
    { "(?=\\d+qxw)\\d+=wv", "qxw", NULL },
    /* alternatives */
    { "abcd|efgh", "abcd|efgh", "xefgh" },
    { "abcd|ef", "-", "ef" },
    { "abcd|", "-", "" },
    { "(?:abcd|efgh)+ijk", "abcdijk|efghijk", NULL },
    { "(?|(abcd)|(efgh))z", "abcdz|efghz", "efghz" },
    { "(jump|jumped) over", "jump over|jumped over", "jumped over" },
    { "jumps|jump", "jump", "jumps" },
    { "\\d\\.[ab]?[cd]?[ef]?5(?:0[0-4]|2[0-7])",
      "500|501|502|503|504|520|521|522|523|524|525|526|527", "1.ae526" },
    /* quantifiers */
    { "ab?c", "-", "ac" },
    { "abcd?efgh", "abcdefgh|abcefgh", "abcefgh" },
    { "colou{0,1}r is", "colour is|color is", "color is" },
    { "xabc*defgh", "defgh", "xabdefgh" },
    { "[abc]+x", "-", "bx" },
    { "x+yyy", "xyyy", "xxyyy" },
    { "qa{3}b", "qaaab", "qaaab" },
    { "qa{2,}b", "qaa", "xqaaab" },
    { "z(?:foo){0}barq", "barq", "zbarq" },
    { "z(?:foo)*+barq", "barq", "zfoofoobarq" },
    { "(?:ab){5}", "abababab", "ababababab" },
    { "qux{,3}", "-", NULL },
    { "qux{ 3 }", "-", NULL },
    /* classes */
    { "[Ff]atal [[:space:]]z", "Fatal |fatal ", "fatal  z" },
    { "q[^x]wxyz", "wxyz", "qawxyz" },
    { "qw[]x]e", "qw]e|qwxe", "qw]e" },
    { "qw[a-d]e", "qwae|qwbe|qwce|qwde", "qwce" },
    { "qw[a-i]rst", "rst", "qwerst" },
    { "qw[\\]\\-]e", "qw-e|qw]e", "qw-e" },
    { "qw[\\d_]rst", "rst", "qw_rst" },
    { "qw[[:]foo:]]bar", "-", NULL },
    /* case */
    { "(?i)Fatal.*", "i:fatal", "FATAL x" },
    { "(?i:abc)DEF", "i:abcdef", "aBcDEF" },
    { "a(?i)bc(?-i)de", "i:abcde", "aBCde" },
    { "(?:x(?i)abc|def)ghi", "i:xabcghi|defghi", "xABCghi" },
    { "(x(?i)y)abcd", "i:xyabcd", "xYabcd" },
    /* what takes no byte */
    { "\\bqaz\\b$", "qaz", "qaz" },
    { "qaz(?=wsx)", "wsx", "qazwsx" },
    { "(?=.*wsxedc)\\w+", "wsxedc", "a wsxedc" },
    { "(?<=wsxedc)\\d", "wsxedc", "wsxedc1" },
    { "(?!wsxedc)...", "-", "abc" },
    { "(?=wsxedc)?abc", "abc", "abc" },
    { "qaz(?#wsx)edc", "qazedc", "qazedc" },
    /* references, and what may be anything */
    { "(\\w+) zzz \\1", " zzz ", "a zzz a" },
    { "(?<q>\\w+) zzz \\k<q>\\g{1}", " zzz ", "a zzz aa" },
    { "(?<q>\\w) zzz (?P=q)(?&q)(?1)", " zzz ", "a zzz aaa" },
    { "\\p{L}zzz\\R\\pL", "zzz", NULL },
    /* blanks that count for nothing */
    { "(?x) a b  c # d\n d", "abcd", "abcd" },
    { "(?x) q w\\ e [ ] z", "qw e z", "qw e z" },
    { "(?x) abcd +", "abcd", "abcd" },
    { "(?x) abcd ?", "abc", "abc" },
    /* refused */
    { "x(a|b", "-", NULL },
    { "(?(1)abc|def)ghij", "-", NULL },
    { "(*ACCEPT)abcd", "-", NULL },
    { "\\Qabc\\E?", "-", "ab" },
    { "abc(?#)?", "-", "ab" },
    { "abc\\E?", "-", "ab" },
    { "(a)abc\\11", "-", NULL },
    { "\\oabc", "-", NULL },
    { "abc\\", "-", NULL },
    { "abc[d", "-", NULL },
};

START_TEST(test_sets)
{
    char *s = shown(cases[_i].pattern);

    ck_assert_str_eq(s, cases[_i].literals);
    free(s);
}
END_TEST

static bool matches(const char *pattern, const char *text)
{
    int error, rc;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                     0, &error, &at, NULL);
    pcre2_match_data *md = pcre2_match_data_create(1, NULL);

    ck_assert_msg(code != NULL, "%s: %d at %zu", pattern, error, (size_t)at);
    rc = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, md, NULL);
    pcre2_match_data_free(md);
    pcre2_code_free(code);
    return rc >= 0;
}

/* Literal i, and behind it what may stand there. */
static bool holds(const char *text, const struct required *req, size_t i)
{
    const struct literal_text *t = &req->items[i];

    for (; (text = req->nocase ? strcasestr(text, t->s) : strstr(text, t->s));
         text++)
        if (!bytes_any(&req->behind)
            || bytes_has(&req->behind, (unsigned char)text[t->n]))
            return true;
    return false;
}

/* PCRE2 is the judge of the table above: its texts do match, and hold one of
 * the literals. */
START_TEST(test_sound)
{
    const char *pattern = cases[_i].pattern, *text = cases[_i].text;
    struct required req;
    bool found = false;

    if (!text)
        return;
    ck_assert_msg(matches(pattern, text), "%s: %s", pattern, text);
    if (!required_of(pattern, &req))
        return;
    for (size_t i = 0; i < req.nr; i++)
        found |= holds(text, &req, i);
    ck_assert_msg(found, "%s: %s", pattern, text);
    required_release(&req);
}
END_TEST

/* behind: what may stand behind a literal, "$" for the end; "" for anything. */
static const struct {
    const char *pattern, *behind;
} followed[] = {
    { "\\w(?:Error|Exception)(?:: (?<e>.*))?$", "\n:$" },
    { "qwert.*$", "" },
    { "qwert", "" },
    { "qwert\\b", "" },
    { "qwert\\d+\\w", "0123456789" },
    { "qwert(?:x\\d|[yz]\\d)?!\\d", "!xyz" },
    { "qwert(?::|$)", "\n:$" },
    { "(?:qwert\\d*)+=", "0123456789=q" },
    { "(?i)\\d(?:qwert)?+\\d*qwert(?:x.|[^\\x01-\\xff]*)k", "KXkx$" },
    { "(?:qwert\\s|asdfg-+)\\d", "\t\n\v\f\r -0123456789" },
    { "(?=.*qwert)a.:", "" },
    { "(?:qwert|qwertz)\\d", "0123456789z" },
    { "(?i)qwert[:\\n]?\\s", "\t\n\v\f\r :" },
    { "(?:qwert|qwerty|asdf.)", "" },
    { "(?:qwert|asdf.)", "" },
};

START_TEST(test_behind)
{
    struct required req;
    char s[300], *to = s;

    ck_assert(required_of(followed[_i].pattern, &req));
    for (int c = 1; c < 256; c++)
        if (bytes_has(&req.behind, (unsigned char)c))
            *to++ = (char)c;
    if (bytes_has(&req.behind, 0))
        *to++ = '$';
    *to = '\0';
    ck_assert_str_eq(s, followed[_i].behind);
    required_release(&req);
}
END_TEST

/* As many alternatives as there may be literals keep what follows them. */
START_TEST(test_many)
{
    struct required req;

    ck_assert(required_of("^\\s*(?:[a-h][qx][wvz]|wsx): ", &req));
    ck_assert_uint_eq(req.nr, 49);
    for (size_t i = 0; i < req.nr; i++)
        ck_assert_uint_eq(req.items[i].n, 5);
    required_release(&req);
}
END_TEST

/* However it nests, the answer comes. */
START_TEST(test_hostile)
{
    struct strbuf b;
    char *s;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (int i = 0; i < 100000; i++)
        strbuf_adds(&b, "(");
    s = shown(b.buf);
    ck_assert_str_eq(s, "-");
    free(s);
    strbuf_clear(&b);
    for (int i = 0; i < 2000; i++)
        strbuf_adds(&b, "(?:abcd|efgh|ijkl)?[ab]{3}");
    s = shown(b.buf);
    free(s);
    strbuf_release(&b);
}
END_TEST

/* Each group of literals, and what finds them all. */
static const struct {
    const char *texts[6], *condensed;
} groups[] = {
    { { "no licence file found", "No licence files were found" },
      "o licence file" },
    { { "npm ERR! code EACCES", "disk quota exceeded", "npm ERR! code ENOENT" },
      "disk quota exceeded|npm ERR! code E" },
    /* one word of many tools, or a text that many lines hold */
    { { "the compiler is", "no compiler here" },
      "the compiler is|no compiler here" },
    { { "one: no such file or directory", "two: no such file or directory" },
      "one: no such file or directory|two: no such file or directory" },
    /* a repeated part */
    { { "qwe zxc qwe zxc qwe zxc", "qwe zxc qwe zxc" }, "qwe zxc qwe zxc" },
    { { "short", "sho" }, "short|sho" },
    { { "alone as it may be" }, "alone as it may be" },
    { { NULL }, "" },
};

START_TEST(test_condense)
{
    struct required req = { .nocase = false };
    struct strbuf b;

    for (size_t i = 0; groups[_i].texts[i]; i++) {
        struct required one;

        ck_assert(required_of(groups[_i].texts[i], &one));
        req.items = xrealloc(req.items, (req.nr + 1) * sizeof(*req.items));
        req.items[req.nr++] = one.items[0];
        free(one.items);
    }
    required_condense(&req);
    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < req.nr; i++)
        strbuf_addf(&b, "%s%s", i ? "|" : "", req.items[i].s);
    ck_assert_str_eq(b.buf, groups[_i].condensed);
    strbuf_release(&b);
    required_release(&req);
}
END_TEST

START_TEST(test_rarity)
{
    ck_assert(rarity_bits("error: ", 7, false)
              < rarity_bits("frobnic", 7, false));
    ck_assert(rarity_bits("failed to ", 10, false)
              < rarity_bits("nothing provides", 16, false));
    ck_assert(rarity_bits("    ", 4, false) < rarity_bits("qxzk", 4, false));
    ck_assert(rarity_bits("ERROR", 5, true) < rarity_bits("ERROR", 5, false));
}
END_TEST

/* ---- which of them a text holds ---------------------------------------- */

struct found {
    struct literals *ls;
    struct strbuf text;
};

static void note(void *user, unsigned word, size_t end)
{
    struct found *f = user;
    size_t nr;
    const int *ids = literals_ids(f->ls, word, &nr);

    ck_assert_uint_lt(word, literals_words(f->ls));
    for (size_t i = 0; i < nr; i++)
        strbuf_addf(&f->text, "%d@%zu ", ids[i], end);
}

static void scan(struct literals *ls, const char *text, size_t n,
                 const char *found)
{
    struct found f = { ls, { 0 } };

    strbuf_init(&f.text, STRBUF_UNBOUNDED);
    literals_scan(ls, text, n, note, &f);
    ck_assert_str_eq(f.text.buf, found);
    strbuf_release(&f.text);
}

START_TEST(test_literals)
{
    struct literals *ls = literals_new();

    literals_add(ls, "hers", 4, 0, 3);
    literals_add(ls, "Error:", 6, LITERAL_NOCASE, 4);
    literals_add(ls, "eRROR:", 6, LITERAL_NOCASE, 5);
    literals_add(ls, "tool", 4, LITERAL_ONCE, 6);
    literals_add(ls, "a.*b", 4, 0, 7);
    ck_assert_int_eq(literals_build(ls, NULL), 0);
    scan(ls, "ushers", 6, "3@6 ");
    scan(ls, "HERS", 4, "");
    scan(ls, "an ERROR: x", 11, "4@9 5@9 ");
    scan(ls, "tool tool", 9, "6@4 ");
    scan(ls, "axxb a.*b\0hers", 14, "7@9 3@14 ");
    scan(ls, "nothing", 7, "");
    scan(ls, "\1\2", 2, "");
    scan(ls, "", 0, "");
    literals_free(ls);
}
END_TEST

/* Where the same text is added for two, what may follow it is what may follow
 * it for one of them. */
START_TEST(test_literals_behind)
{
    struct literals *ls = literals_new();
    struct required req;

    required_of("zError$", &req);
    literals_add_required(ls, &req, 1);
    required_release(&req);
    required_of("Panic:\\d+|Fuss:\\d", &req);
    literals_add_required(ls, &req, 2);
    required_release(&req);
    required_of("Panic:x+", &req);
    literals_add_required(ls, &req, 3);
    required_release(&req);
    ck_assert_int_eq(literals_build(ls, NULL), 0);
    scan(ls, "zErrors", 7, "");
    scan(ls, "zErrors zError", 14, "1@14 ");
    scan(ls, "zError\0x", 8, "1@6 ");
    scan(ls, "Panic:y Panic:8 Fuss:", 21, "2@14 ");
    literals_free(ls);
}
END_TEST

START_TEST(test_no_literals)
{
    struct literals *ls = literals_new();

    literals_add(ls, "", 0, 0, 1);
    ck_assert_int_eq(literals_build(ls, NULL), 0);
    scan(ls, "text", 4, "");
    literals_free(ls);
}
END_TEST

/* ---- texts that share parts, against a search for each ------------------ */

#define WORDS 60
#define TEXT 400

struct naive {
    const char *text;
    unsigned char found[WORDS][TEXT + 1]; /* by end: 1: to be found, + 2:
                                             * found */
};

static const char *const stems[] = { "could not find ", "Could not ",  "abc",
                                     "Cannot find ",    "xyzzy xyzzy", "ab" };

static size_t random_text(char *to, size_t parts)
{
    to[0] = '\0';
    for (size_t i = 0; i < parts; i++)
        strcat(to, stems[rand() % (int)ARRAY_SIZE(stems)]);
    for (char *p = to; *p; p++)
        if (rand() % 40 == 0)
            *p = "aAbBzZ"[rand() % 6];
    return strlen(to);
}

static void on_naive(void *user, unsigned word, size_t end)
{
    struct naive *t = user;

    ck_assert_uint_lt(word, WORDS);
    ck_assert_uint_le(end, TEXT);
    t->found[word][end] |= 2;
}

/* Every place of every word, and no other; a word that is there twice counts
 * under its first name. */
START_TEST(test_cores)
{
    static char words[WORDS][64];
    bool nocase[WORDS];
    struct literals *ls = literals_new();
    static struct naive t;
    char text[TEXT + 1];
    size_t len, last = 0;

    srand((unsigned)_i);
    for (size_t w = 0; w < WORDS; w++) {
        size_t n = random_text(words[w], 1 + (size_t)rand() % 2), from;

        from = (size_t)rand() % (n / 2 + 1);
        memmove(words[w], words[w] + from, n - from + 1);
        nocase[w] = rand() % 2;
        literals_add(ls, words[w], strlen(words[w]),
                     nocase[w] ? LITERAL_NOCASE : 0, (int)w);
    }
    ck_assert_int_eq(literals_build(ls, NULL), 0);
    len = random_text(text, 18);
    memset(&t, 0, sizeof(t));
    literals_scan(ls, text, len, on_naive, &t);
    for (unsigned w = 0; w < WORDS; w++) {
        size_t nr;
        const int *ids = literals_ids(ls, w, &nr);
        const char *s = words[ids[0]];
        size_t n = strlen(s);

        if (w && nr < last)
            continue; /* named by the one before it */
        last = nr;
        for (size_t at = 0; at + n <= len; at++)
            if (!(nocase[ids[0]] ? strncasecmp(text + at, s, n)
                                 : strncmp(text + at, s, n)))
                t.found[w][at + n] |= 1;
        for (size_t end = 0; end <= len; end++)
            ck_assert_msg(t.found[w][end] % 3 == 0, "\"%s\" at %zu of \"%s\"",
                          s, end, text);
    }
    literals_free(ls);
}
END_TEST

int main(void)
{
    const struct suite_case all[] = {
        { test_sets, ARRAY_SIZE(cases) },
        { test_sound, ARRAY_SIZE(cases) },
        { test_behind, ARRAY_SIZE(followed) },
        { test_many, 1 },
        { test_hostile, 1 },
        { test_condense, ARRAY_SIZE(groups) },
        { test_rarity, 1 },
        { test_literals, 1 },
        { test_literals_behind, 1 },
        { test_no_literals, 1 },
        { test_cores, 40 },
    };

    return suite_cases("required", all, ARRAY_SIZE(all));
}
