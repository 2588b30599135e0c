/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * azure: what the parts of the azure-pipelines source share.
 *
 * One pass: the builds to be asked for by their ids, then the list of those
 * that finished since (builds.c), a page at a time; those that other sources
 * saw and the list did not bring (leads.c); of each its timeline and
 * those of earlier attempts (look.c); of each job the run (jobs.c), and of a
 * red one the log (log.c). The cursor moves when all of a page is handed
 * over, and not before.
 */
#ifndef TOCSIN_PLUGINS_AZURE_H
#define TOCSIN_PLUGINS_AZURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/tocsin-plugin.h"
#include "plugins/azure-pipelines/build.h"
#include "plugins/azure-pipelines/cursor.h"
#include "plugins/azure-pipelines/timeline.h"
#include "plugins/net/net.h"

/* Builds that are looked into at a time; each has one log open at most. */
#define AZURE_BUSY 16
/* A build that cannot be read is tried in so many passes. */
#define AZURE_TRIES 5

struct look;

/* One build of the page at hand. */
struct azure_entry {
    struct azure_build build;
    bool known; /* nothing new: nothing is asked */
    bool over;  /* handed over, or given up */
};

/* Where the look at the newest builds is. */
struct azure_newest {
    int64_t *ids; /* of pipelines, those that are left */
    size_t nr, alloc, next;
    size_t branch; /* in azure.newest_of */
    char *token;
    bool listed;
};

struct azure {
    const struct tocsin_host *host;
    char *api;              /* URL/ORGANIZATION/PROJECT/_apis/build */
    char *web;              /* URL/ORGANIZATION/PROJECT/_build/results */
    char *of;               /* URL/ORGANIZATION/PROJECT */
    char *base;             /* URL, without / at its end */
    char *authorization;    /* a header; NULL: anonymous */
    int64_t first, overlap; /* seconds */
    char **newest_of;       /* branches; NULL-terminated */
    char *newest_key;       /* the same as one text */
    size_t max_log;

    /* this pass */
    struct net net;
    struct azure_cursor cursor;
    uint64_t op;
    int64_t now;
    int64_t since; /* of the list */
    int64_t *ids;  /* to be asked for */
    size_t nr_ids, next_id, asked;
    char *token; /* of the next page of the list */
    struct azure_entry *page;
    size_t nr_page, next_entry, busy;
    bool listing; /* the page is one of the list */
    bool last;    /* there is no page after it */
    bool stuck;   /* its token leads to itself */
    int idle;     /* pages in a row with nothing new */
    bool going;   /* azure_go_on is at it */
    struct azure_newest newest;
    enum { LEADS_WAIT, LEADS_ASK, LEADS_READ } leads;
    int64_t given_up;
    int64_t greens_left; /* logs of green jobs that may be read */
    json_t *greens;      /* {job: whether its log is there} */
    int status;          /* enum tocsin_status of the pass */
    char *fatal;         /* why, when it is FATAL */
};

/* ---- api.c ---- */

/* Asks for JSON at `path` below the API. */
void azure_ask(struct azure *a, const char *path, bool may_be_gone,
               void (*got)(void *user, const struct net_reply *reply),
               void *user);
/* NULL-terminated; for a log: without JSON. Lives until the next call. */
const char *const *azure_headers(const struct azure *a, bool log,
                                 const char *lines[3]);

/* ---- builds.c ---- */

void azure_begin(struct azure *a);
/* The look into `e` has ended; well: all of it is handed over. */
void azure_looked(struct azure *a, struct azure_entry *e, bool well);
void azure_page_free(struct azure *a);
/* {"count", "value": [...]}, or the list itself; NULL: neither. */
const json_t *azure_list_of(const json_t *reply);
/* Looks into the builds of list, then goes on with what comes next. */
void azure_take_page(struct azure *a, const json_t *list);
void azure_save(struct azure *a);
/* Asks for more builds by their ids, one at least. */
void azure_add_ids(struct azure *a, const int64_t *ids, size_t nr);
/* Nothing more is read, but for leads. */
void azure_end(struct azure *a);

/* ---- leads.c: what other sources saw ---- */

/* A build as Azure says it: which project ours is. */
void azure_leads_learn(struct azure *a, const json_t *build);
/* Takes those of ours, and asks for what is to be read now. False: there is
 * nothing to wait for. Otherwise ends in azure_end. */
bool azure_leads_go_on(struct azure *a);

/* ---- newest.c: what finished long ago ---- */

/* The next step of it; false: there is none. Ends in azure_end. */
bool azure_newest_go_on(struct azure *a);
/* A page was looked at. */
void azure_newest_page_over(struct azure *a);
void azure_newest_release(struct azure *a);

/* ---- look.c: one build ---- */

struct look {
    struct azure *a;
    struct azure_entry *entry;
    struct azure_timeline timeline;
    size_t next_earlier, next_job;
    bool last_try; /* what cannot be had now is taken as gone */
    bool failed;   /* something could not be read */
};

/* False: it is not to be touched, and azure_looked does not come. */
bool look_start(struct azure *a, struct azure_entry *e, bool last_try);
void look_end(struct look *l);

/* ---- jobs.c ---- */

/* Goes on with the jobs: red ones first, then the others. */
void jobs_go_on(struct look *l);
/* What is known of the run of j; j NULL: of the build as a whole. */
struct job_run {
    struct tocsin_run run;
    char *id, *url;
};
void job_run_init(struct job_run *r, const struct look *l,
                  const struct azure_job *j);
void job_run_release(struct job_run *r);

/* ---- log.c ---- */

#define AZURE_FORMAT "azure-pipelines"

struct job_log;

/* Hands a red job over with its log. False: it is done already; true: it
 * comes back by jobs_go_on. */
bool log_start(struct look *l, struct azure_job *j);
/* The tasks that made it red; of one that was stopped, those that were
 * stopped. */
bool log_is_wanted(const struct azure_job *j, const struct azure_task *t);
bool log_is_html(const struct tocsin_http_reply *http);
void log_ask(struct azure *a, int64_t build, int64_t nr,
             int (*part)(void *user, const char *p, size_t n),
             void (*ended)(void *user, const struct net_log_end *end),
             void *user);
/* Its log is to be read once more, against a green one; or there is none. */
void log_again(struct job_log *g);
void log_leave(struct job_log *g);

/* ---- green.c ---- */

/* Looks for the last green log of the job; ends in log_again or log_leave. */
void green_for(struct job_log *red, const struct look *l,
               const struct azure_job *job);

#endif
