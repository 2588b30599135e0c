/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of decisions share: one project, one owner, one failure,
 * a route that tells, and what happens to them.
 */
#ifndef TOCSIN_TEST_DECIDE_WORLD_H
#define TOCSIN_TEST_DECIDE_WORLD_H

#include "core/route/judge.h"
#include "tests/unit/route-world.h"

#define P "org/foo"
#define F "1:aaaa"

static const char plain[] =
    "armed: true\n"
    "routes:\n"
    "  - {id: maintainers, match: {project: 'org/*'}, owner: maintainers,"
    " via: [issues]}\n";

static struct world the_world;

__attribute__((unused)) static struct world *world(const char *config)
{
    world_init(&the_world, config);
    owned(&the_world, P, "zoe");
    pass(&the_world); /* an empty one: what comes is no backlog */
    return &the_world;
}

/* For suite_run: after a test that made its world with world() or told(). */
__attribute__((unused)) static void world_after(void)
{
    world_release(&the_world);
}

/* A ticket that was told at T0 + 2 d. */
__attribute__((unused)) static struct world *told(const char *config)
{
    struct world *w = world(config);

    red(w, P, F);
    pass(w);
    w->now += 2 * DAY;
    pass(w);
    return w;
}

__attribute__((unused)) static int64_t silence(struct world *w,
                                               const char *match, int64_t ends)
{
    struct silence s = { .starts = w->now, .created = w->now };

    s.author = xstrdup("ada");
    s.comment = xstrdup("known");
    s.ends = ends;
    s.match = json_loads(match, 0, NULL);
    ck_assert_ptr_nonnull(s.match);
    ck_assert_int_eq(store_silence_put(w->st, &s, NULL), 0);
    silence_release(&s);
    return s.id;
}

__attribute__((unused)) static void feedback(struct world *w,
                                             const char *project,
                                             const char *state, const char *by,
                                             const char *labels)
{
    struct ticket t = ticket(w, project);
    CLEANUP_JSON json_t *l = labels ? json_loads(labels, 0, NULL) : json_null();
    CLEANUP_JSON json_t *r = json_pack(
        "[{s:s, s:s, s:s, s:s?, s:O, s:I}]", "ticket", t.key, "remote_id", "7",
        "state", state, "by", by, "labels", l, "changed", (json_int_t)w->now);

    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(decide_feedback(w->st, "issues", r, w->now, NULL), 0);
    ticket_release(&t);
}

__attribute__((unused)) static void many(struct world *w, int nr,
                                         const char *login)
{
    for (int n = 0; n < nr; n++) {
        CLEANUP_FREE char *p = xasprintf("org/p%03d", n);
        CLEANUP_FREE char *l =
            login ? xstrdup(login) : xasprintf("person%d", n);
        CLEANUP_FREE char *d = xasprintf("%d", n);

        owned(w, p, l);
        fact(w, p, "descendants", d);
        red(w, p, F);
    }
}

struct tally {
    const char *reason;
    int nr;
    char *last;
};

__attribute__((unused)) static int tally_one(void *user, struct ticket *t)
{
    struct tally *a = user;

    if (!str_cmp0(t->reason, a->reason)) {
        a->nr++;
        str_replace(&a->last, t->project);
    }
    return 0;
}

__attribute__((unused)) static int with_reason(struct world *w,
                                               const char *reason)
{
    struct ticket_query q = { 0 };
    struct tally a = { .reason = reason };

    store_ticket_each(w->st, &q, tally_one, &a, NULL);
    free(a.last);
    return a.nr;
}

static const char infra[] =
    "armed: true\n"
    "routes:\n"
    "  - {id: infra, match: {blame: infrastructure},"
    " group_by: [category, fingerprint], owner: core, via: [chat]}\n"
    "  - {id: maintainers, owner: maintainers, via: [issues]}\n";

__attribute__((unused)) static void outbreak(struct world *w, const char *key,
                                             const char *state,
                                             const char *fingerprint)
{
    struct outbreak o = { .began = w->now };
    struct outbreak was;

    if (store_outbreak_get(w->st, key, &was, NULL) == 1) {
        o.began = was.began;
        outbreak_release(&was);
    }
    o.key = xstrdup(key);
    o.category = xstrdup("infra/azure");
    o.fingerprint = xstrdup0(fingerprint);
    o.state = xstrdup(state);
    o.last_joined = w->now;
    o.ended = strcmp(state, "over") ? 0 : w->now;
    o.projects = 20;
    o.owners = 20;
    ck_assert_int_eq(store_outbreak_put(w->st, &o, NULL), 0);
    outbreak_release(&o);
}

__attribute__((unused)) static void hit(struct world *w, const char *project,
                                        const char *fp, const char *blame,
                                        const char *key)
{
    struct incident i = incident(w, project, fp);

    str_replace(&i.category, "infra/azure");
    str_replace(&i.blame, blame);
    str_replace(&i.outbreak, key);
    put(w, i);
}

#endif
