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

/* After which the pass looks again; the next delivery does so anyhow. */
#define REST 300

struct looking {
    struct delivery *d;
    void (*next)(struct delivery *d);
    char *url;
};

static void stop(struct delivery *d, const char *why)
{
    d->s->host->notice(d->s->host, "kill-switch", why);
    outcome_held(d, "kill-switch", REST, xstrdup(why));
}

static void on_issues(void *user, const struct net_reply *r)
{
    struct looking *l = user;
    struct delivery *d = l->d;
    struct sink *s = d->s;
    const json_t *first = json_array_get(r->json, 0);
    CLEANUP_FREE char *why = NULL;

    if (r->ok && json_is_array(r->json) && !first)
        s->host->http_keep(s->host, l->url);
    if (r->ok && first) {
        why = xasprintf("the kill switch is on: %s",
                        jx_str_or(first, "html_url", l->url));
        stop(d, why);
    } else if ((r->ok && json_is_array(r->json)) || r->unchanged) {
        l->next(d);
    } else if (s->read.fatal) {
        outcome_end(d, TOCSIN_FATAL, xstrdup(s->read.fatal));
    } else {
        why = xasprintf("the kill switch in %s cannot be looked at, so "
                        "nothing is written",
                        s->stop_repository);
        stop(d, why);
    }
    free(l->url);
    free(l);
}

/* Only an empty list is kept to be compared with: 304 is "still none". */
void stop_look(struct delivery *d, void (*next)(struct delivery *d))
{
    struct sink *s = d->s;
    CLEANUP_FREE char *label = NULL, *owner = NULL;
    struct looking *l;

    if (!s->stop_repository) {
        next(d);
        return;
    }
    l = xcalloc(1, sizeof(*l));
    label = net_escape(s->stop_label);
    owner = xstrndup(s->stop_repository, strcspn(s->stop_repository, "/"));
    l->d = d;
    l->next = next;
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
