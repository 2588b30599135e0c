/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of Python tracebacks. Must not trust their order: stdout is often
 * mixed into them.
 */
#include <config.h>

#include "core/classify/trace.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define FIRST_LINE "Traceback (most recent call last)"

#define HANDLED "During handling of the above exception"
#define OTHER_WAY "alling back to "

const char *const trace_triggers[] = { FIRST_LINE, HANDLED, OTHER_WAY, NULL };

bool trace_handled(const char *s)
{
    s += strspn(s, " \t");
    return !strncmp(s, HANDLED, strlen(HANDLED)) || strstr(s, OTHER_WAY);
}

/* 2: the bot's own code, 1: somebody's, 0: an installed library. */
static int frame_kind(const char *path)
{
    if (strstr(path, "conda_forge_tick"))
        return 2;
    if (strstr(path, "site-packages") || strstr(path, "dist-packages")
        || strstr(path, "/lib/python") || path[0] == '<')
        return 0;
    return 1;
}

/*   File "/a/b.py", line 64, in migrate */
static void take_frame(struct trace *t, const char *s)
{
    char path[1024], function[128];
    const char *base;
    int kind;

    if (sscanf(s, "File \"%1023[^\"]\", line %*d, in %127s", path, function)
        != 2)
        return;
    kind = frame_kind(path);
    if (kind < t->depth)
        return;
    t->depth = kind;
    base = strrchr(path, '/');
    if (!base)
        base = strrchr(path, '\\');
    base = base ? base + 1 : path;
    snprintf(t->frame, sizeof(t->frame), "%.96s:%.60s", base, function);
}

/* "module.SomeError: text" or "module.SomeError" */
static bool is_exception(const char *s, size_t n)
{
    size_t i = 0, word = 0;

    for (; i < n; i++) {
        if (s[i] == '.')
            word = i + 1;
        else if (!isalnum((unsigned char)s[i]) && s[i] != '_')
            break;
    }
    if (i == word || !isupper((unsigned char)s[word]) || (i < n && s[i] != ':'))
        return false;
    return i == n ? i - word > 5 : true;
}

bool trace_shown(const char *s, size_t n)
{
    size_t at = n > 4 && !strncmp(s, "E   ", 4) ? strspn(s + 1, " ") + 1 : n;

    return at < n && is_exception(s + at, n - at);
}

bool trace_line(struct trace *t, const char *s, size_t n, int64_t nr)
{
    size_t indent = 0;

    while (indent < n && (s[indent] == ' ' || s[indent] == '\t'))
        indent++;
    s += indent;
    n -= indent;
    if (!strncmp(s, FIRST_LINE, strlen(FIRST_LINE))) {
        t->active = true;
        t->since = nr;
        t->depth = 0;
        t->frame[0] = '\0';
        return false;
    }
    if (!t->active)
        return false;
    if (nr - t->since > TRACE_LINES_MAX) {
        t->active = false;
        return false;
    }
    if (!strncmp(s, "File \"", 6)) {
        take_frame(t, s);
        return false;
    }
    if (!t->frame[0] || !is_exception(s, n))
        return false;
    t->active = false;
    return true;
}
