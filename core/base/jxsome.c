/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text is copied without the members that are not wanted, and parsed then:
 * what is right about a number or an escape is the parser's to say. Must not
 * make JSON of a text that is none, but for what it leaves out.
 */
#include <config.h>

#include "core/base/jxsome.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define DEPTH_MAX 500 /* what is kept; the parser takes some more */

struct some {
    const char *at, *end;
    const char *const *names;
    struct strbuf out;
};

static void skip_space(struct some *s)
{
    while (s->at < s->end
           && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n'
               || *s->at == '\r'))
        s->at++;
}

/* Past the space, when c stands there. */
static bool takes(struct some *s, char c)
{
    skip_space(s);
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* From a quote to behind the one that ends the string. */
static bool skip_string(struct some *s)
{
    for (const char *p = s->at + 1; p < s->end; p++) {
        const char *quote = memchr(p, '"', (size_t)(s->end - p));
        const char *back = quote;

        if (!quote)
            return false;
        while (back > p && back[-1] == '\\')
            back--;
        p = quote;
        if ((quote - back) % 2)
            continue;
        s->at = quote + 1;
        return true;
    }
    return false;
}

static bool skip_scalar(struct some *s)
{
    const char *begin = s->at;

    while (s->at < s->end && !strchr(",:]}[{\" \t\r\n", *s->at))
        s->at++;
    return s->at > begin;
}

/* From a bracket to behind the one that goes with it. */
static bool skip_nest(struct some *s)
{
    size_t depth = 0;

    while (s->at < s->end) {
        char c = *s->at;

        if (c == '"') {
            if (!skip_string(s))
                return false;
            continue;
        }
        s->at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return true;
    }
    return false;
}

static bool skip_value(struct some *s)
{
    skip_space(s);
    if (s->at == s->end)
        return false;
    if (*s->at == '"')
        return skip_string(s);
    return *s->at == '{' || *s->at == '[' ? skip_nest(s) : skip_scalar(s);
}

static bool is_wanted(const struct some *s, const char *name, size_t n)
{
    for (size_t i = 0; s->names[i]; i++)
        if (strlen(s->names[i]) == n && !memcmp(s->names[i], name, n))
            return true;
    return false;
}

static bool copy_value(struct some *s, int depth);

/* "name": value; wanted: not the first that is. */
static bool copy_member(struct some *s, int depth, bool *wanted)
{
    const char *name;
    size_t n;

    skip_space(s);
    name = s->at;
    if (name == s->end || *name != '"' || !skip_string(s))
        return false;
    n = (size_t)(s->at - name);
    if (!takes(s, ':'))
        return false;
    if (!is_wanted(s, name + 1, n - 2))
        return skip_value(s);
    if (*wanted)
        strbuf_addc(&s->out, ',');
    *wanted = true;
    strbuf_add(&s->out, name, n);
    strbuf_addc(&s->out, ':');
    return copy_value(s, depth);
}

static bool copy_object(struct some *s, int depth)
{
    bool wanted = false;

    strbuf_addc(&s->out, '{');
    if (!takes(s, '}')) {
        do
            if (!copy_member(s, depth, &wanted))
                return false;
        while (takes(s, ','));
        if (!takes(s, '}'))
            return false;
    }
    strbuf_addc(&s->out, '}');
    return true;
}

static bool copy_array(struct some *s, int depth)
{
    strbuf_addc(&s->out, '[');
    if (!takes(s, ']')) {
        for (bool more = false;; more = true) {
            if (more)
                strbuf_addc(&s->out, ',');
            if (!copy_value(s, depth))
                return false;
            if (!takes(s, ','))
                break;
        }
        if (!takes(s, ']'))
            return false;
    }
    strbuf_addc(&s->out, ']');
    return true;
}

static bool copy_value(struct some *s, int depth)
{
    const char *begin;

    if (depth > DEPTH_MAX)
        return false;
    if (takes(s, '{'))
        return copy_object(s, depth + 1);
    if (takes(s, '['))
        return copy_array(s, depth + 1);
    begin = s->at;
    if (begin == s->end || !(*begin == '"' ? skip_string(s) : skip_scalar(s)))
        return false;
    strbuf_add(&s->out, begin, (size_t)(s->at - begin));
    return true;
}

json_t *jx_parse_some(const char *text, size_t n, const char *const *names,
                      struct err *err)
{
    struct some s = { .at = text, .end = text + n, .names = names };
    json_t *v = NULL;
    bool whole;

    strbuf_init(&s.out, STRBUF_UNBOUNDED);
    whole = copy_value(&s, 0);
    skip_space(&s);
    if (!whole || s.at != s.end)
        err_set(err, ERR_INPUT, "no JSON at byte %zu", (size_t)(s.at - text));
    else
        v = jx_parse(s.out.buf, s.out.len, err);
    strbuf_release(&s.out);
    return v;
}
