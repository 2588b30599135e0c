/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build: one entry of the list of builds.
 */
#ifndef TOCSIN_PLUGINS_AZURE_BUILD_H
#define TOCSIN_PLUGINS_AZURE_BUILD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct azure_build {
    int64_t id;
    int64_t definition; /* 0: not said */
    int64_t queued, started, finished;
    char *project, *branch, *workflow, *commit; /* commit: may be NULL */
    const char *trigger;                        /* static */
    bool failed;                                /* as a whole */
    bool green;
    char *says; /* why it could not begin, lines; or NULL */
};

enum azure_kind {
    AZURE_BUILD,     /* of a branch: to be looked into */
    AZURE_NO_BRANCH, /* over, and says nothing of a branch */
    AZURE_RUNNING,   /* not over */
    AZURE_ODD        /* no build, or of an odd repository */
};

/* id and finished are set whenever they are there, the rest for a BUILD. */
enum azure_kind azure_build_read(struct azure_build *b, const json_t *v);
void azure_build_release(struct azure_build *b);

#endif
