/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session: one decision while it is made, for decide.c and its parts:
 * session.c (what is due), notice.c (why else something is due), backlog.c.
 */
#ifndef TOCSIN_ROUTE_SESSION_H
#define TOCSIN_ROUTE_SESSION_H

#include <uthash.h>

#include "core/route/judge.h"

/* An incident that is due, by what the store finds it again with. */
struct due {
    int64_t id;
    char *project, *branch, *fingerprint;
    bool symptom; /* a rule may find a cause for it, or did */
};

/* A ticket to be judged. */
struct tick {
    int64_t id;
    bool hinted;
    bool stood;            /* arming would make it backlog */
    struct placement hint; /* key and group not filled in */
    UT_hash_handle hh;
    char key[];
};

struct session {
    struct judge j;
    struct due *due;
    size_t nr_due, alloc_due;
    struct tick *ticks;
    struct verdict *waiting; /* what would be told anew */
    size_t nr_waiting, alloc_waiting;
};

void session_release(struct session *d);

/* As store_incident_each calls it: the incident is due. Takes names of i. */
int due_add(void *user, struct incident *i);
/* With a cause, whatever may be a symptom of it. */
int due_add_cause(void *user, struct incident *i);
/* In the order of their ids, each once. */
void due_unique(struct session *d);

/* NULL: it is not to be judged so far. */
struct tick *tick_find(struct session *d, const char *key);
/* The one that is there, or a new one. */
struct tick *tick_add(struct session *d, const char *key, int64_t id);
/* As store_ticket_each calls it: the ticket is due. */
int tick_due(void *user, struct ticket *t);

/* ---- notice.c ---- */

/* Sets j.cold and j.arming; these come in this order. */
int notice_settings(struct session *d, struct err *err);
int notice_arming(struct session *d, struct err *err);
/* The members of outbreaks that formed, broke out or ended meanwhile. */
int notice_outbreaks(struct session *d, struct err *err);

/* ---- backlog.c ---- */

/* What of the backlog is released today. */
int backlog_release(struct session *d, struct err *err);

#endif
