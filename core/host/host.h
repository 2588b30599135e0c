/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * host: workers seen from the core. One worker process an instance; the core
 * only ever speaks with them through here, and never calls dlopen.
 *
 *     struct host *h = host_new(&opts);
 *     host_start(h, settings_source(s, "builds"), &start, &events, user);
 *     while (host_busy(h))
 *         host_step(h);           // polls, calls events, enforces limits
 *     host_free(h);               // kills what is left
 *
 * Events come from inside host_step, one at a time; host_start, host_reach,
 * host_deliver and host_finish may be called from them. What an
 * instance breaks is said once, in events->ended, as one line for operators
 * without the name of the instance.
 *
 * in->deadline bounds a source from start to done, and of a sink each single
 * operation: its waiting for the sources costs it nothing.
 */
#ifndef TOCSIN_HOST_HOST_H
#define TOCSIN_HOST_HOST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/config/settings.h"

struct host;

struct host_options {
    const char *self;               /* path of the tocsin program */
    const char *const *plugin_path; /* from the configuration */
    size_t nr_plugin_path; /* then $TOCSIN_PLUGIN_PATH, then installed */
    int lock_fd;           /* inherited by workers; -1: none */
    int parallel;          /* workers at a time; 0: default 4 */
    int64_t deadline_ms;   /* of the pass, monotonic; 0: none */
    uint64_t output_max;   /* bytes from one worker; 0: 4 GiB */
    const struct http_settings *http; /* NULL: defaults */
    const char
        *kill_switch;  /* a file: while it is there no sink writes; NULL */
    json_t *described; /* {}: what plugins said of themselves is shared with
                        * other hosts of this process; NULL */
};

struct host *host_new(const struct host_options *opts);
void host_free(struct host *h);

/* What a worker is told at its start. All borrowed. */
struct host_start {
    int64_t now;
    const char *cursor;           /* sources; may be NULL */
    json_t *interest;             /* [project] */
    json_t *everybody;            /* the same of all sources */
    json_t *skip;                 /* [item]: poisoned */
    json_t *standing;             /* sinks: [[ticket, remote_id|null, state]] */
    json_t *leads;                /* sources that take them: [url] */
    const json_t *rules, *ignore; /* sources */
    const char *rules_digest;
    bool baselines; /* some are kept: it is worth asking */
    const char *const *redact;
    size_t nr_redact;
    const char *rehearse; /* no network: the kind of all replies (rehearse.h);
                           * NULL */
    const char *recorded; /* of the kind "recorded": the file with the body */
};

enum host_end {
    HOST_END_OK,    /* done, closed, exit status 0 */
    HOST_END_RETRY, /* the plugin said so */
    HOST_END_FATAL,
    HOST_END_DEATH, /* crashed, exited, killed, nonsense */
    HOST_END_LIMIT, /* deadline, memory, output */
    HOST_END_START, /* not found, wrong version, bad option */
};

struct host_events {
    /* A batch frame of a source, to be stored as one. -1: the store failed;
     * the worker is ended. */
    int (*batch)(void *user, const char *instance, json_t *frame,
                 struct err *err);
    /* The baseline of a red run's job, encoded (classify.h), new; NULL: there
     * is none. */
    char *(*baseline)(void *user, const char *instance, const json_t *run);
    /* What a sink says beside its answers: {"remotes", "notices", "cursor"?}.
     */
    void (*remotes)(void *user, const char *instance, json_t *frame);
    /* From inside host_start, until the page is empty: the validators of a
     * source behind the URL `after` (NULL: from the first), as store_validators
     * gives them. NULL: there are none. */
    int (*validators)(void *user, const char *instance, const char *after,
                      json_t **page, struct err *err);
    /* Answer to host_reach / host_deliver. status: enum tocsin_status; a
     * worker that died meanwhile answers TOCSIN_RETRY with died true. */
    void (*delivered)(void *user, const char *instance, int64_t id, int status,
                      bool died, json_t *receipt);
    void (*reached)(void *user, const char *instance, int64_t id, bool ok);
    /* A delivery with "more_writes" writes once more than before. */
    void (*wrote)(void *user, const char *instance);
    /* After ready: what the plugin says of itself. format may be NULL. */
    void (*ready)(void *user, const char *instance, uint32_t flags,
                  json_t *format);
    /* What a sink's server takes. */
    void (*lengths)(void *user, const char *instance, int64_t title_max,
                    int64_t body_max);
    /* A sink has ended its observe and may be given deliveries. retry_after:
     * seconds that its server wants to be left alone; 0: none named. */
    void (*observed)(void *user, const char *instance, int status,
                     int64_t retry_after);
    /* With start->rehearse, before each answer: requests so far. */
    void (*rehearsed)(void *user, const char *instance, int64_t requests);
    /* A line that it logged, TOCSIN_LOG_ERROR or _WARN; NULL: shown. */
    void (*said)(void *user, const char *instance, int level, const char *text);
    /* The worker is gone. item: the one it was at, or NULL. text: one line
     * for operators, NULL when all was well. Last event of an instance. */
    void (*ended)(void *user, const char *instance, enum host_end how,
                  const char *item, const char *text);
};

/* Queues the instance, which may be one that has ended before. Sources collect
 * at once; sinks observe and then wait for host_deliver / host_reach until
 * host_finish. Unknown plugins and bad options end it with HOST_END_START. */
void host_start(struct host *h, const struct instance *in,
                const struct host_start *start,
                const struct host_events *events, void *user);
/* owner, notification: kept as they are (a reference). One at a time per
 * instance, in the order given. Every delivery is answered, RETRY when the
 * worker has ended meanwhile: before `ended`, or from the next host_step. Of
 * host_reach, `ended` is the only answer then. */
void host_reach(struct host *h, const char *instance, int64_t id,
                json_t *owner);
void host_deliver(struct host *h, const char *instance, int64_t id,
                  json_t *notification);
void host_finish(struct host *h, const char *instance);
bool host_busy(const struct host *h);
/* Waits for something to happen and handles it. */
void host_step(struct host *h);

/* The hidden mode: what main does for `tocsin --worker`. Exit status. */
int worker_main(void);

/* Failures that are kept, by the rules of today, in a worker of their own:
 * runs [{"id", "failures"}] → [{"id", "how", "failures"}], new; see
 * classify/again.h. NULL and err when the worker came to grief. */
json_t *host_classify_again(struct host *h, const json_t *rules,
                            const json_t *ignore, const json_t *runs,
                            struct err *err);

/* Asks for url, in a worker of its own: the pass has finished. -1 and err:
 * whoever watches did not take it. */
int host_beat(struct host *h, const char *url, struct err *err);

/* ---- describing plugins, in a worker of its own, for check and plugin ---- */

/* {"name","kind":"source"|"sink","version","summary","flags","api_version",
 *  "file","options":[{"name","type","flags":[..],"default","help",
 *  "values"}],"format"; of a sink "observes"} — new. name: plugin name. NULL and err if not found
 * or not loadable. Each plugin is asked once in the life of h. */
json_t *host_describe(struct host *h, const char *name, struct err *err);
/* All that the search path holds: the same objects, or {"name","file",
 * "error"} for what cannot be loaded; new. */
json_t *host_list(struct host *h);
/* Checks an instance's options against the described table; adds problems
 * at their places, with the nearest valid names. */
struct problems;
void host_check_options(const struct instance *in, const json_t *described,
                        struct problems *pb);
/* Behind that, when nothing was wrong: has the plugin opened and closed with
 * these options, in a worker of its own, and adds what it had against them: at
 * the place of the option that a line begins with the name of, "from: ...".
 * What it notices is a warning. Nothing is asked of any network. */
void host_check_open(struct host *h, const struct instance *in,
                     struct problems *pb);

#endif
