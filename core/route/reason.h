/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reason: the codes of decisions, documented in docs/reasons.md. Stable: a
 * test and a person may rely on them.
 */
#ifndef TOCSIN_ROUTE_REASON_H
#define TOCSIN_ROUTE_REASON_H

/* told */
#define REASON_OPENED "opened"     /* threshold met: told */
#define REASON_REOPENED "reopened" /* relapse: told again */
#define REASON_STANDS "stands"     /* told before, still so */
#define REASON_REMINDED "reminded"
#define REASON_RECOVERED "recovered"   /* closed: all green */
#define REASON_SUPERSEDED "superseded" /* closed: fails otherwise */
#define REASON_WITHDRAWN "withdrawn"   /* closed: part of an outbreak */
#define REASON_ARCHIVED "archived"     /* closed: project archived */
#define REASON_GONE "gone"             /* closed: gone from snapshots */
#define REASON_ESCALATED "escalated"   /* told: the next owner, too */
/* not told */
#define REASON_PENDING "pending"             /* threshold not met yet */
#define REASON_NEVER_OPENED "never-opened"   /* ended before the threshold */
#define REASON_FLAKY "flaky"                 /* flaky below the rate */
#define REASON_OUTBREAK_HOLD "outbreak-hold" /* one may be forming */
#define REASON_INHIBITED "inhibited"         /* the outbreak is told instead */
#define REASON_SILENCED "silenced"           /* a silence matches */
#define REASON_SNOOZED "snoozed"             /* a person's label */
#define REASON_NOT_PLANNED "not-planned"     /* a person closed it so */
#define REASON_WRONG "wrong"                 /* a person said it is wrong */
#define REASON_DUPLICATE "duplicate"         /* a person said so */
#define REASON_CLOSED_BY_PERSON "closed-by-person" /* waits for a push */
#define REASON_BACKLOG "backlog"                   /* stood before arming */
#define REASON_UNARMED "unarmed"
#define REASON_STALE_SOURCE "stale-source" /* frozen */
#define REASON_FLAPPING "flapping"         /* green, held open */
#define REASON_BUDGET_PASS "budget-pass"
#define REASON_BUDGET_DAY "budget-day"
#define REASON_BUDGET_PERSON "budget-person"
#define REASON_BUDGET_RULE "budget-rule"     /* of a rule not trusted yet */
#define REASON_NO_ROUTE "no-route"           /* and no fallback */
#define REASON_NO_OWNER "no-owner"           /* and no fallback */
#define REASON_FACTS_WAIT "facts-wait"       /* its owner may become known */
#define REASON_MUTED "muted"                 /* its route tells nobody */
#define REASON_UNREACHABLE "unreachable"     /* no sink can reach the owner */
#define REASON_CONFIDENTIAL "confidential"   /* no confidential sink */
#define REASON_NOT_ALLOWED "not-allowed"     /* sink's allow-list */
#define REASON_RULE_STOPPED "rule-stopped"   /* people said it is wrong */
#define REASON_BREAKER "breaker"             /* waits for tocsin approve */
#define REASON_KILL_SWITCH "kill-switch"     /* nothing is written */
#define REASON_RETRACTED "retracted"         /* closed: an operator's word */
#define REASON_UNDELIVERABLE "undeliverable" /* given up */
#define REASON_ALREADY_REPORTED "already-reported" /* by somebody else */
#define REASON_WINDOW "window"           /* until somebody may be told */
#define REASON_OPTED_OUT "opted-out"     /* its people want to hear nothing */
#define REASON_IN_DIGEST "in-digest"     /* told in its people's digest */
#define REASON_DIGEST_WAIT "digest-wait" /* told at the next digest */

#endif
