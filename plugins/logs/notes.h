/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * notes: what went wrong, gathered by kind, so that a thousand files that
 * cannot be read are one notice and not a thousand.
 */
#ifndef TOCSIN_LOGS_NOTES_H
#define TOCSIN_LOGS_NOTES_H

#include <stddef.h>

#include "core/base/strbuf.h"
#include "core/tocsin-plugin.h"

struct logs_note {
    const char *code; /* a literal */
    size_t count;
    struct strbuf text; /* the first few */
};

struct logs_notes {
    struct logs_note *notes;
    size_t nr, alloc;
};

/* name: already safe to print. */
void logs_notes_add(struct logs_notes *n, const char *code, const char *name,
                    const char *why);
/* One notice a code, in the order in which they first came. */
void logs_notes_say(const struct logs_notes *n, const struct tocsin_host *host);
void logs_notes_release(struct logs_notes *n);

#endif
