/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CODEOWNERS as GitHub reads it: gitignore's patterns without negation and
 * character classes, the last match wins, a broken line is skipped.
 *
 * Both text and paths come from strangers: a pattern is matched by segments
 * in a table, never by backtracking. Must not guess at an owner.
 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/owners.h"

/* GitHub ignores a CODEOWNERS of more than 3 MB. */
#define CODEOWNERS_MAX ((size_t)3 << 20)
#define SEGMENTS_MAX 256

struct segment {
    const char *p;
    size_t n;
};

struct segments {
    struct segment of[SEGMENTS_MAX];
    size_t nr;
};

static bool segment_is(const struct segment *s, const char *text)
{
    return s->n == strlen(text) && !memcmp(s->p, text, s->n);
}

/* False: more than anyone needs. */
static bool split(const char *text, struct segments *out)
{
    out->nr = 0;
    for (const char *p = text;;) {
        const char *slash = strchr(p, '/');
        size_t n = slash ? (size_t)(slash - p) : strlen(p);

        if (out->nr == SEGMENTS_MAX)
            return false;
        out->of[out->nr++] = (struct segment){ p, n };
        if (!slash)
            return true;
        p = slash + 1;
    }
}

static bool push_front(struct segments *s, const char *text)
{
    if (s->nr == SEGMENTS_MAX)
        return false;
    memmove(s->of + 1, s->of, s->nr * sizeof(s->of[0]));
    s->of[0] = (struct segment){ text, strlen(text) };
    s->nr++;
    return true;
}

/* The pattern's segments, anchored: "foo" is "**" "foo", "foo/" is
 * "**" "foo" "**". False: no valid pattern. */
static bool pattern_segments(const char *pattern, struct segments *s)
{
    if (!*pattern || *pattern == '!' || *pattern == '#'
        || strstr(pattern, "***") || !split(pattern, s))
        return false;
    if (!s->of[0].n) {
        memmove(s->of, s->of + 1, --s->nr * sizeof(s->of[0]));
    } else if (s->nr == 1 || (s->nr == 2 && !s->of[1].n)) {
        if (!segment_is(&s->of[0], "**") && !push_front(s, "**"))
            return false;
    }
    if (s->nr > 1 && !s->of[s->nr - 1].n)
        s->of[s->nr - 1] = (struct segment){ "**", 2 };
    return true;
}

/* One segment of a pattern against one of a path: * and ? within it. */
static bool segment_match(const struct segment *pat, const struct segment *seg)
{
    const char *p = pat->p, *pe = p + pat->n;
    const char *t = seg->p, *te = t + seg->n;
    const char *star = NULL, *star_t = NULL;

    while (t < te || p < pe) {
        if (p < pe && *p == '*') {
            star = ++p;
            star_t = t;
            continue;
        }
        if (p < pe && t < te) {
            bool escaped = *p == '\\' && p + 1 < pe;

            if (escaped ? p[1] == *t : *p == '?' || *p == *t) {
                p += escaped ? 2 : 1;
                t++;
                continue;
            }
        }
        if (!star || star_t >= te)
            return false;
        p = star;
        t = ++star_t;
    }
    return true;
}

/*
 * reach[j]: the pattern's segments so far match the path's first j. A last
 * name also matches what lies below it, a last lone * does not.
 */
static bool segments_match(const struct segments *pat,
                           const struct segments *path)
{
    bool reach[SEGMENTS_MAX + 1] = { true };

    for (size_t i = 0; i < pat->nr; i++) {
        const struct segment *seg = &pat->of[i];
        bool last = i + 1 == pat->nr;

        if (segment_is(seg, "**")) {
            bool any = false;

            for (size_t j = 0; j <= path->nr; j++) {
                bool here = reach[j];

                /* last: at least one segment below */
                reach[j] = last ? any : any || here;
                any = any || here;
            }
            continue;
        }
        for (size_t j = path->nr; j > 0; j--)
            reach[j] = reach[j - 1] && path->of[j - 1].n
                       && segment_match(seg, &path->of[j - 1]);
        reach[0] = false;
        if (last && !segment_is(seg, "*")) {
            for (size_t j = 1; j <= path->nr; j++)
                reach[j] = reach[j] || reach[j - 1];
        }
    }
    return reach[path->nr];
}

int codeowners_pattern(const char *pattern, const char *path)
{
    struct segments pat, seg;

    if (!pattern_segments(pattern, &pat))
        return -1;
    if (!*path || !split(path, &seg))
        return 0;
    return segments_match(&pat, &seg);
}

/* True for "*", "**", "/ ** / *" and the like: nothing escapes them. */
static bool matches_everything(const char *pattern)
{
    struct segments s;
    bool deep = false;
    size_t least = 0;

    if (!pattern_segments(pattern, &s))
        return false;
    for (size_t i = 0; i < s.nr; i++) {
        if (segment_is(&s.of[i], "**")) {
            deep = true;
            least += i + 1 == s.nr;
        } else if (segment_is(&s.of[i], "*")) {
            least++;
        } else {
            return false;
        }
    }
    return deep && least <= 1;
}

static bool name_ok(const char *p, size_t n)
{
    if (!n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)p[i]) && !strchr("-_.", p[i]))
            return false;
    return true;
}

/* @login, @org/team or an e-mail address; anything else spoils the line. */
static bool owner_ok(const char *p, size_t n)
{
    const char *at = memchr(p, '@', n), *slash;

    if (n && *p == '@') {
        slash = memchr(p, '/', n);
        if (!slash)
            return name_ok(p + 1, n - 1);
        return name_ok(p + 1, (size_t)(slash - p) - 1)
               && name_ok(slash + 1, n - (size_t)(slash - p) - 1);
    }
    return at && at != p && at != p + n - 1
           && !memchr(at + 1, '@', n - (size_t)(at - p) - 1);
}

static size_t word(const char *p, const char *end, bool escapes)
{
    const char *q = p;

    while (q < end && *q != ' ' && *q != '\t')
        q += escapes && *q == '\\' && q + 1 < end ? 2 : 1;
    return (size_t)(q - p);
}

static const char *skip_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

/* Splits a line. *pattern: new. Owners: new, NULL when there is no rule. */
static json_t *line_parse(const char *p, const char *end, char **pattern)
{
    json_t *owners;
    size_t n;

    while (end > p && isspace((unsigned char)end[-1])
           && !(end - p >= 2 && end[-1] == ' ' && end[-2] == '\\'))
        end--;
    p = skip_blank(p, end);
    if (p == end || *p == '#' || memchr(p, '\0', (size_t)(end - p)))
        return NULL;
    n = word(p, end, true);
    *pattern = xstrndup(p, n);
    owners = json_array();
    for (p = skip_blank(p + n, end); p < end && *p != '#';
         p = skip_blank(p + n, end)) {
        n = word(p, end, false);
        if (!owner_ok(p, n)) {
            json_decref(owners);
            free(*pattern);
            return NULL;
        }
        json_array_append_new(owners, jx_string(p, n));
    }
    return owners;
}

static bool rule_applies(const char *pattern, const char *path)
{
    return path ? codeowners_pattern(pattern, path) == 1
                : matches_everything(pattern);
}

json_t *codeowners_match(const char *text, const char *path, int *line)
{
    json_t *found = NULL;
    int nr = 0;

    if (strlen(text) > CODEOWNERS_MAX)
        return NULL;
    if (str_starts(text, "\xef\xbb\xbf"))
        text += 3;
    while (*text) {
        const char *end = text + strcspn(text, "\n");
        char *pattern;
        json_t *owners = line_parse(text, end, &pattern);

        nr++;
        text = *end ? end + 1 : end;
        if (!owners)
            continue;
        if (rule_applies(pattern, path)) {
            json_decref(found);
            found = json_incref(owners);
            if (line)
                *line = nr;
        }
        json_decref(owners);
        free(pattern);
    }
    return found;
}
