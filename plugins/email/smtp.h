/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * smtp: one message to one address, over a connection that is kept.
 *
 * Each address gets a transaction of its own, so that each has an answer of
 * its own. TLS comes first and is verified, always, but for a server on this
 * machine for which it was switched off.
 */
#ifndef TOCSIN_PLUGINS_EMAIL_SMTP_H
#define TOCSIN_PLUGINS_EMAIL_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct smtp_options {
    const char *url;             /* smtp://host[:port]: STARTTLS; smtps:// */
    bool plain;                  /* without TLS: loopback only */
    const char *ca_file;         /* or NULL: the system's */
    const char *user, *password; /* or NULL */
    const char *from;            /* of the envelope */
    const char *hello;           /* what the client calls itself */
    int64_t timeout;             /* seconds that an answer may take */
};

struct smtp;
/* Connects nowhere as yet. */
struct smtp *smtp_new(const struct smtp_options *o, struct err *err);
void smtp_free(struct smtp *s);

enum smtp_end {
    SMTP_SENT,        /* the server has taken it over */
    SMTP_LATER,       /* 4xx: this address, or all, not now */
    SMTP_REFUSED,     /* 5xx: never for this address */
    SMTP_UNSURE,      /* all of it was handed over and no answer
                       * came */
    SMTP_UNREACHABLE, /* nobody there, or it broke before that */
    SMTP_MISUSED,     /* TLS, password or sender: nothing can be
                       * sent before somebody mends it */
};

struct smtp_result {
    enum smtp_end end;
    char *why; /* for operators; NULL when sent */
};
void smtp_result_release(struct smtp_result *r);

/* p: n bytes, lines ending in CR LF. At most `seconds` long. */
void smtp_send(struct smtp *s, const char *to, const char *p, size_t n,
               int64_t seconds, struct smtp_result *r);

#endif
