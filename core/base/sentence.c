/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sentences without holes. Must not know where a text is shown.
 */
#include <config.h>

#include "core/base/sentence.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

static bool read_slot(const char *open, struct sentence_slot *slot)
{
    const char *p = open + 2, *end = strstr(p, "}}");

    slot->open = open;
    slot->name = p;
    slot->other = NULL;
    slot->other_len = 0;
    while (isalnum((unsigned char)*p) || *p == '_')
        p++;
    slot->name_len = (size_t)(p - slot->name);
    if (!end || !slot->name_len)
        return false;
    if (*p == '|') {
        slot->other = p + 1;
        slot->other_len = (size_t)(end - p) - 1;
        p = end;
    }
    slot->close = end + 2;
    return p == end;
}

bool sentence_next(const char *s, struct sentence_slot *slot)
{
    for (s = strstr(s, "{{"); s; s = strstr(s + 1, "{{"))
        if (read_slot(s, slot))
            return true;
    return false;
}

static const char *value_of(const struct sentence_slot *slot,
                            const json_t *captures)
{
    CLEANUP_FREE char *name = xstrndup(slot->name, slot->name_len);
    const char *value = jx_str_or(captures, name, "");

    return *value ? value : NULL;
}

/* '`' and '`', '"' and '"', '(' and ')' */
static bool is_pair(char before, char after)
{
    return (before == after && (before == '`' || before == '"'))
           || (before == '(' && after == ')');
}

/* Closes the gap between what is written and the rest; the new rest. */
static const char *close_gap(struct strbuf *b, const char *rest)
{
    while (b->len) {
        char before = b->buf[b->len - 1];
        bool drop = is_pair(before, *rest)
                    || (before == ' ' && strchr(" ,;:)", *rest))
                    || (!*rest && strchr(":,;", before));

        if (is_pair(before, *rest) || (before == '(' && *rest == ' '))
            rest++;
        else if (!drop)
            break;
        if (drop)
            strbuf_setlen(b, b->len - 1);
    }
    return rest;
}

/* Other words are no name: quotes around them go. */
static const char *add_other(struct strbuf *b, const struct sentence_slot *slot)
{
    const char *rest = slot->close;

    if (b->len && *rest == '`' && b->buf[b->len - 1] == '`') {
        strbuf_setlen(b, b->len - 1);
        rest++;
    }
    strbuf_add(b, slot->other, slot->other_len);
    return rest;
}

/* One pass; true when a slot went: what stood around it may be one now. */
static bool settle(struct strbuf *b, const char *text, const json_t *captures)
{
    struct sentence_slot slot;
    bool gone = false;

    while (sentence_next(text, &slot)) {
        strbuf_add(b, text, (size_t)(slot.open - text));
        text = slot.close;
        if (value_of(&slot, captures)) {
            strbuf_adds(b, "{{");
            strbuf_add(b, slot.name, slot.name_len);
            strbuf_adds(b, "}}");
            continue;
        }
        gone = true;
        text = slot.other ? add_other(b, &slot) : close_gap(b, text);
    }
    strbuf_adds(b, text);
    return gone;
}

char *sentence_settle(const char *text, const json_t *captures)
{
    struct strbuf b;
    bool again;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    again = settle(&b, text, captures);
    while (again) {
        CLEANUP_FREE char *before = strbuf_take(&b);

        strbuf_init(&b, STRBUF_UNBOUNDED);
        again = settle(&b, before, captures);
    }
    return strbuf_take(&b);
}

char *sentence_fill(const char *text, const json_t *captures)
{
    CLEANUP_FREE char *settled = sentence_settle(text, captures);
    const char *s = settled;
    struct sentence_slot slot;
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (sentence_next(s, &slot)) {
        strbuf_add(&b, s, (size_t)(slot.open - s));
        strbuf_adds(&b, value_of(&slot, captures));
        s = slot.close;
    }
    strbuf_adds(&b, s);
    return strbuf_take(&b);
}
