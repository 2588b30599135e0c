/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A walk over a pattern, part by part. Must refuse what it does not
 * understand.
 */
#include <config.h>

#include "core/classify/required.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/classify/part.h"
#include "core/classify/texts.h"

/* Members that a class may have to be spelt out. */
#define CLASS_MAX 8
#define DEPTH_MAX 60
/* Copies of a{n} that are spelt out. */
#define REPEAT_MAX 4

struct parser {
    const char *s;
    bool nocase, extended, quoting;
    bool glue; /* a quantifier here is of what came before */
    bool refused;
    int depth;
};

/* ---- the pattern ------------------------------------------------------- */

static struct part parse_alternatives(struct parser *ps);

static struct part refuse(struct parser *ps)
{
    ps->refused = true;
    return part_anything();
}

static bool eat(struct parser *ps, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(ps->s, word, n))
        return false;
    ps->s += n;
    return true;
}

static bool eat_past(struct parser *ps, char end)
{
    const char *at = strchr(ps->s, end);

    if (at)
        ps->s = at + 1;
    return at != NULL;
}

static void skip_blanks(struct parser *ps)
{
    while (ps->extended && !ps->quoting && *ps->s
           && strchr(" \t\n\v\f\r\x85#", *ps->s)) {
        if (*ps->s == '#')
            ps->s += strcspn(ps->s, "\n");
        else
            ps->s++;
    }
}

static int hex_value(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* The number behind \x, -1 when it is no byte. */
static int hex_escape(struct parser *ps)
{
    bool braces = eat(ps, "{");
    int value = 0, nr = 0;

    while (isxdigit((unsigned char)*ps->s) && (braces || nr < 2)) {
        value = value * 16 + hex_value(*ps->s++);
        if (value > 255)
            return -1;
        nr++;
    }
    return braces && (!nr || !eat(ps, "}")) ? -1 : value;
}

static int octal_escape(struct parser *ps)
{
    int value = 0;

    for (int i = 0; i < 2 && *ps->s >= '0' && *ps->s <= '7'; i++)
        value = value * 8 + (*ps->s++ - '0');
    return value;
}

/* The byte that an escape stands for, whose letter c was just read; -1: it is
 * none of these. */
static int byte_escape(struct parser *ps, char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'f':
        return '\f';
    case 'a':
        return '\a';
    case 'e':
        return 27;
    case '0':
        return octal_escape(ps);
    case 'x':
        return hex_escape(ps);
    default:
        return isalnum((unsigned char)c) ? -1 : (unsigned char)c;
    }
}

/* "{name}", "<name>", "'name'" or a number. */
static struct part parse_reference(struct parser *ps)
{
    bool ok = true;

    if (eat(ps, "{"))
        ok = eat_past(ps, '}');
    else if (eat(ps, "<"))
        ok = eat_past(ps, '>');
    else if (eat(ps, "'"))
        ok = eat_past(ps, '\'');
    else
        ps->s += strspn(ps->s, "+-0123456789");
    return ok ? part_anything() : refuse(ps);
}

/* "\s" and the like, of ASCII. */
static struct part parse_kind(char kind)
{
    struct bytes set = { { 0 } };

    for (int c = 0; c < 256; c++) {
        bool space = c == ' ' || (c >= '\t' && c <= '\r');
        bool digit = c >= '0' && c <= '9';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (kind == 's'   ? space
            : kind == 'S' ? !space
            : kind == 'd' ? digit
                          : digit || letter || c == '_')
            bytes_set(&set, (unsigned char)c);
    }
    return part_one_of(&set);
}

static struct part parse_escape(struct parser *ps)
{
    char c = *ps->s;
    int byte;

    if (!c)
        return refuse(ps);
    ps->s++;
    if (strchr("sSdw", c))
        return parse_kind(c);
    if (strchr("DWhHvVNRX", c))
        return c == 'N' && *ps->s == '{' ? refuse(ps) : part_anything();
    if (strchr("zZ", c))
        return part_end();
    if (strchr("bBAGK", c))
        return part_nothing();
    if (c == 'Q' || c == 'E') {
        ps->quoting = c == 'Q';
        ps->glue = true;
        return part_nothing();
    }
    if (c == 'p' || c == 'P') {
        if (!eat(ps, "{"))
            ps->s += *ps->s != '\0';
        else if (!eat_past(ps, '}'))
            return refuse(ps);
        return part_anything();
    }
    if (c == 'g' || c == 'k')
        return parse_reference(ps);
    if (c >= '1' && c <= '9') /* two digits: it depends on the groups */
        return isdigit((unsigned char)*ps->s) ? refuse(ps) : part_anything();
    byte = byte_escape(ps, c);
    return byte < 0 ? refuse(ps) : part_byte((unsigned char)byte, ps->nocase);
}

/* "[:alpha:]" at s: its length, 0 when it is none. */
static size_t posix_length(const char *s)
{
    size_t n = 2 + (s[2] == '^');

    while (islower((unsigned char)s[n]))
        n++;
    return s[n] == ':' && s[n + 1] == ']' ? n + 2 : 0;
}

/* One member of a class. False: many bytes, or not understood. */
static bool parse_member(struct parser *ps, int *byte)
{
    const char *s = ps->s;

    if (*s == '[' && s[1] && strchr(":.=", s[1])) {
        ps->s += posix_length(s);
        ps->refused |= s[1] != ':' || ps->s == s;
        return false;
    }
    ps->s++;
    *byte = (unsigned char)*s;
    if (*s != '\\')
        return true;
    if (!*ps->s
        || (isalnum((unsigned char)*ps->s)
            && !strchr("dDwWsShHvVbntrfaex0", *ps->s))) {
        ps->refused = true;
        return false;
    }
    if (strchr("dDwWsShHvV", *ps->s++))
        return false;
    *byte = ps->s[-1] == 'b' ? '\b' : byte_escape(ps, ps->s[-1]);
    ps->refused |= *byte < 0;
    return *byte >= 0;
}

/* Up to the closing bracket; which bytes are in it, and whether that is all
 * that can be said of it. */
static bool parse_members(struct parser *ps, bool in[256])
{
    bool known = true, first = true;

    while (*ps->s && (*ps->s != ']' || first) && !ps->refused) {
        int from = 0, to = 0;
        bool one = parse_member(ps, &from);

        first = false;
        known &= one;
        if (*ps->s == '-' && ps->s[1] && ps->s[1] != ']') {
            ps->s++;
            known &= parse_member(ps, &to);
        } else {
            to = from;
        }
        for (int c = from; known && c <= to; c++)
            in[c] = true;
    }
    ps->refused |= !eat(ps, "]");
    return known;
}

static struct part parse_class(struct parser *ps)
{
    bool in[256] = { false };
    bool negated = eat(ps, "^");
    bool known = parse_members(ps, in), few = known && !negated;
    struct part p = { .exact = true };
    struct bytes set = { { 0 } };

    for (int c = 0; c < 256 && known; c++)
        if (in[c] != negated)
            bytes_add_char(&set, (unsigned char)c, ps->nocase);
    for (int c = 0; c < 256 && few && !ps->refused; c++) {
        struct part one;

        if (!in[c])
            continue;
        one = part_byte((unsigned char)c, ps->nocase);
        texts_add_all(&p.texts, &one.texts);
        bytes_add(&p.first, &one.first);
        part_release(&one);
        few = p.texts.nr <= CLASS_MAX;
    }
    if (few && p.texts.nr && !ps->refused)
        return p;
    part_release(&p);
    return known && !ps->refused ? part_one_of(&set) : part_anything();
}

/* "i-x)" or "i-x:" behind "(?". False: not understood. */
static bool parse_options(struct parser *ps, bool *group)
{
    bool on = true;

    if (eat(ps, "^"))
        ps->nocase = ps->extended = false;
    for (; *ps->s && !strchr(":)", *ps->s); ps->s++) {
        if (*ps->s == '-')
            on = false;
        else if (*ps->s == 'i')
            ps->nocase = on;
        else if (*ps->s == 'x' && ps->s[1] != 'x')
            ps->extended = on;
        else if (!strchr("msnJU", *ps->s))
            return false;
    }
    *group = *ps->s == ':';
    return eat(ps, ":") || eat(ps, ")");
}

static struct part parse_inner(struct parser *ps)
{
    bool nocase = ps->nocase, extended = ps->extended;
    struct part p;

    if (++ps->depth > DEPTH_MAX)
        return refuse(ps);
    p = parse_alternatives(ps);
    ps->depth--;
    ps->refused |= !eat(ps, ")");
    ps->nocase = nocase;
    ps->extended = extended;
    return p;
}

/* What is looked at must stand in the text, but takes no byte of it. */
static struct part parse_look(struct parser *ps, bool positive)
{
    struct part inner = parse_inner(ps), p = part_nothing();

    if (positive) {
        if (inner.exact)
            part_forget_texts(&inner);
        part_look(&p, &inner);
    }
    part_release(&inner);
    return p;
}

static struct part parse_named(struct parser *ps, char end)
{
    bool name = isalpha((unsigned char)*ps->s) || *ps->s == '_';

    return name && eat_past(ps, end) ? parse_inner(ps) : refuse(ps);
}

/* "(?" was read. */
static struct part parse_special(struct parser *ps)
{
    bool nocase = ps->nocase, extended = ps->extended, group;

    if (eat(ps, "#")) {
        ps->glue = true;
        return eat_past(ps, ')') ? part_nothing() : refuse(ps);
    }
    if (eat(ps, ">") || eat(ps, "|"))
        return parse_inner(ps);
    if (eat(ps, "=") || eat(ps, "<="))
        return parse_look(ps, true);
    if (eat(ps, "!") || eat(ps, "<!"))
        return parse_look(ps, false);
    if (eat(ps, "<") || eat(ps, "P<"))
        return parse_named(ps, '>');
    if (eat(ps, "'"))
        return parse_named(ps, '\'');
    if (eat(ps, "P=") || eat(ps, "P>") || eat(ps, "&") || eat(ps, "R")
        || strspn(ps->s, "+-") < strspn(ps->s, "+-0123456789"))
        return eat_past(ps, ')') ? part_anything() : refuse(ps);
    if (!parse_options(ps, &group))
        return refuse(ps);
    if (group) {
        struct part p = parse_inner(ps);

        ps->nocase = nocase;
        ps->extended = extended;
        return p;
    }
    ps->glue = true;
    return part_nothing();
}

static struct part parse_atom(struct parser *ps)
{
    char c = *ps->s++;

    switch (c) {
    case '(':
        if (*ps->s == '*')
            return refuse(ps);
        return eat(ps, "?") ? parse_special(ps) : parse_inner(ps);
    case '[':
        return parse_class(ps);
    case '\\':
        return parse_escape(ps);
    case '.':
        return part_anything();
    case '^':
        return part_nothing();
    case '$':
        return part_end();
    case '*':
    case '+':
    case '?':
        return refuse(ps);
    default:
        return part_byte((unsigned char)c, ps->nocase);
    }
}

/* How many bytes at s stand for themselves: the last of them, too, has no
 * quantifier. */
static size_t plain_length(const struct parser *ps)
{
    size_t n = ps->extended ? 0 : strcspn(ps->s, "\\^$.[|()?*+{");

    if (n && ps->s[n] && strchr("?*+{", ps->s[n]))
        n--;
    return n;
}

/* So many of them at once. */
static struct part parse_plain(struct parser *ps, size_t n)
{
    struct part p = { .exact = true };
    char s[TEXTS_LENGTH_MAX];

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)ps->s[i];

        s[i] = (char)(ps->nocase ? tolower(c) : c);
        if (!i)
            bytes_add_char(&p.first, c, ps->nocase);
        p.texts.nocase |= ps->nocase && isalpha(c);
    }
    texts_add_new(&p.texts, s, n);
    ps->s += n;
    return p;
}

/* Within \Q and \E everything is itself. */
static struct part parse_quoted(struct parser *ps)
{
    if (!eat(ps, "\\E"))
        return part_byte((unsigned char)*ps->s++, ps->nocase);
    ps->quoting = false;
    ps->glue = true;
    return part_nothing();
}

struct repeat {
    long min, max;
}; /* max -1: without end */

/* "{3}", "{3,}" or "{3,5}" at s; its length, 0 when it is none. */
static size_t braces_length(const char *s, struct repeat *r)
{
    char *end;

    if (*s != '{' || !isdigit((unsigned char)s[1]))
        return 0;
    r->min = r->max = strtol(s + 1, &end, 10);
    if (*end == ',') {
        end++;
        r->max = -1;
        if (isdigit((unsigned char)*end))
            r->max = strtol(end, &end, 10);
    }
    return *end == '}' ? (size_t)(end - s) + 1 : 0;
}

/* Whether newer versions of PCRE2 take "{ 1 }" or "{,1}" for a quantifier
 * and older ones for itself. */
static bool is_disputed(const char *s)
{
    size_t n = *s == '{' ? strspn(s + 1, ", 0123456789") : 0;

    return n && s[1 + n] == '}';
}

static struct repeat parse_repeat(struct parser *ps)
{
    struct repeat r = { 1, 1 };
    bool glue = ps->glue;
    size_t n = 1;

    ps->glue = false;
    skip_blanks(ps);
    if (ps->quoting || ps->refused)
        return r;
    switch (*ps->s) {
    case '*':
        r = (struct repeat){ 0, -1 };
        break;
    case '+':
        r = (struct repeat){ 1, -1 };
        break;
    case '?':
        r = (struct repeat){ 0, 1 };
        break;
    default:
        n = braces_length(ps->s, &r);
        ps->refused |= !n && is_disputed(ps->s);
        if (!n)
            return (struct repeat){ 1, 1 };
    }
    ps->refused |= glue;
    ps->s += n;
    if (*ps->s == '?' || *ps->s == '+')
        ps->s++;
    return r;
}

static void add_repeated(struct part *p, struct required *run, struct part *q,
                         struct repeat r)
{
    if (!r.min) {
        part_may_be_absent(q);
        q->exact &= r.max == 1;
        if (q->exact)
            texts_add(&q->texts, "", 0);
        part_append(p, run, q);
        return;
    }
    for (long i = 0; i < r.min && i < REPEAT_MAX; i++)
        part_append(p, run, q);
    if (r.max != r.min || r.min > REPEAT_MAX)
        part_append_more(p, run, q);
}

/* Up to '|', ')' or the end. */
static struct part parse_sequence(struct parser *ps)
{
    struct part p = { .exact = true, .through = true };
    struct required run = { 0 };

    texts_add(&run, "", 0);
    for (skip_blanks(ps); *ps->s && !ps->refused; skip_blanks(ps)) {
        size_t plain, room = TEXTS_LENGTH_MAX - texts_longest(&run);
        struct part q;

        if (!ps->quoting && (*ps->s == '|' || *ps->s == ')'))
            break;
        plain = ps->quoting || ps->glue ? 0 : plain_length(ps);
        if (plain > room)
            plain = room;
        if (plain > 1) {
            q = parse_plain(ps, plain);
            part_append(&p, &run, &q);
            part_release(&q);
            continue;
        }
        q = ps->quoting ? parse_quoted(ps) : parse_atom(ps);
        add_repeated(&p, &run, &q, parse_repeat(ps));
        part_release(&q);
    }
    if (p.exact) {
        p.texts = run;
        return p;
    }
    part_end_run(&p, &run);
    p.ends = run;
    return p;
}

static struct part parse_alternatives(struct parser *ps)
{
    struct part p = parse_sequence(ps);

    while (!ps->refused && eat(ps, "|")) {
        struct part q = parse_sequence(ps);

        part_either(&p, &q);
    }
    return p;
}

static void lower(struct required *set)
{
    for (size_t i = 0; i < set->nr; i++)
        for (size_t k = 0; k < set->items[i].n; k++)
            set->items[i].s[k] =
                (char)tolower((unsigned char)set->items[i].s[k]);
}

/* Whether another of the set stands in number i, which then says nothing. */
static bool is_covered(const struct required *set, size_t i)
{
    const struct literal_text *t = &set->items[i];

    for (size_t k = 0; k < set->nr; k++) {
        const struct literal_text *u = &set->items[k];

        if (k != i && u->n <= t->n && memmem(t->s, t->n, u->s, u->n)
            && (u->n < t->n || k < i))
            return true;
    }
    return false;
}

/* What stands behind a literal that covers others, stands in them. */
static struct bytes behind_all(const struct required *left,
                               const struct required *set)
{
    struct bytes behind = set->behind;

    for (size_t i = 0; i < left->nr; i++) {
        struct bytes one =
            texts_behind(set, left->items[i].s, left->items[i].n);

        if (!bytes_any(&one))
            return one;
        bytes_add(&behind, &one);
    }
    return behind;
}

bool required_of(const char *pattern, struct required *out)
{
    struct parser ps = { .s = pattern };
    struct part p = parse_alternatives(&ps);

    memset(out, 0, sizeof(*out));
    if (p.exact)
        part_forget_texts(&p);
    if (ps.refused || *ps.s)
        required_release(&p.best);
    out->nocase = p.best.nocase;
    if (out->nocase)
        lower(&p.best);
    if (!p.open && !bytes_all(&p.behind))
        p.best.behind = p.behind;
    out->behind = p.best.behind;
    for (size_t i = 0; i < p.best.nr; i++)
        if (!is_covered(&p.best, i))
            texts_add(out, p.best.items[i].s, p.best.items[i].n);
    if (out->nr < p.best.nr)
        out->behind = behind_all(out, &p.best);
    part_release(&p);
    return out->nr > 0;
}
