/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One log: which run it is of, and its bytes. Must not judge it, nor mend it.
 */
#include <config.h>

#include "plugins/logs/logs.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "plugins/logs/names.h"

void logs_trouble(struct logs *l, const char *code, const char *path,
                  const char *why)
{
    CLEANUP_FREE char *safe = logs_escape(path);
    logs_notes_add(&l->notes, code, safe, why);
}

char *logs_place_name(const struct logs_place *place)
{
    return place->member == NULL
               ? xstrdup(place->path)
               : xasprintf("%s!%s", place->path, place->member);
}

void logs_place_trouble(struct logs *l, const char *code,
                        const struct logs_place *place, const char *why)
{
    CLEANUP_FREE char *name = logs_place_name(place);
    logs_trouble(l, code, name, why);
}

bool logs_item(struct logs *l, const char *name)
{
    CLEANUP_FREE char *safe = logs_escape(name);
    int r = l->host->item(l->host, safe);
    if (r != TOCSIN_OK && r != TOCSIN_REJECT)
        l->status = r;
    return r == TOCSIN_OK;
}

void logs_answer(struct logs *l, int r)
{
    if (r != TOCSIN_OK && r != TOCSIN_REJECT)
        l->status = r;
}

/* Only logs of red runs are worth reading, and those of unknown outcome;
 * green ones where they are asked for. */
static bool run_wants_log(const struct logs *l, const struct tocsin_run *r)
{
    if (r->outcome == TOCSIN_OUTCOME_SUCCESS)
        return l->green_logs;
    return r->outcome == TOCSIN_OUTCOME_UNKNOWN
           || r->outcome == TOCSIN_OUTCOME_FAILURE
           || r->outcome == TOCSIN_OUTCOME_TIMED_OUT
           || r->outcome == TOCSIN_OUTCOME_ABANDONED;
}

void logs_copy(struct logs *l, struct logs_stream *s,
               const struct logs_place *place, int64_t *done)
{
    char buf[16384];
    size_t n;
    while (l->status == TOCSIN_OK
           && (n = logs_stream_read(s, buf, sizeof(buf))) > 0) {
        if (*done + (int64_t)n > l->limits.max_size) {
            n = (size_t)(l->limits.max_size - *done);
            logs_answer(l, l->host->log_write(l->host, l->log, buf, n));
            *done += (int64_t)n;
            logs_place_trouble(l, "too-large", place,
                               "longer than max_size; the rest is not read");
            return;
        }
        logs_answer(l, l->host->log_write(l->host, l->log, buf, n));
        *done += (int64_t)n;
    }
}

void logs_emit(struct logs *l, const struct logs_place *place,
               struct logs_stream *s,
               void (*more)(struct logs *l, const struct logs_place *place,
                            void *user, int64_t *done),
               void *user)
{
    struct err err CLEANUP_ERR = ERR_INIT;
    struct logs_belong b;
    int64_t done = 0;
    if (logs_belong(&b, &l->defaults, l->pattern, place, &err) < 0) {
        logs_place_trouble(l, "unassigned", place, err_msg(&err));
    } else if (!run_wants_log(l, &b.run)) {
        logs_answer(l, l->host->run(l->host, &b.run));
    } else {
        int r = l->host->log_begin(l->host, &b.run, b.format, &l->log);
        logs_answer(l, r);
        if (r == TOCSIN_OK && s != NULL)
            logs_copy(l, s, place, &done);
        if (r == TOCSIN_OK && more != NULL)
            more(l, place, user, &done);
        if (r == TOCSIN_OK)
            logs_answer(l, l->host->log_end(l->host, l->log, NULL));
        if (r == TOCSIN_OK && done == 0)
            logs_place_trouble(l, "empty", place, "is empty");
    }
    logs_belong_release(&b);
}
