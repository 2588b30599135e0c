/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * late: rules with `tail:`, which count only in the last lines of a log. They
 * match much of what any build says, so nothing is tried before the end is
 * known: until then only the numbers of the lines are kept that hold a
 * literal of theirs, and of those the last.
 */
#ifndef TOCSIN_CLASSIFY_LATE_H
#define TOCSIN_CLASSIFY_LATE_H

#include <stdint.h>

#include "core/classify/rule.h"

struct late {
    const struct ruleset *rs;
    struct late_rule {
        size_t rule;
        struct late_line {
            int64_t nr;         /* 0: none */
            int step;
        } *lines;               /* a ring of as many as its tail */
        size_t size, last;
    } *rules;
    size_t nr;
};

void late_init(struct late *la, const struct ruleset *rs);
void late_release(struct late *la);
/* Line nr may be one of rule; a line may be given twice. */
void late_note(struct late *la, size_t rule, int64_t nr, int step);
/* What rule may have found so far does not count. */
void late_forget(struct late *la, size_t rule);
/* Calls look for each line of each rule that is among its last ones when
 * line end is the last, from the last one back, until it says true. */
void late_look(const struct late *la, int64_t end,
               bool (*look)(void *user, size_t rule,
                            const struct late_line *l),
               void *user);

#endif
