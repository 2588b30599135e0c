/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge: what one call of decide() knows and looks up again and again. For
 * the files of route/ alone.
 *
 * The order of the gates is docs/decisions.md; enum gate repeats it.
 */
#ifndef TOCSIN_ROUTE_JUDGE_H
#define TOCSIN_ROUTE_JUDGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/route/decide.h"
#include "core/route/hours.h"
#include "core/route/owners.h"
#include "core/route/policy.h"
#include "core/route/tree.h"
#include "core/store/store.h"

/* What an incident of a ticket is stopped by, in the order of asking. */
enum gate {
    GATE_ENDED, /* it is resolved: nothing to say */
    GATE_ARCHIVED,
    GATE_STALE,
    GATE_OUTBREAK_HOLD,
    GATE_INHIBITED,
    GATE_SILENCED,
    GATE_SNOOZED,
    GATE_NOT_PLANNED,
    GATE_WRONG,
    GATE_OPTED_OUT,
    GATE_RULE_STOPPED,
    GATE_PENDING,
    GATE_GREEN, /* open, not red, held by quiet or flapping */
    GATE_PASSED,
};

/* What its people said of a project with a label: "digest". */
#define FACT_TELL "tell"

struct project_facts {
    char *default_branch; /* NULL: not known */
    bool archived;
    int64_t descendants;
    bool digest;  /* its people want it in a digest */
    char *origin; /* store_project_origin */
};

/* A silence, ready to be asked. */
struct silencer {
    struct silence rec;
    struct match match;
    char **fingerprint, **ticket;
    size_t nr_fingerprint, nr_ticket;
    enum gate gate; /* SILENCED, SNOOZED, NOT_PLANNED, WRONG */
};

struct judge {
    struct store *st;
    const struct settings *s;
    struct decide_options opts;
    struct decide_counts *counts;
    bool cold;    /* the first decision of this state */
    bool arming;  /* the first armed one */
    bool writing; /* a transaction is open */
    struct fact_entry *facts;
    struct owner_entry *owners;
    struct outbreak_entry *outbreaks;
    struct reach_entry *unreached;
    struct hours_entry *hours;
    struct word_entry *words;
    struct incident *causes; /* in any project, see inhibit.c */
    size_t nr_causes;
    bool has_causes;
    struct silencer *silencers;
    size_t nr_silencers;
    json_t *stopped; /* {rule: why} */
};

int judge_init(struct judge *j, struct store *st, const struct settings *s,
               const struct decide_options *opts, struct err *err);
void judge_release(struct judge *j);
/* Opens the transaction that this decision writes in, once. */
int judge_begin(struct judge *j, struct err *err);

/* Borrowed until judge_release; NULL and err. */
const struct project_facts *judge_facts(struct judge *j, const char *project,
                                        struct err *err);
/* 1 and *out, 0: nobody (*out says who was dropped), -1. *out is borrowed. */
int judge_owner(struct judge *j, const char *spec, const char *project,
                const char *file, const struct owner **out, struct err *err);

/* The outbreak that i is part of now, or NULL: forming, on, or over while
 * what it left behind is infrastructure's to mend. */
const struct outbreak *judge_outbreak(const struct judge *j,
                                      const struct incident *i);
/* The key of the ticket that tells i's outbreak, or NULL when there is none
 * (it is forming, it was never told). Borrowed. */
int judge_outbreak_ticket(struct judge *j, const struct incident *i,
                          const char **key, struct err *err);
/* A copy of text that lives as long as j. */
const char *judge_word(struct judge *j, const char *text);
bool judge_sink_is_local(const struct judge *j, const char *sink);
bool judge_sink_is_blind(const struct judge *j, const char *sink);
/* The strongest silence on i (GATE_WRONG before GATE_SILENCED ..), or NULL. */
const struct silencer *judge_silence(struct judge *j, const struct incident *i,
                                     const struct ticket *t);

/* ---- stop.c ---- */
int stop_init(struct judge *j, struct err *err);
/* The rule that knows i files nothing any more. */
bool judge_rule_stopped(const struct judge *j, const struct incident *i);
/* Stops rules that people marked too often; says so to operators. */
int stop_watch(struct judge *j, struct err *err);

/* ---- stray.c ---- */
/* Takes up what stands at sinks for t and is not in the state; 1: something
 * did. */
int stray_adopt(struct judge *j, struct ticket *t, struct err *err);

/* ---- silence.c ---- */
void silencer_init(struct silencer *q, const struct silence *rec);
/* What better rules call by another name now is silent, too. */
int silencer_follow(struct silencer *q, struct store *st, struct err *err);
void silencer_release(struct silencer *q);
bool silencer_matches(const struct silencer *q, const struct incident *i,
                      const char *default_branch, const struct ticket *t);

/* ---- place.c ---- */

enum role { ROLE_OWN, ROLE_OUTBREAK, ROLE_FALLBACK, ROLE_DIGEST };

struct placement {
    enum role role;
    struct routed r;
    char *key;
    json_t *group;
    const char *kind;   /* of the ticket */
    bool spans;         /* several projects */
    const char *nobody; /* REASON_NO_ROUTE, _NO_OWNER, _MUTED,
                         * _FACTS_WAIT, _UNREACHABLE, or NULL */
    int64_t until;      /* with _FACTS_WAIT */
    char **own_via;     /* r.via, where its people want it */
    size_t nr_own;
};
#define PLACEMENTS_MAX (ROUTED_MAX + 2 + 16)

struct placements {
    struct placement of[PLACEMENTS_MAX];
    size_t nr;
    struct policy policy; /* by which the incident itself is judged */
    bool waits;           /* for facts: the next pass looks again */
};
/* The tickets that i belongs to. trace as in route_find. */
int place(struct judge *j, const struct incident *i, struct placements *out,
          json_t *trace, struct err *err);
void placements_release(struct placements *p);
/* Who hears of a ticket with this placement. As judge_owner. */
int placement_owner(struct judge *j, const struct placement *p,
                    const char *project, const char *file,
                    const struct owner **out, struct err *err);
const char *incident_file(const struct incident *i);

/* Names of the maintainers of i, for match: owner. */
struct owners_of {
    struct judge *j;
    const struct incident *i;
    json_t *names; /* the caller's to release */
};
const json_t *owner_names(void *owners_of);

/* ---- await.c ---- */
/* Until when i, which o says nobody is behind, is to wait for facts of its
 * people; 0: not at all. */
int await_facts(struct judge *j, const struct incident *i, const char *spec,
                const struct owner *o, int64_t *until, struct err *err);

/* ---- inhibit.c ---- */
/* May i have a cause, or has it one that is to be looked at? */
bool inhibit_may(struct judge *j, const struct incident *i);
/* The public id of what i is a symptom of, by the inhibit: rules, into
 * i->caused_by, or NULL there. *changed: it was another one. What an
 * outbreak has is the outbreak's. */
int inhibit_find(struct judge *j, struct incident *i, bool *changed,
                 struct err *err);
/* Where the rule stands that makes i a symptom of cause; NULL: none does. */
const char *inhibit_at(struct judge *j, const struct incident *i,
                       const struct incident *cause);
/* Calls back with every unresolved incident that may be a symptom of i. */
int inhibit_symptoms(struct judge *j, const struct incident *i,
                     int (*each)(void *user, struct incident *i), void *user,
                     struct err *err);
void inhibit_release(struct judge *j);

/* ---- people.c ---- */
/* Borrowed until judge_release. h may be NULL. */
const struct hours_look *judge_hours(struct judge *j, const struct hours *h,
                                     const char *zone);
void people_release(struct judge *j);
/* project NULL: of whatever project. */
enum tell people_tell(struct judge *j, const char *login, const char *project);
/* How those behind a ticket are to hear of it; who is not called, and why,
 * goes into t->left. single: it is theirs alone, not a team's. */
struct people {
    size_t all, called, quiet, digest, off, shut;
    int64_t until; /* the first of the shut ones opens; 0 */
    const struct time_window *by;
    const char *who; /* of them; borrowed from t */
};
void people_look(struct judge *j, struct ticket *t, bool single,
                 struct people *out);
/* Where they want to hear of p, into p->r.via. */
void people_via(struct judge *j, struct placement *p, const char *project,
                const struct owner *o);

/* ---- digest.c ---- */
/* The digests of those behind p that i belongs to, too, into all. */
int digest_place(struct judge *j, const struct incident *i,
                 const struct placement *p, struct placements *all,
                 struct err *err);

/* ---- reach.c ---- */
int reach_init(struct judge *j, struct err *err);
void reach_release(struct judge *j);
enum reach {
    REACH_FINE,  /* one of p's sinks that may have i may reach o */
    REACH_TRIED, /* none is known to, but one that refused is tried again */
    REACH_LOST,  /* every one was asked, and can reach no o */
};
enum reach reach_of(const struct judge *j, const struct placement *p,
                    const struct incident *i, const struct owner *o);

/* ---- advance.c ---- */

/* Brings i's state to what its evidence and the policy say; true when it
 * changed. Sets i->next_at. since, pushes: see evidence_of. */
bool advance(const struct judge *j, struct incident *i, const struct policy *p,
             const struct evidence *e, bool archived);
/* What its threshold is asked about: its own evidence and that of what it
 * superseded without a green between, so that a branch whose failure changes
 * every day is red all the time. */
int evidence_of(struct judge *j, const struct incident *i, struct evidence *out,
                struct err *err);
/* Flaky often enough now? */
bool flaky_over_rate(const struct judge *j, const struct incident *i,
                     const struct policy *p);

/* ---- verdict.c ---- */

enum wish { WISH_KEEP, WISH_NONE, WISH_OPEN, WISH_CLOSED };

/* What is to be done about one ticket. */
struct verdict {
    struct ticket t;   /* as it shall be */
    struct ticket was; /* as it stands in the store */
    const char *code;
    char *rule_at;
    char *text;
    char *rule; /* that a new ticket stems from, or NULL */
    json_t *inputs;
    enum wish wish;
    int op;       /* REMIND, DIGEST or 0: found out */
    char **sinks; /* of settings; where to tell */
    size_t nr_sinks;
    bool newly; /* telling it costs budget */
    bool reopening;
    char *digest_key;  /* the store's note of the last digest */
    char *digest_note; /* what it is to say; NULL: see desire.c */
    bool spans;
    bool update_only; /* what is told already gets its new text */
    bool stood;       /* arming makes it backlog */
    bool adopted;     /* found at a sink: blind ones have told it, too */
};
void verdict_release(struct verdict *v);
void ticket_copy(struct ticket *to, const struct ticket *from);
bool ticket_same(const struct ticket *a, const struct ticket *b);
/* Judges ticket t (taken). hint: its placement when known, or NULL. */
int verdict_make(struct judge *j, struct ticket *t,
                 const struct placement *hint, struct verdict *v,
                 struct err *err);
/* Puts off what was to be told. */
void verdict_hold(struct verdict *v, const char *code, const char *rule_at,
                  int64_t next);
/* One sentence for operators. New. */
char *verdict_sentence(const char *code, const struct ticket *t,
                       const json_t *inputs);

/* ---- desire.c ---- */
/* What the outbox says of a ticket. */
struct told {
    bool granted; /* people were told, or will be */
    bool there;   /* it stands at a sink, or may (an intent) */
    bool closed;  /* it stood there and is closed */
    bool near;    /* granted, and by none that reaches people */
};
int desire_told(struct judge *j, const struct ticket *t, struct told *out,
                struct err *err);
/* Writes the ticket, its decision and its outbox. */
int desire(struct judge *j, struct verdict *v, struct err *err);

/* ---- budget.c ---- */
struct budget;
struct budget *budget_new(struct judge *j);
void budget_free(struct budget *b);
/* NULL: granted and charged. Otherwise the reason it has to wait. */
int budget_ask(struct budget *b, struct verdict *v, const char **code,
               int64_t *next, struct err *err);

#endif
