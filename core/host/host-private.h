/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * host, inside: what host.c (the pool), start.c (what a worker is told at its
 * start) and ask.c (one question to a worker of its own) share.
 */
#ifndef TOCSIN_HOST_HOST_PRIVATE_H
#define TOCSIN_HOST_HOST_PRIVATE_H

#include "core/host/host.h"
#include "core/host/loader.h"
#include "core/host/member.h"

struct host {
    char *self;
    int lock_fd;
    int parallel;
    int64_t deadline_ms;
    uint64_t output_max;
    const struct http_settings *http;
    struct plugin_path path;
    struct member *members; /* in the order of host_start */
    json_t *described;      /* {file: description}: asked once */
    const char *kill_switch;
};

/* Not yet in the pool. New. */
struct member *host_new_member(const struct host *h, const char *name);
/* Until it has ended; it is not in the pool. */
void host_run_alone(const struct host *h, struct member *m);

/* start.c: gives m, of the plugin in file, all that it starts with. */
void start_tell(struct member *m, const struct host *h,
                const struct instance *in, const struct host_start *start,
                const char *file);
/* The same to be opened and closed: nothing of the store, no work. */
void start_trial(struct member *m, const struct host *h,
                 const struct instance *in, const struct host_start *start,
                 const char *file);

#endif
