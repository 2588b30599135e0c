/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * own: what we wrote in a place, newest first read once a pass and then only
 * what is new: where the marker of a ticket is looked for before anything is
 * posted. Zulip lists a message from the moment that it answers for it; its
 * search index, which lags, is not asked.
 *
 * A bot is not subscribed to where it posts, and then a search of all its
 * messages finds none: so each place is searched by itself.
 */
#ifndef TOCSIN_PLUGINS_ZULIP_OWN_H
#define TOCSIN_PLUGINS_ZULIP_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/zulip/call.h"
#include "plugins/zulip/message.h"
#include "plugins/zulip/place.h"

struct own {
    struct own *next;
    char *key;             /* of the place; "public", "ours" */
    struct message **list; /* by id, oldest first; content dropped */
    size_t nr, alloc;
    int64_t newest; /* the last id that was seen; 0: none */
    int64_t after;  /* what is not newer is left out */
    bool read;
    bool whole; /* to the oldest, and not only look_back */
};

/* Reads it, or what is new in it. answer->fault tells whether that is all
 * known now; own is NULL otherwise. place has an id or people. */
void own_read(struct zulip *z, const struct place *place,
              void (*got)(void *user, struct own *own,
                          const struct answer *answer),
              void *user);
/* The same wherever it is: in all public channels (shared), or in what this
 * bot is sent: direct messages, and channels that it is subscribed to. after:
 * only what is newer than this id; 0: all. */
void own_read_all(struct zulip *z, bool shared, int64_t after,
                  void (*got)(void *user, struct own *own,
                              const struct answer *answer),
                  void *user);
/* The ticket's first message there, or NULL. */
struct message *own_find(const struct own *own, const char *key);
/* One with this nonce, newer than id `after`; or NULL. */
struct message *own_find_nonce(const struct own *own, const char *key,
                               const char *nonce, int64_t after);
/* The newest with this key; or NULL. */
struct message *own_newest(const struct own *own, const char *key);
/* One that was posted twice, the later of the two: the same to the last
 * letter, key and nonce included. Taken out of the list, the caller's; NULL:
 * there is none. */
struct message *own_take_duplicate(struct own *own, const char *key);
/* Does the topic, resolved or not, hold another ticket? */
bool own_topic_taken(const struct own *own, const char *topic, const char *key);
void own_free_all(struct own *own);

#endif
