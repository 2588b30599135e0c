/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where an issue is: "owner/name#7:NODE". Must not make a path out of
 * anything but a fine name and a number.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

#define NODE_CHARS                                                             \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"                     \
    "0123456789_-="

void place_release(struct place *p)
{
    free(p->repository);
    free(p->node);
    memset(p, 0, sizeof(*p));
}

static bool is_node(const char *s)
{
    return s && *s && strlen(s) < 200 && strspn(s, NODE_CHARS) == strlen(s);
}

bool place_parse(struct place *p, const char *remote_id)
{
    const char *hash = remote_id ? strchr(remote_id, '#') : NULL;
    char *rest = NULL;

    memset(p, 0, sizeof(*p));
    if (!hash)
        return false;
    p->repository = xstrndup(remote_id, (size_t)(hash - remote_id));
    p->number = strtoll(hash + 1, &rest, 10);
    if (*rest == ':' && is_node(rest + 1))
        p->node = xstrdup(rest + 1);
    if (api_repository_fine(p->repository) && p->number > 0
        && (!*rest || p->node))
        return true;
    place_release(p);
    return false;
}

char *place_text(const struct place *p)
{
    return xasprintf("%s#%lld%s%s", p->repository, (long long)p->number,
                     p->node ? ":" : "", p->node ? p->node : "");
}

char *place_url(const struct place *p)
{
    return xasprintf("/repos/%s/issues/%lld", p->repository,
                     (long long)p->number);
}

/* https://api…/repos/owner/name; new, or NULL. */
static char *repository_of(const char *url)
{
    const char *s = url ? strstr(url, "/repos/") : NULL;

    if (!s || !api_repository_fine(s + strlen("/repos/")))
        return NULL;
    return xstrdup(s + strlen("/repos/"));
}

bool place_of_issue(struct place *p, const json_t *issue)
{
    const char *node = jx_str(issue, "node_id");

    memset(p, 0, sizeof(*p));
    p->repository = repository_of(jx_str(issue, "repository_url"));
    p->number = jx_int(issue, "number", 0);
    if (is_node(node))
        p->node = xstrdup(node);
    if (p->repository && p->number > 0)
        return true;
    place_release(p);
    return false;
}
