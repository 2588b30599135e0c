/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * smime: encrypts for the people whose certificates lie on disk, and signs.
 *
 * A certificate counts for an address when it names it (subjectAltName, or
 * emailAddress of the subject), is valid at that moment, may be used for
 * mail, is strong enough, and, where an authority is configured, was issued
 * by it. Anything else is an error that names the address and no content.
 */
#ifndef TOCSIN_PLUGINS_EMAIL_SMIME_H
#define TOCSIN_PLUGINS_EMAIL_SMIME_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct smime_options {
    const char *certificates;     /* a PEM file, or a folder of *.pem, *.crt */
    const char *authority;        /* PEM file of CAs, or NULL: what lies there
                                   * is trusted for lying there */
    const char *cipher;           /* "aes-256-cbc", "aes-256-gcm" */
    const char *sign_certificate; /* PEM file, its chain behind it; or
                                   * NULL: not signed */
    const char *sign_key;         /* PEM text */
    const char *from;             /* whose signature it is */
    int64_t now;                  /* the real one, not a pass's */
};

struct smime;
/* The options' strings are not kept. */
struct smime *smime_new(const struct smime_options *o, struct err *err);
void smime_free(struct smime *s);

/* NULL: mail to this address can be signed and encrypted. Else why not; new. */
char *smime_fault(const struct smime *s, const char *address);
/* What will be wrong within `seconds`; new, NULL when nothing is. */
char *smime_warning(const struct smime *s, int64_t seconds);

/* entity: a MIME entity with CR LF. The CMS structure (DER), new; *kind: the
 * smime-type, static. */
unsigned char *smime_seal(const struct smime *s, const char *address,
                          const char *entity, size_t n, size_t *nr,
                          const char **kind, struct err *err);

#endif
