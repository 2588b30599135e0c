/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which workflow a run is of: "Build" of .github/workflows/build.yml goes by
 * its name, so that a file that is renamed is the same to everybody. Two files
 * may have one name, and their jobs, too; that they are two shows where one
 * commit has runs of both. The elder keeps the name, as what is known of it
 * does, and the other one's file is added to it. What a stranger's pull request
 * brings along changes no name.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-actions/gha.h"

/* Without the "@refs/heads/main" of one in another repository; new. */
static char *path_of(const json_t *v)
{
    const char *path = jx_str_or(v, "path", "");

    return xstrndup(path, strcspn(path, "@"));
}

const char *workflow_name(const json_t *v)
{
    const char *path = jx_str_or(v, "path", "");
    const char *file = strrchr(path, '/');
    const char *name = jx_str(v, "name");

    return name && *name ? name : file ? file + 1 : path;
}

char *workflow_of(const struct repo *r, const json_t *v)
{
    CLEANUP_FREE char *path = path_of(v);
    const char *file = strrchr(path, '/');

    if (!json_object_get(r->twins, path))
        return xstrdup(workflow_name(v));
    return xasprintf("%s (%s)", workflow_name(v), file ? file + 1 : path);
}

static bool is_elder(const json_t *a, const char *path_a, const json_t *b,
                     const char *path_b)
{
    int64_t ia = jx_int(a, "workflow_id", 0), ib = jx_int(b, "workflow_id", 0);

    return ia != ib ? ia < ib : strcmp(path_a, path_b) < 0;
}

/* One of the two has another name from now on. */
static void compare(struct repo *r, const json_t *a, const json_t *b)
{
    CLEANUP_FREE char *path_a = path_of(a), *path_b = path_of(b);

    if (!runs_is_ours(a) || !runs_is_ours(b) || !*path_a || !*path_b
        || !strcmp(path_a, path_b)
        || strcmp(workflow_name(a), workflow_name(b)) != 0)
        return;
    jx_set_bool(r->twins, is_elder(a, path_a, b, path_b) ? path_b : path_a,
                true);
}

void workflow_look(struct repo *r, const json_t *runs)
{
    size_t nr = json_array_size(runs);

    for (size_t i = 0; i < nr; i++)
        for (size_t k = i + 1; k < nr; k++) {
            const json_t *a = json_array_get(runs, i);
            const json_t *b = json_array_get(runs, k);

            if (jx_str(a, "head_sha")
                && str_eq(jx_str(a, "head_sha"), jx_str(b, "head_sha")))
                compare(r, a, b);
        }
}
