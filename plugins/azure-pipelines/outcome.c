/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables. A word that is not in them is unknown: it must not become
 * green, nor red.
 */
#include <config.h>

#include "plugins/azure-pipelines/outcome.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/tocsin-plugin.h"

int azure_outcome(const char *result)
{
    static const struct {
        const char *result;
        int outcome;
    } table[] = {
        { "succeeded", TOCSIN_OUTCOME_SUCCESS },
        { "succeededWithIssues", TOCSIN_OUTCOME_SUCCESS },
        { "failed", TOCSIN_OUTCOME_FAILURE },
        { "abandoned", TOCSIN_OUTCOME_ABANDONED },
        { "canceled", TOCSIN_OUTCOME_CANCELLED },
        { "skipped", TOCSIN_OUTCOME_SKIPPED },
    };

    for (size_t i = 0; result && i < ARRAY_SIZE(table); i++)
        if (!strcmp(result, table[i].result))
            return table[i].outcome;
    return TOCSIN_OUTCOME_UNKNOWN;
}

bool azure_is_red(int outcome)
{
    return outcome == TOCSIN_OUTCOME_FAILURE
           || outcome == TOCSIN_OUTCOME_TIMED_OUT
           || outcome == TOCSIN_OUTCOME_ABANDONED;
}

int azure_outcome_by_issue(int outcome, const char *issue)
{
    static const struct {
        const char *says;
        int outcome;
    } table[] = {
        { "ran longer than the maximum time", TOCSIN_OUTCOME_TIMED_OUT },
        { "stopped hearing from agent", TOCSIN_OUTCOME_ABANDONED },
        { "lost communication with the server", TOCSIN_OUTCOME_ABANDONED },
        { "request was abandoned", TOCSIN_OUTCOME_ABANDONED },
    };

    if (!azure_is_red(outcome) && outcome != TOCSIN_OUTCOME_CANCELLED)
        return outcome;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (strstr(issue, table[i].says))
            return table[i].outcome;
    return outcome;
}

const char *azure_trigger(const char *reason)
{
    static const struct {
        const char *reason, *trigger;
    } table[] = {
        { "individualCI", "push" },        { "batchedCI", "push" },
        { "schedule", "schedule" },        { "scheduleForced", "schedule" },
        { "manual", "dispatch" },          { "userCreated", "dispatch" },
        { "triggered", "dispatch" },       { "buildCompletion", "dispatch" },
        { "resourceTrigger", "dispatch" }, { "pullRequest", "pull_request" },
    };

    for (size_t i = 0; reason && i < ARRAY_SIZE(table); i++)
        if (!strcmp(reason, table[i].reason))
            return table[i].trigger;
    return NULL;
}
