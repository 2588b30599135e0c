/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gha: what the parts of the github-actions source share.
 *
 * One pass: which repositories (repos.c, listed.c, sweep.c); of each the runs
 * that are new (repo.c, runs.c); of each run the jobs (runs.c); of each red job
 * the log (job.c). A repository's place in the cursor moves when all that its
 * lists led to is handed over, and not before.
 */
#ifndef TOCSIN_PLUGINS_GHA_H
#define TOCSIN_PLUGINS_GHA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/tocsin-plugin.h"
#include "plugins/github/api.h"
#include "plugins/github-actions/cursor.h"
#include "plugins/net/net.h"

/* Repositories that are read at a time, and logs. */
#define GHA_REPOS 24
#define GHA_LOGS 32
/* Queries of a sweep at a time. GitHub would rather have one after the other;
 * it allows a hundred requests at a time in all, and GraphQL a minute of its
 * time in each minute, which the host keeps to (core/host/http/lane.h). So a
 * few are enough to hide the way there and back, and more gain nothing. */
#define GHA_QUERIES 4
#define GHA_QUERIES_MAX 16

struct repo;
struct job;
struct given;

struct gha {
    const struct tocsin_host *host;
    char **branches, **workflows; /* globs; NULL-terminated */
    int64_t first, overlap;       /* seconds */
    bool green_logs, sweep;
    char *options; /* digest of what decides what is read */

    /* this pass */
    struct net net;
    struct api api;
    struct cursor cursor;
    uint64_t op;
    bool asked; /* there was something to ask for */
    int64_t now;
    char **names;   /* of all, for the tokens */
    char **globs;   /* of repositories to be listed; NULL-terminated, or NULL */
    size_t listing; /* lists that are not read to their end */
    struct repo **repos;
    size_t nr_repos, alloc_repos, next_repo, busy_repos, done_repos;
    size_t first_cut;    /* the first begun and not ended */
    bool swept_all;      /* every one of them */
    size_t logs;         /* being read */
    int64_t greens_left; /* that may be read in this pass */
    json_t *named;  /* {NAME or ID}: repositories that are read, or known */
    bool blind;     /* not all names of what is read are known */
    json_t *greens; /* {JOB: it has been read}, green.c */
    struct job *waiting, **waiting_end; /* for one of GHA_LOGS */
};

/* What GitHub's clock says, where ours is ahead of it: by ours, what comes
 * before long would be of before the last pass. */
int64_t gha_now(const struct gha *g);

/* ---- repos.c: which ---- */

/* Those of the options, and globs. False, and a reason has been logged: they
 * are wrong. */
bool repos_list(struct gha *g);
struct repo *repos_add(struct gha *g, const char *name);
/* All have been added: in the order in which they are read. */
void repos_ready(struct gha *g);
/* Begins with those that may be begun. */
void repos_go_on(struct gha *g);
void repos_free(struct gha *g);

/* ---- listed.c: those of an owner that match ---- */

/* Adds them and goes on with all. */
void listed_start(struct gha *g);

/* ---- unread.c: what is open and read no more ---- */

/* The options name it. id: NULL where it is not known: as soon as it is, a
 * repository is the same under any name. */
void unread_not(struct gha *g, const char *name, const char *id);
/* The operators are asked about what they do not. */
void unread_tell(struct gha *g);

/* ---- sweep.c: all of an owner ---- */

void sweep_start(struct gha *g);
/* All that it led to has been read, or will not be in this pass. */
void sweep_over(struct gha *g);

/* ---- given.c: commits and pull requests ---- */

/* What is wrong with those of the options, new; or NULL. */
char *given_wrong(const struct tocsin_host *host);
void given_start(struct gha *g);
/* Everything of it is handed over; frees it. */
void given_over(struct given *v);

/* ---- repo.c: one ---- */

struct repo {
    struct gha *g;
    char *name; /* as it was asked for, then as it is */
    char *owner;
    char *id, *branch; /* of GitHub's reply, or the cursor's */
    bool interest;
    json_t *known;  /* of the cursor, or NULL */
    json_t *runs;   /* {RUN: ATTEMPT}: for the next cursor */
    json_t *red;    /* {RUN: PAGE}: likewise, of the newest of each workflow
                     * those that are red */
    json_t *greens; /* {runs_key: the newest that was green}, of
                     * those in the list */
    json_t *twins;  /* {PATH: true}: of workflow.c, for the next cursor */
    char *list;     /* URL of the first page of runs */
    int64_t since;  /* runs made before are not looked for */
    int64_t red_at; /* when the commit was made that a sweep says is red; 0 */
    int64_t open;   /* the oldest that is not over */
    size_t held;
    bool broken; /* something is missing: the place stays */
    bool unchanged;
    bool late;           /* so is a run of it: the list is asked for
                          * whole again */
    bool again;          /* asked again, for all of it */
    size_t place;        /* in gha.repos */
    char *print;         /* of the sweep (swept.h), or NULL */
    bool seen;           /* an earlier sweep saw it */
    char *head;          /* what is news of it; NULL: nothing, or it
                          * was looked for twice */
    bool head_listed;    /* a run of it is in the list */
    bool head_young;     /* not all of them may be */
    bool checks_open;    /* one that is none of ours goes on */
    struct given *given; /* it is one of given.c */
};

void repo_start(struct repo *r);
void repo_say_facts(struct gha *g, const char *name, const char *id,
                    const char *branch, bool archived);
/* It is not read until it is archived no more. */
void repo_set_archived(struct gha *g, const char *name, const char *id,
                       const char *branch);
/* What a sweep found of it is not known, or was not read: when it is, all
 * since the last sweep that saw it is new. */
void repo_keep_since(struct gha *g, const char *name, const char *id,
                     const char *branch);
void repo_hold(struct repo *r);
void repo_let_go(struct repo *r);
void repo_free(struct repo *r);
/* Up to which attempt the run is handed over; 0: none. */
int64_t repo_known(const struct repo *r, const char *run);

/* ---- runs.c: runs and their jobs ---- */

struct wrun {
    struct repo *repo;
    int64_t id, attempt, from; /* attempts from..attempt are read */
    int64_t created;
    char *commit, *branch, *workflow;
    char *conclusion;
    char *file; /* of the workflow; NULL: none in the
                 * repository */
    const char *trigger;
    bool over;       /* its last attempt is one that is over */
    bool whole;      /* ended so that all its jobs ran */
    bool failed;     /* something could not be read */
    int64_t updated; /* when it was over */
    bool aside;      /* it is none of the list's (green.c) */
    bool late;       /* GitHub does not have all of it as yet */
    size_t held;
};

void runs_start(struct repo *r);
void wrun_let_go(struct wrun *w);
/* Of what ended then all may not be there yet. */
bool wrun_may_be_late(const struct wrun *w, int64_t ended);
void wrun_hold(struct wrun *w);
/* One of which something is read that the cursor is to know nothing of; held
 * once. */
struct wrun *runs_aside(struct repo *r, const json_t *v);
int64_t runs_attempt(const json_t *v);
bool runs_is_green(const json_t *v);
/* Of a branch of the repository itself, and no pull request's. */
bool runs_is_ours(const json_t *v);
char *runs_key(const char *branch, const char *workflow);

/* ---- workflow.c: which workflow a run is of ---- */

/* As it is called; borrowed. */
const char *workflow_name(const json_t *v);
/* What it goes by; new. */
char *workflow_of(const struct repo *r, const json_t *v);
/* Takes note of those that share a name, by runs of one commit. */
void workflow_look(struct repo *r, const json_t *runs);

/* ---- attempt.c: the jobs of one attempt ---- */

/* Hands them over. */
void attempt_read(struct wrun *w, int64_t attempt);
/* Hands the run over in place of a job: the workflow file is not valid, or
 * something like it, and no job says so. */
void attempt_say_itself(struct wrun *w);
/* list has all jobs of the attempt that a whole push consists of. */
bool attempt_is_whole(const struct wrun *w, int64_t attempt, const json_t *list,
                      int64_t total);

/* ---- job.c: one job ---- */

bool job_is_over(const json_t *v);
/* v: as the API says. Hands it over, with its log where it is red. */
void job_say(struct wrun *w, const json_t *v, int64_t attempt, bool whole);
/* Hands over a green one with its log. done: whether that went well. */
void job_green(struct wrun *w, const json_t *v, int64_t attempt, bool whole,
               void (*done)(void *user, bool there), void *user);
/* The red one that green_for was called for: read it again, or let it be as
 * it is. */
void job_again(struct job *j);
void job_leave(struct job *j);

/* ---- green.c: what red is read against ---- */

/* No rule knows why the job of that name is red. Ends in job_again or
 * job_leave. */
void green_for(struct job *job, const struct wrun *red, const char *name);

bool gha_accepts(char *const *globs, const char *text);
void gha_split(const char *name, char **owner, const char **repo);

#endif
