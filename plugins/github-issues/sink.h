/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sink: what the parts of the github-issues sink share.
 *
 * One delivery (deliver.c): where the ticket stands is found out (look.c, by
 * listing our own issues, or by its number), then it is made (create.c), or
 * edited, closed, opened (edit.c) or reminded of (say.c), and the reply is
 * read back (back.c). Before each write the kill switch is looked at (ask.c,
 * stop.c). What a reply means for the delivery is said in one place
 * (outcome.c). observe.c says how all of them stand.
 *
 * All that a delivery asks is outstanding in sink.net; it is over when
 * nothing is, and its status stands by then.
 */
#ifndef TOCSIN_PLUGINS_GHI_SINK_H
#define TOCSIN_PLUGINS_GHI_SINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/tocsin-plugin.h"
#include "plugins/github/api.h"
#include "plugins/net/net.h"

/* Seconds after which a pass looks again whether the kill switch is off. */
#define STOP_REST 300

struct delivery;
struct listing;  /* look.c */
struct patterns; /* reported.c */

struct sink {
    const struct tocsin_host *host;
    /* options */
    char *organization;
    char *repository; /* of tickets that span several */
    char *stop_repository, *stop_label;
    char **reported;   /* patterns, NULL-terminated */
    int64_t new_after; /* seconds closed, then a new issue */
    int64_t gap_ms;    /* between two writes */
    bool assigns;      /* people are assigned, not mentioned */
    char *heartbeat;

    struct net net;            /* of the operation that is on */
    struct api read;           /* whole owners; may only read */
    struct api write;          /* one repository each */
    char *login;               /* ours; NULL: not known yet */
    int64_t wrote_ms;          /* reply to the last write; monotonic */
    json_t *labels;            /* {repository: {name in lower case: true}} */
    json_t *people;            /* {login: numeric id or null} */
    json_t *cursor;            /* what is kept: see cursor.c */
    json_t *dead_teams;        /* {owner: when}: mentions are not live */
    struct delivery *delivery; /* the one that is on */
};

/* ---- who.c: who we are ---- */

/* Calls next when sink.login is known; else the delivery or observation has
 * failed: why. */
void who_are_we(struct sink *s, void (*next)(void *user, const char *why),
                void *user);
/* Is that ours? As REST says it: "slug[bot]". */
bool who_is_us(const struct sink *s, const char *login);

/* ---- place.c: where an issue is ---- */

struct place {
    char *repository; /* owner/name */
    int64_t number;
    char *node; /* global id, or NULL */
};
void place_release(struct place *p);
/* "owner/name#7:NODE"; false: it is none. */
bool place_parse(struct place *p, const char *remote_id);
/* New. */
char *place_text(const struct place *p);
/* "/repos/owner/name/issues/7", behind the base; new. */
char *place_url(const struct place *p);
/* From an issue as REST says it: false when it says too little. */
bool place_of_issue(struct place *p, const json_t *issue);

/* ---- text.c: bodies ---- */

#define TEXT_BEGIN "<!-- tocsin: begin -->"
#define TEXT_MAX_CHARS 65536
/* For our part; what is left is people's. */
#define TEXT_OURS_MAX 60000

/* Our part, between our own marks. New. */
char *text_ours(const char *body);
/* The body that stands there with our part replaced: what people wrote
 * before and behind it stays. New; NULL: it would be too long. */
char *text_merge(const char *stands, const char *ours, const char *marker);
/* The key in the marker of a body, new; NULL: there is none. */
char *text_key(const char *body);
/* Does a marker of that key stand anywhere in it? */
bool text_has_key(const char *body, const char *key);
bool text_has_nonce(const char *body, const char *nonce);
/* With every mention in a body that is one of names (NULL-terminated,
 * without @) written as to, which may be NULL: as text. New. */
char *text_call(const char *body, const char *name, const char *to);
/* ["owner/team"] of the live calls of teams in a text, new: what the core
 * composes holds none but those of the owner's line. */
json_t *text_teams(const char *body);
size_t text_length(const char *s);
/* Of somebody who may be called. */
bool text_is_login(const char *s);

/* ---- outcome.c ---- */

struct delivery {
    struct sink *s;
    uint64_t op;
    const struct tocsin_notification *n;
    int delivery; /* as it is done: a lost one is opened */
    struct place at;
    json_t *issue;           /* as it stands there, or NULL */
    json_t *labels;          /* [name] */
    char *body;              /* ours, with marks; of a reminder without */
    bool fresh;              /* this very delivery made it before */
    json_t *assignees;       /* [login], of a create; or NULL */
    json_t *called;          /* names that must be live; or NULL */
    json_t *ids;             /* {login: the id it must have}, or NULL */
    bool unsure;             /* a write may have had effect */
    json_t *candidates;      /* of look.c: issues that carry the key */
    json_t *doubles;         /* [remote_id]: of these, open ones that are
                              * not the ticket's; or NULL */
    const char **double_ids; /* the same, for the receipt */
    struct listing *listing;
    void (*next)(struct delivery *d); /* behind a row of requests */
    size_t step;                      /* in that row */
    struct patterns *patterns;        /* of reported.c */
    char *comment;                    /* to be made, see comment_make */
    bool once; /* not if one of ours says it, whatever delivery made it */
    void (*resume)(struct delivery *d); /* behind the calls of back.c */
    void (*commented)(struct delivery *d, const struct net_reply *r);
    char *stopped; /* why the kill switch is on; or NULL */

    int status;
    struct tocsin_receipt receipt;
    char *text, *id, *url;
    bool ended;
};

/* The delivery is over, unless it was before. text: for operators, taken
 * over; may be NULL. */
void outcome_end(struct delivery *d, int status, char *text);
void outcome_ok(struct delivery *d, bool adopted);
/* The receipt says where it stands, however the delivery ends. */
void outcome_stands(struct delivery *d);
void outcome_held(struct delivery *d, const char *code, int64_t seconds,
                  char *text);
/* Nobody knows what became of it. */
void outcome_unknown(struct delivery *d, char *text);
/* What a reply that is none of those expected means; ends the delivery. what
 * was tried: "the issue could not be read". */
void outcome_of_reply(struct delivery *d, const struct net_reply *r,
                      const struct api *api, const char *what);
/* It stands, and something is still to be done: the delivery comes again,
 * with pending. r: why. */
void outcome_pending(struct delivery *d, const char *pending,
                     const struct net_reply *r);
/* A write that was not answered as it should be: may it have had effect? */
bool outcome_is_unsure(const struct net_reply *r, const struct api *api);
/* May it go the next time: GitHub did not say no. */
bool outcome_is_passing(const struct net_reply *r);
/* What a server says is wrong: short, one line; new. */
char *outcome_message(const struct net_reply *r);

/* ---- issue.c: the issue as REST says it ---- */

/* It is what the delivery is about from now on; a reference is taken. */
void issue_set(struct delivery *d, json_t *issue);
/* state: "open" or "closed". */
bool issue_is(const json_t *issue, const char *state);
/* Closed so long ago that it is history. */
bool issue_is_history(const struct delivery *d, const json_t *issue);
/* It stands as this very delivery left it, which was cut off. */
bool issue_was_begun(const struct delivery *d, const json_t *issue);
/* A repository that was deleted and made again numbers from 1 again. Who
 * wrote it does not decide alone: the credential may be another one now. */
bool issue_is_ours(const struct delivery *d, const json_t *issue);

/* ---- ask.c: requests of a delivery ---- */

typedef void got_reply(void *user, const struct net_reply *r);
/* url: behind the base. Reads go as the whole owner, and 404 and 410 are
 * answers. */
void ask_read(struct delivery *d, const char *url, got_reply *got);
/* Waits until gap has passed since the last write. again: to send it twice
 * does no harm. body: taken over. */
void ask_write(struct delivery *d, const char *method, const char *url,
               json_t *body, bool again, got_reply *got);

/* ---- stop.c, comment.c, look.c, labels.c, people.c, reported.c, back.c ---- */

/* Whether a write may go now; where it may not, d->stopped says why. */
void stop_look(struct delivery *d, void (*next)(void *user, bool may),
               void *user);
/* The text as a comment, unless one of ours with the nonce is there. made
 * comes with the reply, or NULL where it was there. text: taken over. */
typedef void comment_function(struct delivery *d, char *text,
                              void (*made)(struct delivery *d,
                                           const struct net_reply *r));
comment_function comment_make;
/* The same, where none can be there as yet. */
comment_function comment_first;
/* The others: each calls the next step, or ends the delivery. */
/* Fills candidates: ours, in that repository, of that ticket. */
void look_for(struct delivery *d, void (*next)(struct delivery *d));
/* The one that counts, borrowed; NULL: there is none. The others that are
 * open are said with the receipt. */
json_t *look_pick(struct delivery *d);
/* Closes the second one of the ticket that the core wants closed, if there
 * is one. */
void doubles_close(struct delivery *d, void (*next)(struct delivery *d));
void labels_make(struct delivery *d, void (*next)(struct delivery *d));
/* Drops from the call who is not who he was. */
void people_check(struct delivery *d, void (*next)(struct delivery *d));
/* "@a @b": who owns it now and was never called of it, three at most; behind
 * people_check. New, NULL: nobody. */
char *people_new(const struct delivery *d);
/* "@a @b": whom to call where the team was not; new, NULL: nobody. */
char *people_instead(const struct delivery *d);
/* The reply shows that a team was not called. */
void people_team_is_dead(struct delivery *d, const char *team);
void reported_look(struct delivery *d, void (*next)(struct delivery *d));
/* Why a pattern is none, new; or NULL. */
char *reported_wrong(const char *pattern);
/* Reads what GitHub made of it; ends the delivery. */
void back_read(struct delivery *d, const json_t *issue);
/* What stands was made by this very delivery, which was cut off: where nobody
 * could be assigned people are called, unless they were. Whom a text calls was
 * called when it was made. Behind people_check; the issue as GitHub shows it;
 * goes on with resume. */
void back_again(struct delivery *d);
/* Who was to be called by a comment and was not: operators hear of it. */
void back_check_calls(struct delivery *d, const json_t *comment);
/* Did the last receipt leave people to be called? */
bool back_is_pending(const struct delivery *d);
/* Calls them, and ends the delivery. */
void back_call(struct delivery *d);

/* ---- create.c, edit.c, say.c: each ends the delivery ---- */

/* Behind look_for and reported_look. */
void create_make(struct delivery *d);
/* Makes of d->issue what the delivery wants. */
void edit_make(struct delivery *d);
/* A reminder stands below the text and not in its place. */
void say_reminder(struct delivery *d);
/* It came back and has another owner by now: an edit tells nobody, and who
 * was told before is not called again. Behind people_check. */
void say_again(struct delivery *d);
/* The list was edited, and an edit tells nobody. */
void say_news(struct delivery *d);

/* ---- deliver.c, observe.c, cursor.c ---- */

int deliver_start(struct sink *s, uint64_t op,
                  const struct tocsin_notification *n);
int observe_start(struct sink *s, uint64_t op);
void cursor_load(struct sink *s);
void cursor_save(struct sink *s);

#endif
