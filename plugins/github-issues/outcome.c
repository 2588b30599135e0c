/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What became of a delivery: one place for what each reply means (the table
 * in docs/github-issues.md). Must not put text of a server anywhere but in
 * front of operators, short and on one line.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/github-issues/sink.h"

#define MESSAGE_MAX 300

/* Whatever else went wrong: what may have had effect is no failure that
 * could be made good by doing it again. */
void outcome_end(struct delivery *d, int status, char *text)
{
    if (d->ended) {
        free(text);
        return;
    }
    if (d->unsure && status != TOCSIN_OK) {
        status = TOCSIN_RETRY;
        d->receipt.unknown = 1;
        d->receipt.elsewhere = 0;
        d->receipt.held = NULL;
    }
    d->ended = true;
    d->status = status;
    free(d->text);
    d->text = text;
}

void outcome_stands(struct delivery *d)
{
    free(d->id);
    d->id = place_text(&d->at);
    str_replace(&d->url, jx_str(d->issue, "html_url"));
}

void outcome_ok(struct delivery *d, bool adopted)
{
    if (d->ended)
        return;
    outcome_stands(d);
    d->receipt.adopted = adopted;
    outcome_end(d, TOCSIN_OK, NULL);
}

/* Nobody can be told of it there. */
static void elsewhere(struct delivery *d, char *text)
{
    if (!d->ended)
        d->receipt.elsewhere = 1;
    outcome_end(d, TOCSIN_REJECT, text);
}

void outcome_held(struct delivery *d, const char *code, int64_t seconds,
                  char *text)
{
    if (!d->ended) {
        d->receipt.held = code;
        d->receipt.retry_after = seconds;
    }
    outcome_end(d, TOCSIN_RETRY, text);
}

void outcome_unknown(struct delivery *d, char *text)
{
    if (!d->ended)
        d->receipt.unknown = 1;
    outcome_end(d, TOCSIN_RETRY, text);
}

void outcome_pending(struct delivery *d, const char *pending,
                     const struct net_reply *r)
{
    CLEANUP_FREE char *message = outcome_message(r);

    outcome_ok(d, d->receipt.adopted);
    d->receipt.pending = pending;
    d->receipt.retry_after = r->http->retry_after;
    str_replace(&d->text,
                r->http->error ? str_or(r->http->error_text, "") : message);
}

bool outcome_is_passing(const struct net_reply *r)
{
    return r->http->error || r->http->status >= 500 || r->http->status == 429;
}

bool outcome_is_unsure(const struct net_reply *r, const struct api *api)
{
    switch (r->http->error) {
    case TOCSIN_HTTP_OK:
        return r->http->status < 400 || r->http->status >= 500;
    case TOCSIN_HTTP_REFUSED:
    case TOCSIN_HTTP_QUOTA:
    case TOCSIN_HTTP_HELD:
        return false;
    case TOCSIN_HTTP_CANCELLED: /* no token: it was never sent */
        return !api->locked_out;
    default: /* also the end of our time, on its way */
        return true;
    }
}

/* ---- replies ------------------------------------------------------------- */

static void add_plain(struct strbuf *b, const char *s)
{
    for (; *s; s++)
        strbuf_addc(b, (unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s);
}

/* {"message": ..., "errors": [{"field", "code", "message"?}]} */
char *outcome_message(const struct net_reply *r)
{
    CLEANUP_JSON json_t *v =
        r->http->body_len ? jx_parse(r->http->body, r->http->body_len, NULL)
                          : NULL;
    const json_t *errors = jx_arr(v, "errors"), *e;
    struct strbuf b;
    size_t i;

    strbuf_init(&b, MESSAGE_MAX);
    add_plain(&b, jx_str_or(v, "message", ""));
    json_array_foreach((json_t *)errors, i, e) {
        strbuf_adds(&b, i ? ", " : ": ");
        add_plain(&b, jx_str_or(e, "field", ""));
        strbuf_addc(&b, ' ');
        add_plain(&b, jx_str_or(e, "message", jx_str_or(e, "code", "")));
    }
    return strbuf_take(&b);
}

static bool says(const struct net_reply *r, const char *what)
{
    CLEANUP_FREE char *message = outcome_message(r);

    return strcasestr(message, what) != NULL;
}

/* Reads ask as the owner, writes as the repository. */
static bool is_absent(const struct delivery *d, const struct api *api)
{
    const char *name = d->at.repository;
    CLEANUP_FREE char *owner = name ? xstrndup(name, strcspn(name, "/")) : NULL;

    return name
           && (auth_is_absent(api->auth, name)
               || auth_is_absent(api->auth, owner));
}

/* No reply of the server's. */
static void of_error(struct delivery *d, const struct tocsin_http_reply *h,
                     const struct api *api, const char *what)
{
    if (h->error == TOCSIN_HTTP_CANCELLED && api->locked_out
        && is_absent(d, api)) {
        elsewhere(d, xasprintf("%s: %s", what, api->locked_out));
        return;
    }
    if (h->error == TOCSIN_HTTP_HELD) {
        outcome_held(
            d, "kill-switch", d->stopped ? STOP_REST : 0,
            xasprintf("%s: %s", what, str_or(d->stopped, h->error_text)));
        return;
    }
    if (h->error == TOCSIN_HTTP_QUOTA)
        d->receipt.retry_after = h->retry_after > 0 ? h->retry_after : 60;
    if (h->error == TOCSIN_HTTP_BUDGET)
        d->receipt.retry_after = 1;
    outcome_end(d, TOCSIN_RETRY,
                xasprintf("%s: %s", what,
                          api->locked_out ? api->locked_out
                                          : str_or(h->error_text, "no reply")));
}

void outcome_of_reply(struct delivery *d, const struct net_reply *r,
                      const struct api *api, const char *what)
{
    CLEANUP_FREE char *message = outcome_message(r);
    int status = r->http->status;
    char *text;

    if (d->ended)
        return;
    if (api->fatal) {
        outcome_end(d, TOCSIN_FATAL, xstrdup(api->fatal));
        return;
    }
    if (r->http->error) {
        of_error(d, r->http, api, what);
        return;
    }
    text = xasprintf("%s: %d %s", what, status, message);
    if (status == 401)
        outcome_end(d, TOCSIN_FATAL, text);
    else if (status == 403 && says(r, "is locked"))
        outcome_end(d, TOCSIN_REJECT, text);
    else if (status == 403 || status == 404 || status == 410 || status == 451)
        elsewhere(d, text);
    else if (status == 422 && says(r, "spam"))
        outcome_end(d, TOCSIN_FATAL, text);
    else if (status == 422 || status == 400 || status == 413)
        outcome_end(d, TOCSIN_REJECT, text);
    else
        outcome_end(d, TOCSIN_RETRY, text);
    /* said with the delivery, and once is enough */
    if (status == 422 || status == 400 || status == 413)
        net_forget(&d->s->net, NET_ODD);
}
