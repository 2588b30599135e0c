/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Secrets that only their disorder shows. Must not touch what builds print
 * of hashes: those are what people look for in a log.
 */
#include <config.h>

#include "core/classify/secrets.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

/* Shorter ones are told from names too seldom. */
#define RANDOM_MIN 30
#define RANDOM_MAX 512

/* The end of a name that a program made. */
#define HASH_END 8

/* So far before a hash is said that it is one. */
#define HASH_WORD_WITHIN 16

/* Whether the token at s, in a text that begins at start, is called a hash:
 * "sha512-…", "h1:…", "integrity": "…". */
static bool is_called_hash(const char *start, const char *s)
{
    static const char *const words[] = {
        "sha1",   "sha224",      "sha256", "sha384",    "sha512",
        "md5",    "blake",       "hash",   "integrity", "checksum",
        "digest", "fingerprint", "h1:",
    };
    char before[HASH_WORD_WITHIN + 9];
    size_t n = (size_t)(s - start) < HASH_WORD_WITHIN ? (size_t)(s - start)
                                                      : HASH_WORD_WITHIN;

    snprintf(before, sizeof(before), "%.*s", (int)n + 8, s - n);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (strcasestr(before, words[i]))
            return true;
    return false;
}

static bool is_token_char(char c)
{
    return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '_'
           || c == '-' || c == '=';
}

enum { CLASS_OTHER, CLASS_LOWER, CLASS_UPPER, CLASS_DIGIT };

static int class_of(char c)
{
    return c >= 'a' && c <= 'z'   ? CLASS_LOWER
           : c >= 'A' && c <= 'Z' ? CLASS_UPPER
           : c >= '0' && c <= '9' ? CLASS_DIGIT
                                  : CLASS_OTHER;
}

/* The names that compilers make of functions look random and are not. */
static bool is_mangled(const char *s, size_t n)
{
    while (n && (*s == '_' || *s == '-' || *s == '+' || *s == '/')) {
        s++;
        n--;
    }
    return n > 3
           && ((s[0] == 'Z'
                && (s[1] == 'N' || s[1] == 'T' || s[1] == 'S' || s[1] == 'K'
                    || s[1] == 'G' || isdigit(s[1])))
               || (s[0] == 'R' && s[1] && strchr("BCIMNXY", s[1])));
}

/* Length of s without the hash that programs put at the end of a name. */
static size_t without_hash(const char *s, size_t n)
{
    for (size_t i = 1; i <= HASH_END; i++)
        if (n < i || !strchr("0123456789abcdef", s[n - i]))
            return n;
    return n - HASH_END;
}

/* What anaconda.org gives: two letters of the account and a UUID. */
static bool is_account_uuid(const char *s, size_t n)
{
    static const char shape[] = "aa-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (n != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; i < n; i++)
        if (shape[i] == 'a'   ? !islower((unsigned char)s[i])
            : shape[i] == 'x' ? !isxdigit((unsigned char)s[i])
                              : s[i] != '-')
            return false;
    return true;
}

/* Of 62 letters and digits in no order two neighbours are of two kinds in 64
 * of 100 cases, in names and paths in fewer than 30. */
static bool is_random(const char *s, size_t n)
{
    size_t count[4] = { 0 }, pairs = 0, changes = 0, different = 0;
    unsigned char seen[256] = { 0 };

    if (is_account_uuid(s, n))
        return true;
    n = without_hash(s, n);
    if (n < RANDOM_MIN || n > RANDOM_MAX || is_mangled(s, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        int class = class_of(s[i]);
        int before = i ? class_of(s[i - 1]) : CLASS_OTHER;

        count[class]++;
        /* a hyphen in a name is no disorder */
        if (class != CLASS_OTHER && before != CLASS_OTHER) {
            pairs++;
            changes += class != before;
        }
        different += !seen[(unsigned char)s[i]];
        seen[(unsigned char)s[i]] = 1;
    }
    return count[CLASS_LOWER] >= n / 8 && count[CLASS_UPPER] >= n / 8
           && count[CLASS_DIGIT] >= 2 && count[CLASS_OTHER] <= n / 6
           && changes * 100 >= pairs * 44 && different >= 16;
}

struct cut {
    struct strbuf out;
    const char *start;
    const char *whole; /* the token, or the path, that is looked at */
    const char *kept;  /* what is not in out yet */
};

static bool cut_token(struct cut *c, const char *from, size_t n)
{
    if (!is_random(from, n) || is_called_hash(c->start, c->whole))
        return false;
    strbuf_add(&c->out, c->kept, (size_t)(from - c->kept));
    strbuf_adds(&c->out, "[redacted:random]");
    c->kept = from + n;
    return true;
}

/* A slash is a letter of base64, and what parts a path: what is no secret as
 * a whole may have one among its parts. */
static bool cut_parts(struct cut *c, const char *from, const char *end)
{
    bool changed = false;

    while ((size_t)(end - from) >= RANDOM_MIN) {
        const char *slash = memchr(from, '/', (size_t)(end - from));
        const char *to = slash ? slash : end;

        if ((size_t)(to - from) >= RANDOM_MIN)
            changed |= cut_token(c, from, (size_t)(to - from));
        from = slash ? slash + 1 : end;
    }
    return changed;
}

bool random_cut(struct strbuf *b)
{
    const char *s = b->buf, *end = b->buf + b->len;
    struct cut c = { .start = s, .kept = s };
    bool changed = false;

    if (b->len < RANDOM_MIN)
        return false;
    strbuf_init(&c.out, STRBUF_UNBOUNDED);
    while (s < end) {
        const char *from = s;

        while (s < end && is_token_char(*s))
            s++;
        c.whole = from;
        if ((size_t)(s - from) >= RANDOM_MIN)
            changed |= cut_token(&c, from, (size_t)(s - from))
                       || (memchr(from, '/', (size_t)(s - from))
                           && cut_parts(&c, from, s));
        s += s < end;
    }
    if (changed) {
        strbuf_add(&c.out, c.kept, (size_t)(end - c.kept));
        strbuf_clear(b);
        strbuf_add(b, c.out.buf, c.out.len);
    }
    strbuf_release(&c.out);
    return changed;
}
