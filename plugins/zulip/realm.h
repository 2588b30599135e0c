/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * realm: what the server says of itself and of us at the start of a pass.
 */
#ifndef TOCSIN_PLUGINS_ZULIP_REALM_H
#define TOCSIN_PLUGINS_ZULIP_REALM_H

#include "plugins/zulip/call.h"

/* Fills z->realm, and tells the host what lengths the server takes. got:
 * answer->fault says why it is not known. */
void realm_read(struct zulip *z,
                void (*got)(void *user, const struct answer *answer),
                void *user);

#endif
