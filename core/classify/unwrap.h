/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unwrap: lines that a tool wrapped at 80 columns back into one, and the
 * boxes that rattler-build draws around what others say taken away.
 *
 * Each physical line gives, sooner or later, one part of one logical line.
 */
#ifndef TOCSIN_CLASSIFY_UNWRAP_H
#define TOCSIN_CLASSIFY_UNWRAP_H

#include <stdbool.h>

#include "core/base/strbuf.h"
#include "core/classify/clean.h"

#define UNWRAP_LINES_MAX 40

struct unwrap {
    struct strbuf text; /* of the logical line being put together */
    int64_t first, last;
    size_t column; /* while it is emitted: where its text stood
                    * on the page, 0 for a line as it was */
    size_t held_column;
    bool open;  /* text holds something */
    bool block; /* inside "× …", up to an empty line */
    void (*emit)(void *user, const struct line *l, int64_t last);
    void *user;
};

void unwrap_init(struct unwrap *u,
                 void (*emit)(void *user, const struct line *l, int64_t last),
                 void *user);
/* Whether the next line may belong to those before it. While it does not,
 * lines without one of unwrap_triggers need not be given: each would be
 * emitted as it is, but for the box that is drawn around it. */
bool unwrap_waits(const struct unwrap *u);
extern const char *const unwrap_triggers[];
void unwrap_line(struct unwrap *u, const struct line *l);
void unwrap_flush(struct unwrap *u);
/* Takes the box off a line that stands alone. */
void unwrap_box(struct line *l);
void unwrap_release(struct unwrap *u);

#endif
