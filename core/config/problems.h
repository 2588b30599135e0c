/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * problems: everything that is wrong with what people wrote, collected so
 * that all of it is reported at once.
 */
#ifndef TOCSIN_CONFIG_PROBLEMS_H
#define TOCSIN_CONFIG_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct problem {
    bool warning;
    char *file;
    int line; /* from 1; 0: the file as a whole */
    int column;
    char *text; /* what, and what would be right */
};

struct problems {
    struct problem *items;
    size_t nr, alloc;
    size_t errors; /* those that are no warnings */
};

void problems_init(struct problems *pb);
void problems_release(struct problems *pb);
void problems_error(struct problems *pb, const char *file, int line, int column,
                    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void problems_warn(struct problems *pb, const char *file, int line, int column,
                   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* place: as it is written, "file", "file:line" or "file:line:column"; the name
 * of the file may hold colons. */
void problems_at(struct problems *pb, bool warning, const char *place,
                 const char *text);
/* More are only counted: no need to find out what would be right. */
bool problems_full(const struct problems *pb);
/* "file:line:column: error: text", sorted by file and place. */
void problems_print(const struct problems *pb, FILE *f);

#endif
