/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * header: what stands in front of a mail, written out: encoded (RFC 2047)
 * where it is not ASCII or only looks encoded, and folded.
 */
#ifndef TOCSIN_PLUGINS_EMAIL_HEADER_H
#define TOCSIN_PLUGINS_EMAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

/* UTF-8 without a control character, a line separator or a bidi control, and
 * not longer than a header may be. Nothing else may become one. */
bool header_ok(const char *s);
/* Text as the value of the header `name`. New. */
char *header_text(const char *name, const char *text);
/* A person; name may be NULL. New. */
char *header_mailbox(const char *header, const char *name, const char *address);
/* Can such a URL stand in List-Unsubscribe? */
bool unsubscribe_ok(const char *url);

/* Headers in order. */
struct headers {
    struct header {
        const char *name; /* static */
        char *value;
    } * list;
    size_t nr, alloc;
};
void headers_release(struct headers *h);
/* Takes value. */
void headers_add(struct headers *h, const char *name, char *value);

#endif
