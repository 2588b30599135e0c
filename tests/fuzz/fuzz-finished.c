/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finished messages of every format under libFuzzer: eight bytes choose the
 * format and what the ticket is about, the rest, cut at NULs, is every text
 * in it that is not Tocsin's own. Nothing of that acts in what is shown of it
 * (tests/unit/dead.h), and it needs no second try without that text.
 */
#include <config.h>

#include "core/base/err.h"
#include "tests/unit/suite.h"

/* libcheck's own want a test that runs. */
#undef ck_abort_msg
#undef ck_assert
#undef ck_assert_msg
#define ck_abort_msg(...) BUG(__VA_ARGS__)
#define ck_assert_msg(cond, ...)                                               \
    do {                                                                       \
        if (!(cond))                                                           \
            BUG(__VA_ARGS__);                                                  \
    } while (0)
#define ck_assert(cond) ck_assert_msg(cond, "%s", #cond)

#include "tests/unit/dead.h"
#include "tests/unit/finished.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *rest, *end;

/* The next text of the input, and again from its beginning. */
static char *text_of_input(uint64_t *seed)
{
    static const char *begin;
    size_t n;

    if (!seed) {
        begin = rest;
        return NULL;
    }
    if (rest >= end)
        rest = begin;
    n = strnlen(rest, (size_t)(end - rest));
    rest += n + 1;
    return xmemdup0(rest - n - 1, n);
}

static void begin(void)
{
    char *data =
        xasprintf("%s/conf", getenv("TOCSIN_SRC") ? getenv("TOCSIN_SRC") : ".");

    setenv("TOCSIN_DATA_DIR", data, 0);
    free(data);
    next_text = text_of_input;
}

/* As case_compose, with one composer for all. */
static void compose_case(struct made_case *c, struct message *m)
{
    static struct composer *composer;
    static struct settings settings;
    struct order order;

    if (!composer) {
        settings = c->settings;
        json_incref(settings.rules);
        OK((composer = composer_new(&settings, err)) ? 0 : -1);
    }
    order = case_order(c);
    OK(compose(composer, c->st, &order, m, err));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static bool begun;
    struct made_case c;
    struct message m;
    uint64_t seed;
    json_t *v;

    if (n < 10)
        return 0;
    if (!begun)
        begin();
    begun = true;
    memcpy(&seed, p, sizeof(seed));
    rest = (const char *)p + sizeof(seed);
    end = (const char *)p + n;
    text_of_input(NULL);
    v = hostile_case(&seed);
    jx_set_str(v, "flavour", dead_flavours[p[0] % ARRAY_SIZE(dead_flavours)]);
    case_load(&c, v);
    compose_case(&c, &m);
    assert_message_is_dead(&m, c.format.flavour, "@o/team @mara");
    message_release(&m);
    case_release(&c);
    return 0;
}
