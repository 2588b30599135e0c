/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What we wrote and the state does not know: one that was lost, or is an older
 * copy, takes it up. Each pass looks at what is newer than what the last one
 * saw; an older copy has an older mark. Must not take a reply for a ticket's
 * root, and must not move the mark past what it has not seen.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/zulip/own.h"
#include "plugins/zulip/sweep.h"

struct sweep {
    struct zulip *z;
    void (*found)(void *user, const struct message *root);
    void (*end)(void *user, const struct answer *answer);
    void *user;
    json_t *known; /* {ticket: true} */
    int64_t after, newest;
    bool shared; /* public channels; else what is sent to us */
    const struct own *own;
    size_t next; /* of own's list */
};

/* ---- the mark ------------------------------------------------------------ */

static int64_t read_mark(const struct zulip *z)
{
    const char *text = z->host->cursor(z->host);
    CLEANUP_JSON json_t *v = text ? jx_parse(text, strlen(text), NULL) : NULL;

    return str_eq(jx_str(v, "site"), z->site)
                   && jx_int(v, "self", 0) == z->realm.self
               ? jx_int(v, "seen", 0)
               : 0;
}

static void write_mark(const struct sweep *s)
{
    CLEANUP_JSON json_t *v =
        json_pack("{s:s, s:I, s:I}", "site", s->z->site, "self",
                  (json_int_t)s->z->realm.self, "seen", (json_int_t)s->newest);
    CLEANUP_FREE char *text = jx_dump(v);

    if (s->newest > s->after)
        s->z->host->set_cursor(s->z->host, text);
}

/* ---- what is found ------------------------------------------------------- */

static void end(struct sweep *s, const struct answer *answer)
{
    if (!answer->fault)
        write_mark(s);
    s->end(s->user, answer);
    json_decref(s->known);
    free(s);
}

static void found(struct sweep *s, const struct message *root)
{
    jx_set_bool(s->known, root->key, true);
    s->found(s->user, root);
}

static void go_on(struct sweep *s);

static void on_place(void *user, struct own *own, const struct answer *answer)
{
    struct sweep *s = user;
    const char *key = s->own->list[s->next - 1]->key;
    const struct message *root = own ? own_find(own, key) : NULL;

    if (answer->fault) {
        end(s, answer);
        return;
    }
    if (root)
        found(s, root);
    go_on(s);
}

static void read_all(struct sweep *s);

static void go_on(struct sweep *s)
{
    const struct answer fine = { .fault = FAULT_NONE, .code = "", .text = "" };
    struct place p;

    while (s->next < s->own->nr) {
        const struct message *m = s->own->list[s->next++];

        if (json_object_get(s->known, m->key))
            continue;
        if (!s->own->whole) { /* what is new may be a reply */
            place_of_message(&p, m);
            own_read(s->z, &p, on_place, s);
            place_release(&p);
            return;
        }
        found(s, m);
    }
    if (s->own->newest > s->newest)
        s->newest = s->own->newest;
    if (s->shared) {
        s->shared = false;
        read_all(s);
    } else {
        end(s, &fine);
    }
}

static void on_all(void *user, struct own *own, const struct answer *answer)
{
    struct sweep *s = user;

    if (answer->fault) {
        end(s, answer);
        return;
    }
    s->own = own;
    s->next = 0;
    go_on(s);
}

static void read_all(struct sweep *s)
{
    own_read_all(s->z, s->shared, s->after, on_all, s);
}

void sweep(struct zulip *z,
           void (*root)(void *user, const struct message *root),
           void (*done)(void *user, const struct answer *answer), void *user)
{
    struct sweep *s = xcalloc(1, sizeof(*s));
    size_t nr = z->host->standing_count(z->host);

    s->z = z;
    s->found = root;
    s->end = done;
    s->user = user;
    s->shared = true;
    s->after = s->newest = read_mark(z);
    s->known = json_object();
    for (size_t i = 0; i < nr; i++) {
        struct tocsin_remote r = TOCSIN_REMOTE_INIT;

        if (z->host->standing(z->host, i, &r) && r.ticket)
            jx_set_bool(s->known, r.ticket, true);
    }
    read_all(s);
}
