/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * letter: a whole mail as the bytes that go to the server.
 *
 * What comes from outside goes into a header only after header_ok(); what is
 * not ASCII there is encoded (RFC 2047), what is long is folded. Lines end in
 * CR LF and are short.
 *
 * A letter that is sealed says in front who it is from, for whom, when and
 * in which thread, and nothing else: the subject is "[...]", and the real one
 * stands with the other headers inside of what is encrypted (RFC 9788).
 */
#ifndef TOCSIN_PLUGINS_EMAIL_LETTER_H
#define TOCSIN_PLUGINS_EMAIL_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "plugins/email/body.h"
#include "plugins/email/header.h"
#include "plugins/email/smime.h"

/* The same for all letters of an instance. */
struct sender {
    char *name; /* may be NULL */
    char *address;
    char *reply_to;     /* an address, or NULL */
    char *list_id;      /* "tocsin.example.org" */
    char **unsubscribe; /* URLs, {address} for whose it is */
    size_t nr_unsubscribe;
};
/* "Name <a@b>" or "a@b" into name and address. */
int sender_parse(struct sender *s, const char *from, struct err *err);
void sender_release(struct sender *s);
struct letter {
    const char *to; /* one address */
    const char *subject;
    const struct body *body;
    int64_t date;
    const char *id;          /* of the message, without <> */
    const char *reply_to_id; /* the message that it answers, or NULL */
    const char *thread_id;   /* what all of a ticket refer to, or NULL */
    const char *delivery;    /* "open", … */
    const char *project;     /* or NULL */
};

/* The bytes, new; *n: how many. seal: NULL, or what encrypts it. */
char *letter_write(const struct letter *l, const struct sender *s,
                   const struct smime *seal, size_t *n, struct err *err);

#endif
