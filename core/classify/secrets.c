/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cuts what secret-kinds.h lists. Must not know of lines before or after, nor
 * run a pattern where none of its literals stands.
 */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/classify/secrets.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/literal.h"
#include "core/classify/redact.h"
#include "core/classify/required.h"
#include "core/classify/secret-kinds.h"

/* What people write takes two. */
#define ROUNDS_MAX 8

/* Shorter beginnings of tokens are those of words, too. */
#define BEGIN_MIN 5

/* A kind is a token or, behind all of these, a pattern; then comes what lets
 * a key begin. */
#define KINDS_MAX 256

/* A set of them. */
struct kind_set {
    uint64_t word[KINDS_MAX / 64];
};

struct compiled {
    struct literals *literals; /* their ids are kinds */
    struct kind_set always;    /* of those without literals */
    size_t nr;
    pcre2_code *code[KINDS_MAX];
    int group[KINDS_MAX];
    pcre2_match_data *md;
    pcre2_match_context *mc;
};

static void set_add(struct kind_set *set, size_t kind)
{
    set->word[kind / 64] |= UINT64_C(1) << kind % 64;
}

static void set_join(struct kind_set *set, const struct kind_set *more)
{
    for (size_t i = 0; i < ARRAY_SIZE(set->word); i++)
        set->word[i] |= more->word[i];
}

static bool set_is_empty(const struct kind_set *set)
{
    for (size_t i = 0; i < ARRAY_SIZE(set->word); i++)
        if (set->word[i])
            return false;
    return true;
}

/* The first kind in set from kind on; as many as there are if there is none. */
static size_t set_next(const struct kind_set *set, size_t kind, size_t nr)
{
    while (kind < nr && !(set->word[kind / 64] >> kind % 64))
        kind = (kind / 64 + 1) * 64;
    if (kind >= nr)
        return nr;
    kind += (size_t)__builtin_ctzll(set->word[kind / 64] >> kind % 64);
    return kind < nr ? kind : nr;
}

static const struct secret_pattern *pattern_of(size_t kind)
{
    return kind < secret_tokens_nr ? NULL
                                   : &secret_patterns[kind - secret_tokens_nr];
}

static const char *placeholder_of(size_t kind)
{
    const struct secret_pattern *p = pattern_of(kind);

    return p ? p->placeholder : secret_tokens[kind].placeholder;
}

static void add_literals(struct compiled *c, size_t kind)
{
    const struct secret_pattern *p = pattern_of(kind);
    struct required req;

    if (!p) {
        const char *prefix = secret_tokens[kind].prefix;

        literals_add(c->literals, prefix, strlen(prefix), 0, (int)kind);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(p->literals) && p->literals[i]; i++)
        literals_add(c->literals, p->literals[i], strlen(p->literals[i]),
                     LITERAL_NOCASE, (int)kind);
    if (p->literals[0])
        return;
    if (!required_of(p->pattern, &req))
        set_add(&c->always, kind);
    for (size_t i = 0; i < req.nr; i++)
        literals_add(c->literals, req.items[i].s, req.items[i].n,
                     req.nocase ? LITERAL_NOCASE : 0, (int)kind);
    required_release(&req);
}

static void build_literals(struct compiled *c)
{
    struct err err CLEANUP_ERR = ERR_INIT;

    c->literals = literals_new();
    for (size_t i = 0; i < c->nr; i++)
        add_literals(c, i);
    for (size_t i = 0; redact_openers[i]; i++)
        literals_add(c->literals, redact_openers[i], strlen(redact_openers[i]),
                     LITERAL_NOCASE, (int)c->nr);
    if (literals_build(c->literals, &err) < 0)
        BUG("%s", err_msg(&err));
}

/* The patterns are constants: compiled once in a process and kept. */
static struct compiled *compiled_literals(void)
{
    static struct compiled c;

    if (c.md)
        return &c;
    c.nr = secret_tokens_nr + secret_patterns_nr;
    if (c.nr >= KINDS_MAX)
        BUG("KINDS_MAX is too small");
    build_literals(&c);
    c.mc = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(c.mc, 2000000);
    c.md = pcre2_match_data_create(8, NULL);
    return &c;
}

/* A token is no part of a longer word; but what stands in front of it may be
 * a newline that somebody wrote as \n, or the end of a %3D. */
static char *token_pattern(const struct secret_token *t)
{
    return xasprintf("\\Q%s\\E(?:(?<![A-Za-z0-9_]\\Q%s\\E)|"
                     "(?<=\\\\[nrt]\\Q%s\\E)|"
                     "(?<=%%[0-9A-Fa-f]{2}\\Q%s\\E))%s",
                     t->prefix, t->prefix, t->prefix, t->prefix, t->body);
}

static const struct compiled *compiled_kind(size_t i)
{
    struct compiled *c = compiled_literals();
    const struct secret_pattern *p = pattern_of(i);
    char *own;
    int error;
    PCRE2_SIZE at;

    if (c->code[i])
        return c;
    own = p ? NULL : token_pattern(&secret_tokens[i]);
    c->code[i] =
        pcre2_compile((PCRE2_SPTR)(p ? p->pattern : own), PCRE2_ZERO_TERMINATED,
                      PCRE2_NEVER_UTF, &error, &at, NULL);
    if (!c->code[i])
        BUG("secret kind %zu does not compile at %zu", i, (size_t)at);
    pcre2_jit_compile(c->code[i], PCRE2_JIT_COMPLETE);
    c->group[i] =
        pcre2_substring_number_from_name(c->code[i], (PCRE2_SPTR) "s");
    if (c->group[i] < 0)
        c->group[i] = 0;
    free(own);
    return c;
}

/* All matches of kind i in b. -1: gave up. */
static int cut_kind(struct strbuf *b, size_t i)
{
    const struct compiled *c = compiled_kind(i);
    size_t at = 0;
    int changed = 0;
    struct strbuf out;

    strbuf_init(&out, STRBUF_UNBOUNDED);
    while (at <= b->len) {
        int rc = pcre2_match(c->code[i], (PCRE2_SPTR)b->buf, b->len, at,
                             PCRE2_NOTEMPTY, c->md, c->mc);
        PCRE2_SIZE *ov = pcre2_get_ovector_pointer(c->md);
        size_t from, to;

        if (rc == PCRE2_ERROR_NOMATCH)
            break;
        if (rc < 0) {
            strbuf_release(&out);
            return -1;
        }
        from = ov[2 * c->group[i]];
        to = ov[2 * c->group[i] + 1];
        /* a placeholder of an earlier pattern is no secret any more */
        if (to - from >= 9 && !memcmp(b->buf + from, "[redacted", 9)) {
            strbuf_add(&out, b->buf + at, to - at);
            at = to;
            continue;
        }
        strbuf_add(&out, b->buf + at, from - at);
        strbuf_adds(&out, placeholder_of(i));
        at = to;
        changed = 1;
    }
    if (changed) {
        strbuf_add(&out, b->buf + at, b->len - at);
        strbuf_clear(b);
        strbuf_add(b, out.buf, out.len);
    }
    strbuf_release(&out);
    return changed;
}

struct found {
    const struct literals *literals;
    struct kind_set set;
};

static void on_literal(void *user, unsigned word, size_t end)
{
    struct found *f = user;
    size_t nr;
    const int *ids = literals_ids(f->literals, word, &nr);

    (void)end;
    for (size_t i = 0; i < nr; i++)
        set_add(&f->set, (size_t)ids[i]);
}

static struct kind_set kinds_in(const char *s, size_t n)
{
    const struct compiled *c = compiled_literals();
    struct found f = { c->literals, c->always };

    literals_scan(c->literals, s, n, on_literal, &f);
    return f.set;
}

bool secrets_maybe(const char *s, size_t n)
{
    struct kind_set set = kinds_in(s, n);

    return !set_is_empty(&set);
}

static bool begins_with(const char *s, size_t n, const char *prefix)
{
    size_t len;

    if (!n || *s != *prefix)
        return false;
    len = strlen(prefix);
    if (n <= len || memcmp(s, prefix, len))
        return false;
    for (size_t i = len; i < n; i++)
        if (isdigit((unsigned char)s[i]) || isupper((unsigned char)s[i]))
            return true;
    return false;
}

bool secrets_begin(const char *s, size_t n)
{
    static const char *const more[] = {
        "ghp_",        "gho_",  "ghu_",  "ghs_", "ghr_",
        "github_pat_", "xoxb-", "xoxp-", "npm_", "pfx_",
    };

    for (size_t i = 0; i < ARRAY_SIZE(more); i++)
        if (begins_with(s, n, more[i]))
            return true;
    for (size_t i = 0; i < secret_tokens_nr; i++)
        if (begins_with(s, n, secret_tokens[i].prefix)
            && strlen(secret_tokens[i].prefix) >= BEGIN_MIN)
            return true;
    return false;
}

static int cut_kinds(struct strbuf *b, bool all)
{
    struct kind_set set = kinds_in(b->buf, b->len), more;
    size_t nr = compiled_literals()->nr;
    int changed = 0;

    if (all)
        memset(&set, 0xff, sizeof(set));
    for (size_t i = set_next(&set, 0, nr); i < nr;
         i = set_next(&set, i + 1, nr)) {
        int rc = cut_kind(b, i);

        if (rc < 0)
            return -1;
        if (rc) { /* a placeholder may hold a literal */
            more = kinds_in(b->buf, b->len);
            set_join(&set, &more);
        }
        changed |= rc;
    }
    return changed;
}

/* Without its spaces and quotes what is left may be a secret of an earlier
 * kind: so until nothing more is found. */
int secrets_cut(struct strbuf *b, bool all)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        int rc = cut_kinds(b, all);

        if (rc < 0)
            return -1;
        if (!rc)
            return round > 0;
    }
    return -1;
}

/* How long word is at the beginning of name, - and _ not counted; 0: it is not
 * there. */
static size_t word_length(const char *name, const char *word)
{
    size_t n = 0;

    for (; *word; n++) {
        if (tolower((unsigned char)name[n]) == *word)
            word++;
        else if (!n || (name[n] != '-' && name[n] != '_'))
            return 0;
    }
    return n;
}

bool is_secret_name(const char *name)
{
    static const char *const words[] = {
        "password",   "passwd",      "passphrase",    "secret",
        "token",      "apikey",      "accesskey",     "privatekey",
        "accountkey", "signingkey",  "encryptionkey", "credential",
        "secretkey",  "credentials",
    };

    for (; *name; name++)
        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
            size_t n = word_length(name, words[i]);

            /* not the tokens of a tokenizer */
            if (n && !isalpha((unsigned char)name[n]))
                return true;
        }
    return false;
}
