/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * file, inside: the sink, for file.c (its life and its callbacks), state.c (a
 * ticket's state), message.c and index.c.
 */
#ifndef TOCSIN_PLUGIN_FILE_H
#define TOCSIN_PLUGIN_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/tocsin-plugin.h"

#define STATE_MAX ((size_t)1 << 20)

struct sink {
    const struct tocsin_host *host;
    char *dir;
    char *extension;
    bool show;
    bool begun; /* its folder is there */
};

/* The word of enum tocsin_delivery; NULL: it is none. */
const char *file_op(int delivery);

/* ---- state.c ---- */

/* Keys come from the core; a name of a file is made of nothing else. */
bool file_key_ok(const char *key);
char *file_state_path(const struct sink *s, const char *key);
/* Durable when it returns. */
int file_write(const char *path, const char *text, struct err *err);
/* 1 and *state (new), 0 when there is none, -1 when it cannot be read: then
 * nobody knows what stands there and nothing may be created. */
int file_state_read(const char *path, json_t **state, struct err *err);
int file_state_write(const struct sink *s, const char *key, const json_t *state,
                     struct err *err);
/* Its state as the host knows it; NULL: no such state. */
const char *file_state_name(const json_t *state);
/* When a person changed it. */
int64_t file_changed(const json_t *state, const char *path);
/* That of a ticket which is new here; before: of one that was deleted. */
json_t *file_state_new(const struct sink *s,
                       const struct tocsin_notification *n,
                       const json_t *before);
/* What the delivery makes of it; people's own changes are left alone but
 * where Tocsin closes or opens on purpose. */
void file_state_apply(json_t *state, const struct sink *s,
                      const struct tocsin_notification *n, bool fresh);

/* ---- message.c ---- */

/* A NULL-terminated list as JSON, new. */
json_t *file_list(const char *const *list);
char *file_message(const struct sink *s, const struct tocsin_notification *n,
                   int64_t nr);

/* ---- index.c ---- */

json_t *file_index_line(const struct sink *s,
                        const struct tocsin_notification *n, int64_t nr,
                        const char *message, bool adopted);
/* again: a crash may have come between the state and this line, so look. */
int file_index_add(const struct sink *s, json_t *line, const char *nonce,
                   bool again, struct err *err);
/* Before the state changes, and after its line is in the index. */
int file_pending(struct sink *s, const json_t *line, struct err *err);
int file_unpend(const struct sink *s, struct err *err);
/* The line of a delivery that was cut short: into the index when it took
 * effect, which the ticket's state tells, else away. */
int file_mend(struct sink *s, struct err *err);

#endif
