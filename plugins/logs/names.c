/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What names tell: extensions, jobs, the shape of an Actions archive. All of
 * it is said by others, so nothing here opens or makes a file.
 */
#include <config.h>

#include "plugins/logs/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

/* GitHub cuts job names at 90 UTF-16 units, in the middle of a character if
 * it must; from about here on two names that begin alike are one job. */
#define JOB_NAME_CUT 80
#define JOB_NAME_TORN 4

/* The length of the UTF-8 sequence at s, 0 when it is none. */
static size_t utf8_len(const unsigned char *s)
{
    size_t n = s[0] < 0x80                   ? 1
               : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
               : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                             : 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)
        || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

static bool is_control(const unsigned char *s, size_t n)
{
    return (n == 1 && (s[0] < 0x20 || s[0] == 0x7f))
           || (n == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

char *logs_escape(const char *name)
{
    struct strbuf b;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (const unsigned char *s = (const unsigned char *)name; *s != 0;) {
        size_t n = utf8_len(s);
        if (n > 0 && !is_control(s, n) && *s != '\\') {
            strbuf_add(&b, s, n);
            s += n;
        } else {
            strbuf_addf(&b, "\\x%02x", *s++);
        }
    }
    return strbuf_take(&b);
}

bool logs_has_control(const char *name)
{
    for (const unsigned char *s = (const unsigned char *)name; *s != 0;) {
        size_t n = utf8_len(s);
        if (is_control(s, n))
            return true;
        s += n > 0 ? n : 1;
    }
    return false;
}

size_t logs_strip(const char *name, size_t len)
{
    static const char *const known[] = { ".gz",  ".bz2",  ".xz",  ".zst",
                                         ".zip", ".tar",  ".tgz", ".tbz2",
                                         ".txz", ".tzst", ".log", ".txt",
                                         ".out" };
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        size_t n = strlen(known[i]);
        if (len > n && memcmp(name + len - n, known[i], n) == 0)
            return len - n;
    }
    return len;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

char *logs_stem(const char *path)
{
    const char *base = base_of(path);
    size_t len = strlen(base);
    if (logs_is_json(base))
        len -= strlen(".json");
    for (size_t shorter; (shorter = logs_strip(base, len)) < len;)
        len = shorter;
    return xstrndup(base, len);
}

bool logs_is_json(const char *name)
{
    return str_ends(name, ".json");
}

char *logs_tame(const char *path)
{
    struct strbuf b;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (*path != '\0') {
        size_t n = strcspn(path, "/");
        bool part = n > 0 && !(n == 1 && path[0] == '.')
                    && !(n == 2 && path[0] == '.' && path[1] == '.');
        if (part && b.len > 0)
            strbuf_addc(&b, '/');
        if (part)
            strbuf_add(&b, path, n);
        path += n + (path[n] == '/');
    }
    return strbuf_take(&b);
}

bool logs_numbered(const char *name, long *number, const char **rest,
                   size_t *len)
{
    char *end;
    size_t n = strlen(name);
    if (!isdigit((unsigned char)name[0])
        && !(name[0] == '-' && isdigit((unsigned char)name[1])))
        return false;
    *number = strtol(name, &end, 10);
    if (*end != '_' || n < 4 || strcmp(name + n - 4, ".txt") != 0
        || end + 1 >= name + n - 4)
        return false;
    *rest = end + 1;
    *len = (size_t)(name + n - 4 - *rest);
    return true;
}

static size_t plain_name(char *out, const char *s, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (s[i] != '/' && s[i] != ':')
            out[k++] = s[i];
    return k;
}

bool logs_same_job(const char *dir, size_t dir_len, const char *job,
                   size_t job_len)
{
    CLEANUP_FREE char *a = xmalloc(dir_len + 1);
    CLEANUP_FREE char *b = xmalloc(job_len + 1);
    size_t na = plain_name(a, dir, dir_len);
    size_t nb = plain_name(b, job, job_len);
    size_t shorter = na < nb ? na : nb;
    if (shorter >= JOB_NAME_CUT)
        return memcmp(a, b, shorter - JOB_NAME_TORN) == 0;
    return na == nb && memcmp(a, b, na) == 0;
}
