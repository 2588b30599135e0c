/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * required: the literals that a Perl pattern cannot match without.
 *
 *     struct required req;
 *     if (required_of("(?i)no (?:such|known) \\w+ here", &req))
 *         ...                  // { "no such ", "no known " }, nocase
 *     required_release(&req);
 *
 * Every text that the pattern matches contains at least one of them. Groups,
 * classes, alternatives, quantifiers, options, look-around and references
 * are understood; what is not makes the whole answer false, never a wrong
 * set. Of several possible sets the one that logs rarely contain is taken.
 */
#ifndef TOCSIN_CLASSIFY_REQUIRED_H
#define TOCSIN_CLASSIFY_REQUIRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A shorter literal finds nearly every line. */
#define REQUIRED_MIN 3
/* More literals than this are no help. */
#define REQUIRED_MAX 64

/* A set of bytes, in which NUL is the end of the text. */
struct bytes {
    uint64_t bits[4];
};

struct required {
    struct literal_text {
        char *s;
        size_t n;
    } * items;
    size_t nr;
    bool nocase;         /* of ASCII letters, for all of them */
    struct bytes behind; /* what may stand right behind the one that a match
                          * contains; empty: anything */
};

static inline bool bytes_has(const struct bytes *set, unsigned char c)
{
    return set->bits[c / 64] >> c % 64 & 1;
}

static inline bool bytes_any(const struct bytes *set)
{
    return set->bits[0] | set->bits[1] | set->bits[2] | set->bits[3];
}

static inline bool bytes_all(const struct bytes *set)
{
    return !~(set->bits[0] & set->bits[1] & set->bits[2] & set->bits[3]);
}

static inline void bytes_add(struct bytes *to, const struct bytes *from)
{
    for (int i = 0; i < 4; i++)
        to->bits[i] |= from->bits[i];
}

static inline void bytes_set(struct bytes *set, unsigned char c)
{
    set->bits[c / 64] |= UINT64_C(1) << c % 64;
}

/* pattern must be one that PCRE2 compiles without UTF. False, and an empty
 * set, when there is none. */
bool required_of(const char *pattern, struct required *out);
void required_copy(struct required *to, const struct required *from);
/* Either of them. */
void required_add(struct required *to, const struct required *from);
void required_release(struct required *req);
/* How seldom a log holds one of them, as a guess; more is better, below 0 is
 * of no use. */
double required_score(const struct required *req);

#endif
