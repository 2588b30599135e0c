/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store: what is kept between passes.
 *
 *     store_open(&st, "sqlite:/var/lib/tocsin/tocsin.db", 0, &err)
 *     store_begin(st, STORE_BATCH, &err) ... store_commit(st, &err)
 *     store_close(st)
 *
 * Calls outside begin/commit are transactions of their own. No transaction
 * may stay open while a worker is waited for. STORE_DURABLE is for intents
 * and receipts: it is on disk when commit returns. Every call returns 0 or
 * -1 with err set; after -1 inside begin/commit the caller calls
 * store_rollback. Lookups return 1 for "found", 0 for "not there".
 *
 * "each" calls collect first and call back afterwards: a callback may use
 * the store as it likes, also to write. One that does not return 0 ends the
 * loop; when it is negative the call returns -1 and err is the callback's
 * business.
 */
#ifndef TOCSIN_STORE_STORE_H
#define TOCSIN_STORE_STORE_H

#include "core/base/err.h"
#include "core/store/records.h"

struct store;

enum store_flags {
    STORE_READ_ONLY = 1 << 0, /* status, explain: works on read-only state */
    STORE_COPY = 1 << 1,      /* a private copy in memory: dry run. A state
                               * that does not exist yet is empty */
    STORE_MUST_EXIST = 1 << 2,
};

enum store_durability { STORE_BATCH, STORE_DURABLE };

/* where: "sqlite:PATH" or "sqlite::memory:". Makes and migrates the state.
 * ERR_VERSION: written by a newer Tocsin. ERR_STORE: damaged, says so. */
int store_open(struct store **out, const char *where, unsigned flags,
               struct err *err);
/* 0 when a pass could write there, as far as the file and its folder tell.
 * ERR_CONFIG: its folder is not there; ERR_STORE: it is, and cannot be used.
 * Nothing is opened, nothing made. */
int store_check(const char *where, struct err *err);
void store_close(struct store *st);
int store_begin(struct store *st, enum store_durability how, struct err *err);
int store_commit(struct store *st, struct err *err);
void store_rollback(struct store *st);
/* Write transactions committed since open: for `bench`. */
int64_t store_transactions(const struct store *st);

/* ---- small things ---- */
int store_meta_get(struct store *st, const char *key, char **value,
                   struct err *err); /* 1/0/-1 */
int store_meta_set(struct store *st, const char *key, const char *value,
                   struct err *err); /* NULL deletes */
/* meta: this and an instance: "TAKEN NAME", the moment and the name of the
 * oldest snapshot that it told last. */
#define SNAPSHOT_MOMENT "moment:"
/* meta: this and an instance: the pass in which it first did not do its work,
 * of those since it last did. */
#define SOURCE_ABSENT "absent:"
int store_cursor_get(struct store *st, const char *instance, char **cursor,
                     struct err *err);
int store_cursor_set(struct store *st, const char *instance, const char *cursor,
                     struct err *err);
/* HTTP validators of an instance, a page of at most STORE_VALIDATORS_PAGE at a
 * time: those whose URL is behind `after` (NULL: all), by URL, as
 * [[url, etag|null, modified|null, used]]; new, empty behind the last. */
#define STORE_VALIDATORS_PAGE 500
int store_validators(struct store *st, const char *instance, const char *after,
                     json_t **out, struct err *err);
int store_validators_drop(struct store *st, const char *instance,
                          struct err *err);
int store_validator_put(struct store *st, const char *instance, const char *url,
                        const char *etag, const char *modified, int64_t now,
                        struct err *err);
int store_health_get(struct store *st, const char *instance, struct health *h,
                     struct err *err);
int store_health_put(struct store *st, const struct health *h, struct err *err);
int store_health_each(struct store *st,
                      int (*each)(void *user, const struct health *h),
                      void *user, struct err *err);
/* Operators' notices: (instance, code) → text. */
struct notice {
    char *instance, *code, *text;
    int64_t first, last; /* said, with this text; and at all */
    int64_t told;        /* the operators, of this text; 0: not yet */
};
int store_notice_put(struct store *st, const char *instance, const char *code,
                     const char *text, int64_t now, struct err *err);
int store_notice_each(struct store *st,
                      int (*each)(void *user, const struct notice *n),
                      void *user, struct err *err);
int store_notice_told(struct store *st, const char *instance, const char *code,
                      int64_t at, struct err *err);

/* ---- facts ---- */
/* {INSTANCE: TIME} of a project: what its runs said up to then is over, by an
 * operator's word. No plugin can say it: its facts have no - in their names. */
#define STORE_FACT_GIVEN_UP "given-up"
struct fact {
    const char *source; /* instance */
    const char *subject, *key;
    const json_t *value; /* NULL or json null withdraws */
    int64_t at;
};
/* A project that was renamed or transferred: what is said of its old name is
 * about the present one, unless the source says otherwise of that, or another
 * project has taken the name (its id is another one).
 * *changed (changed may be NULL): it was not so before. The change of a fact
 * marks the project's incidents dirty. */
int store_fact_put(struct store *st, const struct fact *f, bool *changed,
                   struct err *err);
/* *value is new (decref it). With several sources the newest wins. */
int store_fact_get(struct store *st, const char *subject, const char *key,
                   json_t **value, struct err *err);
/* The present name of a project: follows renamed_to (facts) and numeric ids.
 * A new string, a copy of name when there is nothing to follow. */
char *store_project_name(struct store *st, const char *name);
/* What a project is called for ever: the name it was first known by, made
 * unique. Keys and digests are made of this, never of the present name, so
 * that a rename is not a new ticket. A new string; a copy of name when the
 * project is not known. */
char *store_project_origin(struct store *st, const char *name);

/* ---- runs ---- */
/* Adds a run with its failures. *added false: known already (source, run_id,
 * attempt) and unchanged. Marks (project, branch) dirty when added. */
int store_run_add(struct store *st, struct run *r, bool *added,
                  struct err *err);
/* Runs of one branch, oldest commit first (by the earliest `created` of the
 * commit on that branch, then attempt, then finished). since: finished at or
 * after. Failures included. */
int store_run_each(struct store *st, const char *project, const char *branch,
                   int64_t since, int (*each)(void *user, const struct run *r),
                   void *user, struct err *err);
/* As store_run_each from the beginning, but failures come without detail. */
int store_run_scan(struct store *st, const char *project, const char *branch,
                   int (*each)(void *user, const struct run *r), void *user,
                   struct err *err);
/* The detail of a run's primary failure (decref it). */
int store_run_detail(struct store *st, int64_t run, json_t **detail,
                     struct err *err);

/* ---- rules (sqlite-rules.c) ---- */
/* Red runs on branches where an incident is not over, whose failures other
 * rules than those with this digest made; at most max, the newest first, those
 * older than the run `before` (0: any).
 * failures: [detail]. */
int store_run_outdated_each(struct store *st, const char *rules, int64_t before,
                            size_t max,
                            int (*each)(void *user, int64_t run,
                                        const json_t *failures),
                            void *user, struct err *err);
/* nr 0: the rules say the same, only that is noted; kept: what is stored does
 * not suffice, the class is of older rules; else these failures take
 * the place of the old ones and the branch is marked dirty. */
int store_run_reclassified(struct store *st, int64_t run, const char *rules,
                           bool kept, const struct failure *failures, size_t nr,
                           struct err *err);

/* A failure that no rule knows, over all projects. */
struct unknown {
    char *fingerprint;
    int64_t projects, runs, first, last;
    char *project, *branch, *url; /* of the newest, like detail */
    json_t *detail;
};
void unknown_release(struct unknown *u);
/* Those of most projects first. What each takes out of u it zeroes there. */
int store_unknown_each(struct store *st,
                       int (*each)(void *user, struct unknown *u), void *user,
                       struct err *err);
/* How many projects have one of [fingerprint]. */
int store_unknown_projects(struct store *st, const json_t *fingerprints,
                           int64_t *nr, struct err *err);

/* Of runs that finished at or after since. */
struct coverage {
    int64_t red;                      /* runs with a failure */
    int64_t classified, unclassified; /* the rest had no log */
    int64_t kept;       /* under an older class: not enough is stored
                         * to classify them again */
    int64_t green_logs; /* green runs whose log was read */
};
int store_coverage(struct store *st, int64_t since, struct coverage *c,
                   struct err *err);
/* A green log; rule: one that hit it, or "" for the log itself. */
int store_green_add(struct store *st, const char *rule, int64_t at,
                    struct err *err);
int store_green_each(struct store *st, int64_t since,
                     int (*each)(void *user, const char *rule, int64_t logs),
                     void *user, struct err *err);
/* Rules of tickets that people marked as wrong. */
int store_wrong_each(struct store *st,
                     int (*each)(void *user, const char *rule, int64_t tickets),
                     void *user, struct err *err);

/* What the last green log of a job said, see classify/baseline.h. The newest
 * BASELINES_MAX are kept. */
#define BASELINES_MAX 4096
/* 1 when there is any. */
int store_baseline_any(struct store *st, struct err *err);
/* run: a stored green run. An older one than what is kept is ignored. */
int store_baseline_put(struct store *st, int64_t run, const char *text,
                       struct err *err);
/* r: by its source, project, branch, workflow, job, variant. *text is new. */
int store_baseline_get(struct store *st, const struct run *r, char **text,
                       struct err *err);

/* Branches with new evidence since the last clear. */
int store_dirty_each(struct store *st,
                     int (*each)(void *user, const char *project,
                                 const char *branch),
                     void *user, struct err *err);
int store_dirty_mark(struct store *st, const char *project, const char *branch,
                     struct err *err);
int store_dirty_clear(struct store *st, const char *project, const char *branch,
                      struct err *err);
/* The clock alone changes the evidence of a branch at that time (0: never);
 * store_recheck_due marks those dirty whose time has come. */
int store_recheck_at(struct store *st, const char *project, const char *branch,
                     int64_t at, struct err *err);
int store_recheck_due(struct store *st, int64_t now, struct err *err);
/* Forgets runs finished, and what is over, before then. Whatever its age it
 * keeps: all runs of a branch with an unresolved incident, the newest run of
 * every job, all that is not resolved. */
int store_prune(struct store *st, int64_t runs_before, int64_t history_before,
                struct err *err);

/* ---- leads ---- */
/* What a source saw and another one may know more of. */
struct lead {
    const char *url, *place, *project;
    const char *source; /* instance */
    int64_t at;         /* when it was first said */
    bool told;          /* that nobody takes what is of its place */
};
/* One that is there already stays as it is, taken or not; beyond
 * STORE_LEADS_MAX it is forgotten. */
#define STORE_LEADS_MAX 20000
int store_lead_put(struct store *st, const struct lead *l, struct err *err);
int store_lead_take(struct store *st, const char *url, struct err *err);
/* Those that nobody has taken, by place. The callback must not use the store. */
int store_lead_each(struct store *st,
                    int (*each)(void *user, const struct lead *l), void *user,
                    struct err *err);
/* All of the place that are there are told of. */
int store_lead_told(struct store *st, const char *place, struct err *err);
/* Forgets those first said before then. */
int store_lead_prune(struct store *st, int64_t before, struct err *err);

/* ---- snapshots ---- */
struct standing {
    char *source;   /* instance */
    char *snapshot; /* name */
    char *key;
    char *project;
    char *branch;
    json_t *entry; /* task, target, url, attempts, first, last,
                    * failure */
    char *fingerprint;
    int missing; /* complete snapshots in a row without it */
    int64_t since, last;
};
void standing_release(struct standing *s);
int store_standing_put(struct store *st, const struct standing *s,
                       struct err *err);
int store_standing_delete(struct store *st, const char *source,
                          const char *snapshot, const char *key,
                          struct err *err);
int store_standing_each(struct store *st, const char *source,
                        const char *snapshot, /* NULL: all */
                        int (*each)(void *user, const struct standing *s),
                        void *user, struct err *err);
/* How many there are of each snapshot; with a snapshot that is NULL, how many
 * incidents stand that an instance saw last. */
int store_standing_count(struct store *st,
                         int (*each)(void *user, const char *source,
                                     const char *snapshot, int64_t nr),
                         void *user, struct err *err);
/* Those of one branch, for correlation. */
int store_standing_of(struct store *st, const char *project, const char *branch,
                      int (*each)(void *user, const struct standing *s),
                      void *user, struct err *err);

/* ---- incidents ---- */
/* Inserts (id 0) or replaces, jobs included, and marks it dirty for the
 * decision unless quiet. */
int store_incident_put(struct store *st, struct incident *i, bool quiet,
                       struct err *err);
int store_incident_get(struct store *st, const char *project,
                       const char *branch, const char *fingerprint,
                       struct incident *i, struct err *err);
int store_incident_by_id(struct store *st, const char *public_id_prefix,
                         struct incident *i, struct err *err);
struct incident_query {
    const char *project; /* NULL: any */
    const char *branch;
    const char *fingerprint;
    const char *category;
    const char *source;
    const char *outbreak;
    const char *ticket; /* key: members of it */
    bool unresolved_only;
    bool standing_only;
    int64_t due;        /* > 0: dirty, or next_at <= due */
    int64_t seen_since; /* first_seen at or after */
};
int store_incident_each(struct store *st, const struct incident_query *q,
                        int (*each)(void *user, struct incident *i), void *user,
                        struct err *err);
int store_incident_clean(struct store *st, int64_t id, struct err *err);
/* All unresolved ones are to be decided again (the configuration changed). */
int store_incident_dirty_all(struct store *st, struct err *err);

/* Whether only its owners may hear of it, whatever the routes say. */
bool class_is_confidential(const char *category);
/* Better rules call what was {"fingerprint", "category", "rule"} now by
 * others. The first that a class becomes takes over its tickets, unless
 * incidents were called so before. */
int store_class_renamed(struct store *st, const json_t *was, const json_t *is,
                        struct err *err);
/* What the tickets of the class were opened as, new: 1, 0 (as it is), -1. */
int store_class_first(struct store *st, const char *fingerprint, json_t **first,
                      struct err *err);
/* The fingerprints that it became, new: 1, 0 (none), -1. */
int store_class_later(struct store *st, const char *fingerprint, json_t **later,
                      struct err *err);

/* Only these two members; marks dirty when they change. NULL: none. */
int store_incident_outbreak(struct store *st, int64_t id, const char *key,
                            const char *caused_by, struct err *err);

/* What failed and was green on a second try of the same commit, at or after
 * since; the most frequent first. The callback must not use the store; what
 * it gets lives until it returns. */
struct flaky_brief {
    const char *id; /* public id */
    const char *project, *branch, *rule, *category;
    int64_t times, last; /* within the policy's window; last time */
};
int store_flaky_each(struct store *st, int64_t since,
                     int (*each)(void *user, const struct flaky_brief *f),
                     void *user, struct err *err);

/* The few members that outbreaks are seen by, of incidents first seen at or
 * after since, oldest first. Streams: this callback must not use the store;
 * what it gets lives until it returns. */
struct incident_brief {
    int64_t id, first_seen;
    const char *project, *branch, *fingerprint, *category, *blame;
    const char *outbreak;
    bool standing;
};
int store_incident_scan(struct store *st, int64_t since,
                        int (*each)(void *user, const struct incident_brief *i),
                        void *user, struct err *err);
/* Freezes the unresolved incidents of these sources (NULL-terminated, or
 * NULL) and thaws those of all others. Marks dirty what changes. */
int store_incident_stale(struct store *st, const char *const *stale,
                         struct err *err);

/* ---- outbreaks ---- */
struct outbreak {
    char *key; /* category and fingerprint */
    char *category;
    char *fingerprint; /* NULL: the category as a whole */
    char *state;       /* "forming", "on", "over" */
    int64_t began, last_joined, ended;
    int64_t projects, owners;
};
void outbreak_release(struct outbreak *o);
int store_outbreak_put(struct store *st, const struct outbreak *o,
                       struct err *err);
int store_outbreak_get(struct store *st, const char *key, struct outbreak *o,
                       struct err *err);
/* Its members are to be decided again: its state changed. */
int store_outbreak_touch(struct store *st, const char *key, struct err *err);
int store_outbreak_each(struct store *st, bool live_only,
                        int (*each)(void *user, const struct outbreak *o),
                        void *user, struct err *err);

/* ---- tickets ---- */
int store_ticket_put(struct store *st, struct ticket *t, struct err *err);
int store_ticket_get(struct store *st, const char *key, struct ticket *t,
                     struct err *err);
int store_ticket_by_id(struct store *st, int64_t id, struct ticket *t,
                       struct err *err);
/* Writes ticket.unreached alone (NULL: forgets it), and marks the ticket's
 * incidents dirty: who hears of them may be another one now. */
int store_ticket_unreached(struct store *st, int64_t ticket, const json_t *mark,
                           struct err *err);
/* Its incidents are to be decided again. */
int store_ticket_touch(struct store *st, int64_t ticket, struct err *err);
struct ticket_query {
    const char *project;
    const char *owner;
    const char *person;
    bool unresolved_only;
    bool backlog_only;
    bool unreached_only;
    int64_t due; /* next_at <= due */
};
int store_ticket_each(struct store *st, const struct ticket_query *q,
                      int (*each)(void *user, struct ticket *t), void *user,
                      struct err *err);
/* Membership. An incident may belong to several tickets (continue:). */
int store_member_set(struct store *st, int64_t incident, const int64_t *tickets,
                     size_t nr, struct err *err);
int store_member_tickets(struct store *st, int64_t incident, int64_t **tickets,
                         size_t *nr, struct err *err);
/* A line of a ticket's history: for the table in the message. */
int store_history_add(struct store *st, int64_t ticket, int64_t at,
                      const char *event, const char *text, struct err *err);
int store_history_each(struct store *st, int64_t ticket,
                       int (*each)(void *user, int64_t at, const char *event,
                                   const char *text),
                       void *user, struct err *err);

/* ---- decisions ---- */
/* Kept only when code, rule_at or inputs differ from the last one of that
 * ticket. */
int store_decision_put(struct store *st, const struct decision *d,
                       struct err *err);
int store_decision_each(struct store *st, const char *ticket,
                        int (*each)(void *user, const struct decision *d),
                        void *user, struct err *err);

/* ---- budgets ---- */
/* New tickets told to people, by person and day. */
int store_spent_add(struct store *st, const char *person, int64_t at,
                    int64_t ticket, struct err *err);
/* The ticket was told to nobody after all. */
int store_spent_refund(struct store *st, int64_t ticket, struct err *err);
/* Since then, and earlier ones that wait to be sent. person NULL: distinct
 * tickets of everybody. */
int store_spent_count(struct store *st, const char *person, int64_t since,
                      int64_t *count, struct err *err);

/* ---- silences ---- */
int store_silence_put(struct store *st, struct silence *s, struct err *err);
int store_silence_expire(struct store *st, int64_t id, int64_t at,
                         struct err *err);
int store_silence_each(struct store *st, int64_t active_at, /* 0: all */
                       int (*each)(void *user, const struct silence *s),
                       void *user, struct err *err);

/* ---- outbox ---- */
int store_outbox_put(struct store *st, struct outbox *o, struct err *err);
int store_outbox_get(struct store *st, int64_t ticket, const char *sink,
                     struct outbox *o, struct err *err);
/* due_only: those in OUTBOX_DUE or OUTBOX_INTENT; next_try and the hold-off
 * are the caller's. */
int store_outbox_each(struct store *st, const char *sink, /* NULL: all */
                      bool due_only, int (*each)(void *user, struct outbox *o),
                      void *user, struct err *err);

/* ---- guards (sqlite-guard.c) ---- */
/* One write of a kind (deliver/guard.h) at a sink. approved: an operator let
 * it through, so it does not make the day an ordinary one. */
int store_sent_add(struct store *st, const char *sink, const char *kind,
                   int64_t at, bool approved, struct err *err);
/* Without approved ones. */
struct sent {
    int64_t today, busiest; /* of the days before today */
};
int store_sent_look(struct store *st, const char *sink, const char *kind,
                    int64_t now, int64_t days, struct sent *out,
                    struct err *err);
/* The callback must not use the store. */
int store_sent_each(struct store *st, int64_t since,
                    int (*each)(void *user, const char *sink, const char *kind,
                                int64_t day, int64_t n, int64_t approved),
                    void *user, struct err *err);

/* More writes of a kind were wanted than is ordinary: none is done. */
struct breaker {
    char *sink, *kind;
    int64_t since, last;  /* passes that it held */
    int64_t wanted, most; /* by the last of them; what was allowed */
    int64_t left, until;  /* approved: so many more, until then */
};
void breaker_release(struct breaker *b);
int store_breaker_put(struct store *st, const struct breaker *b,
                      struct err *err);
int store_breaker_delete(struct store *st, const char *sink, const char *kind,
                         struct err *err);
/* One of the approved writes was done. */
int store_breaker_spend(struct store *st, const char *sink, const char *kind,
                        struct err *err);
int store_breaker_each(struct store *st, const char *sink, const char *kind,
                       int (*each)(void *user, const struct breaker *b),
                       void *user, struct err *err); /* NULL: any */

/* The rule files nothing until it is resumed; its open incidents are to be
 * decided again. */
int store_rule_stop(struct store *st, const char *rule, int64_t at,
                    const char *why, struct err *err);
int store_rule_resume(struct store *st, const char *rule, int64_t at, bool *was,
                      struct err *err);
int store_rule_stop_each(struct store *st,
                         int (*each)(void *user, const char *rule,
                                     int64_t stopped, const char *why),
                         void *user, struct err *err);
/* Of the tickets that a rule filed since it was last resumed, in that order:
 * how many people marked as wrong of so many in a row, at most; filed: how
 * many there are of these. */
int store_rule_marks(struct store *st, const char *rule, int64_t row,
                     int64_t *filed, int64_t *wrong, struct err *err);
/* Tickets that a rule filed (confidential ones are not counted: the metrics
 * are for everybody), and those of them that ended with green: not
 * flaky, not gone, not by another failure. */
int store_rule_fixed_each(struct store *st,
                          int (*each)(void *user, const char *rule,
                                      int64_t filed, int64_t fixed),
                          void *user, struct err *err);

/* What carries our marker at a sink and has no ticket here: a state that was
 * lost or restored. remote: as in host/wire.h. */
int store_stray_put(struct store *st, const char *sink, const char *ticket,
                    const json_t *remote, int64_t seen, struct err *err);
int store_stray_delete(struct store *st, const char *sink, const char *ticket,
                       struct err *err);
int store_stray_each(struct store *st, const char *ticket, /* NULL: all */
                     int (*each)(void *user, const char *sink,
                                 const char *ticket, const json_t *remote),
                     void *user, struct err *err);

#endif
