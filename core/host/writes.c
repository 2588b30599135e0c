/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kill switch where a write leaves: in the worker, before each request
 * that changes something and before each try of it. Must not call a delivery
 * failed for it, nor one that may have had effect held.
 */
#include <config.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/services-private.h"

bool writes_may(struct services *s)
{
    const char *path = jx_str(s->start, "kill_switch");

    if (!path || !io_may_be_there(path))
        return true;
    s->held = true;
    return false;
}

static int host_may_write(const struct tocsin_host *host)
{
    return writes_may(services_of(host));
}

void writes_init(struct services *s)
{
    if (s->is_sink)
        s->host.may_write = host_may_write;
}

/* A plugin may take the refusal for a failure of its own: it is none. */
void writes_end(struct services *s)
{
    CLEANUP_FREE char *text = NULL;

    if (!s->held || !s->done || s->status == TOCSIN_OK
        || jx_bool(s->receipt, "unknown", false) || jx_str(s->receipt, "held"))
        return;
    text = xasprintf("the kill switch %s was thrown before it was done",
                     jx_str(s->start, "kill_switch"));
    json_decref(s->receipt);
    s->receipt = json_object();
    jx_set_str(s->receipt, "held", "kill-switch");
    jx_set_str(s->receipt, "text", text);
    s->status = TOCSIN_RETRY;
}
