/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words that go with failure, where they stand in the line, and what takes
 * their weight away. Must not know a single message of a single tool as
 * such: that would be a rule.
 */
#include <config.h>

#include "core/classify/weigh.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/classify/bytes16.h"

/* Only the first bytes of a line are looked at: what says that something is
 * wrong says it soon. */
#define LOOK_MAX ((size_t)600)
/* Places of one word in one line that are looked at. */
#define PLACES_MAX 4
/* The provider marked it; it names a place in a file; it calls itself a
 * warning. */
#define MARKED 72
#define LOCATED 10
#define WARNING 14

enum where {
    LABEL = 1, /* names what the line is: "x.c:3: error: y" */
    WORD,      /* a word of its own */
    START,     /* the line starts with it */
    ANYWHERE,
    ENDS_WORD, /* the end of a name: KeyError, IOException */
};

#define WAYS_MAX 3

/* Words that go with failure, and what they weigh in which place. */
static const struct sign {
    const char *literal;
    struct {
        enum where where;
        int weight;
    } ways[WAYS_MAX];
} signs[] = {
    { "error", { { LABEL, 80 }, { ENDS_WORD, 82 }, { WORD, 44 } } },
    { "fatal error", { { LABEL, 88 } } },
    { "fatal", { { LABEL, 85 }, { WORD, 44 } } },
    { "critical", { { LABEL, 70 } } },
    { "panic", { { LABEL, 85 } } },
    { "exception", { { LABEL, 75 }, { ENDS_WORD, 82 } } },
    { "failed", { { LABEL, 65 }, { WORD, 46 } } },
    { "failure", { { LABEL, 60 }, { WORD, 40 } } },
    { "fail", { { LABEL, 68 } } },
    { "not ok ", { { START, 68 } } },
    { "severe", { { LABEL, 60 } } },
    { "caused by: ", { { START, 84 } } },
    { "exception in thread", { { START, 86 } } },
    { "panicked at", { { ANYWHERE, 86 } } },
    { "segmentation fault", { { ANYWHERE, 84 } } },
    { "illegal instruction", { { ANYWHERE, 84 } } },
    { "core dumped", { { ANYWHERE, 80 } } },
    { "stack overflow", { { ANYWHERE, 80 } } },
    { "assertion", { { WORD, 70 } } },
    { "keyboardinterrupt", { { ANYWHERE, 60 } } },
    { "● ", { { START, 70 } } },
    { "undefined reference", { { ANYWHERE, 86 } } },
    { "undefined symbol", { { ANYWHERE, 84 } } },
    { "unresolved external", { { ANYWHERE, 86 } } },
    { "multiple definition of", { { ANYWHERE, 84 } } },
    { "cannot find -l", { { ANYWHERE, 86 } } },
    { "command not found", { { ANYWHERE, 82 } } },
    { "is not recognized as", { { ANYWHERE, 82 } } },
    { "no such file or directory", { { ANYWHERE, 66 } } },
    { "permission denied", { { ANYWHERE, 68 } } },
    { "no space left", { { ANYWHERE, 92 } } },
    { "out of memory", { { ANYWHERE, 86 } } },
    { "cannot allocate", { { ANYWHERE, 80 } } },
    { "no rule to make target", { { ANYWHERE, 82 } } },
    { "syntax error", { { ANYWHERE, 82 } } },
    { "connection refused", { { ANYWHERE, 70 } } },
    { "connection reset", { { ANYWHERE, 66 } } },
    { "timed out", { { ANYWHERE, 66 } } },
    { "no route to host", { { ANYWHERE, 70 } } },
    { "could not resolve", { { ANYWHERE, 74 } } },
    { "mismatch", { { WORD, 58 } } },
    { "unsatisfiable", { { ANYWHERE, 70 } } },
    { "nothing provides", { { ANYWHERE, 70 } } },
    { "conflicts with", { { ANYWHERE, 50 } } },
    { "failures", { { WORD, 40 } } },
    { "failing", { { WORD, 40 } } },
    { "errors", { { WORD, 36 } } },
    { "cannot", { { WORD, 50 } } },
    { "can't", { { ANYWHERE, 48 } } },
    { "could not", { { ANYWHERE, 52 } } },
    { "couldn't", { { ANYWHERE, 50 } } },
    { "unable to", { { ANYWHERE, 54 } } },
    { "not found", { { ANYWHERE, 50 } } },
    { "does not exist", { { ANYWHERE, 54 } } },
    { "doesn't exist", { { ANYWHERE, 54 } } },
    { "no such", { { ANYWHERE, 54 } } },
    { "not supported", { { ANYWHERE, 44 } } },
    { "unsupported", { { WORD, 44 } } },
    { "undefined", { { WORD, 50 } } },
    { "unexpected", { { WORD, 46 } } },
    { "invalid", { { WORD, 50 } } },
    { "illegal", { { WORD, 50 } } },
    { "denied", { { WORD, 50 } } },
    { "refused", { { WORD, 50 } } },
    { "missing", { { WORD, 44 } } },
    { "aborted", { { WORD, 40 } } },
    { "aborting", { { WORD, 30 } } },
    { "killed", { { WORD, 50 } } },
    { "crashed", { { WORD, 54 } } },
    { "violation", { { WORD, 46 } } },
    { "violations", { { WORD, 46 } } },
    { "expected", { { WORD, 40 } } },
    { "traceback (most recent", { { ANYWHERE, 40 } } },
};

/* Words behind which the line weighs no more than this: it says that
 * something failed and not what, or it went on after that. */
static const struct cap {
    const char *literal;
    bool label; /* only as one */
    int weight;
} caps[] = {
    { "exit code", false, 12 },
    { "exit status", false, 14 },
    { "exit-status", false, 14 },
    { "exited with", false, 10 },
    { "non-zero", false, 14 },
    { "nonzero", false, 14 },
    { "process completed", false, 4 },
    { "calledprocesserror", false, 18 },
    { "build failure", false, 14 },
    { "build failed", false, 20 },
    { "build stopped", false, 14 },
    { "*** [", false, 24 },
    { ": *** ", false, 60 },
    { "[help 1]", false, 50 },
    { "[error] [help", false, 2 },
    { "after correcting the problems", false, 2 },
    { "tests failed", false, 36 },
    { "some tests", false, 40 },
    { "full stack trace", false, 2 },
    { "full debug logging", false, 2 },
    { "for more information", false, 6 },
    { "complete log of this run", false, 2 },
    { "aborting due to", false, 20 },
    { "could not compile", false, 28 },
    { "errors occurred!", false, 26 },
    { "errors were encountered", false, 20 },
    { "command failed", false, 24 },
    { "there are test failures", false, 44 },
    { "please refer to", false, 6 },
    { "something went wrong", false, 40 },
    { "failed to execute goal", false, 48 },
    { "error generated", false, 10 },
    { "errors generated", false, 10 },
    { "warning", true, 14 },
    { "warn", true, 14 },
    { "note", true, 10 },
    { "info", true, 28 },
    { "debug", true, 6 },
    { "deprecat", false, 12 },
    { "retrying", false, 24 },
    { "will retry", false, 24 },
    { "(ignored)", false, 8 },
    { "ignoring", false, 12 },
    { "continuing", false, 16 },
    { "skipping", false, 12 },
    { "skipped", false, 40 },
    { "using default", false, 12 },
    { "no error", false, 4 },
    { "no errors", false, 4 },
    { "0 error", false, 50 },
    { "non-fatal", false, 6 },
    { "expected failure", false, 8 },
    { "passed", false, 56 },
    { "git config", false, 4 },
    { "safe.directory", false, 4 },
    { "::error", false, 70 },
};

/* A line's beginning, as it stands and in lower case. */
struct look {
    char text[LOOK_MAX + 16], lower[LOOK_MAX + 16];
    size_t n;
};

/* The next place of a lower-case word at or behind from; NULL: none. */
static const char *find(const struct look *l, const char *word,
                        const char *from)
{
    const char *at = strstr(l->lower + (from - l->text), word);

    return at ? l->text + (at - l->lower) : NULL;
}

_Static_assert(ARRAY_SIZE(signs) <= WEIGH_SIGNS_MAX, "too many signs");

const char *weigh_sign(size_t i)
{
    return i < ARRAY_SIZE(signs) ? signs[i].literal : NULL;
}

const char *weigh_cap(size_t i)
{
    return i < ARRAY_SIZE(caps) ? caps[i].literal : NULL;
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool word_starts(const char *s, const char *at)
{
    return at == s || !(is_name(at[-1]) || strchr("-./\\$@", at[-1]));
}

static bool word_ends(const char *end)
{
    return !is_name(*end) && !(strchr("-/\\(=_", *end) && *end)
           && !(*end == '.' && is_name(end[1]));
}

/* The label ends here: ':' or what closes a bracket, maybe behind a code
 * ("error[E0308]:", "error C2065:", "ERROR]", "fatal error LNK1120:"). */
static bool label_ends(const char *end)
{
    size_t n;

    if (*end == '[') {
        n = strcspn(end, "]");
        end += n + (end[n] == ']');
    } else if (*end == ' ' && isupper((unsigned char)end[1])) {
        n = 1 + strspn(end + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (isdigit((unsigned char)end[n]))
            end += n + strspn(end + n, "0123456789");
    }
    while (*end == '*')
        end++;
    if (!*end || !strchr(":]!)|>", *end))
        return false;
    while (*end && !isalnum((unsigned char)*end) && !(*end & 0x80))
        end++;
    return *end != '\0';
}

/* "file.c:12:3: ", "File.java:[3,4] ", "file.cpp(12): ": says where. */
static bool says_where(const char *s, const char *at)
{
    for (const char *p = s; p + 1 < at; p++)
        if (strchr(":(,", *p) && isdigit((unsigned char)p[1]) && p > s) {
            const char *q = p + 1 + strspn(p + 1, "0123456789,");

            if (q < at && (*q == ':' || *q == ')' || *q == ']')
                && (is_name(p[-1]) || p[-1] == ':' || p[-1] == '['))
                return true;
        }
    return false;
}

/* What stands before a label: nothing, brackets, times, names of tools and
 * places, each with a colon or in brackets. No sentence. */
static bool label_starts(const char *s, const char *at)
{
    size_t words = 0;

    if (at - s > 200)
        return false;
    for (const char *p = s; p < at; p++) {
        if (*p == ' ' && p > s && isalpha((unsigned char)p[-1]))
            words++;
        if (*p == '"' || *p == '\'' || *p == '=' || *p == '`')
            return false;
    }
    return words <= 1 || says_where(s, at);
}

/* Upper case at the start needs no colon: "ERROR something", "FAILED tests/
 * a.py". */
static bool shouts(const char *s, const char *at, const char *end)
{
    for (const char *p = at; p < end; p++)
        if (!isupper((unsigned char)*p))
            return false;
    return *end == ' ' && at - s <= 24 && !strchr(" =", end[1]);
}

static bool is_label(const char *s, const char *at, const char *end)
{
    return word_starts(s, at) && !is_name(*end) && label_starts(s, at)
           && (label_ends(end) || shouts(s, at, end));
}

/* A name that ends so and starts the line or its message: "KeyError: 'x'",
 * "E   ValueError: y", "java.io.IOException: z". */
static bool is_type(const char *s, const char *at, const char *end)
{
    const char *start = at;

    if (*end != ':' && *end != '\0' && *end != ' ')
        return false;
    while (start > s
           && (is_name(start[-1]) || start[-1] == '.' || start[-1] == '$'))
        start--;
    if (start == at || !isupper((unsigned char)*at))
        return false;
    for (const char *p = s; p < start; p++)
        if (!strchr("E >:[]-*", *p) && start - s > 40)
            return false;
    return *end == ':' || start == s;
}

static bool holds(enum where where, const char *s, const char *at,
                  const char *end)
{
    switch (where) {
    case LABEL:
        return is_label(s, at, end);
    case WORD:
        return word_starts(s, at) && word_ends(end);
    case START:
        return at == s;
    case ENDS_WORD:
        return at > s && is_type(s, at, end);
    default:
        return true;
    }
}

static int most_of(const struct sign *g)
{
    int most = 0;

    for (size_t k = 0; k < WAYS_MAX && g->ways[k].where; k++)
        if (g->ways[k].weight > most)
            most = g->ways[k].weight;
    return most + LOCATED;
}

/* What the sign weighs at the heaviest of its places. */
static int weight_of(const struct sign *g, const struct look *l)
{
    size_t len = strlen(g->literal);
    const char *s = l->text, *at = s;
    int heaviest = 0;

    for (int i = 0; i < PLACES_MAX && (at = find(l, g->literal, at));
         i++, at += len)
        for (size_t k = 0; k < WAYS_MAX && g->ways[k].where; k++) {
            int w = g->ways[k].weight;

            if (w <= heaviest || !holds(g->ways[k].where, s, at, at + len))
                continue;
            if (g->ways[k].where == LABEL && says_where(s, s + l->n))
                w += LOCATED;
            heaviest = w;
        }
    return heaviest;
}

struct capping {
    const struct look *look;
    struct literals *literals;
    int least;
};

static void put_cap(struct capping *cp, const struct cap *c)
{
    size_t len = strlen(c->literal);
    const struct look *l = cp->look;
    const char *at;

    if (c->weight >= cp->least)
        return;
    at = find(l, c->literal, l->text);
    if (at && (!c->label || is_label(l->text, at, at + len)))
        cp->least = c->weight;
}

static void on_cap(void *user, unsigned word, size_t end)
{
    struct capping *cp = user;
    size_t nr;
    const int *ids = literals_ids(cp->literals, word, &nr);

    (void)end;
    for (size_t i = 0; i < nr; i++)
        put_cap(cp, &caps[ids[i]]);
}

static int cap_of(const struct look *l, struct literals *literals)
{
    struct capping cp = { l, literals, WEIGHT_MAX };

    for (size_t i = 0; !literals && i < ARRAY_SIZE(caps); i++)
        put_cap(&cp, &caps[i]);
    if (literals)
        literals_scan(literals, l->text, l->n, on_cap, &cp);
    return cp.least;
}

/* Code that is shown, tests that passed, probes that may fail: no word of
 * these lines is about this job. */
static bool is_quiet(const char *s, size_t n)
{
    static const char *const starts[] = {
        "raise ",
        "throw ",
        "except ",
        "except:",
        "catch ",
        "} catch",
        "return ",
        "if ",
        "elif ",
        "else ",
        "assert ",
        "def ",
        "class ",
        "import ",
        "from ",
        "#",
        "//",
        "/*",
        "* ",
        "<!--",
        "checking ",
        "✓",
        "✔",
        "√",
        "-- Looking",
        "-- Performing",
        "-- Check",
        "-- Could NOT find",
        "-- Found",
        "ok ",
        "PASS",
        "XFAIL",
        "xfail",
        "SKIP",
        "+ ",
        "++ ",
        "at ",
        "- name:",
        "^",
        "|",
        "~",
        "echo ",
        "set ",
        "export ",
        "Downloading ",
        "Downloaded ",
        "Collecting ",
        "Requirement already",
        "using ",
        "cc ",
        "gcc ",
        "g++ ",
        "clang",
        "hint: ",
    };
    static const char *const ends[] = {
        " ok",    "PASSED",   "... OK",  ".. Passed", "(expected)",
        "[ OK ]", " Skipped", "SKIPPED", " passed",   " success",
    };

    for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
        if (*s == *starts[i] && !strncmp(s, starts[i], strlen(starts[i])))
            return true;
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        size_t k = strlen(ends[i]);

        if (n >= k && !memcmp(s + n - k, ends[i], k))
            return true;
    }
    return false;
}

/* "0 failed", "Failures: 0, Errors: 0", "errors=0": counts, and none of them
 * other than nought. */
static bool counts_nothing(const struct look *l)
{
    const char *s = l->text;
    static const char *const words[] = { "failed", "failures", "failure",
                                         "errors", "error" };
    bool zero = false;

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        size_t len = strlen(words[i]);
        const char *at = find(l, words[i], s), *end;

        if (!at)
            continue;
        end = at + len;
        end += strspn(end, ":= \t");
        if (at - s >= 2 && at[-1] == ' ' && isdigit((unsigned char)at[-2])) {
            if (at[-2] != '0' || (at - s > 2 && isdigit((unsigned char)at[-3])))
                return false;
            zero = true;
        } else if (isdigit((unsigned char)*end)) {
            if (strtol(end, NULL, 10))
                return false;
            zero = true;
        }
    }
    return zero;
}

static void look_at(struct look *l, const char *s, size_t n)
{
    l->n = n;
    memcpy(l->text, s, n);
    memset(l->text + n, 0, 16);
    for (size_t i = 0; i <= n; i += 16) {
        bytes16 v = bytes16_load(l->text + i);

        v += bytes16_below(v - bytes16_all('A'), 26) & bytes16_all(32);
        memcpy(l->lower + i, &v, sizeof(v));
    }
}

/* "warning" as a label, or the end of one: "DeprecationWarning: ". */
bool weigh_warns(const char *s)
{
    size_t n = strnlen(s, LOOK_MAX);
    struct look look;
    const char *at;

    while (n && !isalnum((unsigned char)*s) && !strchr("/\\", *s)) {
        s++;
        n--;
    }
    if (!strncasecmp(s, "warn", 4))
        return true;
    look_at(&look, s, n);
    at = find(&look, "warning", look.text);
    if (!at || memmem(look.lower, (size_t)(at - look.text), "error", 5)
        || memmem(look.lower, (size_t)(at - look.text), "fatal", 5))
        return false;
    return is_label(look.text, at, at + 7)
           || (at > look.text && is_name(at[-1]) && at[7] == ':'
               && says_where(look.text, look.text + n));
}

int weigh_line(const struct line *l, const int *seen, size_t nr,
               struct literals *cap_literals)
{
    size_t indent = strspn(l->text, " \t");
    int weight = l->mark == MARK_ERROR ? MARKED : 0, cap;
    struct look look;
    size_t n;

    if (indent > l->len || (!nr && !weight))
        return 0;
    n = l->len - indent < LOOK_MAX ? l->len - indent : LOOK_MAX;
    if (l->mark != MARK_ERROR && is_quiet(l->text + indent, n))
        return 0;
    look_at(&look, l->text + indent, n);
    for (size_t i = 0; i < nr; i++) {
        const struct sign *g = &signs[seen[i]];
        int w = most_of(g) > weight ? weight_of(g, &look) : 0;

        if (indent >= 8 && w < 60)
            w -= 8;
        weight = w > weight ? w : weight;
    }
    if (!weight || counts_nothing(&look))
        return 0;
    cap = l->mark == MARK_WARNING ? WARNING : cap_of(&look, cap_literals);
    return weight < cap ? weight : cap;
}
