/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * owners: from a project (and a path in it) to the people behind it.
 *
 * "maintainers": fact owners; else CODEOWNERS (fact), by the failure's file
 * when it is a path of the repository, else by the last rule that matches
 * everything; else nobody. Never a guess. A login is verified when its
 * durable id is known and is the present one, or when nothing is known of
 * either; one whose ids differ, or that is gone, is dropped and said so.
 */
#ifndef TOCSIN_ROUTE_OWNERS_H
#define TOCSIN_ROUTE_OWNERS_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/store/store.h"

struct owner {
    char *name;       /* team id, "org/team", login; NULL: nobody */
    char *from;       /* for people: "the recipe lists you as
                       * maintainers" is made from this code:
                       * recipe-maintainers, CODEOWNERS,
                       * owners.yaml, team, fallback */
    char *at;         /* file:line when configuration said so */
    json_t *persons;  /* [login], verified, sorted */
    json_t *dropped;  /* [{"login","why"}] */
    json_t *contacts; /* {plugin or instance: address} */
    char *mention;    /* "@conda-forge/r-foo" or "@a @b"; text for
                       * the owner line, NULL: none */
};
void owner_release(struct owner *o);
/* With the addresses that this person has of its own; and without them (p
 * may be NULL). */
void owner_remember(struct owner *o, const struct person *p);
void owner_forget(struct owner *o, const struct person *p);

/* spec: "maintainers", "codeowners", a team id, "@login". file: repository
 * path of the failure or NULL. 1 found, 0 nobody, -1 err. */
int owner_find(struct store *st, const struct settings *s, const char *spec,
               const char *project, const char *file, struct owner *out,
               struct err *err);

/* The numeric id that a login must have, new; 1 known, 0 not, -1 err. */
int owner_person_id(struct store *st, const char *login, char **id,
                    struct err *err);

/* CODEOWNERS text with GitHub's semantics. owners: new array of strings
 * (empty when the matching rule names nobody), NULL when no rule matches.
 * path NULL: the last rule that matches everything. *line: of that rule.
 * Lines that GitHub skips as invalid are skipped. */
json_t *codeowners_match(const char *text, const char *path, int *line);
/* Does pattern (CODEOWNERS) match path? -1: no valid pattern. */
int codeowners_pattern(const char *pattern, const char *path);
/* Project and branch globs of the configuration: * ? [..] and {a,b} within
 * one name, ** across /. */
bool glob_match(const char *pattern, const char *text);

#endif
