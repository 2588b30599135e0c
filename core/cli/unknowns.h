/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unknowns: what no rule knows, of the whole state, the failures whose lines
 * are alike in one group. Groups are for people who write rules; incidents
 * keep their own fingerprints.
 */
#ifndef TOCSIN_CLI_UNKNOWNS_H
#define TOCSIN_CLI_UNKNOWNS_H

#include <jansson.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/store/store.h"

/* projects: of all of the group; the other numbers as those of one. */
struct unknown_group {
    struct unknown head; /* of most projects */
    json_t *alike;       /* [fingerprint], the other ones */
    json_t *messages;    /* [text] of all, the head's first, each once */
    int64_t projects, runs, first, last;
};

struct unknowns {
    struct unknown_group *l; /* those of most projects first */
    size_t nr, alloc;
};

int unknowns_read(struct store *st, struct unknowns *u, struct err *err);
void unknowns_release(struct unknowns *u);

/* fingerprint: the first digits of one, in whichever group it is, with or
 * without what is before its colon. NULL: none has it. */
const struct unknown_group *unknowns_find(const struct unknowns *u,
                                          const char *fingerprint);

#endif
