/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shapes of what varies. Must not take what only looks odd: what is taken
 * away here no longer tells one failure from another.
 */
#include <config.h>

#include "core/classify/varying.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/fingerprint.h"

#define NUMBER "[\\w.:,+-]+"

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool is_digit(char c)
{
    return isdigit((unsigned char)c) != 0;
}

/* ---- names --------------------------------------------------------------- */

/* A name that a machine made up, such as mkdtemp's. */
static bool is_random(const char *s, size_t n)
{
    CLEANUP_STRBUF struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    template_mask(&b, s, n);
    return !strcmp(b.buf, "#");
}

static size_t word_length(const char *s)
{
    size_t n = 0;

    while (is_word(s[n]))
        n++;
    return n;
}

/* "main.rs", "libx.so.1": not "tinker.core", which names part of a program. */
static bool has_suffix(const char *s, size_t n)
{
    static const char *const suffixes[] = {
        "a",   "bat",  "bin", "c",     "cc",    "cfg", "cmake", "conda", "cpp",
        "cu",  "cxx",  "dll", "dylib", "exe",   "f90", "gz",    "go",    "h",
        "hpp", "html", "ini", "jar",   "java",  "js",  "json",  "lib",   "log",
        "lua", "md",   "o",   "obj",   "patch", "pl",  "py",    "pyx",   "r",
        "rb",  "rs",   "rst", "sh",    "so",    "sql", "tar",   "tmp",   "toml",
        "ts",  "txt",  "whl", "xml",   "yaml",  "yml", "zip",   "diff",  "bz2",
    };
    const char *dot = memrchr(s, '.', n);
    size_t len = dot ? n - (size_t)(dot - s) - 1 : 0;

    if (!dot || dot == s)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
        if (strlen(suffixes[i]) == len
            && !strncasecmp(dot + 1, suffixes[i], len))
            return true;
    return false;
}

/* Of the word at s, without what punctuation hangs on it. */
static size_t token_length(const char *s)
{
    size_t n = strcspn(s, " \t'\"`,;()[]<>{}|=");

    while (n && strchr(":.!?", s[n - 1]))
        n--;
    return n;
}

/* A file or a folder with its path. "file.c:12:3" is one and two numbers. */
static size_t path_length(const char *s)
{
    size_t n = token_length(s), slashes = 0;

    for (size_t i = 2; i < n; i++)
        if (s[i] == ':' && is_digit(s[i + 1]))
            n = i;
    for (size_t i = 0; i + 1 < n; i++)
        slashes += s[i] == '/' || (s[i] == '\\' && is_word(s[i + 1]));
    if (has_suffix(s, n) || slashes >= 2
        || (slashes == 1 && strchr("/.~$", *s)))
        return n;
    return 0;
}

static bool path(struct varying *v, const char *s)
{
    const char *base;

    v->len = path_length(s);
    base = s + v->len;
    while (base > s && !strchr("/\\", base[-1]))
        base--;
    v->pattern = "\\S+";
    v->name = "file";
    v->tells = !is_random(base, (size_t)(s + v->len - base));
    return v->len;
}

static bool url(struct varying *v, const char *s)
{
    size_t n = word_length(s);

    if (!n || strncmp(s + n, "://", 3) != 0)
        return false;
    v->len = strcspn(s, " \t'\"`<>");
    while (v->len && strchr(":.,;!?)]", s[v->len - 1]))
        v->len--;
    v->pattern = "\\S+";
    v->name = "url";
    v->tells = true;
    return true;
}

static bool address(struct varying *v, const char *s)
{
    size_t n = token_length(s);
    const char *at = memchr(s, '@', n);

    if (!at || at == s || !isalpha((unsigned char)at[1])
        || !memchr(at, '.', n - (size_t)(at - s)))
        return false;
    v->len = n;
    v->pattern = "\\S+";
    v->name = "who";
    v->tells = false;
    return true;
}

/* ---- numbers ------------------------------------------------------------- */

static size_t uuid_length(const char *s)
{
    static const size_t groups[] = { 8, 4, 4, 4, 12 };
    size_t n = 0;

    for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
        if (g && s[n++] != '-')
            return 0;
        for (size_t i = 0; i < groups[g]; i++, n++)
            if (!isxdigit((unsigned char)s[n]))
                return 0;
    }
    return is_word(s[n]) ? 0 : n;
}

/* "-rc1", ".dev0", "+gabc1234" behind a version. */
static size_t tail_length(const char *s)
{
    static const char *const tails[] = { "rc",  "alpha", "beta",
                                         "dev", "post",  "pre" };

    if (s[0] == '+' && is_word(s[1]))
        return 1 + word_length(s + 1);
    if (!strchr("-._", s[0]))
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
        size_t n = strlen(tails[i]);

        if (strncasecmp(s + 1, tails[i], n) != 0)
            continue;
        n++;
        n += s[n] == '.' && is_digit(s[n + 1]);
        n += strspn(s + n, "0123456789");
        return is_word(s[n]) ? 0 : n;
    }
    return 0;
}

/* A number with what hangs on it, a version, a hash. */
static size_t number_length(const char *s)
{
    size_t n = word_length(s), digits = 0, hex = 0, tail;

    for (size_t i = 0; i < n; i++) {
        digits += is_digit(s[i]);
        hex += isxdigit((unsigned char)s[i]) != 0;
    }
    if (n >= 7 && hex == n && digits)
        return n;
    n = s[0] == '-' && is_digit(s[1]);
    if (!is_digit(s[n]))
        return 0;
    do {
        n++;
        while (is_word(s[n])
               || (s[n] && strchr(".:,+-", s[n]) && is_digit(s[n + 1])))
            n++;
        tail = s[n] ? tail_length(s + n) : 0;
        n += tail;
    } while (tail && is_digit(s[n]));
    return n;
}

/* " MB" behind a number, which is " kB" another time. */
static size_t unit_length(const char *s)
{
    static const char *const units[] = {
        "B",       "kB",     "KB",      "MB",     "GB",    "TB",   "KiB",
        "MiB",     "GiB",    "TiB",     "ms",     "s",     "secs", "sec",
        "seconds", "second", "min",     "mins",   "m",     "h",    "us",
        "hours",   "hour",   "minutes", "minute", "bytes",
    };
    size_t n = s[0] == ' ' ? word_length(s + 1) : 0;

    for (size_t i = 0; n && i < ARRAY_SIZE(units); i++)
        if (strlen(units[i]) == n && !strncmp(s + 1, units[i], n))
            return n + 1;
    return 0;
}

/* "0 failed" is no failure: whether the number at s is one of failures. */
static bool is_count(const char *line, const char *s, size_t n)
{
    const char *before = s, *behind = s + n;
    char words[64];
    size_t len = 0;

    if (*s == '0' || n != strspn(s, "0123456789"))
        return false;
    while (before > line && strchr(" :=", before[-1]))
        before--;
    while (before > line && is_word(before[-1]) && len < 24) {
        before--;
        len++;
    }
    memcpy(words, before, len);
    words[len++] = ' ';
    for (int w = 0; w < 2 && *behind == ' '; w++) {
        size_t k = word_length(behind + 1);

        if (len + k + 2 >= sizeof(words))
            break;
        memcpy(words + len, behind, k + 1);
        len += k + 1;
        behind += k + 1;
    }
    words[len] = '\0';
    return strcasestr(words, "fail") || strcasestr(words, "error");
}

static bool number(struct varying *v, const char *line, const char *s)
{
    size_t unit;

    v->name = "n";
    v->tells = false;
    v->len = uuid_length(s);
    v->pattern = "[\\w-]+";
    if (v->len)
        return true;
    v->len = number_length(s);
    if (!v->len)
        return false;
    unit = unit_length(s + v->len);
    v->pattern = unit                        ? NUMBER " \\w+"
                 : is_count(line, s, v->len) ? "[1-9]\\d*"
                                             : NUMBER;
    v->len += unit;
    return true;
}

/* "E0801 12:00:01.2  41 file.cc:88] ": a letter and the date. */
static bool is_glog(const char *s)
{
    return *s && strchr("EFWI", *s) && strspn(s + 1, "0123456789") == 4
           && s[5] == ' ' && is_digit(s[6]) && is_digit(s[7]) && s[8] == ':';
}

/* A word that only begins with letters: "v1.2", "gw3" (a worker of pytest),
 * glog's date. */
static bool lettered(struct varying *v, const char *s)
{
    size_t n = word_length(s);

    v->name = "n";
    v->tells = false;
    if ((*s == 'v' || *s == 'V') && is_digit(s[1])) {
        v->len = 1 + number_length(s + 1);
        v->pattern = "[vV]" NUMBER;
        return true;
    }
    if (n > 2 && !strncmp(s, "gw", 2) && strspn(s + 2, "0123456789") == n - 2) {
        v->len = n;
        v->pattern = "gw\\d+";
        return true;
    }
    if (is_glog(s)) {
        v->len = n;
        v->pattern = "[EFWI]\\d+";
        return true;
    }
    v->len = n >= 6 && is_random(s, n) ? n : 0;
    v->pattern = "\\w+";
    return v->len;
}

bool varying_at(struct varying *v, const char *line, size_t at)
{
    const char *s = line + at;

    if (at && is_word(line[at - 1]))
        return false;
    return url(v, s) || address(v, s) || path(v, s) || number(v, line, s)
           || lettered(v, s);
}

size_t varying_quoted(const char *s)
{
    const char *close = *s && strchr("'\"`", *s) ? strchr(s + 1, *s) : NULL;
    size_t n = close ? (size_t)(close - s) - 1 : 0;

    if (!n || n > 100 || memchr(s + 1, ' ', n) || close[1] == ':')
        return 0;
    return n;
}

/* ---- before what is said ------------------------------------------------- */

static size_t label_length(const char *s)
{
    static const char *const labels[] = { "error", "fatal", "fatal error",
                                          "failure", "critical" };
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
        if (!strncasecmp(s, labels[i], strlen(labels[i])))
            n = strlen(labels[i]);
    if (!n || !s[n] || !strchr(": ]", s[n]))
        return 0;
    return n + (s[n] == ':');
}

/* "12:00:01,234", "2026-08-14T06:41:00Z" */
static size_t time_length(const char *s)
{
    size_t n = strspn(s, "0123456789");

    if (!n || (s[n] != ':' && s[n] != '-') || !is_digit(s[n + 1]))
        return 0;
    return strspn(s, "0123456789:.,-TZ+");
}

/* Blanks, and signs that stand alone: of "-lfoo" the dash is part of it. */
static size_t sign_length(const char *s)
{
    size_t blanks = strspn(s, " \t"), n = strspn(s, "*!:|-]>");

    if (blanks)
        return blanks;
    if (n)
        return s[n] == ' ' ? n : 0;
    return *s == '[' && (time_length(s + 1) || label_length(s + 1));
}

size_t varying_preamble(const char *line)
{
    const char *end = is_glog(line) ? strstr(line, "] ") : NULL;
    size_t n = end ? (size_t)(end - line) + 2 : 0, more;

    do {
        const char *s = line + n;

        more = sign_length(s);
        if (!more)
            more = label_length(s);
        if (!more)
            more = time_length(s);
        n += more;
    } while (more && line[n]);
    return line[n] ? n : 0;
}
