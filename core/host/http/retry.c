/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When to try again. Must not wait longer than it is allowed to, whatever a
 * server says.
 */
#include <config.h>

#include "core/host/http/retry.h"

#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "core/base/when.h"

/* A reset that is further off is no time, or of another clock. */
#define LIMIT_MAX_SECONDS ((int64_t)24 * 3600)

static bool says_limit(const char *body)
{
    return body
           && (strcasestr(body, "secondary rate limit")
               || strcasestr(body, "rate limit exceeded")
               || strcasestr(body, "abuse detection"));
}

/* Whether the server refused because there were too many requests. */
static bool is_limit(const struct retry_facts *f)
{
    if (f->status == 429)
        return true;
    if (f->status != 403)
        return false;
    return headers_get(f->headers, "Retry-After")
           || headers_int(f->headers, "x-ratelimit-remaining", 1) == 0
           || says_limit(f->body);
}

/* Doubled for each try that hit a limit without a word on how long. */
static int64_t limit_seconds(const struct retry_facts *f)
{
    int64_t s = headers_retry_after(f->headers, f->now);
    int64_t reset = headers_int(f->headers, "x-ratelimit-reset", 0);
    int more = f->tries > 0 ? f->tries - 1 : 0;

    if (s >= 0)
        return s;
    if (headers_int(f->headers, "x-ratelimit-remaining", 1) == 0 && reset > 0
        && reset < f->now + LIMIT_MAX_SECONDS)
        return reset > f->now ? reset - f->now + 1 : 1;
    return (int64_t)RETRY_LIMIT_SECONDS << (more > 4 ? 4 : more);
}

/* Full jitter: anything up to the doubled base, so that what failed together
 * does not come back together. */
static int64_t back_off_ms(const struct retry_rules *r,
                           const struct retry_facts *f)
{
    int shift = f->tries > 1 ? f->tries - 1 : 0;
    int64_t top = r->base_ms << (shift > 16 ? 16 : shift);

    if (top > r->cap_ms)
        top = r->cap_ms;
    return top > 0 ? (int64_t)(f->random % (uint64_t)(top + 1)) : 0;
}

static void decide_limit(struct retry_plan *p, const struct retry_rules *r,
                         const struct retry_facts *f)
{
    p->wait_ms = limit_seconds(f) * 1000;
    p->host_wait_ms = p->wait_ms;
    p->again = f->may && f->tries < r->tries && p->wait_ms <= r->wait_max_ms;
    p->quota = !p->again;
}

static bool is_passing(int status)
{
    return status == 408 || status == 500 || status == 502 || status == 503
           || status == 504;
}

static void decide_fault(struct retry_plan *p, const struct retry_rules *r,
                         const struct retry_facts *f)
{
    int64_t asked = f->headers ? headers_retry_after(f->headers, f->now) : -1;

    p->wait_ms = asked >= 0 ? asked * 1000 : back_off_ms(r, f);
    p->again = f->may && f->tries < r->tries && p->wait_ms <= r->wait_max_ms;
}

/* A server that is about to refuse says so with a reply that is fine. */
static int64_t slow_down_ms(const struct retry_rules *r,
                            const struct retry_facts *f)
{
    int64_t s = headers_retry_after(f->headers, f->now), ms;

    if (s <= 0 && headers_get(f->headers, "X-RateLimit-Delay"))
        s = headers_int(f->headers, "X-RateLimit-Delay", 1) > 0;
    ms = s > 0 ? s * 1000 : 0;
    return ms < r->wait_max_ms ? ms : r->wait_max_ms;
}

void retry_decide(struct retry_plan *plan, const struct retry_rules *rules,
                  const struct retry_facts *facts)
{
    memset(plan, 0, sizeof(*plan));
    if (facts->fault || is_passing(facts->status))
        decide_fault(plan, rules, facts);
    else if (is_limit(facts))
        decide_limit(plan, rules, facts);
    else if (facts->headers)
        plan->host_wait_ms = slow_down_ms(rules, facts);
}

uint32_t retry_random(uint64_t *state)
{
    if (!*state
        && getrandom(state, sizeof(*state), GRND_NONBLOCK) != sizeof(*state))
        *state = (uint64_t)when_monotonic_ms();
    *state =
        *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 32);
}
