/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * incident-private: what the files of core/incident share. Nothing outside
 * may include it.
 */
#ifndef TOCSIN_INCIDENT_PRIVATE_H
#define TOCSIN_INCIDENT_PRIVATE_H

#include <jansson.h>
#include <stdbool.h>
#include <uthash.h>

#include "core/incident/correlate.h"
#include "core/incident/ingest.h"

/* ---- believe.c: what a source says, checked ---- */

/* Each returns NULL when the value may be stored, else what is wrong. */
const char *believe_project(const char *s);
const char *believe_branch(const char *s);
const char *believe_id(const char *s);   /* required, no controls */
const char *believe_name(const char *s); /* may be NULL */
/* s when it is an http(s) URL without controls and spaces, else NULL. */
const char *believe_url(const char *s);
bool believe_time(int64_t t);
/* One of the fixed areas and a kind; one of the known blames. */
bool believe_is_category(const char *s);
bool believe_is_blame(const char *s);

/* Fills r from a RUN of host/wire.h, strings copied. NULL, or why it is
 * refused; r must be released in both cases. */
const char *believe_run(struct store *st, const char *instance, const json_t *v,
                        int64_t now, struct run *r);
/* The primary failure of a classification result, checked and capped; false:
 * there is none. */
bool believe_primary(const json_t *result, struct failure *f);
/* As many failures as may be kept of a run, of stored details; the rest of r
 * is empty. */
void believe_stored(const json_t *details, struct run *r);
bool believe_is_pull_request(const char *trigger);
/* An own fingerprint for what has no log. A new string. */
char *fingerprint_without_log(const char *tag, const char *a, const char *b);

/* ---- snapshot.c: snapshots, gathered until their end ---- */

struct snapshots; /* of one ingest */
struct snapshots *snapshots_new(struct store *st, int64_t now);
void snapshots_free(struct snapshots *s);
/* A PART of host/wire.h. */
int snapshots_part(struct snapshots *s, const char *instance, json_t *part,
                   struct ingest_counts *counts, struct err *err);

/* ---- evidence.c: what the runs of one branch say ----
 *
 *     evidence_init(&ev, &opts);
 *     evidence_excuse(&ev, fingerprint);       // of an outbreak
 *     evidence_add(&ev, run);                  // in the store's order
 *     evidence_work_out(&ev);
 *     for (c = ev.causes; c; c = c->hh.next) ...
 *     evidence_release(&ev);
 *
 * A pure function of the runs, the options and the clock. */

struct evidence_options {
    int64_t now;
    int64_t absent_after;
    int64_t flaky_within;
    int64_t relapse_within;
    const char *const *stale; /* NULL-terminated, or NULL */
};

/* A workflow of a source. */
struct flow {
    char *key;
    char *source;
    int last_commit; /* the newest with a run of it */
    /* of the commit that is looked at: */
    int commit;
    bool complete, red, green, unclear;
    int64_t finished;
    UT_hash_handle hh;
};

struct job {
    char *key, *name;
    struct flow *flow;
    struct hold *holds; /* of all causes, by `of_job` */
    int commit;         /* the newest with a run of it */
    int word_commit;    /* the newest that was red or green */
    bool word_green;
    char *green_commit; /* the newest green one */
    int green_at_commit;
    int64_t green_at;
    char *before_commit; /* the newest green one before this commit */
    int64_t before_at;
    UT_hash_handle hh;
};

/* What one job has to do with one cause, in the cause's present episode. */
struct hold {
    struct job *job;
    struct cause *cause;
    bool standing;
    int first_commit; /* red there first, since it last was not */
    int red_commit;   /* red there last */
    int64_t run;
    char *url, *commit, *source;
    int64_t at; /* of the last red */
    enum incident_end end;
    int end_commit;
    int64_t ended;
    char *by; /* fingerprint */
    int greens, greens_commit;
    struct hold *of_job, *of_cause;
};

struct cause {
    char *fingerprint, *rule, *category, *blame;
    bool in_outbreak;
    bool excused; /* infrastructure: ends nothing else */
    struct hold *holds;
    bool active; /* at the end of the last commit */
    int began_commit, red_commit;
    int64_t first_seen, last_seen, first_ever;
    int64_t pushes, relapses, relapsed_at, flaky, flaky_at;
    int flaky_commit;
    int64_t quiet_since; /* the end of the last real episode */
    bool episodes;       /* there was one */
    char *first_red, *last_red, *last_green;
    int64_t last_green_at;
    int64_t run; /* the newest red one */
    char *url, *source;
    /* the result, by evidence_work_out: */
    bool standing;
    enum incident_end end;
    int64_t ended, greens;
    char *superseded_by;
    UT_hash_handle hh;
};

struct evidence {
    struct evidence_options opts;
    struct obs *obs;
    size_t nr, alloc;
    struct job *jobs;
    struct flow *flows;
    struct cause *causes;
    int commits;
    char *commit_key;
    int64_t recheck_at; /* the clock alone changes something then */
    json_t *given_up;   /* {SOURCE: TIME}: what it said up to then is over */
};

void evidence_init(struct evidence *ev, const struct evidence_options *o);
void evidence_release(struct evidence *ev);
void evidence_excuse(struct evidence *ev, const char *fingerprint);
void evidence_add(struct evidence *ev, const struct run *r);
void evidence_work_out(struct evidence *ev);
bool evidence_is_stale(const struct evidence_options *o, const char *source);

/* ---- push.c: what a whole push proves ---- */

/* To be called when all words of commit k are in: jobs that are absent from
 * a complete green push have ended. */
void push_absences(struct evidence *ev, int k);
/* Ends h; used by both. */
void hold_end(struct hold *h, enum incident_end end, int commit, int64_t at,
              const char *by);

/* ---- entries.c: what standing entries say ---- */

/* Lays what entries (all of one branch and fingerprint) say over i, which is
 * empty or filled from runs. was: what was known, or NULL. Decision members
 * are left alone. */
void entries_lay(const struct standing *const *entries, size_t nr,
                 const struct incident *was, int64_t relapse_within,
                 struct incident *i);
char *entry_job_key(const struct standing *s);

/* ---- wave.c: how many were hit within how short a time ---- */

/* One project hit, in the order of time. */
struct hit {
    int64_t id; /* incident */
    int64_t at;
    char *project, *branch;
    char *outbreak; /* that it is part of already, or NULL */
    bool standing;
};

struct wave {
    bool on, forming;
    int64_t began, last; /* oldest and newest hit of that window */
};

struct owners; /* of projects, read once */
struct owners *owners_new(struct store *st);
void owners_free(struct owners *o);
/* Slides a window over hits later than floor. */
struct wave wave_find(struct owners *o, const struct hit *hits, size_t nr,
                      int64_t floor, const struct policy *p);
/* Different projects and owners among hits at or after since. */
void wave_count(struct owners *o, const struct hit *hits, size_t nr,
                int64_t since, int64_t *projects, int64_t *owners);
/* So many projects in one window may be an outbreak. */
int64_t wave_forming(const struct policy *p);

#endif
