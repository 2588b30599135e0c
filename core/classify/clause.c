/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words of solvers. Must not remember the line before.
 */
#include <config.h>

#include "core/classify/clause.h"

#include <ctype.h>
#include <string.h>

#include "core/base/mem.h"

const char *const clause_triggers[] = {
    "The following package",
    "Could not solve for environment specs",
    "problems while solving",
    "Mamba failed to solve",
    "Cannot solve the request",
    "No candidates were found for",
    "because there are no viable options",
    "installable because it",
    "is installable with the potential",
    "is installable and it requires",
    "is requested and can be installed",
    "does not exist (perhaps",
    "which conflicts with any installable",
    "nothing provides ",
    "none of the providers can be installed",
    "is excluded by strict repo priority",
    "has constraint ",
    "can be installed with any of the following options",
    "Unsatisfiable dependencies for platform",
    "cannot install both ",
    NULL
};

/* What stands before these words is what they speak of. The first that is
 * in a line counts, so the longer ones stand first. */
static const struct {
    const char *words;
    enum clause_kind kind;
    bool options;
} verdicts[] = {
    /* libmamba, of what was asked for */
    { " is installable and it requires", CLAUSE_FITS, false },
    { " is installable with the potential options", CLAUSE_FITS, true },
    { " is requested and can be installed", CLAUSE_FITS, false },
    { "installable because it conflicts with", CLAUSE_COLLIDES, false },
    { "installable because there are no viable", CLAUSE_FAILS, true },
    { "installable because it requires", CLAUSE_FAILS, false },
    { " does not exist (perhaps a typo", CLAUSE_ABSENT, false },
    /* resolvo */
    { ", which can be installed with any of", CLAUSE_GOOD, true },
    { " can be installed with any of the following options", CLAUSE_FITS,
      true },
    { ", which cannot be installed because there are no", CLAUSE_NEEDS, true },
    { " cannot be installed because there are no viable", CLAUSE_FAILS, true },
    { ", for which no candidates were found", CLAUSE_MISSING, false },
    { ", which conflicts with the versions reported", CLAUSE_CONFLICT, false },
    { " is excluded because ", CLAUSE_EXCLUDED, false },
    { " is locked, but another version is required", CLAUSE_LOCKED, false },
    { " cannot be fulfilled", CLAUSE_LOCKED, false },
    /* libmamba, below */
    { ", which does not exist (perhaps", CLAUSE_MISSING, false },
    { " does not exist (perhaps", CLAUSE_MISSING, false },
    { ", which is missing on the system", CLAUSE_SYSTEM, false },
    { " is missing on the system", CLAUSE_SYSTEM, false },
    { ", which conflicts with any installable", CLAUSE_CONFLICT, false },
    { " conflicts with any installable versions", CLAUSE_CONFLICT, false },
    { " (as previously explained)", CLAUSE_SEEN, false },
    { ", which can be installed", CLAUSE_GOOD, false },
    { ", which requires", CLAUSE_NEEDS, false },
    { " would require", CLAUSE_NEEDS, false },
    { " would constrain", CLAUSE_NEEDS, false },
    { " with the potential options", CLAUSE_NEEDS, true },
    { " but there are no viable options", CLAUSE_NEEDS, true },
};

/* What stands behind these, up to `until`, is what they speak of; what
 * stands behind that is the other. */
static const struct {
    const char *words, *until;
    enum clause_kind kind;
} sentences[] = {
    { "nothing provides requested ", NULL, CLAUSE_ABSENT },
    { "No candidates were found for ", NULL, CLAUSE_ABSENT },
    { "cannot install both ", " and ", CLAUSE_FILE_EXCLUSIVE },
    { "package ", " is excluded by strict repo priority",
      CLAUSE_FILE_PRIORITY },
    { "package ", " requires ", CLAUSE_FILE_UNFIT },
    { "package ", " has constraint ", CLAUSE_FILE_EXCLUSIVE },
    { "package ", " conflicts with ", CLAUSE_FILE_EXCLUSIVE },
};

static const char *const heads[] = {
    "The following packages are incompatible",
    "The following package could not be installed",
    "The following packages could not be installed",
    "Could not solve for environment specs",
    "problems while solving",
    "Mamba failed to solve",
    "The reported errors are",
    "Cannot solve the request because of",
    "failed to solve the environment",
};

bool clause_is_branch(const char *s)
{
    s += strspn(s, " ");
    /* a code page that has no branches makes question marks of them */
    return (*s & 0x80) || (*s == '?' && (s[1] == '?' || s[1] == ' '));
}

bool clause_starts_node(const char *s)
{
    if (clause_is_branch(s))
        return true;
    while (*s == ' ')
        s++;
    return (*s == '-' && (s[1] == ' ' || !s[1])) || (*s == '|' && s[1] == '-');
}

/* Past blanks, dashes and branches, however they were drawn. */
static const char *text_of(const char *s, size_t *column)
{
    *column = 0;
    for (; *s && !isalnum((unsigned char)*s) && *s != '_'; s++)
        if ((*s & 0xc0) != 0x80)
            ++*column;
    return s;
}

static bool ends_in(const char *s, size_t n, const char *end)
{
    size_t len = strlen(end);

    return n >= len && !memcmp(s + n - len, end, len);
}

bool clause_is_complete(const char *s)
{
    static const char *const ends[] = {
        ";",
        ".",
        ":",
        " requires",
        " require",
        " constrain",
        " options",
        " can be installed",
        " priority",
        "incompatible",
        " could not be installed",
        " installable versions previously reported",
        "specs",
    };
    size_t n = strlen(s);

    while (n && s[n - 1] == ' ')
        n--;
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (ends_in(s, n, ends[i]))
            return true;
    return false;
}

static bool read_verdict(struct clause *c, const char *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
        const char *at = strstr(s, verdicts[i].words);

        if (!at || at == s)
            continue;
        c->kind = verdicts[i].kind;
        c->options = verdicts[i].options;
        c->known = strlen(verdicts[i].words);
        c->spec = s;
        c->spec_n = (size_t)(at - s);
        if (c->kind == CLAUSE_EXCLUDED) {
            c->other = at + strlen(verdicts[i].words);
            c->other_n = strlen(c->other);
        }
        if (ends_in(s, c->spec_n, " is not "))
            c->spec_n -= 8;
        else if (ends_in(s, c->spec_n, " is un"))
            c->spec_n -= 6;
        if (!strncmp(s, "the constraint ", 15) && c->spec_n > 15) {
            c->spec += 15;
            c->spec_n -= 15;
        }
        return true;
    }
    return false;
}

/* "nothing provides X needed by P": told of P. */
static bool read_needed(struct clause *c, const char *s)
{
    const char *at = strstr(s, "nothing provides ");
    const char *by = at ? strstr(at, " needed by ") : NULL;

    if (!by || by < at + 17)
        return false;
    c->kind = CLAUSE_FILE_WANTS;
    c->other = at + 17;
    c->other_n = (size_t)(by - c->other);
    c->spec = by + 11;
    c->spec_n = strcspn(c->spec, " ");
    return true;
}

static bool read_set(struct clause *c, const char *s)
{
    static const char words[] = "Unsatisfiable dependencies for platform ";
    const char *at = strstr(s, words);

    if (!at)
        return false;
    c->kind = CLAUSE_SET;
    c->spec = at + sizeof(words) - 1;
    c->spec += strcspn(c->spec, ":");
    c->spec_n = strlen(c->spec);
    return true;
}

/* Where the second part of a sentence ends. */
static size_t other_length(const char *s)
{
    static const char *const ends[] = {
        ", but none of the providers can be installed",
        " conflicting with ",
        " provided by ",
    };

    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        const char *at = strstr(s, ends[i]);

        if (at)
            return (size_t)(at - s);
    }
    return strlen(s);
}

static bool read_sentence(struct clause *c, const char *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(sentences); i++) {
        const char *until = sentences[i].until;
        const char *at = strstr(s, sentences[i].words), *end;

        if (!at)
            continue;
        at += strlen(sentences[i].words);
        end = until ? strstr(at, until) : at + strlen(at);
        if (!end || end == at)
            continue;
        if (sentences[i].kind == CLAUSE_FILE_UNFIT
            && !strstr(end, "none of the providers"))
            continue;
        c->kind = sentences[i].kind;
        c->known = strlen(sentences[i].words);
        c->spec = at;
        c->spec_n = (size_t)(end - at);
        if (until) {
            c->other = end + strlen(until);
            c->other_n = other_length(c->other);
        }
        return true;
    }
    return false;
}

bool clause_begins_report(const char *s)
{
    return strstr(s, "Cannot solve the request because of") != NULL;
}

static bool has_head(const char *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
        if (strstr(s, heads[i]))
            return true;
    return false;
}

/* A virtual package is what the machine is or has. */
static void tell_system(struct clause *c)
{
    if (c->kind == CLAUSE_MISSING && c->spec_n > 2 && !memcmp(c->spec, "__", 2))
        c->kind = CLAUSE_SYSTEM;
}

struct clause clause_read(const char *s)
{
    struct clause c = { .kind = CLAUSE_NONE };
    const char *text = text_of(s, &c.column), *inner;

    /* the first node stands on the line of the heading */
    inner = strstr(text, "because of: ");
    if (inner && has_head(text)) {
        struct clause of = clause_read(inner + 12);

        of.column = c.column;
        if (of.kind == CLAUSE_NONE)
            of.kind = CLAUSE_HEAD;
        return of;
    }
    if (read_set(&c, text) || read_needed(&c, text) || read_sentence(&c, text)
        || read_verdict(&c, text)) {
        tell_system(&c);
        return c;
    }
    c.kind = has_head(text) ? CLAUSE_HEAD : CLAUSE_NONE;
    c.spec = text;
    c.spec_n = strlen(text);
    return c;
}
