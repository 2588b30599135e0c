/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mock, inside: what host.c and options.c share.
 */
#ifndef TOCSIN_TESTS_MOCK_PRIVATE_H
#define TOCSIN_TESTS_MOCK_PRIVATE_H

#include <jansson.h>

#include "core/base/strbuf.h"
#include "core/tocsin-plugin.h"
#include "tests/mock/host.h"

struct mock {
    const struct mock_options *opts;
    const struct tocsin_source *plugin;
    json_t *log_run; /* the log that is open, or NULL */
    char *log_format;
    struct digest *log_digest;
    size_t log_bytes;
    struct strbuf log_text;
    bool in_snapshot;
    bool done;
    bool broken;
    int status;
};

struct mock *mock_of(const struct tocsin_host *host);
/* The plugin broke its contract; TOCSIN_REJECT. */
int mock_broken(struct mock *m, const char *text);

/* ---- options.c ---- */

/* Services of the host. */
const char *mock_option(const struct tocsin_host *host, const char *name,
                        size_t i);
size_t mock_option_count(const struct tocsin_host *host, const char *name);
int64_t mock_option_int(const struct tocsin_host *host, const char *name,
                        int64_t dflt);
/* What the core's own check of the configuration would say. */
int mock_check_settings(const struct mock *m);

#endif
