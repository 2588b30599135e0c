/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One issue by its number: it was moved, its repository renamed, or it was
 * deleted. Must not call deleted what we may not see.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/observe.h"

struct looking {
    struct observation *o;
    size_t row;
};

static void on_issue(void *user, const struct net_reply *r)
{
    struct looking *l = user;
    struct observation *o = l->o;
    const struct standing *row = &o->rows[l->row];
    CLEANUP_FREE char *message = NULL;

    free(l);
    if (row->replaced)
        return;
    if (r->ok) {
        observe_say(o, row->ticket, r->json);
        return;
    }
    message = outcome_message(r);
    /* "This issue was deleted"; the same status says that issues are
     * switched off. */
    if (!r->http->error && r->http->status == 410 && strstr(message, "deleted"))
        observe_deleted(o, row);
    else if (r->http->error || r->http->status >= 500)
        o->incomplete = true;
}

void one_look(struct observation *o, size_t row)
{
    const struct place *at = &o->rows[row].at;
    struct looking *l = xcalloc(1, sizeof(*l));
    CLEANUP_FREE char *owner =
        xstrndup(at->repository, strcspn(at->repository, "/"));
    CLEANUP_FREE char *url = place_url(at);

    l->o = o;
    l->row = row;
    api_ask(&o->s->read, &(struct api_call){
                             .owner = owner,
                             .url = url,
                             .missing_is_fine = true,
                             .got = on_issue,
                             .user = l,
                         });
}
