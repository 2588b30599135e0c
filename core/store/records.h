/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * records: the nouns that Tocsin keeps, as the stages hand them to the store
 * and get them back. No SQL and no SQLite type.
 *
 * X_release() frees what a record owns, not the record. All strings are
 * owned by their record. Times: seconds since 1970, 0 not known.
 */
#ifndef TOCSIN_STORE_RECORDS_H
#define TOCSIN_STORE_RECORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/tocsin-plugin.h"

/* Names of enum tocsin_outcome: "success", "timed-out", …; -1: no such. */
const char *outcome_name(int outcome);
int outcome_parse(const char *name);
bool outcome_is_red(int outcome);
bool outcome_is_green(int outcome);

struct failure {
    char *fingerprint; /* "1:" and 32 hex digits */
    char *rule;        /* NULL: no rule knows it */
    char *category;    /* area/kind */
    char *blame;       /* recipe, dependency, upstream,
                        * infrastructure, bot, unknown */
    bool primary;
    /* The object of `classify --json`'s failures[], plus "advice",
     * "severity", "log": {"format", "tool", "lines", "verdict"}. */
    json_t *detail;
};
void failure_release(struct failure *f);

struct run {
    int64_t id;   /* of the store; 0: not stored */
    char *source; /* instance */
    char *run_id;
    int attempt;
    char *project; /* owner/name */
    char *project_id;
    char *branch;
    char *workflow;
    char *job;
    char *variant;
    char *commit;
    char *url;
    char *trigger;
    int outcome;
    int64_t created, started, finished;
    bool undated; /* the source knows no time: finished is when
                   * it was first seen, and stays so */
    bool push_complete;
    int default_branch;       /* 1, 0, -1 */
    char *rules;              /* digest of the rules that classified it */
    struct failure *failures; /* of red runs; at most one is primary */
    size_t nr_failures;
};
void run_release(struct run *r);
/* source, workflow, job, variant as one key: two runs with the same key are
 * the same job. A new string. */
char *run_job_key(const struct run *r);

enum incident_state { INCIDENT_PENDING, INCIDENT_OPEN, INCIDENT_RESOLVED };
const char *incident_state_name(enum incident_state s);

/* Why an incident does not stand any more. */
enum incident_end {
    END_NONE,       /* it stands */
    END_GREEN,      /* every job that was red is green */
    END_ABSENT,     /* ... or gone from a later complete push */
    END_SUPERSEDED, /* the same jobs fail otherwise now */
    END_GONE,       /* missing from two complete snapshots */
    END_FLAKY,      /* green on a re-run of the same commit */
    END_ARCHIVED,   /* the project is archived */
};
const char *incident_end_name(enum incident_end e);

/* What one job says of an incident. */
struct incident_job {
    char *key;     /* run_job_key */
    char *name;    /* for people: variant, else job */
    bool standing; /* red with this fingerprint at its last word */
    enum incident_end end;
    int64_t run; /* store id of the last red run */
    char *url;
    char *commit;
    int64_t at;
    int greens; /* green pushes since the last red */
};

struct incident {
    int64_t id;
    char *public_id; /* 8 hex digits: what people type */
    char *project;
    char *branch;
    char *fingerprint;
    char *kind;   /* "build" or "bot" */
    char *source; /* instance that saw it last */
    char *rule;
    char *category;
    char *blame;
    json_t *failure;           /* struct failure's detail, the newest */
    enum incident_state state; /* set by route/, by policy */
    /* evidence, set by incident/ */
    bool standing;
    enum incident_end end;
    int64_t ended;      /* when it stopped standing */
    int64_t first_seen; /* of this episode: first red run's time */
    int64_t last_seen;
    int64_t first_ever;
    int64_t pushes;  /* red pushes of this episode */
    double attempts; /* snapshot entries: tries; else pushes */
    int64_t greens;  /* green pushes since it ended */
    int64_t flaky;   /* flaky events in the window */
    int64_t flaky_at;
    int64_t relapses; /* episodes after the first, in the window */
    int64_t relapsed_at;
    bool stale;          /* its source is stale: frozen */
    char *superseded_by; /* fingerprint */
    char *outbreak;      /* key of the outbreak it is part of */
    char *caused_by;     /* public id of the cause of this symptom; of
                          * an outbreak its key */
    char *first_red_commit;
    char *last_red_commit;
    char *last_green_commit;
    int64_t last_green_at;
    char *url;     /* of the newest red run */
    char *target;  /* bot: version or migration wanted */
    json_t *extra; /* bot: task, versions tried, ... */
    /* decision, set by route/ */
    int64_t opened, resolved;
    bool backlog;
    int64_t next_at; /* look again then, 0: only when it changes */
    struct incident_job *jobs;
    size_t nr_jobs;
};
void incident_release(struct incident *i);

enum ticket_state { TICKET_PENDING, TICKET_OPEN, TICKET_RESOLVED };
const char *ticket_state_name(enum ticket_state s);

struct ticket {
    int64_t id;
    char *key;     /* 32 hex digits of its group; in the marker */
    json_t *group; /* {"project": .., "branch": .., "kind": ..} */
    char *project; /* NULL: spans projects */
    char *branch;
    char *kind; /* build, bot, outbreak, fallback, digest, operators */
    enum ticket_state state;
    char *route;      /* id */
    char *route_at;   /* file:line */
    char *owner;      /* team id, "maintainers", login; NULL none */
    json_t *persons;  /* [login] */
    char *owner_from; /* "recipe-maintainers", "CODEOWNERS", … */
    json_t *via;      /* [sink instance] */
    json_t *labels;
    char *reason; /* code of the last decision */
    char *title;  /* written once, NULL before the first send */
    int64_t created, opened, resolved, changed;
    int64_t told;     /* first delivery that reached people, 0 */
    int64_t reopened; /* how often */
    bool backlog;
    bool confidential;
    char *parent;  /* key of the ticket that holds it: of its
                    * outbreak, or of its cause */
    json_t *human; /* what people did: {"state", "by", "labels",
                    * "snooze_until", "wrong", "seen"} */
    int64_t descendants;
    int64_t next_at;
    /* Whom its sinks said they cannot reach: {"owner", "persons", "contacts",
     * "sinks": {name: when it was asked}, "refused"?: {name: when it took a
     * delivery and said so}}; NULL: none said so. A sink that was refused and
     * is not in sinks is tried again. Not written by store_ticket_put. */
    json_t *unreached;
    /* Of persons, those who are not called by name: {login: "off", "quiet",
     * "digest", "window", "budget"}; NULL: none. */
    json_t *left;
    int64_t escalated; /* when its next owner was told, 0 */
};
void ticket_release(struct ticket *t);

/* Why a ticket is told or not; stored when it changes. */
struct decision {
    int64_t id;
    int64_t at;
    char *ticket;   /* key */
    char *code;     /* see route/reason.h */
    char *rule_at;  /* file:line of what decided */
    char *text;     /* one sentence for operators */
    json_t *inputs; /* the numbers it was decided by */
};
void decision_release(struct decision *d);

enum outbox_state {
    OUTBOX_IDLE,    /* remote is as desired */
    OUTBOX_DUE,     /* remote must change */
    OUTBOX_INTENT,  /* a send was begun; no receipt yet */
    OUTBOX_DEAD,    /* given up; an operator decides */
    OUTBOX_DROPPED, /* ... and did: not this, until it is over */
};

/* One per (ticket, sink): what should stand there and what does. */
struct outbox {
    int64_t id;
    int64_t ticket;
    char *sink;
    enum outbox_state state;
    char *want;             /* "none", "open", "closed" */
    int want_op;            /* enum tocsin_delivery for the next send */
    char *why;              /* reason code that asked for it */
    char *have;             /* "none", "open", "closed" */
    char *have_digest;      /* of the body that stands there */
    int64_t have_counts_at; /* when counts were last refreshed */
    char *nonce;
    int64_t intent_at;
    char *remote_id;
    char *url;
    int64_t sent_at;
    int64_t reminded_at; /* when its people last heard that it stands */
    int64_t tries;
    int64_t next_try;
    char *last_error;
    char *pending; /* the sink's own note of for whom a delivery
                    * is still to be made; see tocsin-plugin.h */
};
void outbox_release(struct outbox *o);

struct silence {
    int64_t id;
    char *author;
    char *comment;
    int64_t starts, ends; /* ends 0: for ever */
    int64_t created;
    /* {"project": [...], "category": [...], ...}: the keys of struct match */
    json_t *match;
};
void silence_release(struct silence *s);

struct health {
    char *instance;
    int64_t last_start, last_ok;
    int64_t last_fail;
    char *trouble; /* one line; NULL: fine */
    int64_t trouble_since;
    int64_t trouble_told;
    int64_t failures; /* in a row */
    int64_t back_off_until;
    json_t *poisoned; /* [item] */
    json_t *deaths;   /* {item: count} */
};
void health_release(struct health *h);

#endif
