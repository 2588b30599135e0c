/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One delivery to all whom it is for, each by a mail of their own, and what
 * it came to. Must not send a mail in the clear that was to be sealed, and
 * must not send one twice where once is enough.
 *
 * A mail cannot be looked up when it was sent. Where a connection broke
 * behind the last byte, what opens, reopens or closes a ticket is sent again
 * with the same Message-ID (a mail too many is better than one too few); a
 * reminder and a digest are not, for the next one says the same.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "plugins/email/email.h"

#define ROUND_SECONDS 400 /* of a delivery; the core gives it 600 */
#define REST_SECONDS 300  /* when nobody is there */
#define SPARE_SECONDS 5   /* for the receipt */
#define WHY_MAX 2000

struct round {
    struct email *e;
    const struct tocsin_notification *n;
    bool goes_on;       /* some have it already */
    bool known;         /* how far it came before it was cut off */
    int64_t longest_ms; /* that one mail took */
    char *id, *thread;  /* of the message; of its ticket, or NULL */
    struct addresses to;
    struct pending was, still;
    struct addresses maybe; /* of `to`: they may have it already */
    size_t sent, unsure;    /* mails */
    struct strbuf refused, later;
    bool unreachable;
    char *misused; /* why nothing can be sent at all */
};

static const char *const names[] = {
    [TOCSIN_DELIVER_OPEN] = "open",       [TOCSIN_DELIVER_UPDATE] = "update",
    [TOCSIN_DELIVER_REMIND] = "remind",   [TOCSIN_DELIVER_DIGEST] = "digest",
    [TOCSIN_DELIVER_RESOLVE] = "resolve", [TOCSIN_DELIVER_REOPEN] = "reopen",
};

/* "open", …; "": no such delivery. */
static const char *delivery_name(int delivery)
{
    return delivery > 0 && (size_t)delivery < ARRAY_SIZE(names)
               ? names[delivery]
               : "";
}

/* The next one says it as well. */
static bool once_is_enough(int delivery)
{
    return delivery == TOCSIN_DELIVER_REMIND
           || delivery == TOCSIN_DELIVER_DIGEST;
}

/* ---- whom it is for ---- */

static void keep_only(struct addresses *a, const struct addresses *those,
                      bool in)
{
    struct addresses out = { 0 };

    for (size_t i = 0; i < a->nr; i++)
        if (addresses_has(those, a->list[i]) == in)
            addresses_add(&out, a->list[i]);
    addresses_release(a);
    *a = out;
}

static void add_all(struct addresses *a, const struct addresses *those)
{
    for (size_t i = 0; i < those->nr; i++)
        addresses_add(a, those->list[i]);
}

/* It was begun and cut off: who has it is written down, and only for the one
 * whose mail was on its way nobody knows. */
static void find_cut_off(struct round *r)
{
    const struct progress *p = &r->e->progress;

    r->known = progress_is(r->e, r->n->nonce);
    if (!r->known) {
        add_all(&r->maybe, &r->to);
        return;
    }
    keep_only(&r->to, &p->sent, false);
    if (p->at && addresses_has(&r->to, p->at))
        addresses_add(&r->maybe, p->at);
}

static void find_people(struct round *r)
{
    const struct tocsin_notification *n = r->n;
    struct addresses open = { 0 };

    email_reach(r->e, n->owner, &r->to);
    pending_read(&r->was, n->pending);
    r->goes_on = r->was.delivery == n->delivery;
    if (r->goes_on) {
        add_all(&open, &r->was.left);
        add_all(&open, &r->was.unsure);
        keep_only(&r->to, &open, true);
        add_all(&r->maybe, &r->was.unsure);
        addresses_release(&open);
    } else if (n->delivery == TOCSIN_DELIVER_RESOLVE) {
        /* who never heard of it need not hear that it is over */
        keep_only(&r->to, &r->was.left, false);
    }
    if (n->again)
        find_cut_off(r);
}

/* ---- the message ---- */

/* Our ids hold the ticket's key, so that a thread is found together even
 * when the state was lost; but for sealed ones: a key can be guessed from a
 * project's name. */
static void name_message(struct round *r)
{
    const struct tocsin_notification *n = r->n;
    const char *domain = address_domain(r->e->sender.address);

    if (r->e->smime) {
        r->id = xasprintf("tocsin.%s@%s", n->nonce, domain);
        return;
    }
    r->id = xasprintf("tocsin.%.16s.%s@%s", n->ticket, n->nonce, domain);
    if (n->delivery != TOCSIN_DELIVER_DIGEST)
        r->thread = xasprintf("tocsin.%s@%s", n->ticket, domain);
}

/* The marker is for sinks that are looked into. */
static char *without_marker(const char *body, const char *marker)
{
    size_t n = strlen(body), m = strlen(marker);

    while (n && (body[n - 1] == '\n' || body[n - 1] == ' '))
        n--;
    if (m && n >= m && !memcmp(body + n - m, marker, m))
        n -= m;
    return xasprintf("%.*s\n", (int)n, body);
}

static bool answers(const struct tocsin_notification *n)
{
    return n->remote_id && n->delivery != TOCSIN_DELIVER_OPEN
           && n->delivery != TOCSIN_DELIVER_DIGEST;
}

/* Where all goes to one address, that stands for the project. */
static bool is_project(const char *s)
{
    return s && strchr(s, '/') && !strchr(s, '@');
}

/* A title does not say whose it is: an issue stands where it belongs. */
static char *subject_of(const struct tocsin_notification *n, bool reply)
{
    bool named = is_project(n->project);

    return xasprintf("%s%s%s%s%s", reply ? "Re: " : "", named ? "[" : "",
                     named ? n->project : "", named ? "] " : "",
                     str_or(n->title, ""));
}

static void make_body(const struct round *r, struct body *body)
{
    CLEANUP_FREE char *text =
        without_marker(str_or(r->n->body, ""), str_or(r->n->marker, ""));

    body_render(body, str_or(r->n->title, ""), text);
}

static char *make_letter(const struct round *r, const char *to, size_t *n,
                         struct err *err)
{
    bool reply = answers(r->n);
    CLEANUP_FREE char *subject = subject_of(r->n, reply);
    struct body body;
    struct letter l = {
        .to = to,
        .subject = subject,
        .body = &body,
        .date = r->e->host->now(r->e->host),
        .id = r->id,
        .reply_to_id = reply ? r->n->remote_id : NULL,
        .thread_id = r->thread,
        .delivery = delivery_name(r->n->delivery),
        .project = is_project(r->n->project) ? r->n->project : NULL,
    };
    char *out;

    make_body(r, &body);
    out = letter_write(&l, &r->e->sender, r->e->smime, n, err);
    body_release(&body);
    return out;
}

/* ---- sending ---- */

static void add_why(struct strbuf *b, const char *to, const char *why)
{
    strbuf_addf(b, "%s%s: %s", b->len ? "; " : "", to, str_or(why, "?"));
}

static void put_off(struct round *r, const char *to, const char *why)
{
    if (why)
        add_why(&r->later, to, why);
    addresses_add(
        addresses_has(&r->maybe, to) ? &r->still.unsure : &r->still.left, to);
}

static void say_unsure(const struct round *r)
{
    bool once = once_is_enough(r->n->delivery);
    CLEANUP_FREE char *text =
        xasprintf("nobody knows whether a mail (%s) was taken: %s",
                  delivery_name(r->n->delivery),
                  once ? "it is not sent again"
                       : "it is sent again, with the same Message-ID");

    email_notice(r->e, once ? "mail-lost" : "mail-unsure", text);
}

static void unsure(struct round *r, const char *to, const char *why)
{
    say_unsure(r);
    r->unsure++;
    if (once_is_enough(r->n->delivery))
        return;
    add_why(&r->later, to, why);
    addresses_add(&r->still.unsure, to);
}

static void take_result(struct round *r, const char *to,
                        const struct smtp_result *res)
{
    switch (res->end) {
    case SMTP_SENT:
        r->sent++;
        break;
    case SMTP_REFUSED:
        add_why(&r->refused, to, res->why);
        break;
    case SMTP_UNSURE:
        unsure(r, to, res->why);
        break;
    case SMTP_MISUSED:
        str_replace(&r->misused, res->why);
        put_off(r, to, res->why);
        break;
    case SMTP_UNREACHABLE:
        r->unreachable = true;
        put_off(r, to, res->why);
        break;
    case SMTP_LATER:
        put_off(r, to, res->why);
    }
}

/* What was to be sealed is not sent otherwise: it waits for a certificate. */
static bool can_seal(struct round *r, const char *to)
{
    CLEANUP_FREE char *fault = NULL, *text = NULL, *code = NULL;

    if (!r->e->smime)
        return true;
    fault = smime_fault(r->e->smime, to);
    if (!fault)
        return true;
    text = xasprintf("%s: what is confidential waits", fault);
    code = xasprintf("certificate:%s", to);
    email_notice(r->e, code, text);
    put_off(r, to, fault);
    return false;
}

static int64_t seconds_for(const struct round *r, int64_t end_ms)
{
    int64_t left = (end_ms - when_monotonic_ms()) / 1000;
    int64_t pass = r->e->host->time_left(r->e->host) - SPARE_SECONDS;

    if (pass < left)
        left = pass;
    return left < 2 * r->e->timeout ? left : 2 * r->e->timeout;
}

/* One that would be cut off in the middle is not begun: nobody could say
 * whether it was taken. The first is always tried. */
static bool is_time_for_one(const struct round *r, int64_t seconds)
{
    return seconds >= 1
           && (!r->longest_ms || seconds * 1000 > 2 * r->longest_ms);
}

/* Written down before and behind it. */
static void send_letter(struct round *r, const char *to, const char *letter,
                        size_t n, int64_t seconds, struct smtp_result *res)
{
    int64_t began = when_monotonic_ms(), took;

    progress_begin(r->e, r->n->nonce, to);
    smtp_send(r->e->smtp, to, letter, n, seconds, res);
    progress_end(r->e, res->end == SMTP_SENT);
    took = when_monotonic_ms() - began;
    if (took > r->longest_ms)
        r->longest_ms = took;
}

static bool may_write(const struct round *r)
{
    const struct tocsin_host *host = r->e->host;

    return !TOCSIN_HAS(host, may_write) || host->may_write(host);
}

static void send_one(struct round *r, const char *to, int64_t end_ms)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *letter = NULL;
    struct smtp_result res = { SMTP_LATER, NULL };
    int64_t seconds = seconds_for(r, end_ms);
    size_t n = 0;

    if (r->misused || r->unreachable || !is_time_for_one(r, seconds)) {
        put_off(r, to,
                r->misused || r->unreachable
                    ? NULL
                    : "there was no time left (deadline)");
        return;
    }
    if (!can_seal(r, to))
        return;
    if (!may_write(r)) {
        put_off(r, to, "held by the kill switch");
        return;
    }
    letter = make_letter(r, to, &n, &err);
    if (!letter) {
        add_why(&r->refused, to, err_msg(&err));
        return;
    }
    send_letter(r, to, letter, n, seconds, &res);
    if (r->e->smime)
        explicit_bzero(letter, n);
    take_result(r, to, &res);
    smtp_result_release(&res);
}

/* ---- the end ---- */

static void done(struct round *r, uint64_t op, int status,
                 const struct tocsin_receipt *receipt)
{
    r->e->host->done(r->e->host, op, status, receipt);
}

/* Some of them have it, or may have. */
static void end_well(struct round *r, uint64_t op)
{
    struct tocsin_receipt receipt = TOCSIN_RECEIPT_INIT;
    CLEANUP_FREE char *pending = NULL;

    r->still.delivery = r->n->delivery;
    pending = pending_write(&r->still);
    receipt.remote_id =
        r->n->remote_id && *r->n->remote_id ? r->n->remote_id : r->id;
    receipt.pending = pending;
    receipt.refused = r->refused.len ? r->refused.buf : NULL;
    receipt.text = pending && r->later.len ? r->later.buf : NULL;
    receipt.retry_after = pending && r->unreachable ? REST_SECONDS : 0;
    receipt.unsure = (int32_t)r->unsure;
    done(r, op, TOCSIN_OK, &receipt);
}

static void end_badly(struct round *r, uint64_t op)
{
    struct tocsin_receipt receipt = TOCSIN_RECEIPT_INIT;
    int status = TOCSIN_RETRY;

    if (r->misused)
        status = TOCSIN_FATAL;
    else if (!r->still.left.nr)
        status = TOCSIN_REJECT;
    receipt.text = status == TOCSIN_REJECT ? r->refused.buf : r->later.buf;
    if (status == TOCSIN_RETRY && r->unreachable)
        receipt.retry_after = REST_SECONDS;
    done(r, op, status, &receipt);
}

static void finish(struct round *r, uint64_t op)
{
    bool stands = r->goes_on || r->sent || r->still.unsure.nr
                  || (r->n->again && r->maybe.nr) || !r->to.nr
                  || (r->known && r->e->progress.sent.nr)
                  || (!r->still.left.nr && !r->refused.len);

    if (r->misused)
        email_notice(r->e, "smtp", r->misused);
    if (stands)
        end_well(r, op);
    else
        end_badly(r, op);
}

/* NULL: it may be sent; else why it never can be. */
static const char *fault_of(const struct round *r)
{
    if (!*delivery_name(r->n->delivery) || !header_ok(r->n->ticket)
        || !header_ok(r->n->nonce) || !*r->n->nonce)
        return "this is no delivery";
    if (r->n->confidential && !r->e->smime)
        return "it is confidential, and without `certificates` this sink "
               "encrypts nothing";
    /* that all of them have it already is no fault */
    if (!r->to.nr && !r->goes_on && !(r->known && r->e->progress.sent.nr)
        && r->n->delivery != TOCSIN_DELIVER_RESOLVE)
        return "its owner has no address that may be written to";
    return NULL;
}

static void round_release(struct round *r)
{
    free(r->id);
    free(r->thread);
    free(r->misused);
    addresses_release(&r->to);
    addresses_release(&r->maybe);
    pending_release(&r->was);
    pending_release(&r->still);
    strbuf_release(&r->refused);
    strbuf_release(&r->later);
}

static void send_all(struct round *r, int64_t end_ms)
{
    bool again = r->n->again;

    if (r->n->delivery == TOCSIN_DELIVER_UPDATE)
        return;
    if (again && r->maybe.nr) {
        say_unsure(r);
        r->unsure = r->maybe.nr;
    }
    for (size_t i = 0; i < r->to.nr; i++)
        if (!again || !once_is_enough(r->n->delivery)
            || !addresses_has(&r->maybe, r->to.list[i]))
            send_one(r, r->to.list[i], end_ms);
    progress_keep(r->e, r->n->nonce);
}

int round_run(struct email *e, uint64_t op, const struct tocsin_notification *n)
{
    struct round r = { .e = e, .n = n };
    struct tocsin_receipt receipt = TOCSIN_RECEIPT_INIT;
    int64_t end_ms = when_monotonic_ms() + ROUND_SECONDS * 1000;

    strbuf_init(&r.refused, WHY_MAX);
    strbuf_init(&r.later, WHY_MAX);
    find_people(&r);
    receipt.text = fault_of(&r);
    if (receipt.text) {
        done(&r, op, TOCSIN_REJECT, &receipt);
    } else {
        name_message(&r);
        send_all(&r, end_ms);
        finish(&r, op);
    }
    round_release(&r);
    return TOCSIN_OK;
}
