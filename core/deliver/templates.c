/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads and fills templates. Must not offer a value any way into a message
 * but through safety_write().
 */
#include <config.h>

#include <stdbool.h>

#include "core/deliver/templates.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/sentence.h"
#include "core/deliver/mustache.h"

#define TEMPLATE_MAX ((size_t)256 << 10)
#define SUFFIX ".mustache"
#define MADE "made"

struct entry {
    char *key; /* flavour/name */
    struct mustache *m;
    UT_hash_handle hh;
};

struct templates {
    struct entry *entries;
};

/* What every flavour must have. */
static const char *const required[] = {
    "title",    "build",    "bot",     "outbreak",  "list",
    "resolved", "reminder", "minimal", "operators",
};

static bool position_known(const char *position)
{
    int pos = safety_position_parse(position, strlen(position));

    /* TITLE escapes no markup: it is the position of title templates, and
     * not to be had elsewhere. */
    return !strcmp(position, MADE)
           || (pos >= 0 && pos != SAFETY_HEADER && pos != SAFETY_TITLE);
}

/* Mail is written as for GitHub but for what is said otherwise there. */
static struct mustache *find(const struct templates *t, const char *flavour,
                             const char *name)
{
    CLEANUP_FREE char *key = xasprintf("%s/%s", flavour, name);
    struct entry *e;

    HASH_FIND_STR(t->entries, key, e);
    if (!e && !strcmp(flavour, safety_flavour_name(SAFETY_MAIL)))
        return find(t, safety_flavour_name(SAFETY_GITHUB), name);
    return e ? e->m : NULL;
}

/* ---- reading ---- */

/* What only Tocsin may write: the owner line's mention and the marker. */
static int refuse(const char *path, const char *text, struct err *err)
{
    const char *at = strchr(text, '@'), *comment = strstr(text, "<!--");
    const char *first = !comment || (at && at < comment) ? at : comment;
    int line = 1;

    if (!first)
        return 0;
    for (const char *p = text; p < first; p++)
        line += *p == '\n';
    return err_set(err, ERR_CONFIG, "%s:%d: a template may hold no %s", path,
                   line, first == at ? "@" : "comment");
}

static int read_one(struct templates *t, const char *flavour, const char *dir,
                    const char *file, struct err *err)
{
    CLEANUP_FREE char *path = io_join(dir, file);
    CLEANUP_FREE char *name = xstrndup(file, strlen(file) - strlen(SUFFIX));
    size_t n;
    CLEANUP_FREE char *text = io_read_file(path, TEMPLATE_MAX, &n, err);
    struct mustache *m;
    struct entry *e;
    char *key;

    if (!text || refuse(path, text, err) < 0)
        return -1;
    m = mustache_parse(path, text, n, position_known, err);
    if (!m)
        return -1;
    key = xasprintf("%s/%s", flavour, name);
    HASH_FIND_STR(t->entries, key, e);
    if (e) {
        mustache_free(e->m);
        e->m = m;
        free(key);
        return 0;
    }
    e = xcalloc(1, sizeof(*e));
    e->key = key;
    e->m = m;
    HASH_ADD_KEYPTR(hh, t->entries, e->key, strlen(e->key), e);
    return 0;
}

/* A folder that is not there overrides nothing. */
static int read_folder(struct templates *t, const char *root,
                       const char *flavour, struct err *err)
{
    CLEANUP_FREE char *dir = io_join(root, flavour);
    struct dirent **names = NULL;
    int n = scandir(dir, &names, NULL, alphasort), rc = 0;

    if (n < 0)
        return errno == ENOENT ? 0 : err_errno(err, ERR_CONFIG, "%s", dir);
    for (int i = 0; i < n; i++) {
        if (rc == 0 && names[i]->d_name[0] != '.'
            && str_ends(names[i]->d_name, SUFFIX))
            rc = read_one(t, flavour, dir, names[i]->d_name, err);
        free(names[i]);
    }
    free(names);
    return rc;
}

struct partials {
    const struct templates *t;
    const char *flavour;
    const struct mustache *m;
    struct err *err;
};

static int check_partial(void *user, char kind, const char *position,
                         const char *name, int line)
{
    struct partials *p = user;

    (void)position;
    if (kind != '>' || find(p->t, p->flavour, name))
        return 0;
    return err_set(p->err, ERR_CONFIG, "%s:%d: no template \"%s\"",
                   mustache_file(p->m), line, name);
}

static int check_flavour(struct templates *t, const char *root,
                         const char *flavour, struct err *err)
{
    size_t n = strlen(flavour);

    for (size_t i = 0; i < ARRAY_SIZE(required); i++)
        if (!find(t, flavour, required[i]))
            return err_set(err, ERR_CONFIG, "%s/%s/%s" SUFFIX " is missing",
                           root, flavour, required[i]);
    for (struct entry *e = t->entries; e; e = e->hh.next) {
        struct partials p = { t, flavour, e->m, err };

        if (!strncmp(e->key, flavour, n) && e->key[n] == '/'
            && mustache_names(e->m, check_partial, &p) < 0)
            return -1;
    }
    return 0;
}

struct templates *templates_new(const char *override, struct err *err)
{
    struct templates *t = xcalloc(1, sizeof(*t));
    const char *data = getenv("TOCSIN_DATA_DIR");
    CLEANUP_FREE char *root =
        io_join(data && *data ? data : PKGDATADIR, "templates");
    int rc = 0;

    for (int f = SAFETY_GITHUB; rc == 0 && f <= SAFETY_MAIL; f++) {
        const char *flavour = safety_flavour_name((enum safety_flavour)f);

        rc = read_folder(t, root, flavour, err);
        if (rc == 0 && override)
            rc = read_folder(t, override, flavour, err);
        if (rc == 0)
            rc = check_flavour(t, root, flavour, err);
    }
    if (rc < 0) {
        templates_free(t);
        return NULL;
    }
    return t;
}

void templates_free(struct templates *t)
{
    struct entry *e, *next;

    if (!t)
        return;
    HASH_ITER(hh, t->entries, e, next)
    {
        HASH_DEL(t->entries, e);
        mustache_free(e->m);
        free(e->key);
        free(e);
    }
    free(t);
}

/* ---- filling ---- */

json_t *templates_made(const char *text)
{
    json_t *v = json_object();

    jx_set_str(v, MADE, text);
    return v;
}

struct filler {
    const struct templates *t;
    const struct safety *how;
    enum safety_position standard;
    struct template_limits limits;
    bool lacks;      /* a value that is not there was asked for */
    bool rule_spans; /* a rule's own `code` can be told */
    bool in_span;
};

static size_t limit_of(const struct filler *f, enum safety_position pos)
{
    switch (pos) {
    case SAFETY_FENCE:
        return f->limits.fence;
    case SAFETY_CODE:
        return f->limits.code;
    case SAFETY_MENTION:
        return 600;
    case SAFETY_LINK:
        return 0;
    default:
        return f->limits.text;
    }
}

/* Inside a span that the rule opened and will close: nothing but a backtick
 * means anything there. */
static int write_in_span(const struct filler *f, const char *s,
                         struct strbuf *out, struct err *err)
{
    size_t from = out->len;

    if (safety_write(out, f->how, SAFETY_TITLE, s, strlen(s), f->limits.code,
                     err)
        < 0)
        return -1;
    for (char *p = out->buf + from; p < out->buf + out->len; p++)
        if (*p == '`')
            *p = '\'';
    return 0;
}

static int write_value(void *user, const char *position, const json_t *v,
                       struct strbuf *out, struct err *err)
{
    struct filler *f = user;
    enum safety_position pos = f->standard;
    char number[32];
    const char *s = json_string_value(v);

    if (!v || json_is_null(v)) {
        f->lacks = true;
        return 0;
    }
    if (position && !strcmp(position, MADE)) {
        s = json_string_value(json_object_get(v, MADE));
        if (s)
            strbuf_adds(out, s);
        return 0;
    }
    if (position)
        pos = (enum safety_position)safety_position_parse(position,
                                                          strlen(position));
    if (json_is_integer(v)) {
        snprintf(number, sizeof(number), "%lld",
                 (long long)json_integer_value(v));
        s = number;
    }
    if (!s)
        return err_set(err, ERR_CONFIG, "is no text and no number");
    if (f->in_span)
        return write_in_span(f, s, out, err);
    if (pos == SAFETY_FENCE && out->len && out->buf[out->len - 1] != '\n')
        strbuf_addc(out, '\n');
    return safety_write(out, f->how, pos, s, strlen(s), limit_of(f, pos), err);
}

static const struct mustache *get_partial(void *user, const char *name,
                                          struct err *err)
{
    struct filler *f = user;
    const struct mustache *m =
        find(f->t, safety_flavour_name(f->how->flavour), name);

    if (!m)
        err_set(err, ERR_CONFIG, "no template \"%s\"", name);
    return m;
}

char *templates_fill(const struct templates *t, const char *name,
                     const struct safety *how, bool title,
                     const struct template_limits *limits,
                     const json_t *context, struct err *err)
{
    struct filler f = { .t = t,
                        .how = how,
                        .limits = *limits,
                        .standard = title ? SAFETY_TITLE : SAFETY_TEXT };
    struct mustache_writer w = { .value = write_value,
                                 .partial = get_partial,
                                 .user = &f };
    const struct mustache *m = find(t, safety_flavour_name(how->flavour), name);
    struct strbuf b;

    if (!m) {
        err_set(err, ERR_CONFIG, "no template %s/%s" SUFFIX,
                safety_flavour_name(how->flavour), name);
        return NULL;
    }
    strbuf_init(&b, (size_t)4 << 20);
    if (mustache_render(m, context, &w, &b, err) < 0) {
        strbuf_release(&b);
        return NULL;
    }
    return strbuf_take(&b);
}

/* ---- texts of rules ---- */

/* Can one tell by counting backticks what stands in a rule's own code span?
 * Only of single ones, in pairs on a line, with nothing that binds closer. */
static bool spans_are_plain(const char *text)
{
    bool open = false;

    if (strstr(text, "``") || strchr(text, '\\') || strchr(text, '<'))
        return false;
    for (; *text; text++) {
        if (*text == '`')
            open = !open;
        if (*text == '\n' && open)
            return false;
    }
    return !open;
}

/* `{{spec}}` is {{spec}}: the capture brings its own backticks. */
static char *unquote(const char *text)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (*text) {
        const char *end = strncmp(text, "`{{", 3) ? NULL : strstr(text, "}}");

        if (end && end[2] == '`') {
            strbuf_add(&b, text + 1, (size_t)(end + 1 - text));
            text = end + 3;
        } else {
            strbuf_addc(&b, *text++);
        }
    }
    return strbuf_take(&b);
}

/* Rules are written in Markdown; a title and HTML show no backticks. */
static void write_rule_literal(void *user, const char *s, size_t n,
                               struct strbuf *out)
{
    struct filler *f = user;
    CLEANUP_FREE char *copy = xmemdup0(s, n);
    CLEANUP_FREE char *dead = safety_break_mentions(copy);
    bool html = f->how->flavour == SAFETY_HTML;
    bool ticks = f->standard != SAFETY_TITLE && !html;

    for (const char *p = dead; *p; p++) {
        if (*p == '`' && f->rule_spans)
            f->in_span = !f->in_span;
        if (*p == '`' && !ticks)
            continue;
        if (html && f->standard != SAFETY_TITLE && strchr("<>&", *p))
            strbuf_adds(out, *p == '<' ? "&lt;" : *p == '>' ? "&gt;" : "&amp;");
        else
            strbuf_addc(out, *p);
    }
}

char *templates_fill_rule(const char *text, const struct safety *how,
                          enum safety_position pos, const json_t *captures)
{
    struct filler f = { .how = how,
                        .standard = pos,
                        .limits = { 160, 160, 1000 } };
    struct mustache_writer w = { .value = write_value,
                                 .literal = write_rule_literal,
                                 .user = &f };
    CLEANUP_FREE char *whole = sentence_settle(text, captures);
    CLEANUP_FREE char *bare = unquote(whole);
    struct mustache *m =
        mustache_parse("rule", bare, strlen(bare), position_known, NULL);
    struct strbuf b;
    int rc;

    if (!m)
        return NULL;
    f.rule_spans = pos == SAFETY_CODE && how->flavour != SAFETY_HTML
                   && spans_are_plain(bare);
    strbuf_init(&b, 65536);
    rc = mustache_render(m, captures, &w, &b, NULL);
    mustache_free(m);
    if (rc < 0 || f.lacks) {
        strbuf_release(&b);
        return NULL;
    }
    return strbuf_take(&b);
}
