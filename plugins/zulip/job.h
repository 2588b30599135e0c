/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * job: one delivery on its way. It finds the ticket's root, then walks a list
 * of steps, of which only the last posts: whatever fails before it may be
 * tried again and nothing is said twice.
 */
#ifndef TOCSIN_PLUGINS_ZULIP_JOB_H
#define TOCSIN_PLUGINS_ZULIP_JOB_H

#include "plugins/zulip/call.h"
#include "plugins/zulip/message.h"
#include "plugins/zulip/own.h"
#include "plugins/zulip/place.h"

struct job {
    struct zulip *z;
    uint64_t op;
    const struct tocsin_notification *n;
    struct place place;     /* by the contact */
    bool placed;            /* there is one */
    struct message *root;   /* NULL: there is none yet */
    struct message *before; /* the root that it had, when its owner now has
                             * not heard of it and is told elsewhere */
    bool adopted;
    bool edited; /* the root says what it should */
    bool stood;  /* the topic was as it is to be when we came */
    bool marked; /* we took a mark off, or set one */
    bool raced;  /* the marks stood already: another pass is at this, too, or
                  * we died over it */
    bool denied; /* the topic could not be turned; why: */
    char *why;
    char *topic;        /* of a root that is to be posted */
    char *text;         /* of one that says where it was told before */
    int duplicates;     /* that were found and taken back */
    struct own *tidied; /* by tidy(), with what comes behind it */
    void (*then)(struct job *j);
    void (*const *step)(struct job *j);
};

/* The next step. */
void job_next(struct job *j);
/* Ends it well. */
void job_done(struct job *j);
/* Ends it by a fault before anything was posted. */
void job_fail(struct job *j, const struct answer *answer);
/* It may have been posted, and nobody knows. */
void job_unknown(struct job *j, const char *text);

/* tidy.c: takes back what was posted twice, then goes on with `then`. */
void tidy(struct job *j, struct own *own, void (*then)(struct job *j));

/* steps.c: each goes on with job_next, or ends the job. */
void step_unresolve(struct job *j);
void step_resolve(struct job *j);
void step_mark_closed(struct job *j);
void step_mark_open(struct job *j);
void step_edit(struct job *j);
/* post.c */
void step_name_topic(struct job *j);
void step_post_root(struct job *j);
void step_reply(struct job *j);
void step_reply_unless_edited(struct job *j);

#endif
