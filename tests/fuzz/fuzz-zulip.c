/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Zulip answers and what people write as contacts: messages with their
 * markers, topics, places. The first line is a title, the second a contact,
 * the rest a message as JSON.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/zulip/message.h"
#include "plugins/zulip/place.h"
#include "plugins/zulip/remote.h"
#include "plugins/zulip/topic.h"

#define TOPIC_MAX 58

static size_t characters(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static void try_title(const char *title)
{
    CLEANUP_FREE char *valid = utf8_repair(title, strlen(title));

    for (int distinct = 0; distinct < 2; distinct++) {
        CLEANUP_FREE char *t =
            topic_name(valid, "0123456789ab", distinct, TOPIC_MAX);

        if (!*t || characters(t) > TOPIC_MAX || topic_is_resolved(t))
            abort();
    }
}

static void try_contact(const char *contact)
{
    struct place p;
    CLEANUP_FREE char *key = NULL;

    if (place_parse(&p, contact)) {
        key = place_key(&p);
        json_decref(place_narrow(&p, 300));
        json_decref(place_narrow(&p, 1));
    }
    place_release(&p);
}

static void try_message(const char *text)
{
    CLEANUP_JSON json_t *json = jx_parse(text, strlen(text), NULL);
    struct message *m = message_read(json, 9), *again;
    CLEANUP_FREE char *by = NULL, *link = NULL, *id = NULL, *body = NULL;
    struct remote_id r;

    if (!m)
        return;
    message_state(m, 9, &by);
    link = topic_link("https://z", m->channel, m->topic, m->people, m->id);
    id = remote_id_text(m->channel, m->id);
    if (m->id < INT64_C(1000000000000000000)
        && m->channel < INT64_C(1000000000000000000) && m->channel >= 0
        && (!remote_id_parse(&r, id) || r.message != m->id))
        abort();
    if (m->key) {
        body = message_keep_marker(m, "another text\n`tocsin 1:x:y`\n");
        again = message_read(json, 9);
        if (!str_eq(again->key, m->key))
            abort();
        /* what is delivered never has this line: it is the message's own */
        if (!strstr(m->content, "It was told before ")
            && !message_says(m, m->content))
            abort();
        message_free(again);
    }
    message_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    CLEANUP_FREE char *all = xmemdup0(data, n);
    char *rest = all;
    const char *title = strsep(&rest, "\n");
    const char *contact = rest ? strsep(&rest, "\n") : "";

    try_title(title);
    try_contact(contact);
    if (rest)
        try_message(rest);
    return 0;
}
