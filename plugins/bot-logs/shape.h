/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shape: the two shapes of an error in the bot's data, read as one.
 *
 *   {"kind": "bot-error", "messages": [".."], "url": "https://..",
 *    "base_branch": "main", "attempts": 3}
 *   "3.00 attempts - bot error (<a href=..>bot CI job</a>): main:\n.."
 *
 * Both give the same text, so an error keeps its fingerprint when the bot
 * changes from one shape to the other.
 */
#ifndef TOCSIN_PLUGIN_SHAPE_H
#define TOCSIN_PLUGIN_SHAPE_H

#include <jansson.h>
#include <stdbool.h>

struct shape {
    char *text;      /* plain, capped; never NULL after a success */
    char *url;       /* http(s), or NULL */
    char *branch;    /* or NULL */
    char *version;   /* that the text names, or NULL */
    double attempts; /* < 0: not given */
};

/* Told of everything that is not as it should be. member: "messages[2]", ""
 * for the value itself. */
typedef void shape_drift(void *user, const char *member, const char *wanted,
                         const json_t *found);

/* 0 and *out, or -1 when no text can be had from v. Members that drifted are
 * left out of *out. */
int shape_read(const json_t *v, struct shape *out, shape_drift *drift,
               void *user);
/* The member "bad": a text or {"exception", "traceback": [..], "url"?}. */
int shape_bad(const json_t *v, struct shape *out, shape_drift *drift,
              void *user);
/* Null, absent, "" and {}: the bot's ways to say that there is no error. */
bool shape_is_empty(const json_t *v);
void shape_release(struct shape *s);
/* "an object", "a number", ... for messages. */
const char *shape_type(const json_t *v);

#endif
