/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of packages in the words of solvers. Must not know what is said of
 * them.
 */
#include <config.h>

#include "core/classify/spec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define SPEC_MAX ((size_t)200)
#define PARTS_MAX 6

static bool ends_with(const struct strbuf *b, const char *end)
{
    size_t n = strlen(end);

    return b->len >= n && !memcmp(b->buf + b->len - n, end, n);
}

static void chop(struct strbuf *b, size_t n)
{
    strbuf_setlen(b, b->len - n);
}

/* "any version" and "any build", however often they are said. */
static void chop_any(struct strbuf *b)
{
    for (;;) {
        if (b->len && strchr(" ,.;:=", b->buf[b->len - 1]))
            chop(b, 1);
        else if (ends_with(b, " *") || ends_with(b, "=*"))
            chop(b, 1);
        else if (ends_with(b, "**")) /* "=1.2" in libmamba's words */
            chop(b, 2);
        else
            return;
    }
}

/* "conda-forge/linux-64::foo": the channel says nothing about foo. */
static void skip_channel(const char **s, size_t *n)
{
    for (size_t i = 0; i + 2 < *n && (*s)[i] != ' '; i++)
        if ((*s)[i] == ':' && (*s)[i + 1] == ':') {
            *s += i + 2;
            *n -= i + 2;
            return;
        }
}

char *spec_trim(const char *s, size_t n)
{
    struct strbuf b;
    bool blank = true;

    while (n && *s == ' ') {
        s++;
        n--;
    }
    if (n > 7 && !memcmp(s, "pin on ", 7)) {
        s += 7;
        n -= 7;
    }
    skip_channel(&s, &n);
    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < n && b.len < SPEC_MAX; i++) {
        bool is_blank = (unsigned char)s[i] <= ' ' || s[i] == ';';

        if (!is_blank || !blank)
            strbuf_addc(&b, is_blank ? ' ' : s[i]);
        blank = is_blank;
    }
    chop_any(&b);
    return strbuf_take(&b);
}

char *spec_name(const char *spec)
{
    return xstrndup(spec, strcspn(spec, " =<>!~[,|"));
}

/* Reads "4.5.0a0" into numbers; false when there is more than those. */
static bool read_version(const char *s, size_t n, long *parts, size_t *nr)
{
    size_t i = 0;

    *nr = 0;
    while (i < n && isdigit((unsigned char)s[i])) {
        char *end;

        if (*nr == PARTS_MAX)
            return false;
        parts[(*nr)++] = strtol(s + i, &end, 10);
        i = (size_t)(end - s);
        if (i < n && s[i] == '.')
            i++;
    }
    if (n - i == 2 && !memcmp(s + i, "a0", 2))
        i += 2;
    return i == n && *nr > 0;
}

/* ">=4.4.1,<4.5.0a0" is what is called 4.4: the length of that in low, whose
 * successor high is. 0: it is no such pair, or more than the name says. */
static size_t common_length(const char *low, size_t low_n, const char *high,
                            size_t high_n)
{
    long a[PARTS_MAX], b[PARTS_MAX];
    size_t na, nb, i = 0, dots = 0;

    if (!read_version(low, low_n, a, &na)
        || !read_version(high, high_n, b, &nb))
        return 0;
    while (i < na && i < nb && a[i] == b[i])
        i++;
    if (i >= na || i >= nb || b[i] - 1 != a[i])
        return 0;
    for (size_t k = i + 1; k < nb; k++)
        if (b[k])
            return 0;
    /* ">=1.17,<2" is not just any 1 */
    for (size_t k = i + 1; i == 0 && k < na; k++)
        if (a[k])
            return 0;
    for (size_t k = 0; k < low_n; k++)
        if (low[k] == '.' && dots++ == i)
            return k;
    return low_n;
}

/* How much of a version at s one would say, from *start on. */
static size_t short_version(const char *s, size_t n, size_t *start)
{
    const char *comma = memchr(s, ',', n);
    size_t i = 0;

    *start = 0;
    if (n > 2 && !memcmp(s, ">=", 2) && comma && comma[1] == '<'
        && comma[2] != '=') {
        *start = 2;
        return common_length(s + 2, (size_t)(comma - s) - 2, comma + 2,
                             n - (size_t)(comma - s) - 2);
    }
    while (i < 2 && i < n && s[i] == '=')
        i++;
    *start = i;
    while (n > i && (s[n - 1] == '*' || s[n - 1] == '.'))
        n--;
    for (size_t k = i; k < n; k++)
        if (!isalnum((unsigned char)s[k]) && s[k] != '.' && s[k] != '_')
            return 0;
    return n - i;
}

char *spec_short(const char *spec)
{
    CLEANUP_FREE char *name = spec_name(spec);
    const char *v = spec + strlen(name);
    size_t n, start, len;

    while (*v == ' ')
        v++;
    n = strcspn(v, " ");
    if (*v == '[')
        n = strlen(v); /* alternatives stay together */
    len = short_version(v, n, &start);
    if (!strcmp(name, "python_abi")) {
        free(name);
        name = xstrdup("python");
    }
    if (!n)
        return xstrdup(name);
    return len ? xasprintf("%s %.*s", name, (int)len, v + start)
               : xasprintf("%s %.*s", name, (int)n, v);
}

char *spec_of_file(const char *s, size_t n, char **version)
{
    size_t last = n, before;

    while (last && s[last - 1] != '-')
        last--;
    before = last > 1 ? last - 1 : 0;
    while (before && s[before - 1] != '-')
        before--;
    if (before < 2) {
        *version = xstrdup("");
        return spec_trim(s, n);
    }
    *version = xstrndup(s + before, last - 1 - before);
    return spec_trim(s, before - 1);
}

bool spec_is_axis(const char *name)
{
    static const char *const axes[] = {
        "python", "python_abi", "pypy", "r-base", "perl",
    };

    for (size_t i = 0; i < ARRAY_SIZE(axes); i++)
        if (!strcmp(name, axes[i]))
            return true;
    return false;
}

bool spec_is_pin(const char *name)
{
    return !strncmp(name, "pin-", 4)
           && strspn(name + 4, "0123456789") == strlen(name + 4);
}

bool spec_is_gate(const char *name)
{
    size_t n = strlen(name);

    return n > 4 && name[0] == '_' && name[1] != '_'
           && !strcmp(name + n - 3, "_rc");
}

char *spec_names_of_set(const char *s, size_t max)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (max && (s = strpbrk(s, "\"'"))) {
        char quote = *s++;
        size_t n = strcspn(s, " =<>!~[,\"'");

        if (n && (isalnum((unsigned char)*s) || *s == '_')) {
            strbuf_addf(&b, "%s%.*s", b.len ? ", " : "",
                        (int)(n < SPEC_MAX ? n : SPEC_MAX), s);
            max--;
        }
        s = strchr(s, quote);
        if (!s)
            break;
        s++;
    }
    return strbuf_take(&b);
}
