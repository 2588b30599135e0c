/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads pages of our own messages. Must end, whatever the server answers, and
 * must not say that it knows when a page is missing.
 */
#include <config.h>

#include "plugins/zulip/own.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/zulip/topic.h"

#define PAGE 1000

struct reading {
    struct zulip *z;
    struct own *own;
    json_t *narrow;
    bool back;      /* towards the oldest; else what is new */
    int64_t anchor; /* 0: the newest */
    size_t seen;
    void (*got)(void *user, struct own *own, const struct answer *answer);
    void *user;
};

static struct own *own_of(struct zulip *z, const char *key)
{
    struct own *o;

    for (o = z->own; o; o = o->next)
        if (!strcmp(o->key, key))
            return o;
    o = xcalloc(1, sizeof(*o));
    o->key = xstrdup(key);
    o->next = z->own;
    z->own = o;
    return o;
}

static void own_clear(struct own *o)
{
    for (size_t i = 0; i < o->nr; i++)
        message_free(o->list[i]);
    o->nr = 0;
    o->newest = 0;
    o->whole = false;
}

void own_free_all(struct own *own)
{
    while (own) {
        struct own *next = own->next;

        own_clear(own);
        free(own->list);
        free(own->key);
        free(own);
        own = next;
    }
}

/* ---- a page ---- */

static int by_id(const void *a, const void *b)
{
    const struct message *x = *(struct message *const *)a;
    const struct message *y = *(struct message *const *)b;

    return x->id < y->id ? -1 : x->id > y->id;
}

/* A server that says a message twice, or one of somebody else, is not
 * believed. */
static bool has(const struct own *o, int64_t id)
{
    for (size_t i = 0; i < o->nr; i++)
        if (o->list[i]->id == id)
            return true;
    return false;
}

/* *lowest: the first id of the page, 0: it is empty. */
static void take_page(struct reading *r, const json_t *list, int64_t *lowest)
{
    struct own *o = r->own;
    size_t i;
    json_t *v;

    *lowest = 0;
    json_array_foreach(list, i, v) {
        struct message *m = message_read(v, r->z->realm.self);

        if (!m)
            continue;
        r->seen++;
        if (!*lowest || m->id < *lowest)
            *lowest = m->id;
        if (m->id > o->newest)
            o->newest = m->id;
        if (m->sender != r->z->realm.self || !m->key || m->id <= o->after
            || has(o, m->id)) {
            message_free(m);
            continue;
        }
        str_replace(&m->content, "");
        ALLOC_GROW(o->list, o->nr + 1, o->alloc);
        o->list[o->nr++] = m;
    }
    if (o->nr)
        qsort(o->list, o->nr, sizeof(*o->list), by_id);
}

static void ask(struct reading *r);

static void end(struct reading *r, const struct answer *answer)
{
    if (answer->fault) {
        own_clear(r->own);
        r->own->read = false;
    } else {
        r->own->read = true;
    }
    r->got(r->user, answer->fault ? NULL : r->own, answer);
    json_decref(r->narrow);
    free(r);
}

static void on_page(void *user, const struct answer *answer)
{
    struct reading *r = user;
    const json_t *list = jx_arr(answer->json, "messages");
    struct answer odd = { .fault = FAULT_UNKNOWN,
                          .code = "",
                          .text = "a page without messages" };
    int64_t newest = r->own->newest, lowest;
    bool whole;

    if (answer->fault || !list) {
        end(r, answer->fault ? answer : &odd);
        return;
    }
    take_page(r, list, &lowest);
    whole =
        jx_bool(answer->json, r->back ? "found_oldest" : "found_newest", false);
    if (r->back && whole)
        r->own->whole = true;
    if (whole || (r->back && r->seen >= r->z->look_back)) {
        end(r, answer);
        return;
    }
    /* no further on than before */
    if (r->back ? !lowest || (r->anchor && lowest >= r->anchor)
                : r->own->newest == newest) {
        end(r, &odd);
        return;
    }
    r->anchor = r->back ? lowest : r->own->newest;
    ask(r);
}

static void ask(struct reading *r)
{
    CLEANUP_STRBUF struct strbuf query;
    struct call c = { .path = "/messages", .got = on_page, .user = r };

    strbuf_init(&query, STRBUF_UNBOUNDED);
    if (r->anchor)
        form_add_int(&query, "anchor", r->anchor);
    else
        form_add(&query, "anchor", "newest");
    form_add_int(&query, "num_before", r->back ? PAGE : 0);
    form_add_int(&query, "num_after", r->back ? 0 : PAGE);
    form_add(&query, "apply_markdown", "false");
    form_add_json(&query, "narrow", json_incref(r->narrow));
    c.query = query.buf;
    call(r->z, &c);
}

/* where: another term of the narrow, taken over; NULL: none. */
static void read_own(struct zulip *z, struct own *own, json_t *where,
                     void (*got)(void *user, struct own *own,
                                 const struct answer *answer),
                     void *user)
{
    struct reading *r = xcalloc(1, sizeof(*r));

    r->z = z;
    r->own = own;
    r->narrow = json_pack("[{s:s, s:I}]", "operator", "sender", "operand",
                          (json_int_t)z->realm.self);
    if (where)
        json_array_append_new(r->narrow, where);
    r->back = !r->own->read || !r->own->newest;
    r->anchor = r->back ? 0 : r->own->newest;
    r->got = got;
    r->user = user;
    ask(r);
}

void own_read(struct zulip *z, const struct place *place,
              void (*got)(void *user, struct own *own,
                          const struct answer *answer),
              void *user)
{
    CLEANUP_FREE char *key = place_key(place);

    read_own(z, own_of(z, key), place_narrow(place, z->realm.feature_level),
             got, user);
}

void own_read_all(struct zulip *z, bool shared, int64_t after,
                  void (*got)(void *user, struct own *own,
                              const struct answer *answer),
                  void *user)
{
    struct own *own = own_of(z, shared ? "public" : "ours");

    if (!own->read && after) {
        own->newest = own->after = after;
        own->read = true;
    }
    read_own(z, own,
             shared ? json_pack("{s:s, s:s}", "operator", "streams", "operand",
                                "public")
                    : NULL,
             got, user);
}

/* ---- looking ---- */

struct message *own_find(const struct own *own, const char *key)
{
    for (size_t i = 0; i < own->nr; i++)
        if (!strcmp(own->list[i]->key, key))
            return own->list[i];
    return NULL;
}

struct message *own_find_nonce(const struct own *own, const char *key,
                               const char *nonce, int64_t after)
{
    for (size_t i = 0; i < own->nr; i++)
        if (own->list[i]->id > after && !strcmp(own->list[i]->key, key)
            && !strcmp(own->list[i]->nonce, nonce))
            return own->list[i];
    return NULL;
}

struct message *own_newest(const struct own *own, const char *key)
{
    for (size_t i = own->nr; i-- > 0;)
        if (!strcmp(own->list[i]->key, key))
            return own->list[i];
    return NULL;
}

bool own_topic_taken(const struct own *own, const char *topic, const char *key)
{
    for (size_t i = 0; i < own->nr; i++) {
        const struct message *m = own->list[i];

        if (m->topic && strcmp(m->key, key) && topic_same(m->topic, topic))
            return true;
    }
    return false;
}

static bool is_copy(const struct own *own, size_t of)
{
    const struct message *m = own->list[of];

    for (size_t i = 0; i < of; i++)
        if (own->list[i]->print == m->print
            && !strcmp(own->list[i]->key, m->key)
            && !strcmp(own->list[i]->nonce, m->nonce))
            return true;
    return false;
}

struct message *own_take_duplicate(struct own *own, const char *key)
{
    for (size_t i = 1; i < own->nr; i++) {
        struct message *m = own->list[i];

        if (strcmp(m->key, key) || !is_copy(own, i))
            continue;
        own->nr--;
        memmove(own->list + i, own->list + i + 1,
                (own->nr - i) * sizeof(*own->list));
        return m;
    }
    return NULL;
}
