/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tickets as values: copies and comparison, so that an unchanged one is not
 * written again. Must not know the store.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/route/judge.h"

/* clang-format off */
#define STRINGS(X)                                                           \
    X(key) X(project) X(branch) X(kind) X(route) X(route_at) X(owner)        \
    X(owner_from) X(reason) X(title) X(parent)
#define VALUES(X) X(group) X(persons) X(via) X(labels) X(human) X(left)
#define KEPT(X) X(unreached)      /* of the store alone: compared nowhere */
#define NUMBERS(X)                                                           \
    X(id) X(state) X(created) X(opened) X(resolved) X(told) X(reopened)      \
    X(backlog) X(confidential) X(descendants) X(next_at) X(escalated)
/* clang-format on */

void ticket_copy(struct ticket *to, const struct ticket *from)
{
    *to = *from;
#define COPY(f) to->f = xstrdup0(from->f);
    STRINGS(COPY)
#undef COPY
#define COPY(f) to->f = from->f ? json_deep_copy(from->f) : NULL;
    VALUES(COPY)
    KEPT(COPY)
#undef COPY
}

bool ticket_same(const struct ticket *a, const struct ticket *b)
{
    bool same = true;

#define SAME(f) same = same && !str_cmp0(a->f, b->f);
    STRINGS(SAME)
#undef SAME
#define SAME(f) same = same && (a->f == b->f || json_equal(a->f, b->f));
    VALUES(SAME)
#undef SAME
#define SAME(f) same = same && a->f == b->f;
    NUMBERS(SAME)
#undef SAME
    return same;
}
