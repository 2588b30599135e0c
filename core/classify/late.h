/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * late: rules with `tail:`, which count only in the last lines of a log. They
 * match much of what any build says, so no line is looked at for them before
 * the end is known: their literals are looked for in the last lines then.
 */
#ifndef TOCSIN_CLASSIFY_LATE_H
#define TOCSIN_CLASSIFY_LATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/classify/chunk.h"
#include "core/classify/format.h"
#include "core/classify/rule.h"

struct late {
    const struct ruleset *rs;
    struct late_rule {
        size_t rule;
        int64_t since; /* up to this line nothing counts */
        enum { LATE_NO, LATE_FOUND, LATE_DONE } state; /* in late_look() */
    } * rules;
    size_t nr;
};

void late_init(struct late *la, const struct ruleset *rs);
void late_release(struct late *la);
/* Whether line nr is tried as it comes: it is behind what failed, and not far
 * behind. */
bool late_is_now(const struct format *f, int64_t nr);
/* What rule may find up to line nr does not count. */
void late_forget(struct late *la, size_t rule, int64_t nr);
/* Calls look for each line of ch up to line last that holds a literal of a
 * rule and is among its last ones if line end is the last of all: from the
 * last one back, until it says true. */
void late_look(struct late *la, const struct chunk *ch, int64_t last,
               int64_t end,
               bool (*look)(void *user, size_t rule, const struct line *l),
               void *user);

#endif
