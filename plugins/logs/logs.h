/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * logs: what reading one file, one archive and one log share.
 */
#ifndef TOCSIN_LOGS_LOGS_H
#define TOCSIN_LOGS_LOGS_H

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/tocsin-plugin.h"
#include "plugins/logs/belong.h"
#include "plugins/logs/cursor.h"
#include "plugins/logs/notes.h"
#include "plugins/logs/pattern.h"
#include "plugins/logs/stream.h"
#include "plugins/logs/walk.h"

struct logs {
    uint64_t log; /* the one that is open */
    const struct tocsin_host *host;
    struct logs_defaults defaults;
    struct logs_pattern *pattern;
    bool green_logs;
    struct logs_limits limits;
    struct logs_cursor cursor;
    struct logs_walk walk;
    struct logs_notes notes;
    int64_t youngest; /* stamps after it are left: settle */
    locale_t locale;
    int status; /* not TOCSIN_OK: the host wants us to end */
};

/* ---- log.c: one log ---- */

/* path and what it may say are shown escaped. */
void logs_trouble(struct logs *l, const char *code, const char *path,
                  const char *why);
void logs_place_trouble(struct logs *l, const char *code,
                        const struct logs_place *place, const char *why);
/* A new string, not escaped. */
char *logs_place_name(const struct logs_place *place);

/* False when the host says to leave it, or to end. */
bool logs_item(struct logs *l, const char *name);
/* What the host answered: may end the pass. */
void logs_answer(struct logs *l, int r);

/* Copies the member that s stands at into the log that is open, up to
 * max_size; the bytes so far are in *done. */
void logs_copy(struct logs *l, struct logs_stream *s,
               const struct logs_place *place, int64_t *done);
/* The log that s stands at, as the run that place makes it; s NULL: an empty
 * one. more, or NULL: copies what else is of it. */
void logs_emit(struct logs *l, const struct logs_place *place,
               struct logs_stream *s,
               void (*more)(struct logs *l, const struct logs_place *place,
                            void *user, int64_t *done),
               void *user);

/* ---- archive.c: the logs inside one ---- */

/* s stands at the first member and is closed by the caller. */
void logs_archive(struct logs *l, struct logs_place *place,
                  struct logs_stream *s, int fd);

#endif
