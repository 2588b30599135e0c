/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outcome: GitHub's words for how something ended, in Tocsin's.
 *
 *   conclusion        outcome     because
 *   success           success
 *   failure           failure
 *   timed_out         timed-out
 *   cancelled         cancelled   by a person, or by a newer push
 *                                 (concurrency)
 *   skipped           skipped     its `if:` said no
 *   startup_failure   failure     the workflow file is not valid
 *   stale             abandoned   GitHub gave it up after two weeks
 *   neutral           unknown     neither good nor bad
 *   action_required   unknown     waits for a person's approval
 *   null, all others  unknown
 */
#ifndef TOCSIN_PLUGINS_GHA_OUTCOME_H
#define TOCSIN_PLUGINS_GHA_OUTCOME_H

#include <stdbool.h>

#include "core/tocsin-plugin.h"

/* conclusion may be NULL. */
enum tocsin_outcome gha_outcome(const char *conclusion);
bool gha_is_red(enum tocsin_outcome o);
/* What made a run, in Tocsin's words; NULL: none that says something about
 * the branch (a pull request, a release, a comment). */
const char *gha_trigger(const char *event);
/* Whether a run that ended so had all its jobs run. */
bool gha_is_whole(const char *conclusion);

#endif
