/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One sentence about a failure: its rule's, with the captures, or what the
 * worker wrote down when it saw it. Must not hand on a word of a log that
 * was not escaped.
 */
#include <config.h>

#include "core/deliver/context.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/deliver/templates.h"

static const json_t *find_rule(const struct subject *s, const char *id)
{
    size_t k;
    json_t *rule;

    if (id)
        json_array_foreach(s->settings->rules, k, rule)
            if (str_eq(jx_str(rule, "id"), id))
                return rule;
    return NULL;
}

static char *trim_stop(char *s)
{
    size_t n = s ? strlen(s) : 0;

    while (n && (s[n - 1] == '.' || s[n - 1] == ' ' || s[n - 1] == '\n'))
        s[--n] = '\0';
    return s;
}

static char *last_words(const char *written, const struct safety *how)
{
    CLEANUP_FREE char *code = safety_text(how, SAFETY_CODE, written, 200);

    return *code ? xasprintf("no rule knows why; the log says %s", code) : NULL;
}

/* Written in Markdown once, with captures that nobody had escaped: here it
 * is plain words. */
static char *without_ticks(const char *written, const struct safety *how,
                           enum safety_position pos)
{
    struct strbuf b;
    char *text;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (const char *p = written; *p; p++)
        if (*p != '`')
            strbuf_addc(&b, *p);
    text = safety_text(how, pos, b.buf, 300);
    strbuf_release(&b);
    return text;
}

char *summary_of(const struct subject *s, const struct incident *i,
                 const struct safety *how, enum safety_position pos,
                 const struct fill *fill)
{
    const char *rule = jx_str(find_rule(s, i->rule), "summary");
    const char *written = jx_str(i->failure, "summary");
    char *text = NULL;

    if (fill->trusted_only)
        return safety_text(how, pos == SAFETY_TITLE ? pos : SAFETY_TEXT,
                           i->rule ? i->rule : "no rule knows why", 120);
    if (rule)
        text =
            templates_fill_rule(rule, how, pos, jx_obj(i->failure, "captures"));
    if (!text && written && !i->rule && pos != SAFETY_TITLE)
        text = last_words(written, how);
    if (!text && written)
        text = without_ticks(written, how,
                             pos == SAFETY_TITLE ? pos : SAFETY_TEXT);
    if (!text || !*text) {
        free(text);
        text = xstrdup("no rule knows why yet");
    }
    return trim_stop(text);
}

char *advice_of(const struct subject *s, const struct incident *i,
                const struct safety *how, const struct fill *fill)
{
    const char *rule = jx_str(find_rule(s, i->rule), "advice");
    const char *written = jx_str(i->failure, "advice");
    char *text = NULL;

    if (rule && (!fill->trusted_only || !strstr(rule, "{{")))
        text = templates_fill_rule(rule, how, SAFETY_CODE,
                                   jx_obj(i->failure, "captures"));
    if (!text && written && !fill->trusted_only)
        text = safety_text(how, SAFETY_TEXT, written, 1500);
    while (text && *text && strchr(" \n", text[strlen(text) - 1]))
        text[strlen(text) - 1] = '\0';
    return text;
}
