/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * services: struct tocsin_host as a plugin sees it, in the worker. What the
 * plugin says is checked, classified, redacted, gathered into batches and
 * sent; what it does against its contract is kept for the worker to report.
 *
 *     struct services *s = services_new(fd, start, options, secrets);
 *     plugin->open(services_host(s), &handle);
 *     services_begin(s, op);
 *     plugin->collect(handle, op);
 *     services_end(s, ...);        // flushes
 *     services_free(s);
 *
 * The core being gone ends the process.
 */
#ifndef TOCSIN_HOST_SERVICES_H
#define TOCSIN_HOST_SERVICES_H

#include <jansson.h>
#include <stdint.h>

#include "core/tocsin-plugin.h"

struct services;

/* start: the frame, borrowed for as long as s lives. options: resolved, and
 * secrets: [text], both taken over. */
struct services *services_new(int fd, const json_t *start, json_t *options,
                              json_t *secrets);
void services_free(struct services *s);
const struct tocsin_host *services_host(const struct services *s);

/* Around a callback that host->done ends. */
void services_begin(struct services *s, uint64_t op);
struct services_outcome {
    int status;      /* enum tocsin_status */
    json_t *receipt; /* new, or NULL */
    char *broken;    /* how the contract was broken, or NULL;
                      * done: status and receipt still count */
    int done;        /* was called, or a status returned */
};
/* returned: what the callback gave back. callback: its name. Flushes. */
void services_end(struct services *s, int returned, const char *callback,
                  struct services_outcome *out);
void services_outcome_release(struct services_outcome *out);
/* How the contract was broken since the last call, as "callback did so", or
 * NULL; new. */
char *services_breach(struct services *s, const char *callback);

/* Behind services_begin: so many writes may leave in this operation beside
 * its first one; -1: any number. */
void services_more_writes(struct services *s, int64_t more);

/* More of what stands at a sink, from the core: [[ticket, remote_id|null,
 * state]]. */
void services_standing(struct services *s, json_t *rows);

/* More of the leads that nobody has taken: [url]. */
void services_leads(struct services *s, json_t *urls);

/* observe is over: lengths would come too late. */
void services_observed(struct services *s);

/* What is gathered goes out now. */
void services_flush(struct services *s);
/* Sends frame (taken over). */
void services_send(struct services *s, json_t *frame);
/* text, cleaned of secrets, as a new string. */
char *services_redact(const struct services *s, const char *text);

#endif
