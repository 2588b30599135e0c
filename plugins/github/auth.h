/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * auth: who we are to GitHub: nobody, the bearer of a token, or an App that
 * gets a token for each owner (an organisation or a person that installed
 * it). Such a token lives in memory alone, may do what its `struct auth` is
 * for and no more (to read, when nothing else is said), and only in the
 * repositories named if they are few; a new one is made shortly before it
 * ends.
 *
 *     auth_get(a, "conda-forge", ready, user);   // ready may come at once
 *
 * Whose token, in all of this, is an owner; or one repository, "owner/name":
 * that token is good there and nowhere else.
 */
#ifndef TOCSIN_PLUGINS_GITHUB_AUTH_H
#define TOCSIN_PLUGINS_GITHUB_AUTH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/net/net.h"

struct auth;

struct auth_options {
    const char *base;         /* https://api.github.com */
    const char *token;        /* NULL: none */
    const char *app_id, *key; /* both or none */
    /* What a token of an App may do: JSON object of permissions; NULL: read
     * runs, checks and contents. also: asked for where the installation has
     * it; NULL: nothing. */
    const char *permissions, *also;
};

enum auth_kind { AUTH_NONE, AUTH_TOKEN, AUTH_APP };

struct auth *auth_new(const struct auth_options *o, struct net *net);
void auth_free(struct auth *a);
enum auth_kind auth_kind(const struct auth *a);

/* The names ("owner/name") that this pass reads; more than the API takes
 * (500 of one owner), or none: all of the installation. */
void auth_narrow(struct auth *a, const char *const *names, size_t nr);

/* header: "Authorization: ...", or NULL when there is none to send. why:
 * NULL, or why there is none though there should be. */
typedef void auth_ready(void *user, const char *header, const char *why);
void auth_get(struct auth *a, const char *owner, auth_ready *ready, void *user);
/* The owner has not installed the App; known once auth_get has failed. */
bool auth_is_absent(struct auth *a, const char *owner);
/* Who an App is: its slug; NULL, and why not. Asked once. */
typedef void auth_named(void *user, const char *slug, const char *why);
void auth_slug(struct auth *a, auth_named *named, void *user);
/* GitHub does not believe the App: nothing can work. */
bool auth_is_disbelieved(const struct auth *a);
/* The owner's token was refused. True: ask for a new one, once. */
bool auth_refused(struct auth *a, const char *owner, const char *header);

/* What a reply says of the end of the token: 0, or when. */
int64_t auth_ends(const struct tocsin_http_reply *reply);
/* The notice that this is worth, new, or NULL. */
char *auth_end_notice(int64_t ends, int64_t now);

#endif
