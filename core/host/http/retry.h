/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * retry: what a reply, or that there is none, means for trying again, and
 * for the other requests to that host.
 *
 * GitHub: a primary limit is a 403 or 429 with x-ratelimit-remaining 0 and
 * x-ratelimit-reset; a secondary one has Retry-After, or neither and then
 * wants a minute at least (docs.github.com, "Rate limits for the REST API").
 * Azure DevOps delays before it refuses: Retry-After and X-RateLimit-Delay
 * come with replies that are fine otherwise (learn.microsoft.com, "Rate and
 * usage limits").
 */
#ifndef TOCSIN_HOST_HTTP_RETRY_H
#define TOCSIN_HOST_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/host/http/headers.h"

/* Wait at least so long when a limit was hit and nothing says how long. */
#define RETRY_LIMIT_SECONDS 60

struct retry_rules {
    int tries;           /* in all */
    int64_t base_ms;     /* of the back-off */
    int64_t cap_ms;      /* no back-off is longer */
    int64_t wait_max_ms; /* a server may make us wait so long */
};

struct retry_facts {
    int status; /* 0: no reply */
    bool fault; /* the connection failed or broke */
    bool may;   /* idempotent, and nothing handed over */
    int tries;  /* that were made, this one included */
    const struct headers *headers;
    const char *body; /* of a 403; NUL-terminated, or NULL */
    int64_t now;      /* real clock, seconds */
    uint32_t random;
};

struct retry_plan {
    bool again; /* this request, after wait_ms */
    bool quota; /* it ends as TOCSIN_HTTP_QUOTA */
    int64_t wait_ms;
    int64_t host_wait_ms; /* nobody asks that host for so long; 0 */
};

void retry_decide(struct retry_plan *plan, const struct retry_rules *rules,
                  const struct retry_facts *facts);
/* Spreads repeats; nothing hangs on nobody guessing it. *state: 0 at first. */
uint32_t retry_random(uint64_t *state);

#endif
