/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lane: all that goes to one origin: how many at a time, how long nobody
 * asks, and what the server says is left of our quota.
 *
 * A lane starts narrow and widens with each reply, so that a first burst
 * makes one connection and one name lookup and not a hundred. A server in
 * trouble makes it half as wide. Where nobody is, nobody is asked for the
 * rest of the pass.
 *
 * GitHub allows, beside its quotas by the hour, 900 points of REST a minute
 * (a request that asks is one, one that changes something five) and for
 * GraphQL a minute of its time in each minute, for which the time until it
 * replies stands; it may shut out whoever goes on beyond that
 * (docs.github.com, "Rate limits for the REST API", secondary limits). So at
 * api.github.com a lane never takes more than that, in any minute, and there
 * requests of either kind wait for themselves.
 */
#ifndef TOCSIN_HOST_HTTP_LANE_H
#define TOCSIN_HOST_HTTP_LANE_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "core/host/http/headers.h"
#include "core/host/http/pace.h"

struct request;

/* GitHub counts these apart (x-ratelimit-resource). */
enum quota { QUOTA_CORE, QUOTA_GRAPHQL, QUOTA_SEARCH, QUOTA_COUNT };

struct lane {
    char *origin; /* "https://api.github.com:443" */
    int running, width, width_max;
    int lost;              /* requests in a row that got no reply at all,
                            * repeats and all */
    int64_t not_before_ms; /* monotonic */
    struct {
        int64_t until; /* real clock: nothing is left until then */
        struct pace pace;
        struct request *first, *last; /* those that wait, in order */
    } quota[QUOTA_COUNT];
    UT_hash_handle hh;
};

struct lane *lane_new(const char *origin, int width_max, int64_t now_ms);
void lane_free(struct lane *l);
/* At the back; at the front for one that was there already. */
void lane_put(struct lane *l, struct request *r);
void lane_put_first(struct lane *l, struct request *r);
/* The next one that may go now. at_once: it is to be ended, not sent, and
 * waits for nothing. NULL: none. */
struct request *lane_take(struct lane *l, int64_t now_ms, bool at_once);
/* How long until lane_take gives one; -1: none waits. */
int64_t lane_due_ms(struct lane *l, int64_t now_ms);
/* r is on its way. */
void lane_sent(struct lane *l, const struct request *r);
/* Out of the middle; r must wait here. */
void lane_remove(struct lane *l, struct request *r);

enum quota quota_of(const char *url);
/* A reply came: note what it says of the quota. */
void lane_replied(struct lane *l, enum quota q, const struct headers *h,
                  int64_t now);
/* How long the server took, whatever it said. */
void lane_took(struct lane *l, enum quota q, int64_t ms);
/* It was a good one; a 5xx, or none. */
void lane_widen(struct lane *l);
void lane_trouble(struct lane *l);
/* A request ended without a reply. */
void lane_lost(struct lane *l);
/* Whether there is no point in asking. */
bool lane_is_dead(const struct lane *l);
void lane_wait(struct lane *l, int64_t now_ms, int64_t ms);
/* Nothing of that quota is asked until then; QUOTA_COUNT: of any, for other
 * limits are of the whole host. */
void lane_shut(struct lane *l, enum quota q, int64_t until);
/* Seconds until something is left again; 0: something is. */
int64_t lane_exhausted(const struct lane *l, enum quota q, int64_t now);

#endif
