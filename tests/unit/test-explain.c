/* SPDX-License-Identifier: BSD-3-Clause */
/* Why: decisions in words, and incidents that are made up. */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

START_TEST(decisions_in_plain_words)
{
    static const struct {
        const char *code, *inputs, *text;
    } t[] = {
        { REASON_PENDING,
          "{\"since\": 1794204000, \"pushes\": 1, \"open\": {\"any\":"
          " {\"red_for\": 172800, \"pushes\": 3}}}",
          "The threshold is not met yet. Red since 9 Nov 2026, 06:00 UTC, "
          "1 red push. It is told after 2 days red, or 3 red pushes." },
        { REASON_OPENED,
          "{\"since\": 1794204000, \"pushes\": 0, \"attempts\": 20.2,"
          " \"open\": {\"all\": {\"attempts\": 10.0, \"age\": 604800}}}",
          "The threshold is met; it is told. Stuck since 9 Nov 2026, "
          "06:00 UTC, 20 tries. It is told after 10 tries and 7 days." },
        { REASON_PENDING,
          "{\"since\": 1794204000, \"pushes\": 1, \"attempts\": 0.2,"
          " \"open\": {\"any\": {\"attempts\": 1.0, \"pushes\": 2}}}",
          "The threshold is not met yet. Stuck since 9 Nov 2026, 06:00 UTC, "
          "1 red push, not one full try. It is told after 1 try, or 2 red "
          "pushes." },
        { REASON_OPENED,
          "{\"spread\": {\"projects\": 8, \"owners\": 1, \"began\":"
          " 1794204000, \"asks\": {\"projects\": 6, \"owners\": 1,"
          " \"within\": 3600}}}",
          "The threshold is met; it is told. It has hit 8 projects of 1 "
          "owner since 9 Nov 2026, 06:00 UTC; an outbreak is 6 projects of 1 "
          "owner within 60 min." },
        { REASON_REMINDED, "{\"restart\": 2}",
          "The outbreak is over; that is said once, with what is still red." },
        { REASON_REMINDED, "{}",
          "It was told a while ago and still stands; it is said again." },
    };

    for (size_t n = 0; n < ARRAY_SIZE(t); n++) {
        CLEANUP_JSON json_t *inputs = json_loads(t[n].inputs, 0, NULL);
        CLEANUP_FREE char *text = verdict_sentence(t[n].code, NULL, inputs);

        ck_assert_ptr_nonnull(inputs);
        ck_assert_str_eq(text, t[n].text);
    }
}
END_TEST

START_TEST(explain_says_which_matcher_failed)
{
    struct world *w =
        told("armed: true\n"
             "routes:\n"
             "  - {id: infra, match: {blame: infrastructure}, owner: core,"
             " via: [chat]}\n"
             "  - {id: slow, match: {area: dependency}, continue: true,"
             " policy: {open: {any: [{red_for: 1d}]}}}\n"
             "  - {id: all, owner: maintainers, via: [issues]}\n");
    struct incident i = incident(w, P, F);
    CLEANUP_JSON json_t *v = decide_explain(w->st, w->s, &i, w->now);
    json_t *routes = jx_arr(v, "routes"), *one;

    ck_assert_uint_eq(json_array_size(routes), 3);
    one = json_array_get(routes, 0);
    ck_assert_str_eq(jx_str(one, "id"), "infra");
    ck_assert(!jx_bool(one, "matched", true));
    ck_assert_str_eq(jx_str(one, "why"),
                     "blame is dependency, wanted is infrastructure");
    one = json_array_get(routes, 1);
    ck_assert(jx_bool(one, "matched", false));
    one = json_array_get(routes, 2);
    ck_assert(str_starts(jx_str(one, "at"), "t.yaml:"));
    ck_assert_str_eq(jx_str(v, "code"), REASON_OPENED);
    ck_assert_str_eq(jx_str(jx_obj(v, "owner"), "name"), "maintainers");
    ck_assert_int_eq(jx_int(jx_obj(jx_obj(jx_obj(v, "policy"), "open"), "any"),
                            "red_for", 0),
                     DAY);
    ck_assert_ptr_nonnull(jx_str(v, "text"));
    incident_release(&i);
    world_release(w);
}
END_TEST

START_TEST(explain_takes_made_up_incidents)
{
    struct world *w = world(plain);
    struct incident i = {
        .project = xstrdup(P),
        .branch = xstrdup("main"),
        .category = xstrdup("test/failed"),
        .first_seen = T0,
        .fingerprint = xstrdup("none"),
        .standing = true,
    };
    CLEANUP_JSON json_t *v = decide_explain(w->st, w->s, &i, T0);

    ck_assert_str_eq(jx_str(v, "code"), REASON_PENDING);
    ck_assert_int_eq(jx_int(jx_obj(v, "ticket"), "next_at", 0), T0 + 2 * DAY);
    ck_assert_int_eq(tickets(w), 0);
    incident_release(&i);
    world_release(w);
}
END_TEST

START_TEST(explain_waits_for_facts)
{
    struct world *w = world("armed: true\n"
                            "fallback: {owner: core, via: [chat]}\n"
                            "routes:\n"
                            "  - {owner: maintainers, via: [issues]}\n");
    struct incident i = {
        .project = xstrdup("org/orphan"),
        .branch = xstrdup("main"),
        .category = xstrdup("test/failed"),
        .first_seen = T0,
        .fingerprint = xstrdup("none"),
        .standing = true,
    };
    CLEANUP_FREE char *at = xasprintf("%lld", (long long)T0);
    json_t *v = decide_explain(w->st, w->s, &i, T0);
    json_t *one = json_array_get(jx_arr(v, "tickets"), 0);

    ck_assert_str_eq(jx_str(one, "role"), "fallback");
    json_decref(v);
    ck_assert_int_eq(store_meta_set(w->st, SOURCE_ABSENT "builds", at, NULL),
                     0);
    v = decide_explain(w->st, w->s, &i, T0 + HOUR);
    one = json_array_get(jx_arr(v, "tickets"), 0);
    ck_assert_str_eq(jx_str(one, "role"), "own");
    json_decref(v);
    v = decide_explain(w->st, w->s, &i, T0 + DAY);
    one = json_array_get(jx_arr(v, "tickets"), 0);
    ck_assert_str_eq(jx_str(one, "role"), "fallback");
    json_decref(v);
    incident_release(&i);
    world_release(w);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        decisions_in_plain_words,
        explain_says_which_matcher_failed,
        explain_takes_made_up_incidents,
        explain_waits_for_facts,
    };

    return suite_run("explain", tests, ARRAY_SIZE(tests), NULL, NULL);
}
