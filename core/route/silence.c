/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Silences: matched as routes are, and by fingerprint or ticket when a
 * person made them at a ticket. Must not end one: the clock does that.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/judge.h"

/* More names than these of one silence are not followed. */
#define FOLLOWED_MAX 1000

static void texts(const json_t *match, const char *key, char ***out, size_t *nr)
{
    const json_t *v = json_object_get(match, key);
    size_t i, n = json_is_array(v) ? json_array_size(v) : 1;

    *nr = 0;
    *out = xcalloc(n, sizeof(**out));
    if (json_is_string(v))
        (*out)[(*nr)++] = xstrdup(json_string_value(v));
    for (i = 0; json_is_array(v) && i < n; i++) {
        const char *s = json_string_value(json_array_get(v, i));

        if (s)
            (*out)[(*nr)++] = xstrdup(s);
    }
}

static enum gate gate_of(const char *from)
{
    if (!str_cmp0(from, "snooze"))
        return GATE_SNOOZED;
    if (!str_cmp0(from, "not-planned"))
        return GATE_NOT_PLANNED;
    if (!str_cmp0(from, "wrong"))
        return GATE_WRONG;
    if (!str_cmp0(from, "off"))
        return GATE_OPTED_OUT;
    return GATE_SILENCED;
}

#define KEYS(X)                                                                \
    X(project)                                                                 \
    X(branch) X(category) X(area) X(blame) X(rule) X(source) X(owner) X(job)

void silencer_init(struct silencer *q, const struct silence *rec)
{
    const json_t *outbreak = json_object_get(rec->match, "outbreak");

    memset(q, 0, sizeof(*q));
    q->rec = *rec;
    q->rec.author = xstrdup0(rec->author);
    q->rec.comment = xstrdup0(rec->comment);
    q->rec.match = json_incref(rec->match);
#define READ(key) texts(rec->match, #key, &q->match.key, &q->match.nr_##key);
    KEYS(READ)
#undef READ
    texts(rec->match, "fingerprint", &q->fingerprint, &q->nr_fingerprint);
    texts(rec->match, "ticket", &q->ticket, &q->nr_ticket);
    q->match.outbreak = json_is_boolean(outbreak) ? json_is_true(outbreak) : -1;
    q->gate = gate_of(jx_str(rec->match, "from"));
}

static void texts_free(char **of, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        free(of[i]);
    free(of);
}

void silencer_release(struct silencer *q)
{
#define FREE(key) texts_free(q->match.key, q->match.nr_##key);
    KEYS(FREE)
#undef FREE
    texts_free(q->fingerprint, q->nr_fingerprint);
    texts_free(q->ticket, q->nr_ticket);
    silence_release(&q->rec);
}

static bool listed(char *const *of, size_t nr, const char *is)
{
    for (size_t i = 0; i < nr; i++)
        if (is && !strcmp(of[i], is))
            return true;
    return !nr;
}

static void add_later(struct silencer *q, const json_t *later)
{
    const json_t *v;
    size_t i;

    json_array_foreach(later, i, v) {
        const char *s = json_string_value(v);

        if (!s || q->nr_fingerprint == FOLLOWED_MAX
            || listed(q->fingerprint, q->nr_fingerprint, s))
            continue;
        q->fingerprint =
            xrealloc(q->fingerprint, (q->nr_fingerprint + 1) * sizeof(char *));
        q->fingerprint[q->nr_fingerprint++] = xstrdup(s);
    }
}

/* That a class was wrong says nothing of the one that took its place. */
int silencer_follow(struct silencer *q, struct store *st, struct err *err)
{
    for (size_t i = 0; q->gate != GATE_WRONG && i < q->nr_fingerprint; i++) {
        CLEANUP_JSON json_t *later = NULL;

        if (store_class_later(st, q->fingerprint[i], &later, err) < 0)
            return -1;
        add_later(q, later);
    }
    return 0;
}

struct names {
    const struct ticket *t;
    json_t *all;
};

static const json_t *ticket_names(void *user)
{
    struct names *n = user;

    if (!n->all) {
        n->all = json_array();
        if (n->t && n->t->owner)
            json_array_append_new(n->all, json_string(n->t->owner));
        if (n->t && n->t->persons)
            json_array_extend(n->all, n->t->persons);
    }
    return n->all;
}

bool silencer_matches(const struct silencer *q, const struct incident *i,
                      const char *default_branch, const struct ticket *t)
{
    struct names names = { t, NULL };
    struct subject sub;
    bool yes;

    if (!listed(q->fingerprint, q->nr_fingerprint, i->fingerprint)
        || !listed(q->ticket, q->nr_ticket, t ? t->key : NULL))
        return false;
    subject_of(&sub, i, default_branch);
    sub.outbreak = i->outbreak != NULL;
    sub.owners = ticket_names;
    sub.user = &names;
    yes = match_subject(&q->match, &sub, NULL);
    json_decref(names.all);
    return yes;
}
