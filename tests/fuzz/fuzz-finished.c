/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finished messages of every format under libFuzzer: eight bytes choose the
 * format and what the ticket is about, the rest, cut at NULs, is every text
 * in it that is not Tocsin's own. The tree that cmark-gfm makes of it holds
 * nothing but ours, no bot takes it for a command, and it needs no second
 * try without that text.
 */
#include <config.h>

#include "core/base/err.h"

#define ck_assert_msg(cond, ...)                                               \
    do {                                                                       \
        if (!(cond))                                                           \
            BUG(__VA_ARGS__);                                                  \
    } while (0)
#define ck_assert(cond) ck_assert_msg(cond, "%s", #cond)

#include "tests/unit/finished.h"

#define OWNER "@o/team @mara"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *const flavours[] = {
    "github-markdown", "zulip-markdown", "plain", "html", "mail-markdown",
};
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

/* conda-forge-webservices reads comments and titles for these. */
static void is_no_command(const char *s)
{
    assert_no_match("@(\\s|<[^>]*>)*conda-forge-(admin|linter|webservices)", s);
    assert_no_match("@[a-z0-9]", s);
}

/* No more tags than the templates have. */
static void has_our_tags(const char *body)
{
    static const char *const ours[] = {
        "a",          "p",     "b",     "strong", "em",   "code",    "pre",
        "ul",         "ol",    "li",    "h1",     "h2",   "h3",      "br",
        "hr",         "div",   "span",  "table",  "tr",   "td",      "th",
        "html",       "head",  "body",  "title",  "meta", "details", "summary",
        "blockquote", "tbody", "thead", "!--",
    };

    for (const char *s = body; (s = strchr(s, '<')); s++) {
        const char *name = s + 1 + (s[1] == '/');
        bool known = false;

        for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
            size_t n = strlen(ours[i]);

            known = known
                    || (!strncmp(name, ours[i], n)
                        && !(name[n] >= 'a' && name[n] <= 'z'));
        }
        if (!known)
            BUG("a tag: %.40s", s);
    }
}

static size_t ticks(const char *s)
{
    return strspn(s, "`");
}

/* Spans and blocks of code taken out: nothing is live in them. */
static char *without_code(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (*s) {
        size_t n = ticks(s);
        const char *to = s + n;

        if (!n) {
            strbuf_addc(&b, *s++);
            continue;
        }
        while (*to && ticks(to) != n)
            to += ticks(to) ? ticks(to) : 1;
        strbuf_add(&b, s, *to ? 0 : n);
        s = *to ? to + n : s + n;
    }
    return strbuf_take(&b);
}

static void look_at(const struct message *m, const char *flavour)
{
    CLEANUP_FREE char *live = without(m->body, OWNER);

    ck_assert_msg(!m->degraded, "%s\n%s", m->degraded_why, m->body);
    is_no_command(m->title);
    is_no_command(live);
    if (!strcmp(flavour, "github-markdown")) {
        cmark_node *tree = parse(live);
        char *text = leaves(tree, CMARK_NODE_TEXT);

        assert_dead(text);
        assert_no_match("@[a-z0-9]|#[0-9]|\\bgh-[0-9]|<!--", m->title);
        assert_links_are_ours(tree, m->body);
        cmark_node_free(tree);
        free(text);
    } else if (!strcmp(flavour, "html")) {
        has_our_tags(m->body);
    } else if (!strcmp(flavour, "zulip-markdown")) {
        CLEANUP_FREE char *text = without_code(live);

        assert_no_match("@_?\\*\\*|#\\*\\*", text);
    }
}

static void begin(void)
{
    char *data =
        xasprintf("%s/conf", getenv("TOCSIN_SRC") ? getenv("TOCSIN_SRC") : ".");

    setenv("TOCSIN_DATA_DIR", data, 0);
    free(data);
    cmark_gfm_core_extensions_ensure_registered();
    next_text = text_of_input;
}

/* As case_compose, with one composer for all. */
static void compose_case(struct made_case *c, struct message *m)
{
    static struct composer *composer;
    static struct settings settings;

    if (!composer) {
        settings = c->settings;
        json_incref(settings.rules);
        OK((composer = composer_new(&settings, err)) ? 0 : -1);
    }
    OK(compose(composer, c->st, &c->ticket, &c->owner, &c->format, c->op,
               "feedfacefeedface", c->now, m, err));
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
    jx_set_str(v, "flavour", flavours[p[0] % ARRAY_SIZE(flavours)]);
    case_load(&c, v);
    compose_case(&c, &m);
    look_at(&m, c.format.flavour);
    message_release(&m);
    case_release(&c);
    return 0;
}
