/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * topic: names of topics. A resolved one begins with a check mark, in all
 * languages.
 */
#ifndef TOCSIN_PLUGINS_ZULIP_TOPIC_H
#define TOCSIN_PLUGINS_ZULIP_TOPIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOPIC_RESOLVED "\xe2\x9c\x94 "
/* In characters: what the mark of a resolved topic takes, which must fit. */
#define TOPIC_RESERVE 2

bool topic_is_resolved(const char *topic);
/* Behind the mark. */
const char *topic_bare(const char *topic);
/* The same topic to Zulip, resolved or not? */
bool topic_same(const char *a, const char *b);
/* A name for the title in at most max characters; distinct: with the
 * beginning of the ticket's key, where another topic has the name. New. */
char *topic_name(const char *title, const char *key, bool distinct, size_t max);
/* Where people see a message; channel 0: a direct message. New, NULL when
 * there is no such link. */
char *topic_link(const char *site, int64_t channel, const char *topic,
                 const char *people, int64_t message);

#endif
