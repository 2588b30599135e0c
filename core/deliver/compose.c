/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ticket into a message: fill the template with as much as fits, put the
 * marker under it, look at the whole once more. Must not hand out a message
 * that the check refused, and must not drop one for it either.
 */
#include <config.h>

#include "core/deliver/compose.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/deliver/safety.h"
#include "core/deliver/subject.h"
#include "core/deliver/templates.h"
#include "core/deliver/unsay.h"

#define TITLE_KEPT 256
#define BODY_STANDARD 60000

struct composer {
    const struct settings *settings;
    struct templates *templates;
    struct safety_check *check;
    struct exact *exact; /* NULL: no value is named */
};

struct composer *composer_new(const struct settings *s, struct err *err)
{
    struct composer *c = xcalloc(1, sizeof(*c));

    c->settings = s;
    c->exact = exact_new((const char *const *)s->redact, s->nr_redact);
    c->templates = templates_new(s->templates, err);
    if (c->templates)
        c->check = safety_check_new(s->forbidden, s->nr_forbidden, err);
    if (!c->check) {
        composer_free(c);
        return NULL;
    }
    return c;
}

void composer_free(struct composer *c)
{
    if (!c)
        return;
    templates_free(c->templates);
    safety_check_free(c->check);
    exact_free(c->exact);
    free(c);
}

void message_release(struct message *m)
{
    free(m->title);
    free(m->full_title);
    free(m->body);
    free(m->marker);
    json_decref(m->fields);
    json_decref(m->labels);
    free(m->digest);
    free(m->counts_digest);
    free(m->degraded_why);
    memset(m, 0, sizeof(*m));
}

/* Keys and nonces are ours; what else is in one is no marker. */
static char *only_word(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, 64);
    for (; *s; s++)
        if (isalnum((unsigned char)*s) || *s == '-')
            strbuf_addc(&b, *s);
    return strbuf_take(&b);
}

/* The marker of a ticket's message at a sink of this flavour. New. */
static char *compose_marker(const char *flavour, const char *key,
                            const char *nonce)
{
    CLEANUP_FREE char *k = only_word(key);
    CLEANUP_FREE char *n = only_word(nonce);

    switch (safety_flavour_parse(flavour)) {
    case SAFETY_ZULIP:
        return xasprintf("`tocsin 1:%s:%s`", k, n);
    case SAFETY_PLAIN:
        return xasprintf("[tocsin 1:%s:%s]", k, n);
    default:
        return xasprintf("<!-- tocsin 1:%s:%s -->", k, n);
    }
}

/* ---- one try ---- */

struct attempt {
    const struct composer *c;
    const struct subject *s;
    struct safety how;
    const char *template;
    const char *marker;
    size_t body_max;
};

/* From everything to almost nothing; the first that fits is sent. */
static const struct fill fills[] = {
    { 24, 6000, 8, 40, false }, { 16, 3000, 6, 25, false },
    { 10, 1200, 4, 12, false }, { 5, 500, 3, 6, false },
    { 2, 200, 2, 3, false },    { 0, 0, 1, 1, false },
};

static char *fill_body(const struct attempt *a, const char *template,
                       const struct fill *fill, struct err *err)
{
    struct template_limits limits = {
        300, 160, fill->excerpt_chars ? 2 * fill->excerpt_chars + 400 : 1
    };
    json_t *context = subject_context(a->s, &a->how, fill);
    char *page = templates_fill(a->c->templates, template, &a->how, false,
                                &limits, context, err);
    size_t n = page ? strlen(page) : 0;
    char *body;

    json_decref(context);
    if (!page)
        return NULL;
    while (n && isspace((unsigned char)page[n - 1]))
        page[--n] = '\0';
    body = xasprintf("%s\n%s\n", page, a->marker);
    free(page);
    return body;
}

static bool fits(const struct attempt *a, const char *body)
{
    return safety_length(body) <= a->body_max;
}

/* NULL and no error: not even the least of it fits. */
static char *body_that_fits(const struct attempt *a, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(fills); i++) {
        char *body = fill_body(a, a->template, &fills[i], err);

        if (!body || fits(a, body))
            return body;
        free(body);
    }
    return NULL;
}

/* What can be said without a word from outside. */
static char *body_of_ours(const struct attempt *a, struct err *err)
{
    static const struct fill ours = { 0, 0, 1, 0, true };
    const char *name = a->s->troubles ? a->template : "minimal";
    char *body = fill_body(a, name, &ours, err);

    if (!body || fits(a, body))
        return body;
    free(body);
    body = xasprintf("%s\n", a->marker);
    if (fits(a, body))
        return body;
    free(body);
    err_set(err, ERR_LIMIT, "a body of %zu characters cannot hold a marker",
            a->body_max);
    return NULL;
}

static char *make_title(const struct attempt *a, bool trusted_only,
                        struct err *err)
{
    struct fill fill = fills[0];
    struct template_limits limits = { 120, 120, 1 };
    CLEANUP_FREE char *title = NULL;
    json_t *context;
    struct strbuf b;

    fill.trusted_only = trusted_only;
    context = subject_context(a->s, &a->how, &fill);
    title = templates_fill(a->c->templates, "title", &a->how, true, &limits,
                           context, err);
    json_decref(context);
    if (!title)
        return NULL;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (const char *p = title; *p; p++)
        if (*p != '\n')
            strbuf_addc(&b, *p);
    free(title);
    title = strbuf_take(&b);
    return safety_text(&a->how, SAFETY_TITLE, title, TITLE_KEPT);
}

static char *check(const struct attempt *a, const char *title, const char *body)
{
    const char *mention = a->s->owner ? a->s->owner->mention : NULL;
    CLEANUP_FREE char *live =
        mention ? safety_text(&a->how, SAFETY_MENTION, mention, 600) : NULL;

    return safety_check_message(a->c->check, title, body, live, a->marker);
}

/* ---- the whole ---- */

static char *cut_title(const struct attempt *a, const struct message_format *f,
                       const char *title)
{
    CLEANUP_FREE char *marked = xasprintf("%s%s", str_or(f->mark, ""), title);

    return safety_text(&a->how, SAFETY_TITLE, marked, f->title_max);
}

static int set_title(const struct attempt *a, const struct ticket *t,
                     const struct message_format *f, struct message *m,
                     struct err *err)
{
    CLEANUP_FREE char *probe = xasprintf("%s\n", a->marker);
    CLEANUP_FREE char *why = NULL;

    m->full_title =
        t->title && *t->title ? xstrdup(t->title) : make_title(a, false, err);
    if (!m->full_title)
        return -1;
    unsay_text(a->c->exact, &m->full_title);
    m->title = cut_title(a, f, m->full_title);
    why = check(a, m->title, probe);
    if (!why)
        return 0;
    m->degraded = true;
    m->degraded_why = xasprintf("title: %s", why);
    free(m->full_title);
    free(m->title);
    m->title = NULL;
    m->full_title = make_title(a, true, err);
    if (!m->full_title)
        return -1;
    m->title = cut_title(a, f, m->full_title);
    return 0;
}

static void degrade(struct message *m, char *why)
{
    m->degraded = true;
    if (!m->degraded_why)
        m->degraded_why = why;
    else
        free(why);
}

static int set_body(const struct attempt *a, struct message *m, struct err *err)
{
    CLEANUP_ERR struct err cause = ERR_INIT;
    char *why;

    m->body = body_that_fits(a, &cause);
    if (!m->body && cause.code != ERR_NONE) {
        err_set(err, cause.code, "%s", err_msg(&cause));
        return -1;
    }
    why = m->body ? check(a, m->title, m->body) : xstrdup("it does not fit");
    if (!why)
        return 0;
    degrade(m, why);
    free(m->body);
    m->body = body_of_ours(a, err);
    if (!m->body)
        return -1;
    why = check(a, m->title, m->body);
    if (!why)
        return 0;
    err_set(err, ERR_CONFIG,
            "the message fails its check even without any "
            "text from outside: %s",
            why);
    free(why);
    return -1;
}

static int compose_subject(const struct composer *c, const struct subject *s,
                           const struct message_format *f, const char *nonce,
                           struct message *m, struct err *err)
{
    const char *flavour = f->flavour ? f->flavour : "plain";
    int known = safety_flavour_parse(flavour);
    struct attempt a = {
        .c = c,
        .s = s,
        .template = subject_template(s),
        .how = { known < 0 ? SAFETY_PLAIN : (enum safety_flavour)known,
                 f->neutralise },
        .body_max = f->body_max ? f->body_max : BODY_STANDARD,
    };

    if (known < 0)
        return err_set(err, ERR_PLUGIN, "no message format \"%s\"", flavour);
    m->marker = compose_marker(flavour, s->ticket->key, nonce);
    a.marker = m->marker;
    if (set_title(&a, s->ticket, f, m, err) < 0 || set_body(&a, m, err) < 0)
        return -1;
    m->fields = subject_fields(s);
    jx_set_str(m->fields, "title", m->title);
    jx_set_bool(m->fields, "degraded", m->degraded);
    m->labels =
        s->ticket->labels ? json_deep_copy(s->ticket->labels) : json_array();
    m->digest = subject_digest(s);
    m->counts_digest = subject_counts_digest(s);
    return 0;
}

int compose(const struct composer *c, struct store *st, const struct order *o,
            struct message *m, struct err *err)
{
    struct subject s = {
        .settings = c->settings,
        .ticket = o->ticket,
        .owner = o->owner,
        .op = o->op,
        .now = o->now,
    };
    int rc;

    memset(m, 0, sizeof(*m));
    if (subject_load(&s, st, err) < 0)
        return -1;
    unsay_subject(c->exact, &s);
    if (!s.nr && !s.troubles && o->op != TOCSIN_DELIVER_RESOLVE)
        rc = err_set(err, ERR_INPUT, "ticket %s has no incident to tell of",
                     o->ticket->key);
    else
        rc = compose_subject(c, &s, o->format, o->nonce, m, err);
    if (rc < 0)
        message_release(m);
    subject_release(&s);
    return rc;
}
