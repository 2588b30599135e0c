/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wrapped reports (miette's "× …", as rattler-build and pixi print them)
 * back into lines. Must not hold back more than one logical line.
 */
#include <config.h>

#include "core/classify/unwrap.h"

#include <string.h>

#define BAR "│"   /* all three bytes long */
#define CROSS "×" /* two bytes */

static const char *const branches[] = { "├", "└", "╰", "╭", "▶", "─" };

/* Past blanks and vertical bars. */
static const char *past_bars(const char *s, bool *bar)
{
    *bar = false;
    for (;;) {
        if (*s == ' ' || *s == '\t') {
            s++;
        } else if (!strncmp(s, BAR, 3)) {
            *bar = true;
            s += 3;
        } else {
            return s;
        }
    }
}

static bool starts_branch(const char *s)
{
    for (size_t i = 0; i < sizeof(branches) / sizeof(branches[0]); i++)
        if (!strncmp(s, branches[i], 3))
            return true;
    return false;
}

/* Length of the box that rattler-build draws: " │" for each step that it is
 * in, and a blank. The bars of a solver's tree stand elsewhere: they start a
 * line, or have two blanks behind them. */
static size_t box_length(const char *text)
{
    const char *s = text;

    while (s[0] == ' ' && !strncmp(s + 1, BAR, 3)) {
        const char *after = s + 4;

        if (after[0] == ' ' && after[1] == ' '
            && starts_branch(after + strspn(after, " ")))
            break;
        s = after;
    }
    return (size_t)(s - text) + (s != text && *s == ' ');
}

void unwrap_init(struct unwrap *u,
                 void (*emit)(void *user, const struct line *l, int64_t last),
                 void *user)
{
    memset(u, 0, sizeof(*u));
    strbuf_init(&u->text, LINE_MAX_BYTES);
    u->emit = emit;
    u->user = user;
}

void unwrap_release(struct unwrap *u)
{
    strbuf_release(&u->text);
}

const char *const unwrap_triggers[] = { CROSS " ", NULL };

bool unwrap_waits(const struct unwrap *u)
{
    return u->open || u->block;
}

void unwrap_flush(struct unwrap *u)
{
    struct line l = { u->text.buf, u->text.len, u->first, MARK_NONE };

    if (!u->open)
        return;
    u->open = false;
    u->column = u->held_column;
    u->emit(u->user, &l, u->last);
    u->column = 0;
    strbuf_clear(&u->text);
}

static size_t columns(const char *from, const char *to)
{
    size_t n = 0;

    for (; from < to; from++)
        n += (*from & 0xc0) != 0x80;
    return n;
}

/* s: the part of l that stands inside of bars. */
static void hold(struct unwrap *u, const struct line *l, const char *s)
{
    unwrap_flush(u);
    strbuf_adds(&u->text, s);
    u->held_column = columns(l->text, s);
    u->first = u->last = l->nr;
    u->open = true;
}

/* A word broken at its hyphen or slash goes together again, and so does one
 * that is wider than the page. */
static void join(struct unwrap *u, const char *s, int64_t nr)
{
    char before = u->text.len ? u->text.buf[u->text.len - 1] : ' ';

    if (before != '-' && before != '/')
        strbuf_addc(&u->text, ' ');
    strbuf_adds(&u->text, s);
    u->last = nr;
}

/* What is held does not go on: so says its end. */
static bool is_sentence(const struct unwrap *u)
{
    size_t n = u->text.len;
    const char *end = u->text.buf + n;

    return n
           && (end[-1] == '.' || end[-1] == ';'
               || (n > 8 && !memcmp(end - 8, "options:", 8)));
}

/* pip draws the same marks, and behind this branch of them (at "[N lines of
 * output]") come the lines of another program, as they were. */
static bool hands_over(const char *s)
{
    static const char branch[] = "╰─> [";

    return !strncmp(s, branch, sizeof(branch) - 1)
           && strstr(s, "lines of output]");
}

void unwrap_box(struct line *l)
{
    size_t n = l->mark == MARK_NONE ? box_length(l->text) : 0;

    l->text += n;
    l->len -= n;
}

void unwrap_line(struct unwrap *u, const struct line *l)
{
    bool bar;
    const char *s = past_bars(l->text, &bar);
    struct line plain = *l;

    if (l->mark == MARK_NONE
        && (!strncmp(s, CROSS " ", 3) || !strncmp(s, "Error: ", 7))
        && strstr(s, CROSS " ") && strstr(s, CROSS " ") - s < 16) {
        hold(u, l, s);
        u->block = true;
        return;
    }
    if (u->block && l->mark == MARK_NONE && *s && !hands_over(s)
        && (bar || l->text[0] == ' ' || starts_branch(s))) {
        if (starts_branch(s) || !u->open || is_sentence(u)
            || l->nr - u->first >= UNWRAP_LINES_MAX)
            hold(u, l, s);
        else
            join(u, s, l->nr);
        return;
    }
    unwrap_flush(u);
    u->block = false;
    unwrap_box(&plain);
    u->emit(u->user, &plain, l->nr);
}
