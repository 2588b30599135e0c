/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What GitHub made of what was sent. It drops labels, assignees and calls of
 * teams without a word where we may not use them: the reply shows it. Must
 * not fail a delivery for it, for the issue is there.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

#define CALL "call" /* pending: nobody was called as yet */

static bool has_named(const json_t *list, const char *key, const char *name)
{
    size_t i;
    json_t *v;

    json_array_foreach((json_t *)list, i, v)
        if (jx_str(v, key) && !strcasecmp(jx_str(v, key), name))
            return true;
    return false;
}

static void notice(struct delivery *d, const char *code, const char *what)
{
    CLEANUP_FREE char *text =
        xasprintf("%s, for one at %s", what, d->at.repository);

    d->s->host->notice(d->s->host, code, text);
}

static void check_labels(struct delivery *d, const json_t *issue)
{
    size_t i;
    json_t *v;

    json_array_foreach(d->labels, i, v)
        if (!has_named(jx_arr(issue, "labels"), "name", json_string_value(v))) {
            notice(d, "labels-dropped",
                   "GitHub put no labels on what was "
                   "filed");
            return;
        }
}

/* True: at least one of them is. */
static bool check_assignees(struct delivery *d, const json_t *issue)
{
    size_t i;
    json_t *v;

    json_array_foreach(d->assignees, i, v)
        if (has_named(jx_arr(issue, "assignees"), "login",
                      json_string_value(v)))
            return true;
    return false;
}

/* ---- calls --------------------------------------------------------------- */

/* <a class="user-mention ..." ...>@name</a>, the classes team-mention and
 * user-mention. */
static bool is_live(const char *html, const char *name)
{
    size_t n = strlen(name);

    for (const char *s = html; (s = strstr(s, "<a ")); s++) {
        const char *end = strchr(s, '>');
        CLEANUP_FREE char *tag = end ? xstrndup(s, (size_t)(end - s)) : NULL;

        if (tag && (strstr(tag, "user-mention") || strstr(tag, "team-mention"))
            && end[1] == '@' && !strncasecmp(end + 2, name, n)
            && end[2 + n] == '<')
            return true;
    }
    return false;
}

/* Whether anybody was called; a team that was not is remembered. */
static bool check_calls(struct delivery *d, const json_t *issue)
{
    const char *html = jx_str_or(issue, "body_html", "");
    bool any = false;
    size_t i;
    json_t *v;

    json_array_foreach(d->called, i, v) {
        const char *name = json_string_value(v);

        if (is_live(html, name))
            any = true;
        else if (strchr(name, '/'))
            people_team_is_dead(d, name);
    }
    return any;
}

static void end(struct delivery *d)
{
    outcome_ok(d, d->receipt.adopted);
}

static void on_called(struct delivery *d, const struct net_reply *r)
{
    if (r && !r->ok && outcome_is_passing(r)) {
        outcome_pending(d, CALL, r);
        return;
    }
    if (r && !r->ok)
        notice(d, "nobody-called", "GitHub called nobody");
    d->resume(d);
}

/* New; NULL: there is nobody, and operators hear of it. */
static char *call_text(struct delivery *d)
{
    CLEANUP_FREE char *names = people_instead(d);

    if (names)
        return xasprintf("For %s: nobody else could be called here.\n%s\n",
                         names, d->n->marker);
    notice(d, "nobody-called",
           "nobody could be called: no verified "
           "login is known");
    return NULL;
}

/* An edit of the body would call nobody; a comment does, once. */
static void call_instead(struct delivery *d, comment_function *comment)
{
    char *text = call_text(d);

    if (text)
        comment(d, text, on_called);
    else
        d->resume(d);
}

bool back_is_pending(const struct delivery *d)
{
    return str_eq(d->n->pending, CALL) && d->delivery != TOCSIN_DELIVER_RESOLVE;
}

void back_call(struct delivery *d)
{
    d->resume = end;
    call_instead(d, comment_make);
}

void back_check_calls(struct delivery *d, const json_t *comment)
{
    if (json_array_size(d->called) && !check_calls(d, comment))
        notice(d, "nobody-called", "GitHub called nobody");
}

/* Somebody was to hear of it, and nobody does. */
static bool nobody_hears(struct delivery *d, const json_t *issue)
{
    if (d->s->assigns)
        return d->n->owner && d->n->owner->persons && d->n->owner->persons[0]
               && !check_assignees(d, issue);
    return json_array_size(d->called) && !check_calls(d, issue);
}

void back_again(struct delivery *d)
{
    d->once = true;
    if (d->s->assigns && nobody_hears(d, d->issue))
        call_instead(d, comment_make);
    else
        d->resume(d);
}

void back_read(struct delivery *d, const json_t *issue)
{
    check_labels(d, issue);
    d->resume = end;
    if (nobody_hears(d, issue))
        call_instead(d, comment_first);
    else
        end(d);
}
