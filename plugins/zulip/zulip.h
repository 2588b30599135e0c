/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * zulip: what the files of the sink share, tocsin-zulip(7).
 *
 * Each ticket is one topic of the owner's channel, or a direct message. Its
 * first message (the root) holds the text and the marker; remote_id is where
 * the root was put and its number, "7/4711" or "dm/4711".
 */
#ifndef TOCSIN_PLUGINS_ZULIP_ZULIP_H
#define TOCSIN_PLUGINS_ZULIP_ZULIP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/tocsin-plugin.h"

struct job;
struct own;

/* What the server says of itself and of us, at the start of a pass. */
struct realm {
    bool known;
    int64_t self; /* our own user */
    int64_t feature_level;
    bool editing;               /* messages may be edited at all */
    int64_t edit_seconds;       /* so long; 0: for ever */
    size_t topic_max, body_max; /* characters */
};

struct zulip {
    const struct tocsin_host *host;
    char *site;          /* without a slash at its end */
    char *authorization; /* a header */
    char *fallback;      /* channel for owners without a contact */
    bool resolves;
    size_t look_back;    /* own messages that are looked through */
    int64_t reply_every; /* seconds */
    struct realm realm;
    json_t *channels; /* {name: id}, as the server said in this
                       * pass */
    struct own *own;  /* by place, what we wrote there */
    struct job *job;  /* the delivery under way */
};

/* Of the bot, on a root: over, although the topic does not say so; open,
 * although the topic says otherwise. */
#define MARK_CLOSED "check"
#define MARK_OPEN "repeat"

void zulip_log(const struct zulip *z, int level, const char *text);
/* For operators; code may hold a name, which is made fit for one. */
void zulip_notice(const struct zulip *z, const char *code, const char *text);

int zulip_observe(void *handle, uint64_t op);
int zulip_deliver(void *handle, uint64_t op,
                  const struct tocsin_notification *n);

#endif
