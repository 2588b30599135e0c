/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * place: where a ticket's messages go, as a contact names it:
 *
 *   ci alarms, #ci alarms, channel:ci alarms      a channel
 *   ann@example.org, bob@example.org; user:12, user:13    a direct message
 */
#ifndef TOCSIN_PLUGINS_ZULIP_PLACE_H
#define TOCSIN_PLUGINS_ZULIP_PLACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/tocsin-plugin.h"

struct message;

struct place {
    char *channel;  /* a name; NULL: not a channel, or only its
                     * number is known */
    int64_t id;     /* of the channel; 0: not known */
    json_t *people; /* of a direct message: all ids or all
                     * addresses; else NULL */
};

/* false: text names no place. */
bool place_parse(struct place *p, const char *text);
/* Where m stands now. */
void place_of_message(struct place *p, const struct message *m);
void place_release(struct place *p);

/* Is that where m stands? p has an id or people. */
bool place_has(const struct place *p, const struct message *m);

/* May it be written to (option recipients)? */
bool place_allowed(const struct place *p, const struct tocsin_host *host);

/* The contact of this sink in the owner's JSON; new, NULL: there is none. */
char *place_contact(const struct tocsin_owner *owner, const char *instance,
                    const char *plugin);
/* What it is to the narrow of a search: an operator and an operand, new. The
 * place has an id or people. feature_level: the server's. */
json_t *place_narrow(const struct place *p, int64_t feature_level);
/* One place of one server; new. */
char *place_key(const struct place *p);

#endif
