/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * context, inside: what context.c (the whole), cause.c (one failure), list.c
 * (many) and summary.c (one sentence) share. subject_context() is for others.
 */
#ifndef TOCSIN_DELIVER_CONTEXT_H
#define TOCSIN_DELIVER_CONTEXT_H

#include "core/deliver/subject.h"

/* Sets key to t in words; nothing when t is 0. */
void context_day(json_t *o, const char *key, int64_t t);
void context_minute(json_t *o, const char *key, int64_t t);
/* Sets key to url if a message may hold it. */
void context_url(json_t *o, const char *key, const char *url);
/* Sets key to text (taken), which is escaped already. */
void context_made(json_t *o, const char *key, char *text);
/* A name that can hold nothing but a name. */
bool is_plain_name(const char *s);

/* ---- summary.c ---- */

/* The rule's sentence with its captures at pos, escaped; else what the
 * worker wrote down when it saw the failure. New. */
char *summary_of(const struct subject *s, const struct incident *i,
                 const struct safety *how, enum safety_position pos,
                 const struct fill *fill);
/* What to do about it, likewise. New, or NULL. */
char *advice_of(const struct subject *s, const struct incident *i,
                const struct safety *how, const struct fill *fill);

/* ---- cause.c ---- */

void causes_set(json_t *o, const struct subject *s, const struct safety *how,
                const struct fill *fill);

/* ---- list.c ---- */

void items_set(json_t *o, const struct subject *s, const struct safety *how,
               const struct fill *fill);
void outbreak_set(json_t *o, const struct subject *s, const struct fill *fill);
void troubles_set(json_t *o, const struct subject *s, const struct fill *fill);

#endif
