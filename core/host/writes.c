/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a write leaves: in the worker, before each request that changes
 * something and before each try of it. The kill switch is looked at, and the
 * core is told before it is sent, and counts. Must not call a delivery
 * failed for what was not sent, nor one that may have had effect held.
 */
#include <config.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/host/http/http.h"
#include "core/host/services-private.h"

/* The core has the limits; it looks again before the next delivery. */
#define PACE_WAIT MINUTE

/* The first was counted with its intent. */
static void count(struct services *s)
{
    if (s->wrote && s->more_writes > 0) {
        s->more_writes--;
        services_send(s, json_pack("{s:s}", "t", "wrote"));
    }
    s->wrote = true;
}

int64_t writes_may(struct services *s)
{
    const char *path = jx_str(s->start, "kill_switch");

    if (path && io_may_be_there(path)) {
        s->held = true;
        return HTTP_HELD;
    }
    if (s->wrote && !s->more_writes) {
        s->paced = true;
        return PACE_WAIT;
    }
    count(s);
    return 0;
}

void services_more_writes(struct services *s, int64_t more)
{
    s->more_writes = more;
}

static int host_may_write(const struct tocsin_host *host)
{
    return writes_may(services_of(host)) == 0;
}

void writes_init(struct services *s)
{
    if (s->is_sink)
        s->host.may_write = host_may_write;
}

static void pace(struct services *s)
{
    if (!s->receipt)
        s->receipt = json_object();
    jx_set_bool(s->receipt, "paced", true);
    s->status = TOCSIN_RETRY;
}

/* A plugin may take the refusal for a failure of its own: it is none. */
void writes_end(struct services *s)
{
    CLEANUP_FREE char *text = NULL;

    if (!(s->held || s->paced) || !s->done || s->status == TOCSIN_OK
        || jx_bool(s->receipt, "unknown", false) || jx_str(s->receipt, "held"))
        return;
    if (!s->held) {
        pace(s);
        return;
    }
    text = xasprintf("the kill switch %s was thrown before it was done",
                     jx_str(s->start, "kill_switch"));
    json_decref(s->receipt);
    s->receipt = json_object();
    jx_set_str(s->receipt, "held", "kill-switch");
    jx_set_str(s->receipt, "text", text);
    s->status = TOCSIN_RETRY;
}
