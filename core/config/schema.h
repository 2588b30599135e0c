/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schema: what a map in a configuration file may hold, as tables, and the
 * one reader that checks a node against them and fills in a struct.
 *
 *     struct reader r = { .pb = &pb };
 *     section_read(&r, &route_section, node, &route);
 *
 * The same tables make the JSON Schema for editors and are compared with the
 * man page, so a key exists in all three or in none. A value that is wrong
 * is reported and leaves the struct as it was; reading goes on.
 */
#ifndef TOCSIN_CONFIG_SCHEMA_H
#define TOCSIN_CONFIG_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/config/node.h"
#include "core/config/problems.h"

struct section;

enum value_kind {
    VALUE_TEXT,     /* any scalar: char * */
    VALUE_BOOL,     /* true, false: bool; KEY_TRISTATE: int */
    VALUE_COUNT,    /* 0, 1, …: int64_t; KEY_UNLIMITED */
    VALUE_NUMBER,   /* 0.5: double */
    VALUE_DURATION, /* 2d: int64_t; KEY_NEVER, KEY_PERIOD */
    VALUE_SIZE,     /* 512M: int64_t */
    VALUE_TEXTS,    /* one or a list: char **, size_t */
    VALUE_SECTION,  /* a map: the struct at offset */
    VALUE_LIST,     /* a list of maps: add() for each */
    VALUE_NAMED,    /* a map of maps: add() for each */
    VALUE_MAP,      /* word: text or texts: json_t * object */
};

enum key_flags {
    KEY_REQUIRED = 1 << 0,
    KEY_UNLIMITED = 1 << 1,    /* the word "unlimited" */
    KEY_NEVER = 1 << 2,        /* the word "never": 0 */
    KEY_PERIOD = 1 << 3,       /* the words hourly, daily, weekly */
    KEY_TRISTATE = 1 << 4,     /* an int; -1 where it is not written */
    KEY_GATHERS = 1 << 5,      /* may stand in several files */
    KEY_MAIN = 1 << 6,         /* required in the main file */
    KEY_SHIPPED = 1 << 7,      /* allowed in shipped rule files */
    KEY_MAY_BE_EMPTY = 1 << 8, /* an empty list says something */
    KEY_CHECKED = 1 << 9,      /* texts that only done() keeps */
    KEY_SIGNED = 1 << 10,      /* a count that may be below 0 */
};

struct reader {
    struct problems *pb;
    void *user; /* the settings being made */
};

struct key {
    const char *name;
    enum value_kind kind;
    unsigned flags;
    size_t offset;
    size_t nr_offset;
    const char *const *words; /* the only ones allowed; NULL-terminated */
    char *(*wrong)(const char *text); /* new string or NULL: fine */
    const struct section *section;
    /* The struct of a new item, borrowed; NULL: skip it (reported). name:
     * the key's node in VALUE_NAMED, else NULL. */
    void *(*add)(struct reader *r, void *into, const struct node *name,
                 const struct node *value);
    const char *help; /* one line, for the JSON Schema */
};

struct section {
    const char *name; /* of its definition in the JSON Schema */
    const char *what; /* "a route", for messages */
    const struct key *keys;
    size_t nr;
    bool json; /* into is a json_t object, keys by name */
    /* Takes keys that are not in the table; NULL: they are errors. */
    void (*other)(struct reader *r, void *into, const struct node *key,
                  const struct node *value);
    /* After all keys: what the table cannot say. */
    void (*done)(struct reader *r, void *into, const struct node *n);
};

void section_read(struct reader *r, const struct section *s,
                  const struct node *n, void *into);
const struct key *section_key(const struct section *s, const char *name);

/* An error at n. */
void node_error(struct reader *r, const struct node *n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void node_warn(struct reader *r, const struct node *n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "file:line", a new string. */
char *node_at(const struct node *n);
/* "file:line:column", a new string. */
char *node_place(const struct node *n);

/* A path that is written at n: relative to n's file. A new string. */
char *node_path(const struct node *n, const char *path);

void texts_free(char **list, size_t nr);

#endif
