/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * known: HTTP validators by URL. There may be a hundred thousand, so each is
 * one piece of memory, and a digest stands for the URL.
 */
#ifndef TOCSIN_HOST_KNOWN_H
#define TOCSIN_HOST_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/digest.h"

struct known;
/* What stands for a URL. */
struct known_key {
    unsigned char bytes[DIGEST_KEY];
};

struct known_one {
    const char *etag, *modified; /* borrowed; NULL: none */
    int64_t used;                /* when it was stored */
};

struct known_key known_key(const char *url);
/* NULL is an empty one. */
void known_put(struct known **k, struct known_key key,
               const struct known_one *one);
/* False: nothing is known. */
bool known_get(const struct known *k, struct known_key key,
               struct known_one *out);
void known_drop(struct known **k, struct known_key key);
void known_free(struct known **k);

#endif
