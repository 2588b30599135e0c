/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outcome: Azure's words in Tocsin's.
 *
 *   result of a job       outcome
 *   succeeded             success
 *   succeededWithIssues   success: it says itself that it goes on
 *   failed                failure
 *   abandoned             abandoned
 *   canceled              cancelled
 *   skipped               skipped
 *
 * What the server writes at a job, and nobody in it can, says more: a job
 * that failed because its agent was lost is abandoned, and one that was
 * stopped for its time, which Azure calls canceled, is timed-out.
 */
#ifndef TOCSIN_PLUGINS_AZURE_OUTCOME_H
#define TOCSIN_PLUGINS_AZURE_OUTCOME_H

#include <stdbool.h>

/* Each returns an enum tocsin_outcome. */
int azure_outcome(const char *result);
int azure_outcome_by_issue(int outcome, const char *issue);
bool azure_is_red(int outcome);

/* How a build was begun: "push", "schedule", "dispatch" or "pull_request";
 * NULL: in no way that says anything of a branch. */
const char *azure_trigger(const char *reason);

#endif
