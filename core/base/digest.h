/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * digest: SHA-256 (OpenSSL) in hex, whole or cut to 128 bits.
 *
 * Fields are length-prefixed before they are hashed, so ("ab","c") and
 * ("a","bc") differ.
 */
#ifndef TOCSIN_BASE_DIGEST_H
#define TOCSIN_BASE_DIGEST_H

#include <stddef.h>

struct digest;

struct digest *digest_new(void);
void digest_add(struct digest *d, const void *p, size_t n); /* raw bytes */
void digest_field(struct digest *d, const char *s); /* NULL is a field too */
/* Ends d and frees it; hex must hold 65 (whole) or 33 (half) bytes. */
void digest_end(struct digest *d, char hex[static 65]);
void digest_end128(struct digest *d, char hex[static 33]);

/* One shot, and quick; no hex. */
#define DIGEST_KEY 16
void digest_key(const void *p, size_t n, unsigned char key[static DIGEST_KEY]);

/* One shot; a new string of 32 hex digits. */
char *digest_text128(const void *p, size_t n);

#endif
