/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * known: HTTP validators by URL. There may be tens of thousands, so each is
 * one piece of memory.
 */
#ifndef TOCSIN_HOST_KNOWN_H
#define TOCSIN_HOST_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

struct known;

struct known_one {
    const char *etag, *modified;    /* borrowed; NULL: none */
    int64_t used;                   /* when it was stored */
};

/* NULL is an empty one. */
void known_put(struct known **k, const char *url,
               const struct known_one *one);
/* False: nothing is known. */
bool known_get(const struct known *k, const char *url,
               struct known_one *out);
void known_drop(struct known **k, const char *url);
void known_free(struct known **k);

#endif
