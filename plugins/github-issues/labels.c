/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Labels of a repository: those of a ticket, and those that people may put
 * on it. Must not hold a ticket back for a label.
 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

#define NAME_MAX_LEN 50 /* that GitHub takes */

/* What a person says with a label; each description has 100 characters at
 * most. */
static const struct {
    const char *name, *what;
} offered[] = {
    { "tocsin: snooze", "Not now: quiet for 30 days" },
    { "tocsin: wrong", "What it says is wrong" },
    { "tocsin: off", "Never tell of this repository" },
    { "tocsin: digest", "Not one by one, but in a digest" },
};

static char *lower(const char *s)
{
    char *out = xstrdup(s);

    for (char *p = out; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return out;
}

static json_t *known_of(struct delivery *d)
{
    return jx_obj(d->s->labels, d->at.repository);
}

static void note(struct delivery *d, const char *name)
{
    CLEANUP_FREE char *key = lower(name);

    jx_set_bool(known_of(d), key, true);
}

static bool is_known(struct delivery *d, const char *name)
{
    CLEANUP_FREE char *key = lower(name);

    return json_object_get(known_of(d), key) != NULL;
}

/* ---- making -------------------------------------------------------------- */

static void make_next(struct delivery *d);

/* 422: somebody was quicker. Whatever else: it goes without. */
static void on_made(void *user, const struct net_reply *r)
{
    struct delivery *d = user;

    if (r->http->error == TOCSIN_HTTP_HELD
        || r->http->error == TOCSIN_HTTP_QUOTA) {
        json_object_del(d->s->labels, d->at.repository);
        outcome_of_reply(d, r, &d->s->write, "no label could be made");
        return;
    }
    if (!r->http->error && r->http->status == 422)
        net_forget(&d->s->net, NET_ODD);
    if (!r->http->error && r->http->status == 403)
        d->step = SIZE_MAX; /* no more of them */
    make_next(d);
}

/* The step-th label that should be there; NULL: no more. */
static const char *wanted(const struct delivery *d, const char **what)
{
    size_t nr = json_array_size(d->labels);

    *what = "";
    if (d->step < nr)
        return json_string_value(json_array_get(d->labels, d->step));
    if (d->step - nr >= ARRAY_SIZE(offered))
        return NULL;
    *what = offered[d->step - nr].what;
    return offered[d->step - nr].name;
}

static void make_next(struct delivery *d)
{
    const char *what, *name = NULL;
    CLEANUP_FREE char *url = NULL;

    while (d->step != SIZE_MAX && (name = wanted(d, &what))) {
        d->step++;
        if (*name && text_length(name) <= NAME_MAX_LEN && !is_known(d, name))
            break;
    }
    if (d->step == SIZE_MAX || !name) {
        d->next(d);
        return;
    }
    note(d, name);
    url = xasprintf("/repos/%s/labels", d->at.repository);
    ask_write(d, "POST", url,
              json_pack("{s:s, s:s, s:s}", "name", name, "color", "ededed",
                        "description", what),
              false, on_made);
}

/* ---- looking ------------------------------------------------------------- */

static void on_labels(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    CLEANUP_FREE char *next = r->ok ? net_next(r->http) : NULL;
    json_t *label;
    size_t i;

    json_array_foreach(r->json, i, label)
        if (jx_str(label, "name"))
            note(d, jx_str(label, "name"));
    if (next)
        ask_read(d, next, on_labels);
    else if (!r->ok)
        d->next(d);
    else
        make_next(d);
}

void labels_make(struct delivery *d, void (*next)(struct delivery *d))
{
    CLEANUP_FREE char *url =
        xasprintf("/repos/%s/labels?per_page=100", d->at.repository);

    d->next = next;
    d->step = 0;
    if (known_of(d)) {
        make_next(d);
        return;
    }
    json_object_set_new(d->s->labels, d->at.repository, json_object());
    ask_read(d, url, on_labels);
}
