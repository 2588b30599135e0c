/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mock host: a struct tocsin_host for tests of source plugins, without the
 * core: dlopen, tocsin_plugin_init, open, collect, close in this process,
 * and everything that the plugin says as one JSON object a line.
 *
 *   {"t":"item","id"}
 *   {"t":"run","run":RUN}                     RUN as in core/host/wire.h
 *   {"t":"log","run":RUN,"format"?,"bytes","sha256","text"?}
 *   {"t":"fact","subject","key","value"}
 *   {"t":"snapshot_begin","name","taken"}
 *   {"t":"entry", ...ENTRY, "text"}           ENTRY as in wire.h
 *   {"t":"snapshot_end","complete","why"?}
 *   {"t":"notice","code","text"}
 *   {"t":"cursor","cursor"}
 *   {"t":"chatter","level","text"}
 *   {"t":"done","status","text"?}
 *   {"t":"broken","text"}                     the plugin broke its contract
 *
 * Lines are flushed one by one, so what a plugin said before it crashed is
 * there to be read.
 */
#ifndef TOCSIN_TESTS_MOCK_HOST_H
#define TOCSIN_TESTS_MOCK_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct mock_options {
    const char *instance; /* NULL: "test" */
    int64_t now;
    const char *cursor;          /* NULL: the first pass */
    const char *const *settings; /* "name=value"; repeats add up */
    size_t nr_settings;
    const char *const *interest; /* projects */
    size_t nr_interest;
    const char *const *skip; /* items that item() rejects */
    size_t nr_skip;
    bool text; /* logs with their text */
    FILE *out;
};

/* What time and clock_gettime(CLOCK_REALTIME) say in this process, seconds;
 * -1: the machine's clock. `now` above is what the host tells a plugin. */
extern int64_t mock_clock;

/* Runs the source plugin in file path. The status it ended with (enum
 * tocsin_status), or -1 when it could not be run or broke its contract; what
 * is wrong is on stderr or in a "broken" line. */
int mock_run(const char *path, const struct mock_options *opts);
/* Prints {"name","summary","options":[{"name","default"?,"values"?,"help",
 * "required","repeat"}]} of the source plugin in file path. 0 or -1. */
int mock_describe(const char *path, FILE *out);

#endif
