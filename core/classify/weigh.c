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

/* Only the first bytes of a line are looked at: what says that something is
 * wrong says it soon. */
#define LOOK_MAX ((size_t)600)

enum where {
    LABEL,                      /* names what the line is: "x.c:3: error: y" */
    WORD,                       /* a word of its own */
    START,                      /* the line starts with it */
    ANYWHERE,
    ENDS_WORD,                  /* the end of a name: KeyError, IOException */
    CAP,                        /* anywhere: the line weighs no more */
    CAP_LABEL,
};

static const struct sign {
    const char *literal;
    enum where where;
    int weight;
} signs[] = {
    /* the line calls itself an error */
    { "error", LABEL, 80 },
    { "fatal error", LABEL, 88 },
    { "fatal", LABEL, 85 },
    { "critical", LABEL, 70 },
    { "panic", LABEL, 85 },
    { "exception", LABEL, 75 },
    { "failed", LABEL, 65 },
    { "failure", LABEL, 60 },
    { "fail", LABEL, 68 },
    { "not ok ", START, 68 },
    { "severe", LABEL, 60 },

    /* exceptions and crashes */
    { "error", ENDS_WORD, 82 },
    { "exception", ENDS_WORD, 82 },
    { "caused by: ", START, 84 },
    { "exception in thread", START, 86 },
    { "panicked at", ANYWHERE, 86 },
    { "segmentation fault", ANYWHERE, 84 },
    { "illegal instruction", ANYWHERE, 84 },
    { "core dumped", ANYWHERE, 80 },
    { "stack overflow", ANYWHERE, 80 },
    { "assertion", WORD, 70 },
    { "keyboardinterrupt", ANYWHERE, 60 },
    { "● ", START, 70 },

    /* what linkers, shells and kernels say without the word error */
    { "undefined reference", ANYWHERE, 86 },
    { "undefined symbol", ANYWHERE, 84 },
    { "unresolved external", ANYWHERE, 86 },
    { "multiple definition of", ANYWHERE, 84 },
    { "cannot find -l", ANYWHERE, 86 },
    { "command not found", ANYWHERE, 82 },
    { "is not recognized as", ANYWHERE, 82 },
    { "no such file or directory", ANYWHERE, 66 },
    { "permission denied", ANYWHERE, 68 },
    { "no space left", ANYWHERE, 92 },
    { "out of memory", ANYWHERE, 86 },
    { "cannot allocate", ANYWHERE, 80 },
    { "no rule to make target", ANYWHERE, 82 },
    { "syntax error", ANYWHERE, 82 },
    { "connection refused", ANYWHERE, 70 },
    { "connection reset", ANYWHERE, 66 },
    { "timed out", ANYWHERE, 66 },
    { "no route to host", ANYWHERE, 70 },
    { "could not resolve", ANYWHERE, 74 },
    { "mismatch", WORD, 58 },
    { "unsatisfiable", ANYWHERE, 70 },
    { "nothing provides", ANYWHERE, 70 },
    { "conflicts with", ANYWHERE, 50 },
    { "requires", WORD, 20 },

    /* words of failure in a sentence */
    { "failed", WORD, 46 },
    { "failure", WORD, 40 },
    { "failures", WORD, 40 },
    { "failing", WORD, 40 },
    { "error", WORD, 44 },
    { "errors", WORD, 36 },
    { "fatal", WORD, 44 },
    { "cannot", WORD, 50 },
    { "can't", ANYWHERE, 48 },
    { "could not", ANYWHERE, 52 },
    { "couldn't", ANYWHERE, 50 },
    { "unable to", ANYWHERE, 54 },
    { "not found", ANYWHERE, 50 },
    { "does not exist", ANYWHERE, 54 },
    { "doesn't exist", ANYWHERE, 54 },
    { "no such", ANYWHERE, 54 },
    { "not supported", ANYWHERE, 44 },
    { "unsupported", WORD, 44 },
    { "undefined", WORD, 50 },
    { "unexpected", WORD, 46 },
    { "unknown", WORD, 34 },
    { "invalid", WORD, 50 },
    { "illegal", WORD, 50 },
    { "denied", WORD, 50 },
    { "refused", WORD, 50 },
    { "missing", WORD, 44 },
    { "aborted", WORD, 40 },
    { "aborting", WORD, 30 },
    { "killed", WORD, 50 },
    { "crashed", WORD, 54 },
    { "violation", WORD, 46 },
    { "violations", WORD, 46 },
    { "expected", WORD, 40 },
    { "must be", ANYWHERE, 30 },
    { "traceback (most recent", ANYWHERE, 40 },

    /* it says that something failed, and not what */
    { "exit code", CAP, 12 },
    { "exit status", CAP, 14 },
    { "exit-status", CAP, 14 },
    { "exited with", CAP, 10 },
    { "non-zero", CAP, 14 },
    { "nonzero", CAP, 14 },
    { "process completed", CAP, 4 },
    { "calledprocesserror", CAP, 18 },
    { "build failure", CAP, 14 },
    { "build failed", CAP, 20 },
    { "build stopped", CAP, 14 },
    { "*** [", CAP, 24 },
    { ": *** ", CAP, 60 },
    { "[help 1]", CAP, 50 },
    { "[error] [help", CAP, 2 },
    { "after correcting the problems", CAP, 2 },
    { "tests failed", CAP, 36 },
    { "some tests", CAP, 40 },
    { "full stack trace", CAP, 2 },
    { "full debug logging", CAP, 2 },
    { "for more information", CAP, 6 },
    { "complete log of this run", CAP, 2 },
    { "aborting due to", CAP, 20 },
    { "could not compile", CAP, 28 },
    { "errors occurred!", CAP, 26 },
    { "errors were encountered", CAP, 20 },
    { "command failed", CAP, 24 },
    { "there are test failures", CAP, 44 },
    { "please refer to", CAP, 6 },
    { "something went wrong", CAP, 40 },
    { "failed to execute goal", CAP, 48 },
    { "error generated", CAP, 10 },
    { "errors generated", CAP, 10 },

    /* it went on after that */
    { "warning", CAP_LABEL, 14 },
    { "warn", CAP_LABEL, 14 },
    { "note", CAP_LABEL, 10 },
    { "info", CAP_LABEL, 28 },
    { "debug", CAP_LABEL, 6 },
    { "deprecat", CAP, 12 },
    { "retrying", CAP, 24 },
    { "will retry", CAP, 24 },
    { "(ignored)", CAP, 8 },
    { "ignoring", CAP, 12 },
    { "continuing", CAP, 16 },
    { "skipping", CAP, 12 },
    { "skipped", CAP, 40 },
    { "using default", CAP, 12 },
    { "no error", CAP, 4 },
    { "no errors", CAP, 4 },
    { "0 error", CAP, 50 },
    { "non-fatal", CAP, 6 },
    { "expected failure", CAP, 8 },
    { "passed", CAP, 56 },
    { "git config", CAP, 4 },
    { "safe.directory", CAP, 4 },
    { "::error", CAP, 70 },
};

const char *weigh_literal(size_t i)
{
    return i < ARRAY_SIZE(signs) ? signs[i].literal : NULL;
}

bool weigh_raises(size_t i)
{
    return signs[i].where < CAP && signs[i].weight >= WEIGHT_LEAST;
}

size_t weigh_literals(void)
{
    return ARRAY_SIZE(signs);
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
    return !is_name(*end) && !(strchr("-/\\(=_", *end) && *end) &&
           !(*end == '.' && is_name(end[1]));
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

            if (q < at && (*q == ':' || *q == ')' || *q == ']') &&
                (is_name(p[-1]) || p[-1] == ':' || p[-1] == '['))
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
    return word_starts(s, at) && !is_name(*end) && label_starts(s, at) &&
           (label_ends(end) || shouts(s, at, end));
}

/* A name that ends so and starts the line or its message: "KeyError: 'x'",
 * "E   ValueError: y", "java.io.IOException: z". */
static bool is_type(const char *s, const char *at, const char *end)
{
    const char *start = at;

    if (*end != ':' && *end != '\0' && *end != ' ')
        return false;
    while (start > s && (is_name(start[-1]) || start[-1] == '.' ||
                         start[-1] == '$'))
        start--;
    if (start == at || !isupper((unsigned char)*at))
        return false;
    for (const char *p = s; p < start; p++)
        if (!strchr("E >:[]-*", *p) && start - s > 40)
            return false;
    return *end == ':' || start == s;
}

static bool holds(const struct sign *g, const char *s, const char *at)
{
    const char *end = at + strlen(g->literal);

    switch (g->where) {
    case LABEL:
    case CAP_LABEL:
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

/* Whether one of the places of the literal in the line will do. */
static const char *find(const struct sign *g, const char *s)
{
    size_t n = strlen(g->literal);
    const char *at = s;
    int tries = 0;

    while (tries++ < 4 && (at = strcasestr(at, g->literal))) {
        if (holds(g, s, at))
            return at;
        at += n;
    }
    return NULL;
}

/* Code that is shown, tests that passed, probes that may fail: no word of
 * these lines is about this job. */
static bool is_quiet(const char *s, size_t n)
{
    static const char *const starts[] = {
        "raise ", "throw ", "except ", "except:", "catch ", "} catch",
        "return ", "if ", "elif ", "else ", "assert ", "def ", "class ",
        "import ", "from ", "#", "//", "/*", "* ", "<!--", "checking ",
        "✓", "✔", "√", "-- Looking", "-- Performing", "-- Check", "-- Could NOT find",
        "-- Found", "ok ", "PASS", "XFAIL", "xfail", "SKIP", "+ ", "++ ",
        "at ", "- name:", "^", "|", "~", "echo ", "set ", "export ",
        "Downloading ", "Downloaded ", "Collecting ", "Requirement already",
        "using ", "cc ", "gcc ", "g++ ", "clang", "hint: ",
    };
    static const char *const ends[] = {
        " ok", "PASSED", "... OK", ".. Passed", "(expected)", "[ OK ]",
        " Skipped", "SKIPPED", " passed", " success",
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
static bool counts_nothing(const char *s)
{
    static const char *const words[] = { "failed", "failures", "failure",
                                         "errors", "error" };
    bool zero = false;

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        const char *at = strcasestr(s, words[i]), *end;

        if (!at)
            continue;
        end = at + strlen(words[i]);
        end += strspn(end, ":= \t");
        if (at - s >= 2 && at[-1] == ' ' && isdigit((unsigned char)at[-2])) {
            if (at[-2] != '0' || (at - s > 2 &&
                                  isdigit((unsigned char)at[-3])))
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

int weigh_line(const struct line *l, const int *seen, size_t nr)
{
    char text[LOOK_MAX + 1];
    size_t indent = strspn(l->text, " \t"), n = l->len - indent;
    int weight = l->mark == MARK_ERROR ? 72 : 0, cap = WEIGHT_MAX;

    if (indent > l->len || (!nr && !weight))
        return 0;
    if (n > LOOK_MAX)
        n = LOOK_MAX;
    memcpy(text, l->text + indent, n);
    text[n] = '\0';
    if (l->mark != MARK_ERROR && is_quiet(text, n))
        return 0;
    for (size_t i = 0; i < nr; i++) {
        const struct sign *g = &signs[seen[i]];
        const char *at = find(g, text);
        int w = g->weight;

        if (!at)
            continue;
        if (g->where >= CAP) {
            cap = w < cap ? w : cap;
            continue;
        }
        if (g->where == LABEL && says_where(text, text + n))
            w += 10;
        if (indent >= 8 && w < 60)
            w -= 8;
        weight = w > weight ? w : weight;
    }
    if (weight && counts_nothing(text))
        return 0;
    if (l->mark == MARK_WARNING)
        cap = cap < 14 ? cap : 14;
    return weight < cap ? weight : cap;
}
