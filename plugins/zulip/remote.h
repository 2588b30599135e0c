/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * remote: what the core keeps of a ticket for us: the channel that its root
 * was posted to and the root's number, "7/4711"; "dm/4711".
 */
#ifndef TOCSIN_PLUGINS_ZULIP_REMOTE_H
#define TOCSIN_PLUGINS_ZULIP_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

struct remote_id {
    int64_t channel; /* 0: a direct message */
    int64_t message;
};

bool remote_id_parse(struct remote_id *id, const char *text);
/* New. */
char *remote_id_text(int64_t channel, int64_t message);

#endif
