/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who we are: issues are listed by their author, so a wrong login finds none
 * and files all of them again. Must not guess.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

#define BOT "[bot]"

struct asking {
    struct sink *s;
    void (*next)(void *user, const char *why);
    void *user;
};

static void answer(struct asking *a, const char *login, const char *why)
{
    if (login)
        str_replace(&a->s->login, login);
    a->next(a->user, login ? NULL : why);
    free(a);
}

static void on_slug(void *user, const char *slug, const char *why)
{
    CLEANUP_FREE char *login = slug ? xasprintf("%s" BOT, slug) : NULL;

    answer(user, login, why);
}

static void on_user(void *user, const struct net_reply *r)
{
    struct asking *a = user;
    const char *login = r->ok ? jx_str(r->json, "login") : NULL;

    answer(a, login,
           a->s->read.fatal ? a->s->read.fatal
           : !r->http->error && r->http->status == 403
               ? "GitHub does not say whose token this is: give login"
               : "GitHub does not say whose token this is");
}

void who_are_we(struct sink *s, void (*next)(void *user, const char *why),
                void *user)
{
    struct asking *a;

    if (s->login) {
        next(user, NULL);
        return;
    }
    a = xcalloc(1, sizeof(*a));
    a->s = s;
    a->next = next;
    a->user = user;
    if (auth_kind(s->read.auth) == AUTH_APP)
        auth_slug(s->read.auth, on_slug, a);
    else
        api_ask(&s->read, &(struct api_call){
                              .owner = "",
                              .url = "/user",
                              .got = on_user,
                              .user = a,
                          });
}

bool who_is_us(const struct sink *s, const char *login)
{
    return login && s->login && !strcasecmp(s->login, login);
}
