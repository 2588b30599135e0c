/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * safety: hostile text made harmless, per format and position.
 *
 * Everything that is not Tocsin's own goes through safety_write() on its way
 * into a message. What comes out holds no live mention, reference, command,
 * link, image or markup in any position of any format:
 *
 *   every        control characters and bidi controls become U+FFFD,
 *                invisible ones vanish, U+200B follows every @, <!-- is
 *                broken, what is cut ends in … (counted as it is written)
 *   TEXT         one line; markup escaped; #1, GH-1, o/r#1, http://, www.
 *                broken by U+200B, and for a forge, which links them, hashes
 *   CODE         inline code, delimiters included; one line
 *   FENCE        a whole block with its fence, longer than any run of
 *                backticks inside and any line's first run of tildes; ends
 *                with a newline
 *   LINK         the target of a link: http(s) only, the rest
 *                percent-encoded; nothing at all when it is no such URL or
 *                names an issue or pull request (that would be a reference)
 *   TITLE        one line of plain text
 *   HEADER       of a mail; -1 for CR, LF and control characters
 *   MENTION      live: only names that can be logins or teams, each with @
 */
#ifndef TOCSIN_DELIVER_SAFETY_H
#define TOCSIN_DELIVER_SAFETY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/strbuf.h"

enum safety_flavour {
    SAFETY_GITHUB,
    SAFETY_ZULIP,
    SAFETY_PLAIN,
    SAFETY_HTML,
    SAFETY_MAIL, /* Markdown that becomes HTML and text */
};
/* "github-markdown", "zulip-markdown", "plain", "html", "mail-markdown";
 * -1: no such. */
int safety_flavour_parse(const char *name);
const char *safety_flavour_name(enum safety_flavour f);

enum safety_position {
    SAFETY_TEXT,
    SAFETY_CODE,
    SAFETY_FENCE,
    SAFETY_LINK,
    SAFETY_TITLE,
    SAFETY_HEADER,
    SAFETY_MENTION,
};
/* "text", "code", …; -1: no such. */
int safety_position_parse(const char *name, size_t n);

struct safety {
    enum safety_flavour flavour;
    const char *neutralise; /* more characters to break, or NULL */
};

/* Appends s as it must be written at pos; at most max characters of it (as
 * written; 0: no limit). Only HEADER can fail. */
int safety_write(struct strbuf *out, const struct safety *how,
                 enum safety_position pos, const char *s, size_t n, size_t max,
                 struct err *err);
/* The same as a new string. NULL when HEADER refuses. */
char *safety_text(const struct safety *how, enum safety_position pos,
                  const char *s, size_t max);
/* Is s a URL that LINK would write? */
bool safety_url_ok(const char *s);
/* U+200B after every @ of s that has none: for text of ours, such as a
 * rule's advice. A new string. */
char *safety_break_mentions(const char *s);
/* Characters (code points) of valid UTF-8. */
size_t safety_length(const char *s);

/* ---- the final check ---- */

struct safety_check;
/* patterns: PCRE2, beside the built-in ones. */
struct safety_check *safety_check_new(char *const *patterns, size_t nr,
                                      struct err *err);
void safety_check_free(struct safety_check *c);
/* NULL when title and body may be sent, else why not (a new string). mention:
 * the one live mention, may be NULL. marker: the body's last line. */
char *safety_check_message(const struct safety_check *c, const char *title,
                           const char *body, const char *mention,
                           const char *marker);
/* The first forbidden pattern that s matches, NULL: none. */
const char *safety_forbidden(const struct safety_check *c, const char *s);

#endif
