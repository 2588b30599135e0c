/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small Mustache: parsed once into a flat list of parts, rendered against
 * JSON. Must not know how to escape, and must not have a way around the
 * writer that does.
 */
#include <config.h>

#include "core/deliver/mustache.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct part {
    char kind; /* 't' text, 'v' value, '#', '^', '/', '>' */
    int line;
    char *position; /* 'v' */
    char *name;     /* or the text */
    size_t len;     /* of the text */
    size_t end;     /* '#', '^': index of their '/' */
};

struct mustache {
    char *file;
    struct part *parts;
    size_t nr, alloc;
};

struct parser {
    struct mustache *m;
    const char *text, *end, *p;
    int line;
    size_t open[MUSTACHE_DEPTH_MAX];
    size_t depth;
    bool (*known)(const char *position);
};

static int bad(const struct parser *ps, struct err *err, const char *what)
{
    return err_set(err, ERR_CONFIG, "%s:%d: %s", ps->m->file, ps->line, what);
}

static struct part *add_part(struct mustache *m, char kind, int line)
{
    ALLOC_GROW(m->parts, m->nr + 1, m->alloc);
    m->parts[m->nr] = (struct part){ .kind = kind, .line = line };
    return &m->parts[m->nr++];
}

static void add_text(struct parser *ps, const char *s, size_t n)
{
    struct part *part;

    if (!n)
        return;
    part = add_part(ps->m, 't', ps->line);
    part->name = xmemdup0(s, n);
    part->len = n;
}

static bool name_ok(const char *s, size_t n)
{
    if (n == 1 && *s == '.')
        return true;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && s[i] != '_' && s[i] != '-'
            && s[i] != '.')
            return false;
    return n > 0 && s[0] != '.' && s[n - 1] != '.';
}

static void trim(const char **s, size_t *n)
{
    while (*n && isspace((unsigned char)**s)) {
        (*s)++;
        (*n)--;
    }
    while (*n && isspace((unsigned char)(*s)[*n - 1]))
        (*n)--;
}

static int add_value(struct parser *ps, const char *s, size_t n,
                     struct err *err)
{
    const char *colon = memchr(s, ':', n);
    CLEANUP_FREE char *position = NULL;
    struct part *part;

    if (colon) {
        position = xmemdup0(s, (size_t)(colon - s));
        n -= (size_t)(colon - s) + 1;
        s = colon + 1;
        trim(&s, &n);
        if (!ps->known || !ps->known(position))
            return err_set(err, ERR_CONFIG, "%s:%d: no position \"%s\"",
                           ps->m->file, ps->line, position);
    }
    if (!name_ok(s, n))
        return bad(ps, err, "this is no name of a variable");
    part = add_part(ps->m, 'v', ps->line);
    part->position = position;
    position = NULL;
    part->name = xmemdup0(s, n);
    return 0;
}

static int close_section(struct parser *ps, const char *s, size_t n,
                         struct err *err)
{
    struct part *open;

    if (!ps->depth)
        return bad(ps, err, "{{/..}} closes nothing");
    open = &ps->m->parts[ps->open[ps->depth - 1]];
    if (strlen(open->name) != n || memcmp(open->name, s, n))
        return err_set(err, ERR_CONFIG,
                       "%s:%d: {{/%.*s}} where {{/%s}} must come (line %d)",
                       ps->m->file, ps->line, (int)n, s, open->name,
                       open->line);
    open->end = ps->m->nr;
    ps->depth--;
    add_part(ps->m, '/', ps->line);
    return 0;
}

static int add_tag(struct parser *ps, char kind, const char *s, size_t n,
                   struct err *err)
{
    struct part *part;

    if (kind == '!')
        return 0;
    if (kind == 'v')
        return add_value(ps, s, n, err);
    if (!name_ok(s, n))
        return bad(ps, err, "this is no name");
    if (kind == '/')
        return close_section(ps, s, n, err);
    if (kind != '>') {
        if (ps->depth == MUSTACHE_DEPTH_MAX)
            return bad(ps, err, "sections nest too deep");
        ps->open[ps->depth++] = ps->m->nr;
    }
    part = add_part(ps->m, kind, ps->line);
    part->name = xmemdup0(s, n);
    return 0;
}

/* Is there nothing but space between the line's start and the tag, and the
 * tag and the line's end? *from, *to: what to leave out then. */
static bool stands_alone(const struct parser *ps, const char *tag,
                         const char *after, const char **from, const char **to)
{
    const char *a = tag, *b = after;

    while (a > ps->text && (a[-1] == ' ' || a[-1] == '\t'))
        a--;
    if (a > ps->text && a[-1] != '\n')
        return false;
    while (b < ps->end && (*b == ' ' || *b == '\t' || *b == '\r'))
        b++;
    if (b < ps->end && *b != '\n')
        return false;
    *from = a;
    *to = b < ps->end ? b + 1 : b;
    return true;
}

static const char *find(const char *p, const char *end, const char *what)
{
    size_t n = strlen(what);

    for (; p + n <= end; p++)
        if (!memcmp(p, what, n))
            return p;
    return NULL;
}

static void count_lines(struct parser *ps, const char *from, const char *to)
{
    for (; from < to; from++)
        ps->line += *from == '\n';
}

/* The tag at ps->p; text from `text` on is still to be written. */
static int parse_tag(struct parser *ps, const char *tag, struct err *err)
{
    const char *inner = tag + 2, *close = find(inner, ps->end, "}}");
    const char *from = tag, *to;
    char kind = 'v';
    size_t n;
    int rc;

    count_lines(ps, ps->p, tag);
    if (!close)
        return bad(ps, err, "{{ without }}");
    to = close + 2;
    if (inner < close && strchr("{&=", *inner))
        return bad(ps, err,
                   *inner == '=' ? "the delimiters cannot be changed"
                                 : "there are no raw variables");
    if (inner < close && strchr("#^/>!", *inner))
        kind = *inner++;
    if (kind != 'v')
        stands_alone(ps, tag, to, &from, &to);
    if (from > ps->p)
        add_text(ps, ps->p, (size_t)(from - ps->p));
    n = (size_t)(close - inner);
    trim(&inner, &n);
    rc = add_tag(ps, kind, inner, n, err);
    count_lines(ps, tag, to);
    ps->p = to;
    return rc;
}

static int parse(struct parser *ps, struct err *err)
{
    const char *tag;

    while ((tag = find(ps->p, ps->end, "{{")))
        if (parse_tag(ps, tag, err) < 0)
            return -1;
    add_text(ps, ps->p, (size_t)(ps->end - ps->p));
    if (ps->depth) {
        ps->line = ps->m->parts[ps->open[ps->depth - 1]].line;
        return bad(ps, err, "this section is never closed");
    }
    return 0;
}

struct mustache *mustache_parse(const char *file, const char *text, size_t n,
                                bool (*known)(const char *position),
                                struct err *err)
{
    struct mustache *m = xcalloc(1, sizeof(*m));
    struct parser ps = { .m = m,
                         .text = text,
                         .end = text + n,
                         .p = text,
                         .line = 1,
                         .known = known };

    m->file = xstrdup(file);
    if (parse(&ps, err) < 0) {
        mustache_free(m);
        return NULL;
    }
    return m;
}

void mustache_free(struct mustache *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->nr; i++) {
        free(m->parts[i].position);
        free(m->parts[i].name);
    }
    free(m->parts);
    free(m->file);
    free(m);
}

const char *mustache_file(const struct mustache *m)
{
    return m->file;
}

int mustache_names(const struct mustache *m,
                   int (*each)(void *user, char kind, const char *position,
                               const char *name, int line),
                   void *user)
{
    int rc = 0;

    for (size_t i = 0; i < m->nr && rc == 0; i++)
        if (strchr("v#^>", m->parts[i].kind))
            rc = each(user, m->parts[i].kind, m->parts[i].position,
                      m->parts[i].name, m->parts[i].line);
    return rc;
}

/* ---- rendering ---- */

struct frame {
    const json_t *value;
    const struct frame *outer;
};

static const json_t *member(const json_t *v, const char *name)
{
    const char *dot = strchr(name, '.');
    CLEANUP_FREE char *first = NULL;
    const json_t *inner;

    if (!dot)
        return json_object_get(v, name);
    first = xmemdup0(name, (size_t)(dot - name));
    inner = json_object_get(v, first);
    return inner ? member(inner, dot + 1) : NULL;
}

static const json_t *lookup(const struct frame *f, const char *name)
{
    if (!strcmp(name, "."))
        return f->value;
    for (; f; f = f->outer) {
        const json_t *v = member(f->value, name);

        if (v)
            return v;
    }
    return NULL;
}

static bool is_true(const json_t *v)
{
    if (!v || json_is_null(v) || json_is_false(v))
        return false;
    if (json_is_string(v))
        return json_string_length(v) > 0;
    if (json_is_array(v))
        return json_array_size(v) > 0;
    if (json_is_number(v))
        return json_number_value(v) != 0;
    return true;
}

/* Where it all goes. */
struct rendering {
    const struct mustache_writer *w;
    struct strbuf *out;
    struct err *err;
};

static int render_range(const struct mustache *m, size_t from, size_t to,
                        const struct frame *f, const struct rendering *r,
                        int depth);

static int render_section(const struct mustache *m, size_t i,
                          const struct frame *f, const struct rendering *r,
                          int depth)
{
    const struct part *part = &m->parts[i];
    const json_t *v = lookup(f, part->name);
    struct frame inner = { .value = v, .outer = f };

    if (part->kind == '^')
        return is_true(v) ? 0 : render_range(m, i + 1, part->end, f, r, depth);
    if (!is_true(v))
        return 0;
    if (!json_is_array(v))
        return render_range(m, i + 1, part->end, json_is_object(v) ? &inner : f,
                            r, depth);
    for (size_t k = 0; k < json_array_size(v); k++) {
        inner.value = json_array_get(v, k);
        if (render_range(m, i + 1, part->end, &inner, r, depth) < 0)
            return -1;
    }
    return 0;
}

static int render_partial(const struct mustache *m, const struct part *part,
                          const struct frame *f, const struct rendering *r,
                          int depth)
{
    const struct mustache *p =
        r->w->partial ? r->w->partial(r->w->user, part->name, r->err) : NULL;

    if (!p) {
        if (!r->w->partial)
            err_set(r->err, ERR_CONFIG, "there are no partials here");
        return err_wrap(r->err, "%s:%d", m->file, part->line);
    }
    if (depth >= MUSTACHE_DEPTH_MAX)
        return err_set(r->err, ERR_CONFIG, "%s:%d: partials nest too deep",
                       m->file, part->line);
    return render_range(p, 0, p->nr, f, r, depth + 1);
}

static int render_part(const struct mustache *m, size_t i,
                       const struct frame *f, const struct rendering *r,
                       int depth)
{
    const struct part *part = &m->parts[i];

    switch (part->kind) {
    case 't':
        if (r->w->literal)
            r->w->literal(r->w->user, part->name, part->len, r->out);
        else
            strbuf_add(r->out, part->name, part->len);
        return 0;
    case 'v':
        if (r->w->value(r->w->user, part->position, lookup(f, part->name),
                        r->out, r->err)
            < 0)
            return err_wrap(r->err, "%s:%d: %s", m->file, part->line,
                            part->name);
        return 0;
    case '>':
        return render_partial(m, part, f, r, depth);
    default:
        return render_section(m, i, f, r, depth);
    }
}

static int render_range(const struct mustache *m, size_t from, size_t to,
                        const struct frame *f, const struct rendering *r,
                        int depth)
{
    for (size_t i = from; i < to; i++) {
        const struct part *part = &m->parts[i];

        if (render_part(m, i, f, r, depth) < 0)
            return -1;
        if (part->kind == '#' || part->kind == '^')
            i = part->end;
    }
    return 0;
}

int mustache_render(const struct mustache *m, const json_t *context,
                    const struct mustache_writer *w, struct strbuf *out,
                    struct err *err)
{
    const struct rendering r = { w, out, err };
    struct frame f = { .value = context };

    return render_range(m, 0, m->nr, &f, &r, 0);
}
