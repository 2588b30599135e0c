/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * message: a message of Zulip's, and what it and its topic say of a ticket.
 */
#ifndef TOCSIN_PLUGINS_ZULIP_MESSAGE_H
#define TOCSIN_PLUGINS_ZULIP_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct message {
    int64_t id, sender, sent;
    int64_t channel; /* 0: a direct message */
    char *people;    /* of one: "12,34" without the sender; or
                      * NULL */
    char *topic;     /* as it is now; NULL in a direct message */
    char *content;
    uint64_t print;                  /* of the content: the same for a copy */
    uint64_t said;                   /* of what people read of it */
    char *key, *nonce;               /* of the marker that ends it; or NULL */
    bool marked_closed, marked_open; /* by us */
    /* Who made the topic resolved or not, last; 0: not known. */
    int64_t turned_by, turned_at;
};

/* New; NULL when json is no message. self: whose marks count. */
struct message *message_read(const json_t *json, int64_t self);
void message_free(struct message *m);
/* Whether content is text, but for the nonce of its marker. */
bool message_says(const struct message *m, const char *text);

/* The print of what people read of text: without its last line, the marker. */
uint64_t message_print_said(const char *text);

/* text with the marker that m has, and where m says that it was told before:
 * its nonce stays that of its first post, so that two messages with one nonce
 * are one delivery that was made twice. New. */
char *message_keep_marker(const struct message *m, const char *text);
/* text with a line above its marker that leads to url. New. */
char *message_told_before(const char *text, const char *url);

/* How the ticket stands there: "open" or "completed"; *by: who did it, new,
 * NULL: we, or nobody. */
const char *message_state(const struct message *m, int64_t self, char **by);

#endif
