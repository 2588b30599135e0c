/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * subject: what a message is about, read from the store once and turned into
 * the context of the templates as often as needed, each time with less.
 *
 * docs/messages.md lists the names that templates may use.
 */
#ifndef TOCSIN_DELIVER_SUBJECT_H
#define TOCSIN_DELIVER_SUBJECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/settings.h"
#include "core/deliver/safety.h"
#include "core/route/owners.h"
#include "core/store/store.h"

/* How much a message may hold. */
struct fill {
    size_t excerpt_lines, excerpt_chars;
    size_t causes, items; /* causes in full, lines of a list */
    bool trusted_only;    /* nothing that a log or an API wrote */
};

struct subject {
    const struct settings *settings;
    const struct ticket *ticket;
    const struct owner *owner;
    int op; /* enum tocsin_delivery */
    int64_t now;
    struct incident *members; /* those the message is about */
    size_t nr, alloc;
    size_t all;            /* members of the ticket altogether */
    int64_t green_jobs;    /* of the newest push, beside the red ones */
    struct incident cause; /* that holds the ticket back */
    bool has_cause;
    struct outbreak outbreak;
    bool has_outbreak;
    int64_t told_before; /* tickets told before the outbreak showed */
    bool over;           /* nothing of it stands any more */
    bool is_digest, weekly;
    int64_t *needs;   /* of a digest, by member: how many packages
                       * need its project */
    size_t nr_new;    /* the first of them are new since the last */
    json_t *troubles; /* operators_troubles; NULL: it has members */
    bool unsaid;      /* values that are cut out since were in it */
    json_t *past;     /* past.c; NULL: it is told for the first
                       * time */
};

/* Its first members, up to now, are set; reads the rest, which is zero. */
int subject_load(struct subject *s, struct store *st, struct err *err);
void subject_release(struct subject *s);

/* Which template says it: "build", "bot", "outbreak", "list", "resolved",
 * "reminder", "operators". */
const char *subject_template(const struct subject *s);
/* One thing that hits many projects. */
bool subject_is_outbreak(const struct subject *s);
/* New. */
json_t *subject_context(const struct subject *s, const struct safety *how,
                        const struct fill *fill);
/* For machines: plain values, nothing escaped. New. */
json_t *subject_fields(const struct subject *s);
/* What people would notice, and the numbers that only count up. New. */
char *subject_digest(const struct subject *s);
char *subject_counts_digest(const struct subject *s);

/* past.c: what became of it before. */
int past_load(struct subject *s, struct store *st, struct err *err);
void past_set(json_t *o, const struct subject *s);

/* At most max_lines lines and about max_chars characters of text around line
 * `cause` (from 0), each at most 300 characters; what is left out is said.
 * A new string. */
char *excerpt_cut(const char *text, size_t cause, size_t max_lines,
                  size_t max_chars);

#endif
