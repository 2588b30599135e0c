/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The look-ups of one decision, each asked of the store once: 30,000
 * projects with the same owner must not cost 30,000 queries a person.
 *
 * Must not change anything but the caches.
 */
#include <config.h>

#include "core/route/judge.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

struct fact_entry {
    struct project_facts f;
    UT_hash_handle hh;
    char project[];
};

struct owner_entry {
    struct owner owner;
    int found;
    UT_hash_handle hh;
    char key[];
};

struct word_entry {
    UT_hash_handle hh;
    char text[];
};

struct outbreak_entry {
    struct outbreak ob;
    char *ticket; /* key; "" none; NULL not asked yet */
    UT_hash_handle hh;
    char key[];
};

static int outbreak_add(void *user, const struct outbreak *o)
{
    struct judge *j = user;
    size_t n = strlen(o->key);
    struct outbreak_entry *e = xcalloc(1, sizeof(*e) + n + 1);

    memcpy(e->key, o->key, n);
    e->ob = *o;
    e->ob.key = xstrdup(o->key);
    e->ob.category = xstrdup0(o->category);
    e->ob.fingerprint = xstrdup0(o->fingerprint);
    e->ob.state = xstrdup0(o->state);
    HASH_ADD_KEYPTR(hh, j->outbreaks, e->key, n, e);
    return 0;
}

static int silence_add(void *user, const struct silence *s)
{
    struct judge *j = user;

    j->silencers =
        xrealloc(j->silencers, (j->nr_silencers + 1) * sizeof(*j->silencers));
    silencer_init(&j->silencers[j->nr_silencers++], s);
    return 0;
}

static int silences_follow(struct judge *j, struct err *err)
{
    for (size_t i = 0; i < j->nr_silencers; i++)
        if (silencer_follow(&j->silencers[i], j->st, err) < 0)
            return -1;
    return 0;
}

int judge_init(struct judge *j, struct store *st, const struct settings *s,
               const struct decide_options *opts, struct err *err)
{
    memset(j, 0, sizeof(*j));
    j->st = st;
    j->s = s;
    j->opts = *opts;
    if (store_outbreak_each(st, false, outbreak_add, j, err) < 0
        || store_silence_each(st, opts->now, silence_add, j, err) < 0
        || silences_follow(j, err) < 0 || reach_init(j, err) < 0
        || stop_init(j, err) < 0) {
        judge_release(j);
        return -1;
    }
    return 0;
}

static void words_release(struct judge *j)
{
    struct word_entry *w, *tmp;

    HASH_ITER(hh, j->words, w, tmp)
    {
        HASH_DEL(j->words, w);
        free(w);
    }
}

const char *judge_word(struct judge *j, const char *text)
{
    size_t n = strlen(text);
    struct word_entry *w;

    HASH_FIND(hh, j->words, text, n, w);
    if (!w) {
        w = xcalloc(1, sizeof(*w) + n + 1);
        memcpy(w->text, text, n);
        HASH_ADD_KEYPTR(hh, j->words, w->text, n, w);
    }
    return w->text;
}

void judge_release(struct judge *j)
{
    struct fact_entry *f, *ftmp;
    struct owner_entry *o, *otmp;
    struct outbreak_entry *b, *btmp;

    HASH_ITER(hh, j->facts, f, ftmp)
    {
        HASH_DEL(j->facts, f);
        free(f->f.default_branch);
        free(f->f.origin);
        free(f);
    }
    HASH_ITER(hh, j->owners, o, otmp)
    {
        HASH_DEL(j->owners, o);
        owner_release(&o->owner);
        free(o);
    }
    HASH_ITER(hh, j->outbreaks, b, btmp)
    {
        HASH_DEL(j->outbreaks, b);
        outbreak_release(&b->ob);
        free(b->ticket);
        free(b);
    }
    words_release(j);
    reach_release(j);
    people_release(j);
    inhibit_release(j);
    for (size_t i = 0; i < j->nr_silencers; i++)
        silencer_release(&j->silencers[i]);
    free(j->silencers);
    json_decref(j->stopped);
    memset(j, 0, sizeof(*j));
}

int judge_begin(struct judge *j, struct err *err)
{
    if (j->writing)
        return 0;
    if (store_begin(j->st, STORE_BATCH, err) < 0)
        return -1;
    j->writing = true;
    return 0;
}

static int facts_read(struct judge *j, const char *project,
                      struct project_facts *f, struct err *err)
{
    CLEANUP_JSON json_t *branch = NULL, *archived = NULL, *descendants = NULL;
    CLEANUP_JSON json_t *tell = NULL;

    if (store_fact_get(j->st, project, "default_branch", &branch, err) < 0
        || store_fact_get(j->st, project, "archived", &archived, err) < 0
        || store_fact_get(j->st, project, FACT_TELL, &tell, err) < 0
        || store_fact_get(j->st, project, "descendants", &descendants, err) < 0)
        return -1;
    f->default_branch = xstrdup0(json_string_value(branch));
    f->archived = json_is_true(archived);
    f->digest = str_eq(json_string_value(tell), "digest");
    f->descendants = json_is_number(descendants)
                         ? (int64_t)json_number_value(descendants)
                         : 0;
    f->origin = store_project_origin(j->st, project);
    return 0;
}

const struct project_facts *judge_facts(struct judge *j, const char *project,
                                        struct err *err)
{
    size_t n = strlen(project);
    struct fact_entry *e;

    HASH_FIND(hh, j->facts, project, n, e);
    if (e)
        return &e->f;
    e = xcalloc(1, sizeof(*e) + n + 1);
    memcpy(e->project, project, n);
    if (facts_read(j, project, &e->f, err) < 0) {
        free(e);
        return NULL;
    }
    HASH_ADD_KEYPTR(hh, j->facts, e->project, n, e);
    return &e->f;
}

int judge_owner(struct judge *j, const char *spec, const char *project,
                const char *file, const struct owner **out, struct err *err)
{
    /* a team or a login is the same whatever the project */
    bool asks =
        spec && (!strcmp(spec, "maintainers") || !strcmp(spec, "codeowners"));
    CLEANUP_FREE char *key = xasprintf("%s\x1f%s\x1f%s", str_or(spec, ""),
                                       asks ? str_or(project, "") : "",
                                       asks ? str_or(file, "") : "");
    size_t n = strlen(key);
    struct owner_entry *e;

    HASH_FIND(hh, j->owners, key, n, e);
    if (!e) {
        e = xcalloc(1, sizeof(*e) + n + 1);
        memcpy(e->key, key, n);
        e->found = owner_find(j->st, j->s, spec, project, file, &e->owner, err);
        if (e->found < 0) {
            free(e);
            return -1;
        }
        HASH_ADD_KEYPTR(hh, j->owners, e->key, n, e);
    }
    *out = &e->owner;
    return e->found;
}

const struct outbreak *judge_outbreak(const struct judge *j,
                                      const struct incident *i)
{
    struct outbreak_entry *e;

    if (!i->outbreak)
        return NULL;
    HASH_FIND(hh, j->outbreaks, i->outbreak, strlen(i->outbreak), e);
    if (!e)
        return NULL;
    if (!strcmp(str_or(e->ob.state, ""), "over")
        && (str_cmp0(i->blame, "infrastructure")
            || i->first_seen > e->ob.ended))
        return NULL;
    return &e->ob;
}

int judge_outbreak_ticket(struct judge *j, const struct incident *i,
                          const char **key, struct err *err)
{
    struct outbreak_entry *e = NULL;
    struct placements p;

    *key = NULL;
    if (!judge_outbreak(j, i))
        return 0;
    HASH_FIND(hh, j->outbreaks, i->outbreak, strlen(i->outbreak), e);
    if (!e->ticket) {
        if (place(j, i, &p, NULL, err) < 0)
            return -1;
        e->ticket = xstrdup("");
        for (size_t n = 0; n < p.nr; n++)
            if (p.of[n].role == ROLE_OUTBREAK)
                str_replace(&e->ticket, p.of[n].key);
        placements_release(&p);
    }
    *key = *e->ticket ? e->ticket : NULL;
    return 0;
}

static bool is_among(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (!strcmp(*names, name))
            return true;
    return false;
}

bool judge_sink_is_local(const struct judge *j, const char *sink)
{
    return is_among(j->opts.local_sinks, sink);
}

bool judge_sink_is_blind(const struct judge *j, const char *sink)
{
    return is_among(j->opts.blind_sinks, sink);
}

const struct silencer *judge_silence(struct judge *j, const struct incident *i,
                                     const struct ticket *t)
{
    const struct silencer *best = NULL;
    const struct project_facts *f;

    if (!j->nr_silencers)
        return NULL;
    f = judge_facts(j, i->project, NULL);
    for (size_t n = 0; n < j->nr_silencers; n++) {
        const struct silencer *q = &j->silencers[n];

        if (silencer_matches(q, i, f ? f->default_branch : NULL, t)
            && (!best || q->gate > best->gate))
            best = q;
    }
    return best;
}
