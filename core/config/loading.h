/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loading: a configuration while it is being read. Private to core/config.
 *
 * Nodes live as long as the loading, so whatever must be checked once all
 * files are known (does this team exist?) keeps its node.
 */
#ifndef TOCSIN_CONFIG_LOADING_H
#define TOCSIN_CONFIG_LOADING_H

#include <stdbool.h>
#include <uthash.h>

#include "core/config/schema.h"
#include "core/config/settings.h"

enum ref_kind {
    REF_TEAM,
    REF_SINK,
    REF_SOURCE,
    REF_RULE,
    REF_RULE_GLOB,
    REF_CATEGORY,
    REF_CONTACT,
    REF_WINDOW
};

/* A name that something else must define. */
struct ref {
    enum ref_kind kind;
    const struct node *n;
};

/* A name that is defined, once in its scope. */
enum scope {
    SCOPE_INSTANCE = 'i',
    SCOPE_TEAM = 't',
    SCOPE_ROUTE = 'r',
    SCOPE_PERSON = 'p',
    SCOPE_WINDOW = 'w',
    SCOPE_TOP = 'k',
    SCOPE_FILE = 'f'
};

struct name {
    char *key;            /* scope and name */
    const struct node *n; /* NULL: SCOPE_FILE of the main file */
    UT_hash_handle hh;
};

/* A rule as written, before override and disable. */
struct rule_entry {
    json_t *rule;
    const struct node *n;
    bool shipped;
    bool ignore; /* from an ignore: list */
};

struct loading {
    struct settings s; /* first: the tables' offsets start here */
    int64_t version;
    bool shipped_rules;
    char **include; /* of the file being read */
    size_t nr_include;
    char **disable;
    size_t nr_disable;

    struct reader reader;
    bool shipped; /* the file being read is a shipped one */
    bool broken;  /* a file could not be read as YAML */
    struct document **docs;
    size_t nr_docs, alloc_docs;
    struct digest *digest;
    struct name *names;
    struct ref *refs;
    size_t nr_refs, alloc_refs;
    struct rule_entry *rules;
    size_t nr_rules, alloc_rules;
};

extern const struct section file_section;
extern const struct section rule_section;
extern const struct section ignore_section;
extern const struct section source_section;
extern const struct section sink_section;

extern const char *const area_words[];

void route_init(struct route *route);

/* NULL, or where the name is defined already, in which case it is reported
 * as "WHAT "NAME" is defined at … already". */
const struct node *name_define(struct loading *l, enum scope scope,
                               const char *what, const struct node *n);
bool name_known(struct loading *l, enum scope scope, const char *name);
/* n: a scalar or a list of them, or NULL. */
void refs_add(struct loading *l, enum ref_kind kind, const struct node *n);

/* instance.c */
void *source_add(struct reader *r, void *into, const struct node *name,
                 const struct node *value);
void *sink_add(struct reader *r, void *into, const struct node *name,
               const struct node *value);
void instance_option(struct reader *r, void *into, const struct node *key,
                     const struct node *value);
void instance_done(struct reader *r, void *into, const struct node *n);
void instance_release(struct instance *in);

/* rules.c */
void *rule_add(struct reader *r, void *into, const struct node *name,
               const struct node *value);
void *ignore_add(struct reader *r, void *into, const struct node *name,
                 const struct node *value);
void rule_done(struct reader *r, void *into, const struct node *n);
void rules_merge(struct loading *l);
/* Of the rules themselves: to move a rule within its file changes nothing
 * that was classified. New. */
char *rules_digest(const struct settings *s);

/* refs.c: what can be said once all files are read */
void refs_check(struct loading *l);

/* texts.c: NULL, or what is wrong with a text (a new string). */
char *glob_bad(const char *text);
char *project_bad(const char *text);
char *url_wrong(const char *text);
char *forbidden_wrong(const char *text);
char *pattern_wrong(const char *text);
char *login_wrong(const char *text);
char *owner_wrong(const char *text);
char *state_wrong(const char *text);
char *rule_id_wrong(const char *text);
char *not_empty(const char *text);
char *category_wrong(const char *text);
char *category_match_wrong(const char *text);

#endif
