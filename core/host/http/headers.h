/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * headers: the header lines of one reply, as they came, and what those of
 * them mean that every server uses alike.
 */
#ifndef TOCSIN_HOST_HTTP_HEADERS_H
#define TOCSIN_HOST_HTTP_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All lines of one reply together; more is no reply. */
#define HEADERS_MAX_BYTES ((size_t)256 << 10)

struct headers {
    char **lines; /* "Name: value", NULL-terminated once any */
    size_t nr, alloc;
    size_t bytes;
};

void headers_clear(struct headers *h);
void headers_release(struct headers *h);
/* A line with or without its CR LF. False: there are too many. */
bool headers_add(struct headers *h, const char *line, size_t n);
/* The value of the first line of that name, whatever its case; NULL. */
const char *headers_get(const struct headers *h, const char *name);
/* The same if it can be sent back as it is: printable ASCII, and not long;
 * else NULL. */
const char *headers_validator(const struct headers *h, const char *name);
/* A whole number, or dflt. */
int64_t headers_int(const struct headers *h, const char *name, int64_t dflt);
/* Retry-After in either form, as seconds from now (real clock), at least 0;
 * -1 when there is none. RFC 9110, section 10.2.3. */
int64_t headers_retry_after(const struct headers *h, int64_t now);

/* Whether a line a plugin gives for a request may be sent: a token, a colon,
 * no control character. */
bool header_line_fine(const char *line);
/* Whether what line says is a secret, so that no other host may have it and
 * no trace shows it. */
bool header_is_secret(const char *line);

#endif
