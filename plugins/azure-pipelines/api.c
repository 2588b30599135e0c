/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asking Azure. Must not take a page for people to sign in at for data, nor
 * follow a redirect there.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "plugins/azure-pipelines/azure.h"

/* A page of the list is some 5 KiB a build. */
#define REPLY_MAX ((size_t)32 << 20)

const char *const *azure_headers(const struct azure *a, bool log,
                                 const char *lines[3])
{
    lines[0] = log ? "Accept: text/plain" : "Accept: application/json";
    lines[1] = a->authorization;
    lines[2] = NULL;
    return lines;
}

void azure_ask(struct azure *a, const char *path, bool may_be_gone,
               void (*got)(void *user, const struct net_reply *reply),
               void *user)
{
    CLEANUP_FREE char *url = xasprintf("%s/%s", a->api, path);
    const char *lines[3];
    const struct net_call call = {
        .url = url,
        .headers = azure_headers(a, false, lines),
        .flags = TOCSIN_HTTP_NO_REDIRECT,
        .max_body = REPLY_MAX,
        .missing_is_fine = may_be_gone,
        .got = got,
        .user = user,
    };

    net_ask(&a->net, &call);
}
