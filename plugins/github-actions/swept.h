/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * swept: what the sweep learns of one repository, and how that compares with
 * what the last pass learned. Of it the cursor keeps a print: a letter (how
 * its checks stand), then digests of head and checks and of name and branch.
 *
 *   S green   F red   P at work   N none as far back as was looked
 *   A archived   E empty   U read, but not all of it was over
 *   V read, but perhaps before all runs of the head were listed
 */
#ifndef TOCSIN_PLUGINS_GHA_SWEPT_H
#define TOCSIN_PLUGINS_GHA_SWEPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* What is asked for, in GraphQL; SWEPT_HEAD opens three braces. */
#define SWEPT_FIELDS "databaseId nameWithOwner createdAt isArchived isDisabled"
#define SWEPT_HEAD "defaultBranchRef{name target{... on Commit{committedDate "
#define SWEPT_CHECKS "oid statusCheckRollup{state}"

#define SWEPT_ONCE_MORE 'V'

struct swept {
    char *id, *name, *branch, *head;
    char *red;      /* the commit that is: the head, or one before it; NULL:
                     * none, or no name of a commit */
    int64_t red_at; /* when that was made; 0: not known */
    int64_t made;   /* when it was; 0: not said */
    char letter;
    int64_t committed; /* the head; 0: not known */
    bool archived;
    bool unknown; /* an error stood beside it */
    bool bare;    /* the letter is of a commit before the head */
};

/* partial: there were errors, and a null may be one of them. NULL: it is not
 * what it should be. */
struct swept *swept_read(const json_t *v, bool partial);
void swept_free(struct swept *w);
/* All digits of its name. s may be NULL. */
bool swept_is_commit(const char *s);
bool swept_has_no_checks(const struct swept *w);
/* Reads v's history: its state is that of the newest commit with checks.
 * False: not known. */
bool swept_walk(struct swept *w, const json_t *v, bool partial);

/* A new string. */
char *swept_print(const struct swept *w);
/* old: the print of the last pass, or NULL. */
bool swept_is_same(const struct swept *w, const char *old);
/* Whether its runs have to be read. */
bool swept_is_news(const struct swept *w, const char *old);
/* Whether it is looked at for the second time for the same head. */
bool swept_is_second(const struct swept *w, const char *old);
/* Whether its facts have to be said. */
bool swept_is_renamed(const struct swept *w, const char *old);

#endif
