/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bucket that fills by the clock. Must not let anybody wait for ever.
 */
#include <config.h>

#include "core/host/http/pace.h"

void pace_set(struct pace *p, int64_t most, int64_t per_ms, int64_t now_ms)
{
    p->most = p->left = most;
    p->per_ms = per_ms;
    p->at_ms = now_ms;
}

int64_t pace_wait_ms(struct pace *p, int64_t now_ms)
{
    if (!p->most)
        return 0;
    p->left += (now_ms - p->at_ms) * p->per_ms;
    p->at_ms = now_ms;
    if (p->left > p->most)
        p->left = p->most;
    return p->left > 0 ? 0 : -p->left / p->per_ms + 1;
}

/* However long one took: more than a minute's worth is not owed. */
void pace_spend(struct pace *p, int64_t units)
{
    if (!p->most)
        return;
    p->left -= units;
    if (p->left < -60000 * p->per_ms)
        p->left = -60000 * p->per_ms;
}
