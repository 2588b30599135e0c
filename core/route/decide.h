/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * decide: who is told what, and why.
 *
 * Takes the incidents whose evidence changed or whose time has come, finds
 * their routes, owners and tickets, applies policy, silences, inhibition,
 * backlog, what people did, and budgets, in the order of docs/decisions.md,
 * and writes down the desired state in the outbox (want, want_op, why). It
 * sends nothing. Class before owner: outbreaks first; then by descendants.
 *
 * deliver/ judges once more before it sends, with decide_still_wanted().
 */
#ifndef TOCSIN_ROUTE_DECIDE_H
#define TOCSIN_ROUTE_DECIDE_H

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/store/store.h"

/* ticket.kind of a digest, and of what goes to the fallback. */
#define KIND_DIGEST "digest"
#define KIND_FALLBACK "fallback"

struct decide_options {
    int64_t now;
    bool armed; /* settings->armed; a dry run: as if */
    /* Sinks that are local (declared by their plugin): told even unarmed.
     * NULL-terminated. */
    const char *const *local_sinks;
    /* Sinks that can never look for what they have told. NULL-terminated. */
    const char *const *blind_sinks;
    /* A source of facts that did not do its work in this pass, and since when
     * it does not (0: not known). What has no owner waits for it. NULL: all
     * of them did. */
    const char *facts_missing;
    int64_t facts_since;
};

struct decide_counts {
    int64_t incidents, tickets, wanted, held;
    int64_t standing; /* as if armed: what stands, and would be
                       * backlog if this were the arming */
};

int decide(struct store *st, const struct settings *s,
           const struct decide_options *opts, struct decide_counts *counts,
           struct err *err);

/* What people did at a sink, as facts: REMOTE objects of host/wire.h. Stores
 * them on their tickets (ticket.human) and marks what they change. */
int decide_feedback(struct store *st, const char *sink, json_t *remotes,
                    int64_t now, struct err *err);

#define DOUBLES_MAX 20 /* of a ticket: a flood is no duplicates */
/* [remote_id]: others of a ticket that stand open at a sink and are to be
 * closed. Borrowed; NULL: none was ever seen. */
json_t *decide_doubles(const struct ticket *t, const char *sink);
/* The same; made when there is none. */
json_t *decide_doubles_make(struct ticket *t, const char *sink);

#define CALLED_MAX 100 /* of a ticket */
/* [login]: who was called of the ticket at a sink, in any of its episodes.
 * Borrowed; NULL: that was never written down. */
json_t *decide_called(const struct ticket *t, const char *sink);
/* These were, too. */
void decide_call(struct ticket *t, const char *sink, const char *owner,
                 const json_t *persons);
/* Whether anybody who owns it now was not. */
bool decide_calls_new(const struct ticket *t, const char *sink);

/* False when the world changed since o was written: the caller drops it. */
bool decide_still_wanted(struct store *st, const struct outbox *o,
                         const struct ticket *t, int64_t now);

/* A guard of deliver/ holds what was decided, or could not do it: t's reason
 * and its last decision say so. inputs: borrowed. */
int decide_held(struct store *st, const struct settings *s, struct ticket *t,
                const char *code, json_t *inputs, int64_t now, struct err *err);
/* It is done after all, for the reason that asked for it. */
int decide_released(struct store *st, struct ticket *t, const char *code,
                    int64_t now, struct err *err);

/* Takes back what a rule filed since then: its tickets are to be closed, and
 * the rule is stopped. What tells of other rules' failures, too, stays. */
struct retract_options {
    const char *rule, *why;
    int64_t since, now;
    bool dry_run;                                     /* changes nothing */
    void (*each)(void *user, const struct ticket *t); /* or NULL */
    void *user;
};
struct retract_counts {
    int64_t closed, shared;
};
int decide_retract(struct store *st, const struct retract_options *o,
                   struct retract_counts *counts, struct err *err);

/* The incidents that were new in what a digest told last: " ID ID ", a new
 * string; NULL when it told nothing yet. */
int digest_news(struct store *st, const struct ticket *t, char **ids,
                struct err *err);

/* Lets one ticket out of the backlog: the next decision treats it like any
 * other. 1 found, 0 no such ticket, -1. */
int decide_backlog_release(struct store *st, const char *key, int64_t now,
                           struct err *err);

/* The trace of how an incident would be routed now, for `explain`: a JSON
 * object {"project","branch","facts":{..},"routes":[{"at","id","matched":
 * bool,"why","settings"}],"policy":{..},"owner":{..},"ticket":{..},"code",
 * "text"}. i may be made up. New. */
json_t *decide_explain(struct store *st, const struct settings *s,
                       const struct incident *i, int64_t now);

#endif
