/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Masking and hashing. Must not change what it makes of a text: every open
 * incident of a rule is found by fingerprint_mask(): a change there is a new
 * FINGERPRINT_ALGORITHM.
 */
#include <config.h>

#include "core/classify/fingerprint.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/classify.h"

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool is_path_char(char c)
{
    return is_word(c) || strchr("/\\.-+~%$@", c) || (c & 0x80);
}

/* Length of an absolute path's folders at s ("/home/x/", "C:\a\", "$SRC/"):
 * what names the machine and not the file. 0: no path starts here. */
static size_t folders_length(const char *s, size_t n)
{
    size_t i = 0, last = 0;

    if (n > 2 && isalpha((unsigned char)s[0]) && s[1] == ':'
        && (s[2] == '\\' || s[2] == '/'))
        i = 2;
    else if (s[0] != '/' && s[0] != '~' && s[0] != '$' && s[0] != '%')
        return 0;
    for (; i < n && is_path_char(s[i]) && s[i] != '\0'; i++)
        if (s[i] == '/' || s[i] == '\\')
            last = i + 1;
    return last;
}

/* Length of a hexadecimal run that is a hash, an address or a UUID. */
static size_t hex_length(const char *s, size_t n)
{
    size_t i = 0, digits = 0, letters = 0;

    if (n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        for (i = 2; i < n && isxdigit((unsigned char)s[i]); i++)
            ;
        return i > 2 ? i : 0;
    }
    for (; i < n && (isxdigit((unsigned char)s[i]) || (s[i] == '-' && i >= 8));
         i++) {
        if (isdigit((unsigned char)s[i]))
            digits++;
        else if (s[i] != '-')
            letters++;
    }
    while (i && s[i - 1] == '-')
        i--;
    if (i < n && is_word(s[i]))
        return 0;
    return digits && letters && digits + letters >= 7 ? i : 0;
}

/* Length of a number with what hangs on it: "1.2.3", "12:04:33", "3,200",
 * "2026-08-14T06:41:00Z", "4.4.0a0". */
static size_t number_length(const char *s, size_t n)
{
    size_t i = 0;

    if (!isdigit((unsigned char)s[0]))
        return 0;
    while (i < n) {
        if (isdigit((unsigned char)s[i]))
            i++;
        else if (strchr(".,:-T", s[i]) && i + 1 < n
                 && isdigit((unsigned char)s[i + 1]))
            i += 2;
        else
            break;
    }
    /* the tail of a pre-release */
    if (i < n && strchr("abrZ", s[i])) {
        size_t j = i + 1;

        if (j < n && s[i] == 'r' && s[j] == 'c')
            j++;
        while (j < n && isdigit((unsigned char)s[j]))
            j++;
        if (j >= n || !is_word(s[j]))
            i = j;
    }
    return i;
}

void fingerprint_mask(struct strbuf *out, const char *s, size_t n)
{
    bool space = true, word = false, url = false;

    for (size_t i = 0; i < n;) {
        size_t len;

        /* the folders of a URL name the thing, those of a path do not */
        if (n - i > 3 && !memcmp(s + i, "://", 3))
            url = true;
        else if (isspace((unsigned char)s[i]) || s[i] == '\'' || s[i] == '"')
            url = false;
        len = word || url ? 0 : folders_length(s + i, n - i);

        if (len) {
            i += len;
            continue;
        }
        len = word ? 0 : hex_length(s + i, n - i);
        if (len) {
            strbuf_adds(out, "#");
            i += len;
            space = false;
            word = true;
            continue;
        }
        len = number_length(s + i, n - i);
        if (len) {
            strbuf_adds(out, "#");
            i += len;
            space = false;
            word = true;
            continue;
        }
        if (isspace((unsigned char)s[i])) {
            if (!space)
                strbuf_addc(out, ' ');
            space = true;
            word = false;
        } else {
            strbuf_addc(out, (char)tolower((unsigned char)s[i]));
            space = false;
            word = is_word(s[i]);
        }
        i++;
    }
    while (out->len && out->buf[out->len - 1] == ' ')
        strbuf_setlen(out, out->len - 1);
}

/* A part of a name that a machine made up: letters and digits mixed, as of
 * mkdtemp: "tmpx8k_1q3z", "a1-b2c3d4". */
static size_t random_length(const char *s, size_t n)
{
    size_t len = 0, changes = 0, digits = 0;
    int kind = 0, last = 0;

    for (; len < n && (is_word(s[len]) || s[len] == '#'); len++) {
        kind = isdigit((unsigned char)s[len]) || s[len] == '#' ? 2 : 1;
        digits += kind == 2;
        changes += last && kind != last;
        last = kind;
    }
    return len >= 6 && changes >= 2 && digits >= 2 ? len : 0;
}

/* A unit that changes with the number before it. */
static size_t unit_length(const char *s, size_t n)
{
    static const char *const units[] = {
        "ms",  "s",    "sec",  "secs", "seconds", "min", "m",
        "h",   "b",    "kb",   "kib",  "mb",      "mib", "gb",
        "gib", "kb/s", "mb/s", "k",    "%",       "us",  "µs",
    };
    size_t space = n && s[0] == ' ', len;

    for (len = space; len < n
                      && (isalpha((unsigned char)s[len]) || strchr("/%", s[len])
                          || s[len] & 0x80);
         len++)
        ;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (len > space && strlen(units[i]) == len - space
            && !memcmp(s + space, units[i], len - space))
            return len;
    return 0;
}

static bool is_part(char c)
{
    return is_word(c) || c == '#';
}

/* Of a word of a list at s; 0: none of them, or only how one begins. */
static size_t listed(const char *const *list, size_t nr, const char *s,
                     size_t n)
{
    for (size_t i = 0; i < nr; i++) {
        size_t len = strlen(list[i]);

        if (n && *s == *list[i] && len <= n && !memcmp(s, list[i], len)
            && (len == n || !is_word(s[len])))
            return len;
    }
    return 0;
}

/* What hangs on a number, itself masked: "-rc.#", ".dev#", "+g#ab", "e-#". */
static size_t tail_length(const char *s, size_t n)
{
    static const char *const tails[] = { "rc",  "alpha", "beta",
                                         "dev", "post",  "pre" };
    size_t i = 1;

    if (n > 2 && s[0] == 'e' && strchr("-+", s[1]) && s[2] == '#')
        return n > 3 && is_word(s[3]) ? 0 : 3;
    if (n > 1 && s[0] == '+' && is_part(s[1])) {
        while (i < n && is_part(s[i]))
            i++;
        return i;
    }
    if (n < 2 || !strchr("-._", s[0]))
        return 0;
    i = listed(tails, ARRAY_SIZE(tails), s + 1, n - 1);
    if (!i++)
        return 0;
    if (i + 1 < n && s[i] == '.' && s[i + 1] == '#')
        return i + 2;
    return i < n && s[i] == '#' ? i + 1 : i;
}

/* The name of a day or a month that is part of a date. */
static size_t date_length(const char *s, size_t n)
{
    static const char *const names[] = {
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar",
        "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    };
    size_t len, i;

    if (n < 5 || is_word(s[3]) || !is_word(s[2]))
        return 0;
    i = len = listed(names, ARRAY_SIZE(names), s, n);
    while (len && i < n && strchr(" ,-", s[i]))
        i++;
    if (i == len || i == n)
        return 0;
    return s[i] == '#' || date_length(s + i, n - i) ? len : 0;
}

/* A name of Python's tempfile, where random_length() sees too few digits. */
static size_t temporary_length(const char *s, size_t n)
{
    size_t len = 0;
    bool mixed = false;

    for (; *s == 't' && len < n && is_part(s[len]); len++)
        mixed |= len > 3 && (s[len] == '_' || s[len] == '#');
    return len >= 8 && len <= 11 && mixed && !memcmp(s, "tmp", 3) && s[3] != '_'
               ? len
               : 0;
}

/* Behind "file://" the folders are those of a machine. */
static size_t file_url_length(const char *s, size_t n)
{
    size_t last = 0;

    if (n < 8 || memcmp(s, "file://", 7) != 0)
        return 0;
    for (size_t i = 7; i < n && !strchr(" '\"<>", s[i]); i++)
        if (s[i] == '/' || s[i] == '\\')
            last = i + 1;
    return last;
}

/* " -#" is "#" another time. */
static void drop_sign(struct strbuf *out)
{
    size_t n = out->len;

    if (n && out->buf[n - 1] == '-'
        && (n == 1 || strchr(" =:([,<>", out->buf[n - 2])))
        strbuf_setlen(out, n - 1);
}

/* Behind the word "error" at i. */
static void put_code(struct strbuf *out, const char *s, size_t n, size_t i)
{
    size_t from = i + 1, letters = from, end;

    if (from >= n || !strchr(" [(", s[i]))
        return;
    while (letters < n && isupper((unsigned char)s[letters]))
        letters++;
    for (end = letters; end < n && isdigit((unsigned char)s[end]); end++)
        ;
    if (letters == from || letters > from + 8 || end < letters + 2
        || (end < n && is_word(s[end])))
        return;
    strbuf_adds(out, " !");
    strbuf_add(out, s + from, end - from);
}

/* The number of an error names it: "error C2065", "error[E0432]". */
static void put_codes(struct strbuf *out, const char *s, size_t n)
{
    static const char *const words[] = { "error", "Error", "ERROR" };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        for (const char *p = s;
             (p = memmem(p, n - (size_t)(p - s), words[i], 5)); p += 5)
            put_code(out, s, n, (size_t)(p - s) + 5);
}

/* Bytes of what varies at p, where a word may begin, with what hangs on it. */
static size_t masked_length(const char *p, size_t n, bool word)
{
    size_t len = 0, more;

    if (!word)
        len = random_length(p, n);
    if (!word && !len)
        len = date_length(p, n);
    if (!word && !len)
        len = temporary_length(p, n);
    if (!len && *p != '#')
        return 0;
    len = len ? len : 1;
    while ((more = tail_length(p + len, n - len)))
        len += more;
    return len + unit_length(p + len, n - len);
}

void template_mask(struct strbuf *out, const char *s, size_t n)
{
    CLEANUP_STRBUF struct strbuf b;
    bool word = false;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    fingerprint_mask(&b, s, n);
    for (size_t i = 0; i < b.len;) {
        const char *p = b.buf + i;
        size_t left = b.len - i;
        size_t len = word && *p != '#' ? 0 : masked_length(p, left, word);

        if (len) {
            i += len;
            drop_sign(out);
            if (!out->len || out->buf[out->len - 1] != '#')
                strbuf_addc(out, '#');
            word = true;
            continue;
        }
        len = word ? 0 : file_url_length(p, left);
        if (len) {
            i += len;
            continue;
        }
        /* bars and rules are as long as they like */
        if (!(out->len && out->buf[out->len - 1] == *p
              && strchr("-=*.~_ ", *p)))
            strbuf_addc(out, *p);
        word = is_word(*p);
        i++;
    }
    put_codes(out, s, n);
}

char *fingerprint_make(const char *name, const char *const *parts, size_t nr)
{
    struct digest *d = digest_new();
    char hex[33];

    digest_field(d, name);
    for (size_t i = 0; i < nr; i++)
        digest_field(d, parts[i]);
    digest_end128(d, hex);
    return xasprintf("%d:%s", FINGERPRINT_ALGORITHM, hex);
}

char *fingerprint_of(const char *category, const char *const *parts, size_t nr)
{
    char **masked = xcalloc(nr ? nr : 1, sizeof(*masked));
    char *fp;

    for (size_t i = 0; i < nr; i++) {
        struct strbuf b;

        strbuf_init(&b, STRBUF_UNBOUNDED);
        if (parts[i])
            fingerprint_mask(&b, parts[i], strlen(parts[i]));
        masked[i] = b.buf;
    }
    fp = fingerprint_make(category, (const char *const *)masked, nr);
    for (size_t i = 0; i < nr; i++)
        free(masked[i]);
    free(masked);
    return fp;
}
