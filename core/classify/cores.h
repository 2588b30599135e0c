/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cores: fewer texts to look for. A part that several texts share is looked
 * for once, and stands for all of them:
 *
 *     "could not find the", "Could not resolve"    // { "ould not" }
 *
 *     cores_find(&c, texts, nr);
 *     for (size_t i = 0; i < c.nr; i++)
 *         ...                     // where c.cores[i] is found, its members
 *                                 // may be: at - member.at, to be compared
 *     cores_release(&c);
 *
 * Every text is a member of one core; wherever the text is, the core is, too.
 */
#ifndef TOCSIN_CLASSIFY_CORES_H
#define TOCSIN_CLASSIFY_CORES_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a part that is shared. A shorter one is in every other line. */
#define CORE_LENGTH ((size_t)8)

struct core_text {
    const char *s; /* in lower case where case does not matter */
    size_t n;
    bool nocase;
    bool alone; /* shares nothing */
};

struct cores {
    struct core {
        const char *s; /* in one of the texts */
        size_t n;
        bool nocase;
        size_t first, nr; /* of members */
    } * cores;
    size_t nr;
    struct core_member {
        size_t text;
        size_t at; /* where the core is in it */
        enum { ALL_OF_IT, BEFORE_IT, BEHIND_IT } side; /* of the core: */
        unsigned char byte;                            /* stands there */
    } * members;
};

/* Keeps pointers into the texts. */
void cores_find(struct cores *c, const struct core_text *texts, size_t nr);
void cores_release(struct cores *c);

#endif
