/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build-url: where the page of a build of Azure Pipelines is. GitHub says it
 * of each check that is Azure's:
 *
 *     https://dev.azure.com/ORGANIZATION/PROJECT/_build/results?buildId=N&…
 *
 * with the project's name or id. It is what somebody else wrote: whoever asks
 * somewhere because of it compares base, organization and project first.
 */
#ifndef TOCSIN_PLUGINS_NET_BUILD_URL_H
#define TOCSIN_PLUGINS_NET_BUILD_URL_H

#include <stdbool.h>
#include <stdint.h>

struct build_url {
    char *base; /* scheme, host, port, and the path before the organization;
                 * no / at its end */
    char *organization, *project; /* decoded */
    int64_t build;
};

/* False, and *u is empty: it is no such address in every part. */
bool build_url_read(struct build_url *u, const char *url);
void build_url_release(struct build_url *u);
/* The address of the project, and that of the build, the same for all that is
 * part of it; new. */
char *build_url_place(const struct build_url *u);
char *build_url_text(const struct build_url *u);

#endif
