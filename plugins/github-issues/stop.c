/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kill switch that people can throw without a shell: an open issue with
 * a label. Must not write when it could not look.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

struct looking {
    struct delivery *d;
    void (*next)(void *user, bool may);
    void *user;
    char *url;
};

static void stop(struct delivery *d, char *why)
{
    d->s->host->notice(d->s->host, "kill-switch", why);
    free(d->stopped);
    d->stopped = why;
}

static void on_issues(void *user, const struct net_reply *r)
{
    struct looking *l = user;
    struct sink *s = l->d->s;
    const json_t *first = json_array_get(r->json, 0);
    bool none = r->ok && json_is_array(r->json) && !first;

    if (none)
        s->host->http_keep(s->host, l->url);
    else if (r->ok && first)
        stop(l->d, xasprintf("the kill switch is on: %s",
                             jx_str_or(first, "html_url", l->url)));
    else if (!r->unchanged)
        stop(l->d, xasprintf("the kill switch in %s cannot be looked at, so "
                             "nothing is written",
                             s->stop_repository));
    l->next(l->user, none || r->unchanged);
    free(l->url);
    free(l);
}

/* Only an empty list is kept to be compared with: 304 is "still none". */
void stop_look(struct delivery *d, void (*next)(void *user, bool may),
               void *user)
{
    struct sink *s = d->s;
    CLEANUP_FREE char *label = NULL, *owner = NULL;
    struct looking *l;

    if (!s->stop_repository) {
        next(user, true);
        return;
    }
    l = xcalloc(1, sizeof(*l));
    label = net_escape(s->stop_label);
    owner = xstrndup(s->stop_repository, strcspn(s->stop_repository, "/"));
    l->d = d;
    l->next = next;
    l->user = user;
    l->url = xasprintf("%s/repos/%s/issues?labels=%s&state=open&per_page=1",
                       s->read.base, s->stop_repository, label);
    api_ask(&s->read, &(struct api_call){
                          .owner = owner,
                          .url = l->url,
                          .flags = TOCSIN_HTTP_CONDITIONAL,
                          .got = on_issues,
                          .user = l,
                      });
}
