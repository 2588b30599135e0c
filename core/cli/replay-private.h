/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * replay, inside: the state that replay.c (steps and what comes out) and
 * feed.c (what came in) share.
 */
#ifndef TOCSIN_CLI_REPLAY_PRIVATE_H
#define TOCSIN_CLI_REPLAY_PRIVATE_H

#include "core/classify/classify.h"
#include "core/cli/replay.h"
#include "core/incident/ingest.h"

#define REPLAY_SOURCES 3

struct replay {
    const struct scenario *sc;
    const char *self;
    char *dir;
    json_t *config; /* as it stands now, with `set` applied */
    struct settings *settings;
    struct ruleset *rules; /* for log: and text:, when first needed */
    struct store *st;
    int64_t now;
    const json_t *step; /* whose input the next pass takes */
    json_t *messages;
    json_t *seen;   /* {sink: lines of its index read so far} */
    int64_t serial; /* ids of runs that have none */
};

extern const char *const replay_sources[REPLAY_SOURCES];

/* Where in the scenario an object stands, for messages. */
const char *replay_at(const json_t *obj);
int64_t replay_number(const json_t *obj, const char *key, int64_t dflt);

/* feed.c: what the step says came in, for pass_run. user: struct replay. */
int replay_feed(void *user, struct ingest *in, struct err *err);

#endif
