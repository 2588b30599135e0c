/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads messages. Must not believe a marker that does not end a message: text
 * from outside never does.
 */
#include <config.h>

#include "plugins/zulip/message.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/zulip/topic.h"
#include "plugins/zulip/zulip.h"

#define MARKER "`tocsin 1:"
#define BEFORE "It was told before "

/* ---- the marker ---- */

static size_t word(const char *s)
{
    size_t n = 0;

    while (isalnum((unsigned char)s[n]) || s[n] == '-')
        n++;
    return n;
}

/* Where the last line begins, white space behind it aside; *end: its end. */
static const char *last_line(const char *text, const char **end)
{
    const char *e = text + strlen(text), *s;

    while (e > text && isspace((unsigned char)e[-1]))
        e--;
    for (s = e; s > text && s[-1] != '\n'; s--)
        ;
    *end = e;
    return s;
}

/* Where what no update brings begins: the marker, and above it where it was
 * told before. */
static const char *tail_of(const char *text, const char **end)
{
    const char *s = last_line(text, end), *line = s > text ? s - 1 : s;

    while (line > text && line[-1] != '\n')
        line--;
    return str_starts(line, BEFORE) ? line : s;
}

static void read_marker(struct message *m)
{
    const char *end, *s = last_line(m->content, &end);
    size_t key, nonce;

    if (!str_starts(s, MARKER))
        return;
    s += strlen(MARKER);
    key = word(s);
    if (!key || s[key] != ':')
        return;
    nonce = word(s + key + 1);
    if (!nonce || s + key + 1 + nonce + 1 != end || end[-1] != '`')
        return;
    m->key = xstrndup(s, key);
    m->nonce = xstrndup(s + key + 1, nonce);
}

bool message_says(const struct message *m, const char *text)
{
    const char *a_end, *b_end;
    const char *a = tail_of(m->content, &a_end);
    const char *b = last_line(text, &b_end);

    return m->key && a - m->content == b - text
           && !memcmp(m->content, text, (size_t)(a - m->content));
}

char *message_keep_marker(const struct message *m, const char *text)
{
    const char *end, *s = last_line(text, &end);
    const char *old_end, *old = tail_of(m->content, &old_end);

    return xasprintf("%.*s%.*s\n", (int)(s - text), text, (int)(old_end - old),
                     old);
}

char *message_told_before(const char *text, const char *url)
{
    const char *end, *s = last_line(text, &end);

    return xasprintf("%.*s" BEFORE "[in another topic](%s).\n%s",
                     (int)(s - text), text, url, s);
}

/* ---- reading ---- */

/* FNV-1a: only our own texts are compared by it. */
static uint64_t print_of(const char *s, const char *end)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (; s < end; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
    return h;
}

uint64_t message_print_said(const char *text)
{
    const char *end;

    return print_of(text, last_line(text, &end));
}

static int64_t user_of(const json_t *reaction)
{
    return jx_int(reaction, "user_id",
                  jx_int(jx_obj(reaction, "user"), "id", 0));
}

static void read_reactions(struct message *m, const json_t *list, int64_t self)
{
    size_t i;
    json_t *v;

    json_array_foreach(list, i, v) {
        const char *name = jx_str_or(v, "emoji_name", "");

        if (user_of(v) != self)
            continue;
        m->marked_closed |= !strcmp(name, MARK_CLOSED);
        m->marked_open |= !strcmp(name, MARK_OPEN);
    }
}

/* The newest first. Realms may hide it. */
static void read_history(struct message *m, const json_t *list)
{
    size_t i;
    json_t *v;

    json_array_foreach(list, i, v) {
        const char *now = jx_str(v, "topic"), *was = jx_str(v, "prev_topic");

        if (!was)
            was = jx_str(v, "prev_subject");
        if (!now || !was || topic_is_resolved(now) == topic_is_resolved(was))
            continue;
        m->turned_by = jx_int(v, "user_id", 0);
        m->turned_at = jx_int(v, "timestamp", 0);
        return;
    }
}

static char *people_of(const json_t *list, int64_t sender)
{
    struct strbuf b;
    size_t i;
    json_t *v;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    json_array_foreach(list, i, v) {
        int64_t id = jx_int(v, "id", 0);

        if (id && (id != sender || json_array_size(list) == 1))
            strbuf_addf(&b, "%s%lld", b.len ? "," : "", (long long)id);
    }
    if (b.len)
        return strbuf_take(&b);
    strbuf_release(&b);
    return NULL;
}

struct message *message_read(const json_t *json, int64_t self)
{
    int64_t id = jx_int(json, "id", 0);
    const char *content = jx_str(json, "content");
    bool channel = str_eq(jx_str(json, "type"), "stream");
    struct message *m;

    if (id <= 0 || !content || (channel && jx_int(json, "stream_id", 0) <= 0))
        return NULL;
    m = xcalloc(1, sizeof(*m));
    m->id = id;
    m->sender = jx_int(json, "sender_id", 0);
    m->sent = jx_int(json, "timestamp", 0);
    m->content = xstrdup(content);
    m->print = print_of(content, content + strlen(content));
    m->said = message_print_said(content);
    if (channel) {
        m->channel = jx_int(json, "stream_id", 0);
        m->topic = xstrdup(jx_str_or(json, "subject", ""));
    } else {
        m->people = people_of(jx_arr(json, "display_recipient"), m->sender);
    }
    read_marker(m);
    read_reactions(m, jx_arr(json, "reactions"), self);
    read_history(m, jx_arr(json, "edit_history"));
    return m;
}

void message_free(struct message *m)
{
    if (!m)
        return;
    free(m->people);
    free(m->topic);
    free(m->content);
    free(m->key);
    free(m->nonce);
    free(m);
}

/* ---- how it stands ---- */

static char *person(const struct message *m, int64_t self)
{
    return m->turned_by && m->turned_by != self
               ? xasprintf("user %lld", (long long)m->turned_by)
               : NULL;
}

/* Where we were not let, our mark on the root says what the topic cannot; what
 * a person did to the topic counts all the same. */
const char *message_state(const struct message *m, int64_t self, char **by)
{
    bool resolved = m->topic && topic_is_resolved(m->topic);

    *by = m->topic ? person(m, self) : NULL;
    if (!m->topic)
        return m->marked_closed ? "completed" : "open";
    if (resolved) {
        if (m->marked_open && !*by)
            return "open";
        /* nobody known did it, and not we: it has no mark of ours */
        if (!*by && !m->turned_by && !m->marked_closed)
            *by = xstrdup("a person");
        return "completed";
    }
    if (m->marked_closed && !*by)
        return "completed";
    return "open";
}
