/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * templates: the shipped message templates and those that override them,
 * and how they are filled.
 *
 * A template is FLAVOUR/NAME.mustache. All flavours are read at once, so
 * that a mistake shows before anything is sent. No template may hold an @ or
 * a comment of its own.
 */
#ifndef TOCSIN_DELIVER_TEMPLATES_H
#define TOCSIN_DELIVER_TEMPLATES_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/deliver/safety.h"

struct templates;

/* override: a folder with FLAVOUR/NAME.mustache in it, or NULL. */
struct templates *templates_new(const char *override, struct err *err);
void templates_free(struct templates *t);

/* How long a value may be where the template does not say. */
struct template_limits {
    size_t text, code, fence;
};

/* Fills NAME of the flavour. title: values stand at position TITLE. A new
 * string. */
char *templates_fill(const struct templates *t, const char *name,
                     const struct safety *how, bool title,
                     const struct template_limits *limits,
                     const json_t *context, struct err *err);
/* Fills a text of a rule (its summary, its advice): the rule's words as they
 * are but for @, its captures as `pos`. NULL when the rule asks for a
 * capture that is not there, or is no template. A new string. */
char *templates_fill_rule(const char *text, const struct safety *how,
                          enum safety_position pos, const json_t *captures);

/* Text that is escaped already, for {{made:name}}. Only objects of this
 * make are taken for it: untrusted JSON never goes into a context. New. */
json_t *templates_made(const char *text);

#endif
