/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What somebody else has said there already: an open issue or pull request
 * whose title one of the patterns finds. Must not take our own issues for
 * somebody else's, nor file when it could not look.
 */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "plugins/github-issues/sink.h"

#define TITLE_LOOKED_AT 500
#define MATCH_LIMIT 100000
#define PAGES_MAX 3
#define TARGETS_MAX 20

enum kind { ANY, ISSUE, PULL };

struct pattern {
    enum kind kind;
    pcre2_code *code;
};

struct patterns {
    struct pattern *items;
    size_t nr, alloc;
    int pages;
};

static void patterns_free(struct patterns *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->nr; i++)
        pcre2_code_free(p->items[i].code);
    free(p->items);
    free(p);
}

/* ---- patterns ------------------------------------------------------------ */

static const char *skip_kind(const char *s, enum kind *kind)
{
    *kind = str_starts(s, "pr ") ? PULL : str_starts(s, "issue ") ? ISSUE : ANY;
    return *kind == PULL ? s + 3 : *kind == ISSUE ? s + 6 : s;
}

/* target as a literal in a pattern. */
static void add_literal(struct strbuf *b, const char *target)
{
    for (; *target; target++) {
        if ((unsigned char)*target < 0x80
            && strchr("\\^$.|?*+()[]{}#-&~/ ", *target))
            strbuf_addc(b, '\\');
        strbuf_addc(b, *target);
    }
}

/* {target} as what the ticket is about; new, NULL: it is about none. */
static char *fill_in(const char *pattern, const char *target)
{
    static const char what[] = "{target}";
    struct strbuf b;

    if (!strstr(pattern, what))
        return xstrdup(pattern);
    if (!target || !*target)
        return NULL;
    strbuf_init(&b, 4000);
    for (const char *s; (s = strstr(pattern, what));) {
        strbuf_add(&b, pattern, (size_t)(s - pattern));
        add_literal(&b, target);
        pattern = s + strlen(what);
    }
    strbuf_adds(&b, pattern);
    return strbuf_take(&b);
}

static pcre2_code *compile(const char *text, char **why)
{
    int code;
    PCRE2_SIZE at;
    PCRE2_UCHAR message[200];
    pcre2_code *re =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                      PCRE2_CASELESS | PCRE2_NEVER_UTF, &code, &at, NULL);

    if (!re && why) {
        pcre2_get_error_message(code, message, sizeof(message));
        *why = xasprintf("already_reported: %s: %s at %zu", text,
                         (const char *)message, (size_t)at);
    }
    return re;
}

char *reported_wrong(const char *pattern)
{
    enum kind kind;
    CLEANUP_FREE char *text = fill_in(skip_kind(pattern, &kind), "1.2.3");
    char *why = NULL;

    pcre2_code_free(compile(text, &why));
    return why;
}

static void add(struct patterns *p, const char *pattern, const char *target)
{
    enum kind kind;
    const char *rest = skip_kind(pattern, &kind);
    CLEANUP_FREE char *text = fill_in(rest, target);
    pcre2_code *code = text ? compile(text, NULL) : NULL;

    if (!code)
        return;
    ALLOC_GROW(p->items, p->nr + 1, p->alloc);
    p->items[p->nr++] = (struct pattern){ kind, code };
}

/* Each pattern for each thing that the ticket is about; one without {target}
 * once. */
static struct patterns *patterns_of(const struct delivery *d)
{
    struct patterns *p = xcalloc(1, sizeof(*p));
    CLEANUP_JSON json_t *fields =
        jx_parse(d->n->fields, strlen(d->n->fields), NULL);
    const json_t *causes = jx_arr(fields, "causes"), *c;
    size_t i;

    for (char **s = d->s->reported; s && *s; s++) {
        if (!strstr(*s, "{target}")) {
            add(p, *s, NULL);
            continue;
        }
        json_array_foreach((json_t *)causes, i, c) {
            if (i == TARGETS_MAX)
                break;
            add(p, *s, jx_str(c, "target"));
        }
    }
    return p;
}

/* A pattern that reaches its limit has found nothing. */
static bool finds(const struct pattern *p, const char *title)
{
    pcre2_match_data *data =
        pcre2_match_data_create_from_pattern(p->code, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    size_t n = strnlen(title, TITLE_LOOKED_AT);
    int found;

    pcre2_set_match_limit(limits, MATCH_LIMIT);
    found = pcre2_match(p->code, (PCRE2_SPTR)title, n, 0, 0, data, limits);
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
    return found >= 0;
}

/* ---- looking ------------------------------------------------------------- */

static bool is_it(const struct patterns *p, const json_t *issue)
{
    enum kind kind = json_object_get(issue, "pull_request") ? PULL : ISSUE;
    const char *title = jx_str_or(issue, "title", "");

    for (size_t i = 0; i < p->nr; i++)
        if ((p->items[i].kind == ANY || p->items[i].kind == kind)
            && finds(&p->items[i], title))
            return true;
    return false;
}

static void end(struct delivery *d)
{
    patterns_free(d->patterns);
    d->patterns = NULL;
}

static void hold(struct delivery *d, const json_t *issue)
{
    outcome_held(d, "already-reported", DAY,
                 xasprintf("it is reported already: %s by %s",
                           jx_str_or(issue, "html_url", "?"),
                           jx_str_or(jx_obj(issue, "user"), "login", "?")));
}

static void on_page(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    CLEANUP_FREE char *next = r->ok ? net_next(r->http) : NULL;
    json_t *issue;
    size_t i;

    if (!r->ok || !json_is_array(r->json)) {
        outcome_of_reply(d, r, &d->s->read,
                         "what is reported there already "
                         "cannot be read");
        end(d);
        return;
    }
    json_array_foreach(r->json, i, issue) {
        if (who_is_us(d->s, jx_str(jx_obj(issue, "user"), "login"))
            || !is_it(d->patterns, issue))
            continue;
        hold(d, issue);
        end(d);
        return;
    }
    if (next && ++d->patterns->pages < PAGES_MAX) {
        ask_read(d, next, on_page);
        return;
    }
    end(d);
    d->next(d);
}

void reported_look(struct delivery *d, void (*next)(struct delivery *d))
{
    CLEANUP_FREE char *url =
        xasprintf("/repos/%s/issues?state=open&sort=updated&direction=desc"
                  "&per_page=100",
                  d->at.repository);

    d->patterns = patterns_of(d);
    if (!d->patterns->nr) {
        end(d);
        next(d);
        return;
    }
    d->next = next;
    ask_read(d, url, on_page);
}
