/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which of the last lines are to be tried by which rules with a tail. Must
 * not try one: a line has to be redacted before.
 */
#include <config.h>

#include "core/classify/late.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void late_init(struct late *la, const struct ruleset *rs)
{
    memset(la, 0, sizeof(*la));
    la->rs = rs;
    la->rules = xcalloc(rs->nr_late + 1, sizeof(*la->rules));
    for (size_t i = 0; i < rs->nr; i++)
        if (rs->rules[i].late)
            la->rules[la->nr++].rule = i;
}

void late_release(struct late *la)
{
    free(la->rules);
}

bool late_is_now(const struct format *f, int64_t nr)
{
    return f->failed_step >= 0 && nr < f->failed_line + LATE_MAX;
}

static struct late_rule *rule_of(const struct late *la, size_t rule)
{
    return &la->rules[la->rs->rules[rule].late - 1];
}

void late_forget(struct late *la, size_t rule, int64_t nr)
{
    rule_of(la, rule)->since = nr;
}

static void found(struct late_rule *r)
{
    if (r->state == LATE_NO)
        r->state = LATE_FOUND;
}

static void on_word(void *user, unsigned word, size_t end)
{
    const struct late *la = user;
    size_t nr;
    const int *ids = literals_ids(la->rs->late, word, &nr);

    (void)end;
    for (size_t i = 0; i < nr; i++)
        found(rule_of(la, (size_t)ids[i]));
}

static void find_rules(struct late *la, const struct line *l)
{
    for (size_t i = 0; i < la->nr && la->rs->brute; i++)
        found(&la->rules[i]);
    if (!la->rs->brute)
        literals_scan(la->rs->late, l->text, l->len, on_word, la);
}

void late_look(struct late *la, const struct chunk *ch, int64_t last,
               int64_t end,
               bool (*look)(void *user, size_t rule, const struct line *l),
               void *user)
{
    for (size_t i = 0; i < la->nr; i++)
        la->rules[i].state = LATE_NO;
    for (int64_t nr = last; la->nr && nr >= ch->first && end - nr < LATE_MAX;
         nr--) {
        struct line l = chunk_line(ch, (size_t)(nr - ch->first));

        find_rules(la, &l);
        for (size_t i = 0; i < la->nr; i++) {
            struct late_rule *r = &la->rules[i];
            bool in_tail = end - nr < la->rs->rules[r->rule].tail;

            if (r->state != LATE_FOUND)
                continue;
            r->state = in_tail && nr > r->since && look(user, r->rule, &l)
                           ? LATE_DONE
                           : LATE_NO;
        }
    }
}
