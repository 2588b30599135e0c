/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * body: the Markdown of a message as the two texts that a mail holds. Both
 * are made from the one tree that cmark-gfm reads: no raw HTML, no image, no
 * link but to http, https and mailto, nothing that is fetched.
 */
#ifndef TOCSIN_PLUGINS_EMAIL_BODY_H
#define TOCSIN_PLUGINS_EMAIL_BODY_H

#include <cmark-gfm.h>
#include <stddef.h>

struct body {
    char *text; /* lines of at most 76 characters, but for
                 * code and for words longer than that */
    char *html; /* a whole document */
};

/* title: of the HTML document. */
void body_render(struct body *b, const char *title, const char *markdown);
void body_release(struct body *b);

/* The tree, made harmless. To be freed with cmark_node_free. */
cmark_node *body_tree(const char *markdown);
/* text.c: the tree as plain text. New. */
char *text_render(cmark_node *tree);

#endif
