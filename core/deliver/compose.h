/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * compose: a ticket into a message, in a sink's format.
 *
 * redact (done) → neutralise → cut by escaped length → fence → template →
 * final check of title and body against the forbidden patterns. A message
 * that fails is made again without untrusted text (`degraded`), never
 * dropped. Only the owner line holds a live mention.
 */
#ifndef TOCSIN_DELIVER_COMPOSE_H
#define TOCSIN_DELIVER_COMPOSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/route/owners.h"
#include "core/store/store.h"

struct composer; /* templates, patterns: once a pass */

struct message_format { /* from the plugin, see tocsin-plugin.h */
    char *flavour;
    size_t title_max, body_max;
    char *neutralise;
    char *mark; /* the core's own, before each title; or
                 * NULL */
};

/* No placeholder is ever left: what does not fit is left out and said. */
struct message {
    char *title;
    char *full_title; /* before this sink's cut: what the ticket
                       * keeps */
    char *body;       /* ends with the marker line */
    char *marker;     /* "<!-- tocsin 1:KEY:NONCE -->" or as the
                       * format allows */
    json_t *fields;   /* everything a machine wants, redacted */
    json_t *labels;
    char *digest;        /* of what people would notice: no counts, no
                          * nonce */
    char *counts_digest; /* of the counts alone */
    bool degraded;       /* made without untrusted text; why: */
    char *degraded_why;
};
void message_release(struct message *m);

struct composer *composer_new(const struct settings *s, struct err *err);
void composer_free(struct composer *c);
/* What is to be told, of what, to whom and how. All borrowed. */
struct order {
    const struct ticket *ticket;
    const struct owner *owner;
    const struct message_format *format;
    int op; /* enum tocsin_delivery */
    const char *nonce;
    int64_t now;
};
/* The members come from the store. */
int compose(const struct composer *c, struct store *st, const struct order *o,
            struct message *m, struct err *err);

#endif
