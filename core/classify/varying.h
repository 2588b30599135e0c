/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * varying: what of a line names this run, this machine or this thing, and not
 * what went wrong; with a pattern for what stands there another time.
 */
#ifndef TOCSIN_CLASSIFY_VARYING_H
#define TOCSIN_CLASSIFY_VARYING_H

#include <stdbool.h>
#include <stddef.h>

struct varying {
    size_t len;          /* bytes of the line */
    const char *pattern; /* static; matches what varies, also elsewhere */
    const char *name;    /* static; what it is */
    bool tells;          /* one failure from another */
};

/* What varies from line + at on, where a word or a sign begins. False:
 * nothing. */
bool varying_at(struct varying *v, const char *line, size_t at);

/* Bytes between the quotation marks of which the first is at s, where one
 * word stands there that is not the key of something; else 0. */
size_t varying_quoted(const char *s);

/* Bytes at the beginning of line that say when, or how grave it is, and not
 * what: "[12:00:01] ERROR ", "fatal: ". */
size_t varying_preamble(const char *line);

#endif
