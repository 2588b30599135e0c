/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sweep: the roots of tickets that stand in Zulip and not in the state.
 */
#ifndef TOCSIN_PLUGINS_ZULIP_SWEEP_H
#define TOCSIN_PLUGINS_ZULIP_SWEEP_H

#include "plugins/zulip/call.h"
#include "plugins/zulip/message.h"

/* root: of each ticket that is not among those that stand; then done. */
void sweep(struct zulip *z,
           void (*root)(void *user, const struct message *root),
           void (*done)(void *user, const struct answer *answer), void *user);

#endif
