/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys: shorthands for the tables of the configuration language, and the
 * sections that one file has and another one refers to. Private to
 * core/config, for keys*.c alone.
 */
#ifndef TOCSIN_CONFIG_KEYS_H
#define TOCSIN_CONFIG_KEYS_H

#include <stddef.h>

#include "core/base/mem.h"
#include "core/config/loading.h"

/* Shorthands for the tables; T is the struct that offsets are into. */
#define TEXT(T, key, member, text, ...)                                        \
    {                                                                          \
        .name = key, .kind = VALUE_TEXT, .offset = offsetof(struct T, member), \
        .help = text, __VA_ARGS__                                              \
    }
#define VALUE(T, type, key, member, text, ...)                                 \
    {                                                                          \
        .name = key, .kind = VALUE_##type,                                     \
        .offset = offsetof(struct T, member), .help = text, __VA_ARGS__        \
    }
#define TEXTS(T, key, member, text, ...)                                       \
    {                                                                          \
        .name = key, .kind = VALUE_TEXTS,                                      \
        .offset = offsetof(struct T, member),                                  \
        .nr_offset = offsetof(struct T, nr_##member), .help = text,            \
        __VA_ARGS__                                                            \
    }
/* More keys of the same struct. */
#define SAME(key, sub, text, ...)                                              \
    {                                                                          \
        .name = key, .kind = VALUE_SECTION, .section = &sub, .help = text,     \
        __VA_ARGS__                                                            \
    }
#define LIST(key, sub, adder, text, ...)                                       \
    {                                                                          \
        .name = key, .kind = VALUE_LIST, .section = &sub, .add = adder,        \
        .help = text, __VA_ARGS__                                              \
    }
#define NAMED(key, sub, adder, text, ...)                                      \
    {                                                                          \
        .name = key, .kind = VALUE_NAMED, .section = &sub, .add = adder,       \
        .help = text, __VA_ARGS__                                              \
    }
#define KEYS(table) .keys = table, .nr = ARRAY_SIZE(table)

/* keys-policy.c */
extern const struct section policy_section, route_policy_section;
/* keys-route.c */
extern const char *const blame_words[];
extern const struct section route_section, inhibit_section, fallback_section;
extern const struct section operators_section;
void *root_add(struct reader *r, void *into, const struct node *name,
               const struct node *value);
void *inhibit_add(struct reader *r, void *into, const struct node *name,
                  const struct node *value);
/* keys-people.c */
extern const struct section team_section, person_section;
extern const struct section ownership_section;
void *team_add(struct reader *r, void *into, const struct node *name,
               const struct node *value);
void *person_add(struct reader *r, void *into, const struct node *name,
                 const struct node *value);
void *ownership_add(struct reader *r, void *into, const struct node *name,
                    const struct node *value);
/* keys-window.c */
extern const struct section window_section, digests_section;
void *window_add(struct reader *r, void *into, const struct node *name,
                 const struct node *value);
/* Takes what a table could only read as text. */
void hours_done(struct reader *r, const struct node *n);
void habits_done(struct habits *h);
char *zone_wrong(const char *text);
extern const char *const person_tell_words[], *const team_tell_words[];
char *minute_wrong(const char *text);
char *weekday_wrong(const char *text);
#define HOURS(T, member)                                                       \
    { .name = "active",                                                        \
      .kind = VALUE_TEXTS,                                                     \
      .flags = KEY_MAY_BE_EMPTY,                                               \
      .offset = offsetof(struct T, member.active),                             \
      .nr_offset = offsetof(struct T, member.nr_active),                       \
      .help = "windows; told in one of them only" },                           \
    {                                                                          \
        .name = "mute", .kind = VALUE_TEXTS, .flags = KEY_MAY_BE_EMPTY,        \
        .offset = offsetof(struct T, member.mute),                             \
        .nr_offset = offsetof(struct T, member.nr_mute),                       \
        .help = "windows; not told in any of them"                             \
    }
#define DIGEST_TIMES(T, member)                                                \
    TEXT(T, "digest_at", member.at_text, "when digests are told: 08:00",       \
         .wrong = minute_wrong),                                               \
        TEXT(T, "digest_on", member.on_text, "the day of weekly ones",         \
             .wrong = weekday_wrong)
#define HABITS(T, member, tells)                                               \
    TEXT(T, "tell", member.tell_text, "each thing, or together",               \
         .words = tells),                                                      \
        TEXT(T, "zone", member.zone, "time zone of windows and digests",       \
             .wrong = zone_wrong),                                             \
        HOURS(T, member.hours), DIGEST_TIMES(T, member)

/* keys-guards.c */
extern const struct section guards_section, http_section;

static inline struct loading *loading_of(struct reader *r)
{
    return r->user;
}

#endif
