/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stretch: a part of the list of an owner's repositories, in the order in
 * which they were made, and how far it has been read. Several are read at
 * the same time.
 *
 * GitHub gives such a list only page by page, each by the place where the one
 * before it ended. So the first sweep reads it from both ends until these
 * meet; it leaves places behind that cut the list in even parts, as bounds,
 * and the next sweep reads from each of them to the next one.
 */
#ifndef TOCSIN_PLUGINS_GHA_STRETCH_H
#define TOCSIN_PLUGINS_GHA_STRETCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stretch {
    bool back;   /* towards the beginning of the list */
    char *place; /* GitHub's name for the last one read; NULL:
                  * nothing is read yet */
    int64_t at;  /* when that one was made; 0: not known */
    char *end;   /* of the last one that is a part of it; NULL:
                  * it goes as far as the list does */
    int64_t end_at;
};

void stretch_release(struct stretch *s);
/* Whether it has been read up to its end, or to where `other`, which comes
 * towards it (NULL: none does), has been. */
bool stretch_is_read(const struct stretch *s, const struct stretch *other);
/* Whether one that was made then is to be looked at: it is not behind the
 * end, nor looked at by other. made: 0: not known. */
bool stretch_holds(const struct stretch *s, const struct stretch *other,
                   int64_t made);
/* For the cursor; new. */
json_t *stretch_json(const struct stretch *s);
/* False: v is none. s must be empty. */
bool stretch_take(struct stretch *s, const json_t *v);

/* Ends of pages, in any order. */
struct bounds {
    struct bound {
        char *place;
        int64_t at;
    } * list;
    size_t nr, alloc;
};

/* at: 0: of no use. */
void bounds_add(struct bounds *b, const char *place, int64_t at);
/* [[PLACE, AT]] that cut the list into so many parts, or fewer; new. */
json_t *bounds_json(struct bounds *b, size_t parts);
void bounds_release(struct bounds *b);

#endif
