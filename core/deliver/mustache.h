/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mustache: templates in which no value can be written unescaped.
 *
 *     {{name}}            a variable, at the template's own position
 *     {{code:name}}       a variable at another position (safety.h)
 *     {{#name}}..{{/name}}  once for each element, or once when true
 *     {{^name}}..{{/name}}  when absent, false, "", 0 or empty
 *     {{>name}}           another template
 *     {{! remark }}
 *
 * Names: letters, digits, _, - and ., looked up from the innermost section
 * outwards; {{.}} is the element itself. A section, remark or partial alone
 * on its line takes the line with it. There are no raw variables ({{{ }}},
 * {{& }}), no lambdas, no change of delimiters: they are errors at
 * file:line. A value that holds {{ }} is written as it is.
 */
#ifndef TOCSIN_DELIVER_MUSTACHE_H
#define TOCSIN_DELIVER_MUSTACHE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/strbuf.h"

#define MUSTACHE_DEPTH_MAX 24 /* sections and partials within another */

struct mustache;

struct mustache_writer {
    /* Writes value at position (what stood before the colon; NULL: none).
     * The value may be JSON null, the name unknown. */
    int (*value)(void *user, const char *position, const json_t *value,
                 struct strbuf *out, struct err *err);
    /* The template called name, NULL and err when there is none. */
    const struct mustache *(*partial)(void *user, const char *name,
                                      struct err *err);
    /* Literal text of the template; NULL: written as it is. */
    void (*literal)(void *user, const char *s, size_t n, struct strbuf *out);
    void *user;
};

/* file: for messages. known: may a tag use this position? NULL: none may. */
struct mustache *mustache_parse(const char *file, const char *text, size_t n,
                                bool (*known)(const char *position),
                                struct err *err);
void mustache_free(struct mustache *m);
int mustache_render(const struct mustache *m, const json_t *context,
                    const struct mustache_writer *w, struct strbuf *out,
                    struct err *err);
/* Calls each for every variable, section ('#', '^') and partial ('>') name,
 * at its line. Stops at the first that is not 0 and returns it. */
int mustache_names(const struct mustache *m,
                   int (*each)(void *user, char kind, const char *position,
                               const char *name, int line),
                   void *user);
const char *mustache_file(const struct mustache *m);

#endif
