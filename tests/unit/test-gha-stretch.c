/* SPDX-License-Identifier: BSD-3-Clause */
/* github-actions: a list of runs that grows while it is read. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-actions/stretch.h"
#include "suite.h"

/* A list as GitHub keeps one: several are made in the same second. */
#define LIST_MAX 400

struct list {
    size_t nr;
    int64_t made[LIST_MAX];
    int looked[LIST_MAX];
    uint32_t random;
};

static uint32_t any(struct list *l, uint32_t below)
{
    l->random = l->random * 1664525u + 1013904223u;
    return (l->random >> 8) % below;
}

static void list_make(struct list *l, uint32_t seed)
{
    int64_t now = 1000;

    memset(l, 0, sizeof(*l));
    l->random = seed;
    l->nr = 1 + any(l, LIST_MAX);
    for (size_t i = 0; i < l->nr; i++) {
        now += seed % 2 ? any(l, 3) : any(l, 8) == 0;
        l->made[i] = now;
    }
}

static size_t number(const char *place)
{
    return (size_t)strtoul(place, NULL, 10);
}

/* A page of up to nine. True: the list goes no further. */
static bool read_page(struct list *l, struct stretch *s,
                      const struct stretch *other, struct bounds *b)
{
    size_t n = 1 + any(l, 9), from, to, last;
    CLEANUP_FREE char *place = NULL;

    if (s->back) {
        to = s->place ? number(s->place) : l->nr;
        from = to > n ? to - n : 0;
    } else {
        from = s->place ? number(s->place) + 1 : 0;
        to = from + n < l->nr ? from + n : l->nr;
    }
    for (size_t i = from; i < to; i++)
        l->looked[i] += stretch_holds(s, other, l->made[i]);
    if (s->back ? from == 0 : to == l->nr)
        return true;
    last = s->back ? from : to - 1;
    place = xasprintf("%zu", last);
    str_replace(&s->place, place);
    s->at = l->made[last];
    bounds_add(b, place, s->at);
    return false;
}

/* A pass ends, and the next one has what stood in the cursor. */
static void pass_on(struct stretch *s)
{
    json_t *v = stretch_json(s);

    stretch_release(s);
    ck_assert(stretch_take(s, v));
    json_decref(v);
}

static void check_looked(const struct list *l)
{
    size_t twice = 0;

    for (size_t i = 0; i < l->nr; i++) {
        ck_assert_msg(l->looked[i] > 0, "%zu of %zu was not looked at", i,
                      l->nr);
        twice += l->looked[i] > 1;
    }
    ck_assert_uint_le(twice, l->nr / 4 + 40);
}

/* In whatever order the pages come. */
static void read_both_ends(struct list *l, struct bounds *b)
{
    struct stretch s[2] = { { .back = false }, { .back = true } };
    bool over[2] = { false, false };

    while (!over[0] || !over[1]) {
        size_t i = any(l, 2);

        if (any(l, 20) == 0) {
            pass_on(&s[0]);
            pass_on(&s[1]);
        }
        if (over[i])
            continue;
        /* the end of the list is the other's end, too */
        if (read_page(l, &s[i], &s[!i], b))
            over[0] = over[1] = true;
        else
            over[i] = stretch_is_read(&s[i], &s[!i]);
    }
    stretch_release(&s[0]);
    stretch_release(&s[1]);
}

START_TEST(from_both_ends)
{
    struct bounds b = { .nr = 0 };
    struct list l;

    list_make(&l, (uint32_t)_i + 1);
    read_both_ends(&l, &b);
    check_looked(&l);
    bounds_release(&b);
}
END_TEST

START_TEST(from_bounds)
{
    struct bounds b = { .nr = 0 }, none = { .nr = 0 };
    struct list l;
    json_t *cuts;
    struct stretch s = { .back = false };

    list_make(&l, (uint32_t)_i + 1);
    read_both_ends(&l, &b);
    memset(l.looked, 0, sizeof(l.looked));
    cuts = bounds_json(&b, 1 + any(&l, 8));
    for (size_t i = 0; i <= json_array_size(cuts); i++) {
        const json_t *end = json_array_get(cuts, i);
        struct stretch next = { .back = false };

        if (end) {
            next.place = xstrdup(json_string_value(json_array_get(end, 0)));
            next.at = json_integer_value(json_array_get(end, 1));
            s.end = xstrdup(next.place);
            s.end_at = next.at;
        }
        while (!stretch_is_read(&s, NULL)) {
            pass_on(&s);
            if (read_page(&l, &s, NULL, &none))
                break;
        }
        stretch_release(&s);
        s = next;
    }
    check_looked(&l);
    json_decref(cuts);
    bounds_release(&b);
    bounds_release(&none);
}
END_TEST

START_TEST(bounds_are_even)
{
    struct bounds b = { .nr = 0 };
    json_t *cuts;

    for (int i = 40; i > 0; i--) {
        CLEANUP_FREE char *place = xasprintf("c%d", i);

        bounds_add(&b, place, i);
    }
    bounds_add(&b, "unknown", 0);
    cuts = bounds_json(&b, 4);
    ck_assert_uint_eq(json_array_size(cuts), 3);
    ck_assert_str_eq(
        json_string_value(json_array_get(json_array_get(cuts, 1), 0)), "c20");
    json_decref(cuts);
    bounds_release(&b);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { from_both_ends, 200 },
        { from_bounds, 200 },
        { bounds_are_even, 1 },
    };

    return suite_cases("gha-stretch", cases, ARRAY_SIZE(cases));
}
