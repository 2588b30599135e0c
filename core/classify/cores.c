/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Of all parts of CORE_LENGTH bytes those that most texts have. Must not cost
 * more than it saves: one look at each part, three times.
 */
#include <config.h>

#include "core/classify/cores.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* There are tens of thousands. */
struct part {
    uint64_t bytes;
    uint32_t last; /* 1 + the text that was counted last; 0: free
                                 * place */
    uint32_t nocase : 1, everyday : 1, core : 30; /* 1 + index */
    uint32_t texts, chosen; /* how many have it; have chosen it */
};

struct parts {
    struct part *table;
    size_t mask;
};

static bool shares(const struct core_text *t)
{
    return !t->alone && t->n >= CORE_LENGTH;
}

static struct parts parts_new(const struct core_text *texts, size_t nr)
{
    size_t places = 1, room = 64;

    for (size_t i = 0; i < nr; i++)
        if (shares(&texts[i]))
            places += texts[i].n - CORE_LENGTH + 1;
    while (room < places + places / 4)
        room *= 2;
    return (struct parts){ xcalloc(room, sizeof(struct part)), room - 1 };
}

/* The part at s, or the place where it goes. */
static struct part *find(const struct parts *ps, const char *s, bool nocase)
{
    uint64_t bytes = 0, h;

    memcpy(&bytes, s, CORE_LENGTH);
    h = (bytes ^ (uint64_t)nocase) * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = h >> 32;; i++) {
        struct part *p = &ps->table[i & ps->mask];

        if (!p->last || (p->bytes == bytes && !p->nocase == !nocase)) {
            p->bytes = bytes;
            p->nocase = nocase;
            return p;
        }
    }
}

static void count(const struct parts *ps, const struct core_text *t, size_t i)
{
    for (size_t at = 0; at + CORE_LENGTH <= t->n; at++) {
        struct part *p = find(ps, t->s + at, t->nocase);

        p->texts += p->last != i + 1;
        p->last = (uint32_t)i + 1;
    }
}

/* Logs that have nothing to say are full of them: what stands for a part of
 * one of these stands in every other line. */
static const char *const everyday[] = {
    "already",      "arguments",  "artifacts",   "available",   "building",
    "checking",     "collecting", "commands",    "compiled",    "compiler",
    "compiling",    "complete",   "configuring", "copying",     "dependencies",
    "detected",     "directory",  "downloaded",  "downloading", "environment",
    "examples",     "exceptions", "executable",  "executing",   "extensions",
    "extracting",   "feedstock",  "following",   "functions",   "generated",
    "generating",   "https://",   "include",     "installed",   "installing",
    "libraries",    "linking",    "loading",     "locations",   "metadata",
    "modules",      "packages",   "parameters",  "platforms",   "preparing",
    "processing",   "projects",   "receiving",   "references",  "repository",
    "requirements", "resolving",  "responses",   "running",     "selected",
    "supports",     "target",     "testing",     "unpacking",   "updating",
    "validation",   "variables",  "versions",    "warnings",    "writing",
};

static void mark_parts(const struct parts *ps, const char *s, size_t n,
                       bool nocase)
{
    for (size_t at = 0; at + CORE_LENGTH <= n; at++) {
        struct part *p = find(ps, s + at, nocase);

        p->everyday = p->last != 0;
    }
}

static void mark_everyday(const struct parts *ps)
{
    for (size_t i = 0; i < ARRAY_SIZE(everyday); i++) {
        char text[32];
        size_t n = (size_t)snprintf(text, sizeof(text), " %s ", everyday[i]);

        mark_parts(ps, text, n, true);
        mark_parts(ps, text, n, false);
        text[1] = (char)toupper((unsigned char)text[1]);
        mark_parts(ps, text, n, false);
    }
}

/* The part that most have chosen, or have at all; NULL: nobody else has any
 * of them. Of equal ones the last: a word begins with a capital here and
 * without there. */
static struct part *best(const struct parts *ps, const struct core_text *t,
                         bool chosen, size_t *where)
{
    struct part *best = NULL;
    unsigned most = 2;

    for (size_t at = 0; at + CORE_LENGTH <= t->n; at++) {
        struct part *p = find(ps, t->s + at, t->nocase);
        unsigned nr = chosen ? p->chosen : p->texts;

        if (p->everyday || nr < most)
            continue;
        most = nr;
        best = p;
        *where = at;
    }
    return best;
}

static size_t add_core(struct cores *c, const char *s, size_t n, bool nocase)
{
    c->cores[c->nr] = (struct core){ s, n, nocase, 0, 0 };
    return c->nr++;
}

/* Which core text i is a member of, and where. */
static size_t choose(struct cores *c, const struct parts *ps,
                     const struct core_text *t, size_t *where)
{
    struct part *p = shares(t) ? best(ps, t, true, where) : NULL;

    if (!p) {
        *where = 0;
        return add_core(c, t->s, t->n, t->nocase);
    }
    if (!p->core)
        p->core =
            1 + (uint32_t)add_core(c, t->s + *where, CORE_LENGTH, t->nocase);
    return p->core - 1;
}

static struct core_member member(const struct core *c, size_t text,
                                 const struct core_text *t, size_t at)
{
    struct core_member m = { .text = text, .at = at };

    if (at) {
        m.side = BEFORE_IT;
        m.byte = (unsigned char)t->s[at - 1];
    } else if (t->n > c->n) {
        m.side = BEHIND_IT;
        m.byte = (unsigned char)t->s[c->n];
    }
    return m;
}

static void gather(struct cores *c, const struct core_text *texts,
                   const size_t *core, const size_t *where, size_t nr)
{
    size_t first = 0;

    for (size_t i = 0; i < nr; i++)
        c->cores[core[i]].nr++;
    for (size_t k = 0; k < c->nr; k++) {
        c->cores[k].first = first;
        first += c->cores[k].nr;
        c->cores[k].nr = 0;
    }
    for (size_t i = 0; i < nr; i++) {
        struct core *k = &c->cores[core[i]];

        c->members[k->first + k->nr++] = member(k, i, &texts[i], where[i]);
    }
}

void cores_find(struct cores *c, const struct core_text *texts, size_t nr)
{
    struct parts ps = parts_new(texts, nr);
    size_t *core = xcalloc(nr + 1, sizeof(*core));
    size_t *where = xcalloc(nr + 1, sizeof(*where));

    memset(c, 0, sizeof(*c));
    c->cores = xcalloc(nr + 1, sizeof(*c->cores));
    c->members = xcalloc(nr + 1, sizeof(*c->members));
    for (size_t i = 0; i < nr; i++)
        if (shares(&texts[i]))
            count(&ps, &texts[i], i);
    mark_everyday(&ps);
    for (size_t i = 0; i < nr; i++) {
        struct part *p =
            shares(&texts[i]) ? best(&ps, &texts[i], false, &where[i]) : NULL;

        if (p)
            p->chosen++;
    }
    for (size_t i = 0; i < nr; i++)
        core[i] = choose(c, &ps, &texts[i], &where[i]);
    gather(c, texts, core, where, nr);
    free(ps.table);
    free(core);
    free(where);
}

void cores_release(struct cores *c)
{
    free(c->cores);
    free(c->members);
}
