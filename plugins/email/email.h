/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * email: what the files of the sink share: the instance, and one delivery on
 * its way to several addresses.
 */
#ifndef TOCSIN_PLUGINS_EMAIL_EMAIL_H
#define TOCSIN_PLUGINS_EMAIL_EMAIL_H

#include <jansson.h>
#include <stdbool.h>

#include "core/tocsin-plugin.h"
#include "plugins/email/address.h"
#include "plugins/email/letter.h"
#include "plugins/email/smime.h"
#include "plugins/email/smtp.h"

/* Of the last delivery that was begun. */
struct progress {
    char *nonce;
    struct addresses sent; /* the server has said that it took it */
    char *at;              /* whose is on its way, or NULL */
};

struct email {
    const struct tocsin_host *host;
    struct sender sender;
    struct smime *smime; /* NULL: nothing is encrypted */
    struct smtp *smtp;
    int64_t timeout;
    struct progress progress;
};

/* options.c: all of the instance from its options. */
int email_configure(struct email *e, const struct tocsin_host *host,
                    struct err *err);
void email_release(struct email *e);
/* The addresses of an owner that may be written to; operators are told of a
 * contact that is none. */
void email_reach(const struct email *e, const struct tocsin_owner *owner,
                 struct addresses *out);
/* To the operators; to the log of a host that knows no notices. */
void email_notice(const struct email *e, const char *code, const char *text);

/* pending.c: for whom a delivery is still to be made. */
struct pending {
    int delivery;            /* of which; 0: nothing is pending */
    struct addresses left;   /* they have it not */
    struct addresses unsure; /* nobody knows whether they have it */
};
/* What a receipt said; text may be NULL. */
void pending_read(struct pending *p, const char *text);
/* New; NULL when nothing is pending. */
char *pending_write(const struct pending *p);
void pending_release(struct pending *p);

/* progress.c: how far a delivery has come, in the instance's cursor. */
void progress_load(struct email *e);
/* Is it of that delivery? */
bool progress_is(const struct email *e, const char *nonce);
/* Before a mail goes on its way; written down when this returns. */
void progress_begin(struct email *e, const char *nonce, const char *to);
/* It came to an end; written down with the next, or by progress_keep. */
void progress_end(struct email *e, bool sent);
void progress_keep(struct email *e, const char *nonce);
void progress_release(struct email *e);

/* round.c: one delivery to all whom it is for; ends by host->done. */
int round_run(struct email *e, uint64_t op,
              const struct tocsin_notification *n);

#endif
