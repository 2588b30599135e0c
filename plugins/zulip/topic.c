/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of topics, and links to them. Must not cut a character in two, nor
 * let a title pass for a resolved topic.
 */
#include <config.h>

#include "plugins/zulip/topic.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/net/net.h"

#define KEY_SHOWN 6
#define CHECK_MARK "\xe2\x9c\x94"

bool topic_is_resolved(const char *topic)
{
    return str_starts(topic, TOPIC_RESOLVED);
}

const char *topic_bare(const char *topic)
{
    while (topic_is_resolved(topic))
        topic += strlen(TOPIC_RESOLVED);
    return topic;
}

/* Zulip takes no notice of the case; of other letters than ASCII's we do, and
 * then a topic is made distinct that would have been so anyway. */
bool topic_same(const char *a, const char *b)
{
    return !strcasecmp(topic_bare(a), topic_bare(b));
}

static size_t first_bytes(const char *s, size_t chars)
{
    size_t n = 0;

    while (s[n]) {
        if (((unsigned char)s[n] & 0xc0) != 0x80 && chars-- == 0)
            return n;
        n++;
    }
    return n;
}

static size_t length_of(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

char *topic_name(const char *title, const char *key, bool distinct, size_t max)
{
    CLEANUP_FREE char *tail =
        distinct ? xasprintf(" (%.*s)", KEY_SHOWN, key) : xstrdup("");
    size_t room = max > length_of(tail) ? max - length_of(tail) : 0, n;
    struct strbuf b;

    /* the mark alone, too: what comes behind it may begin with a space */
    while (*title == ' ' || str_starts(title, CHECK_MARK))
        title += *title == ' ' ? 1 : strlen(CHECK_MARK);
    if (!*title)
        title = "Tocsin";
    strbuf_init(&b, STRBUF_UNBOUNDED);
    n = first_bytes(title, room);
    if (title[n] && room) {
        n = first_bytes(title, room - 1);
        strbuf_add(&b, title, n);
        strbuf_adds(&b, "\xe2\x80\xa6");
    } else {
        strbuf_add(&b, title, n);
    }
    strbuf_adds(&b, tail);
    while (b.len && b.buf[b.len - 1] == ' ')
        strbuf_setlen(&b, b.len - 1);
    return strbuf_take(&b);
}

/* As Zulip writes it behind the #: percent-encoded, with dots for %. */
static char *fragment(const char *s)
{
    CLEANUP_FREE char *escaped = net_escape(s);
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (const char *p = escaped; *p; p++)
        if (*p == '%')
            strbuf_addc(&b, '.');
        else if (*p == '.')
            strbuf_adds(&b, ".2E");
        else
            strbuf_addc(&b, *p);
    return strbuf_take(&b);
}

char *topic_link(const char *site, int64_t channel, const char *topic,
                 const char *people, int64_t message)
{
    CLEANUP_FREE char *part = NULL;

    if (!channel)
        return people ? xasprintf("%s/#narrow/dm/%s/near/%lld", site, people,
                                  (long long)message)
                      : NULL;
    part = fragment(str_or(topic, ""));
    return xasprintf("%s/#narrow/stream/%lld/topic/%s/near/%lld", site,
                     (long long)channel, part, (long long)message);
}
