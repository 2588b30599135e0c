/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last lines of rules with a tail. Must not look at a line.
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
    for (size_t i = 0; i < rs->nr; i++) {
        struct late_rule *r = &la->rules[la->nr];

        if (!rs->rules[i].late)
            continue;
        r->rule = i;
        r->size = (size_t)rs->rules[i].tail;
        r->lines = xcalloc(r->size, sizeof(*r->lines));
        la->nr++;
    }
}

void late_release(struct late *la)
{
    for (size_t i = 0; i < la->nr; i++)
        free(la->rules[i].lines);
    free(la->rules);
}

static struct late_rule *rule_of(const struct late *la, size_t rule)
{
    return &la->rules[la->rs->rules[rule].late - 1];
}

void late_note(struct late *la, size_t rule, int64_t nr, int step)
{
    struct late_rule *r = rule_of(la, rule);

    if (r->lines[r->last].nr == nr)
        return;
    r->last = r->last + 1 < r->size ? r->last + 1 : 0;
    r->lines[r->last] = (struct late_line){ nr, step };
}

void late_forget(struct late *la, size_t rule)
{
    struct late_rule *r = rule_of(la, rule);

    memset(r->lines, 0, r->size * sizeof(*r->lines));
}

void late_look(const struct late *la, int64_t end,
               bool (*look)(void *user, size_t rule,
                            const struct late_line *l),
               void *user)
{
    for (size_t i = 0; i < la->nr; i++) {
        const struct late_rule *r = &la->rules[i];

        for (size_t k = 0; k < r->size; k++) {
            const struct late_line *l =
                &r->lines[(r->last + r->size - k) % r->size];

            if (!l->nr || end - l->nr >= (int64_t)r->size ||
                look(user, r->rule, l))
                break;
        }
    }
}
