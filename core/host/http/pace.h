/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace: how fast a host wants to be asked, beside the quota that it counts
 * for us in its replies. What is not used up gathers, up to `most`.
 */
#ifndef TOCSIN_HOST_HTTP_PACE_H
#define TOCSIN_HOST_HTTP_PACE_H

#include <stdint.h>

struct pace {
    int64_t most, per_ms; /* in units of whoever spends; most: 0: as
                           * fast as can be */
    int64_t left, at_ms;
};

void pace_set(struct pace *p, int64_t most, int64_t per_ms, int64_t now_ms);
/* How long to wait before more is spent; 0: not at all. */
int64_t pace_wait_ms(struct pace *p, int64_t now_ms);
void pace_spend(struct pace *p, int64_t units);

#endif
