/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files and folders of a command line. Must not follow links out of a folder.
 */
#include <config.h>

#include "core/cli/log-paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/io.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define DEPTH_MAX 64

static void paths_add(struct paths *ps, char *path)
{
    ALLOC_GROW(ps->items, ps->nr + 1, ps->alloc);
    ps->items[ps->nr++] = path;
}

void paths_release(struct paths *ps)
{
    for (size_t i = 0; i < ps->nr; i++)
        free(ps->items[i]);
    free(ps->items);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* No link is followed, so there is no loop. */
static int paths_walk(struct paths *ps, const char *dir, int depth)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    int rc = 0;

    if (!d || depth > DEPTH_MAX) {
        log_error("%s: %s", dir, d ? "too deep" : strerror(errno));
        if (d)
            closedir(d);
        return -1;
    }
    while ((e = readdir(d))) {
        char *path;
        struct stat st;

        if (e->d_name[0] == '.' || str_ends(e->d_name, ".json"))
            continue;
        path = io_join(dir, e->d_name);
        if (lstat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            paths_add(ps, path);
            continue;
        }
        if (S_ISDIR(st.st_mode) && paths_walk(ps, path, depth + 1) < 0)
            rc = -1;
        free(path);
    }
    closedir(d);
    return rc;
}

int paths_collect(struct paths *ps, char *const *named, size_t nr)
{
    int rc = 0;

    for (size_t i = 0; i < nr; i++) {
        size_t from = ps->nr;
        struct stat st;

        if (!strcmp(named[i], "-") || stat(named[i], &st) < 0
            || !S_ISDIR(st.st_mode)) {
            paths_add(ps, xstrdup(named[i]));
            continue;
        }
        if (paths_walk(ps, named[i], 0) < 0)
            rc = -1;
        if (ps->nr > from)
            qsort(ps->items + from, ps->nr - from, sizeof(*ps->items), by_text);
    }
    return rc;
}
