/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last words before a symptom. Must not reach far back: what a program
 * got over must not be told as what ended it.
 */
#include <config.h>

#include "core/classify/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

#define COMMAND_MAX ((size_t)120)

/* The first of those that weigh most, until it is too far above. */
void reason_note(struct reason *r, const struct line *l, int weight, int step)
{
    size_t blanks = strspn(l->text, " \t");
    char *text;

    if (weight < REASON_WEIGHT
        || (r->line && r->step == step && r->weight >= weight
            && l->nr - r->line < REASON_LINES))
        return;
    text = text_cut(l->text + blanks, l->len - blanks, sizeof(r->text) - 1);
    snprintf(r->text, sizeof(r->text), "%s", text);
    free(text);
    r->line = l->nr;
    r->weight = weight;
    r->step = step;
}

/* What a batch file only says to look at how the last command ended. */
static bool is_check(const char *command)
{
    static const char *const starts[] = {
        "if errorlevel", "if %errorlevel%", "if 0 ", "if 1 ", "exit",
        "setlocal",      "endlocal",        "rem ",  "@",
    };

    for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
        if (!strncasecmp(command, starts[i], strlen(starts[i])))
            return true;
    return false;
}

/* "(%PREFIX%) C:\\x\\work>make", the prompt of cmd.exe. */
static const char *prompted_command(const char *s)
{
    const char *folder = s, *end = strchr(s, '>');

    if (*s == '(' && end && (folder = strstr(s, ") ")))
        folder += 2;
    if (!end || !folder || folder > end
        || (strncmp(folder + 1, ":\\", 2) && *folder != '%'))
        return NULL;
    return end[1] && end[1] != ' ' && !is_check(end + 1) ? end + 1 : NULL;
}

/* "+ make -j2", as `set -x` shows it; rattler-build draws a box around. */
static const char *shown_command(const char *s)
{
    while (*s == ' ' || !strncmp(s, "│", strlen("│")))
        s += *s == ' ' ? 1 : strlen("│");
    if (s[0] == '+' && s[1] == ' ' && s[2])
        return s + 2;
    return prompted_command(s);
}

static char *last_command(const struct ring *ring, int64_t before)
{
    const char *text, *command = NULL;
    CLEANUP_FREE char *cut = NULL;
    int64_t nr = before;
    size_t n;

    while (!command && (text = ring_last_words(ring, nr, &nr))
           && before - nr <= REASON_LINES)
        command = shown_command(text);
    if (!command || strchr(command, '`'))
        return NULL;
    n = strlen(command);
    while (n && command[n - 1] == ' ')
        n--;
    cut = text_cut(command, n, COMMAND_MAX);
    return xasprintf("the last command shown is `%s`", cut);
}

char *reason_before(const struct reason *r, int64_t nr, int step,
                    const struct ring *ring)
{
    if (r->line && r->step == step && r->line < nr
        && nr - r->line <= REASON_LINES)
        return xstrdup(r->text);
    return last_command(ring, nr);
}
