/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of outcome.h. */
#include <config.h>

#include "plugins/github-actions/outcome.h"

#include "core/base/mem.h"

static const struct {
    const char *conclusion;
    enum tocsin_outcome outcome;
    bool whole;
} outcomes[] = {
    { "success", TOCSIN_OUTCOME_SUCCESS, true },
    { "failure", TOCSIN_OUTCOME_FAILURE, true },
    { "timed_out", TOCSIN_OUTCOME_TIMED_OUT, true },
    { "cancelled", TOCSIN_OUTCOME_CANCELLED, false },
    { "skipped", TOCSIN_OUTCOME_SKIPPED, false },
    { "startup_failure", TOCSIN_OUTCOME_FAILURE, false },
    { "stale", TOCSIN_OUTCOME_ABANDONED, false },
};

static const struct {
    const char *event, *trigger;
} triggers[] = {
    { "push", "push" },
    { "schedule", "schedule" },
    { "workflow_dispatch", "dispatch" },
    { "repository_dispatch", "dispatch" },
};

enum tocsin_outcome gha_outcome(const char *conclusion)
{
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
        if (str_eq(outcomes[i].conclusion, conclusion))
            return outcomes[i].outcome;
    return TOCSIN_OUTCOME_UNKNOWN;
}

bool gha_is_red(enum tocsin_outcome o)
{
    return o == TOCSIN_OUTCOME_FAILURE || o == TOCSIN_OUTCOME_TIMED_OUT
           || o == TOCSIN_OUTCOME_ABANDONED;
}

const char *gha_trigger(const char *event)
{
    for (size_t i = 0; i < ARRAY_SIZE(triggers); i++)
        if (str_eq(triggers[i].event, event))
            return triggers[i].trigger;
    return NULL;
}

bool gha_is_whole(const char *conclusion)
{
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
        if (str_eq(outcomes[i].conclusion, conclusion))
            return outcomes[i].whole;
    return false;
}
