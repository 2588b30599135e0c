/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * replay: a scenario run step by step: real store, real stages, real `file`
 * sinks in a scratch folder; only the clock and the sources are made up.
 *
 *     struct replay *r = replay_new(sc, self, &err);
 *     for each step: replay_step(r, step, &err)
 *                    r's state is looked at by expect.h
 *     replay_free(r, keep);
 */
#ifndef TOCSIN_CLI_REPLAY_H
#define TOCSIN_CLI_REPLAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/cli/scenario.h"
#include "core/store/store.h"

struct replay;

struct replay *replay_new(const struct scenario *sc, const char *self,
                          struct err *err);
/* One step: one pass, or as many as `every` and `until` say. */
int replay_step(struct replay *r, const json_t *step, struct err *err);
void replay_free(struct replay *r, bool keep);

/* What the last step led to. */
struct store *replay_store(struct replay *r);
int64_t replay_now(const struct replay *r);
const char *replay_dir(const struct replay *r);
/* The messages of the last step: [{op, sink, project, owner, title, body}],
 * borrowed. */
const json_t *replay_messages(const struct replay *r);
/* The fingerprint that `fails: name` has. A new string, NULL: no such. */
char *replay_fingerprint(const struct replay *r, const char *name);

#endif
