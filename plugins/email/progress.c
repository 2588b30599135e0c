/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far a delivery has come: who has the mail, and whose is on its way.
 * Written down before each mail and behind the last, so that one that is cut
 * off goes on where it was. Must not say of anybody that they have it before
 * the server has said so.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/email/email.h"

static void progress_save(struct email *e)
{
    const struct progress *p = &e->progress;
    CLEANUP_JSON json_t *v = json_object(), *sent = json_array();
    CLEANUP_FREE char *text = NULL;

    for (size_t i = 0; i < p->sent.nr; i++)
        json_array_append_new(sent, json_string(p->sent.list[i]));
    jx_set_str(v, "nonce", p->nonce);
    json_object_set(v, "sent", sent);
    jx_set_str(v, "at", p->at);
    text = jx_dump(v);
    if (TOCSIN_HAS(e->host, set_cursor))
        e->host->set_cursor(e->host, text);
}

void progress_load(struct email *e)
{
    const char *text =
        TOCSIN_HAS(e->host, cursor) ? e->host->cursor(e->host) : NULL;
    CLEANUP_JSON json_t *v = text ? jx_parse(text, strlen(text), NULL) : NULL;
    const json_t *sent = jx_arr(v, "sent");

    progress_release(e);
    e->progress.nonce = xstrdup0(jx_str(v, "nonce"));
    e->progress.at = xstrdup0(jx_str(v, "at"));
    for (size_t i = 0; i < json_array_size(sent); i++) {
        const char *to = json_string_value(json_array_get(sent, i));

        if (address_ok(to))
            addresses_add(&e->progress.sent, to);
    }
}

bool progress_is(const struct email *e, const char *nonce)
{
    return str_eq(e->progress.nonce, nonce);
}

void progress_begin(struct email *e, const char *nonce, const char *to)
{
    if (!progress_is(e, nonce)) {
        progress_release(e);
        e->progress.nonce = xstrdup(nonce);
    }
    str_replace(&e->progress.at, to);
    progress_save(e);
}

void progress_end(struct email *e, bool sent)
{
    if (sent && e->progress.at)
        addresses_add(&e->progress.sent, e->progress.at);
    str_replace(&e->progress.at, NULL);
}

void progress_keep(struct email *e, const char *nonce)
{
    if (progress_is(e, nonce))
        progress_save(e);
}

void progress_release(struct email *e)
{
    free(e->progress.nonce);
    free(e->progress.at);
    addresses_release(&e->progress.sent);
    memset(&e->progress, 0, sizeof(e->progress));
}
