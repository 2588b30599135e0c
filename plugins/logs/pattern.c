/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Path patterns: parsed to a list of pieces, matched by backtracking under a
 * step limit, because the paths are other people's. It never guesses: a path
 * that does not fit says nothing.
 */
#include <config.h>

#include "plugins/logs/pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* Far above what any sensible path needs (its length times the number of
 * pieces); a path that takes more does not fit. */
#define STEPS_MAX 200000

enum piece_kind { PIECE_TEXT, PIECE_FIELD, PIECE_STAR, PIECE_STARS };

struct piece {
    enum piece_kind kind;
    enum logs_field field;
    const char *text; /* into the pattern's own copy */
    size_t len;
};

struct logs_pattern {
    char *text;
    struct piece *pieces;
    size_t nr, alloc;
};

struct attempt {
    const struct logs_pattern *p;
    struct {
        const char *s;
        size_t n;
    } found[NR_FIELDS];
    long steps;
};

static const char *const field_names[NR_FIELDS] = {
    [FIELD_OWNER] = "owner",     [FIELD_PROJECT] = "project",
    [FIELD_BRANCH] = "branch",   [FIELD_WORKFLOW] = "workflow",
    [FIELD_RUN] = "run",         [FIELD_JOB] = "job",
    [FIELD_VARIANT] = "variant", [FIELD_COMMIT] = "commit",
    [FIELD_ATTEMPT] = "attempt",
};

static struct piece *pattern_add(struct logs_pattern *p, enum piece_kind kind)
{
    ALLOC_GROW(p->pieces, p->nr + 1, p->alloc);
    struct piece *piece = &p->pieces[p->nr++];
    *piece = (struct piece){ .kind = kind };
    return piece;
}

static int find_field(const char *name, size_t len)
{
    for (int i = 0; i < NR_FIELDS; i++)
        if (strlen(field_names[i]) == len
            && memcmp(field_names[i], name, len) == 0)
            return i;
    return -1;
}

/* Where two pieces that may end anywhere touch, no path could tell them
 * apart. */
static int pattern_check_gap(const struct logs_pattern *p, const char *at,
                             struct err *err)
{
    if (p->nr > 0 && p->pieces[p->nr - 1].kind != PIECE_TEXT)
        return err_set(err, ERR_CONFIG,
                       "pattern \"%s\": put some text, such "
                       "as / or -, before \"%s\"",
                       p->text, at);
    return 0;
}

static int pattern_add_field(struct logs_pattern *p, const char **s,
                             struct err *err)
{
    const char *name = *s + 1;
    size_t len = strcspn(name, "{}/");
    if (name[len] != '}')
        return err_set(err, ERR_CONFIG, "pattern \"%s\": no } after \"%s\"",
                       p->text, *s);
    int field = find_field(name, len);
    if (field < 0)
        return err_set(err, ERR_CONFIG,
                       "pattern \"%s\": {%.*s} is not known; "
                       "there are {owner} {project} {branch} {workflow} {run} "
                       "{job} {variant} {commit} {attempt}",
                       p->text, (int)len, name);
    if (logs_pattern_has(p, field))
        return err_set(err, ERR_CONFIG, "pattern \"%s\": {%s} is there twice",
                       p->text, field_names[field]);
    if (pattern_check_gap(p, *s, err) < 0)
        return -1;
    pattern_add(p, PIECE_FIELD)->field = field;
    *s = name + len + 1;
    return 0;
}

static int pattern_parse(struct logs_pattern *p, struct err *err)
{
    const char *s = p->text;
    while (*s != '\0') {
        size_t n = strcspn(s, "{}*");
        if (n > 0) {
            struct piece *piece = pattern_add(p, PIECE_TEXT);
            piece->text = s;
            piece->len = n;
            s += n;
        } else if (*s == '{') {
            if (pattern_add_field(p, &s, err) < 0)
                return -1;
        } else if (*s == '}') {
            return err_set(err, ERR_CONFIG, "pattern \"%s\": } without {",
                           p->text);
        } else {
            if (pattern_check_gap(p, s, err) < 0)
                return -1;
            pattern_add(p, s[1] == '*' ? PIECE_STARS : PIECE_STAR);
            s += s[1] == '*' ? 2 : 1;
        }
    }
    if (p->nr == 0)
        return err_set(err, ERR_CONFIG, "pattern: is empty");
    return 0;
}

struct logs_pattern *logs_pattern_new(const char *text, struct err *err)
{
    struct logs_pattern *p = xcalloc(1, sizeof(*p));
    p->text = xstrdup(text);
    if (pattern_parse(p, err) < 0) {
        logs_pattern_free(p);
        return NULL;
    }
    return p;
}

void logs_pattern_free(struct logs_pattern *p)
{
    if (p == NULL)
        return;
    free(p->pieces);
    free(p->text);
    free(p);
}

bool logs_pattern_has(const struct logs_pattern *p, enum logs_field f)
{
    for (size_t i = 0; i < p->nr; i++)
        if (p->pieces[i].kind == PIECE_FIELD && p->pieces[i].field == f)
            return true;
    return false;
}

/* How many characters of s the piece could take at most. */
static size_t piece_reach(const struct piece *piece, const char *s)
{
    if (piece->kind == PIECE_STARS)
        return strlen(s);
    if (piece->kind == PIECE_FIELD && piece->field == FIELD_ATTEMPT)
        return strspn(s, "0123456789");
    if (piece->kind == PIECE_FIELD && piece->field == FIELD_COMMIT)
        return strspn(s, "0123456789abcdefABCDEF");
    return strcspn(s, "/");
}

static size_t piece_least(const struct piece *piece)
{
    if (piece->kind != PIECE_FIELD)
        return 0;
    return piece->field == FIELD_COMMIT ? 7 : 1;
}

static bool match_from(struct attempt *a, size_t i, const char *s)
{
    if (++a->steps > STEPS_MAX)
        return false;
    if (i == a->p->nr)
        return *s == '\0';
    const struct piece *piece = &a->p->pieces[i];
    if (piece->kind == PIECE_TEXT)
        return strncmp(s, piece->text, piece->len) == 0
               && match_from(a, i + 1, s + piece->len);
    size_t least = piece_least(piece);
    for (size_t n = piece_reach(piece, s); n + 1 > least; n--) {
        if (piece->kind == PIECE_FIELD) {
            a->found[piece->field].s = s;
            a->found[piece->field].n = n;
        }
        if (match_from(a, i + 1, s + n))
            return true;
        if (n == 0)
            break;
    }
    return false;
}

bool logs_pattern_match(const struct logs_pattern *p, const char *path,
                        char *values[NR_FIELDS])
{
    struct attempt a = { .p = p };
    if (!match_from(&a, 0, path))
        return false;
    for (int f = 0; f < NR_FIELDS; f++)
        values[f] = logs_pattern_has(p, f)
                        ? xstrndup(a.found[f].s, a.found[f].n)
                        : NULL;
    return true;
}
