/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as frames of a source, one a line: stored or refused, and the
 * evidence of what was stored is the same when it is worked out again. Must
 * not write to a disk.
 */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/when.h"
#include "core/incident/correlate.h"
#include "core/incident/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define NOW (INT64_C(1700000000))
#define MUST(call)                                                             \
    do {                                                                       \
        CLEANUP_ERR struct err must_err = ERR_INIT;                            \
        struct err *err = &must_err;                                           \
        if ((call) < 0)                                                        \
            BUG("%s: %s", #call, err_msg(err));                                \
    } while (0)

static int mark(void *user, struct incident *i)
{
    MUST(store_dirty_mark(user, i->project, i->branch, err));
    return 0;
}

static void look(struct store *st, bool again, bool settled)
{
    struct settings s = { 0 };
    struct correlate_options o = { .now = NOW };
    struct correlate_counts counts;
    struct incident_query all = { .project = NULL };

    s.policy.absent_after = DAY;
    s.policy.flaky_within = s.policy.relapse_within = WEEK;
    s.policy.outbreak_projects = 3;
    s.policy.outbreak_owners = 2;
    s.policy.outbreak_within = s.policy.outbreak_hold = HOUR;
    s.policy.outbreak_quiet = HOUR;
    if (again)
        MUST(store_incident_each(st, &all, mark, st, err));
    MUST(correlate(st, &s, &o, &counts, err));
    if (settled && counts.incidents)
        BUG("%d incidents changed without a cause", (int)counts.incidents);
    if (!again)
        MUST(outbreak_update(st, &s, NOW, err));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const char *s = (const char *)p;
    struct store *st = NULL;

    MUST(store_open(&st, "sqlite::memory:", 0, err));
    struct ingest *in = ingest_new(st, NOW);
    while (n > 0) {
        const char *end = memchr(s, '\n', n);
        size_t len = end ? (size_t)(end - s) : n;
        json_t *frame CLEANUP_JSON = jx_parse(s, len, NULL);
        if (json_is_object(frame))
            MUST(ingest_frame(in, "fuzz", frame, err));
        look(st, false, false);
        s += end ? len + 1 : len;
        n -= end ? len + 1 : len;
    }
    look(st, true, false); /* after outbreaks have had their say */
    look(st, true, true);
    ingest_free(in);
    store_close(st);
    return 0;
}
