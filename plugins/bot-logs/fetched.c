/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Must not let one file be two things in a pass: the first word counts.
 */
#include <config.h>

#include "plugins/bot-logs/fetched.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/base/mem.h"

struct file {
    char *path;
    char *text; /* NULL: missing, or bad */
    size_t n;
    int64_t at;
    enum err_code code; /* bad: */
    char *why;
    UT_hash_handle hh;
};

struct fetched {
    struct file *all;
    size_t bytes;
    int64_t youngest;
};

struct fetched *fetched_new(void)
{
    return xcalloc(1, sizeof(struct fetched));
}

void fetched_free(struct fetched *f)
{
    struct file *file, *tmp;

    if (!f)
        return;
    HASH_ITER(hh, f->all, file, tmp)
    {
        HASH_DEL(f->all, file);
        free(file->path);
        free(file->text);
        free(file->why);
        free(file);
    }
    free(f);
}

/* NULL: it is there already. */
static struct file *file_new(struct fetched *f, const char *path)
{
    struct file *file;

    HASH_FIND_STR(f->all, path, file);
    if (file)
        return NULL;
    file = xcalloc(1, sizeof(*file));
    file->path = xstrdup(path);
    HASH_ADD_KEYPTR(hh, f->all, file->path, strlen(file->path), file);
    return file;
}

void fetched_put(struct fetched *f, const char *path, const char *text,
                 size_t n, int64_t at)
{
    struct file *file;

    if (n > FETCHED_MAX - f->bytes) {
        fetched_put_bad(f, path, ERR_LIMIT, "too much in one pass");
        return;
    }
    file = file_new(f, path);
    if (!file)
        return;
    file->text = xmemdup0(text, n);
    file->n = n;
    file->at = at;
    f->bytes += n;
    if (at > f->youngest)
        f->youngest = at;
}

void fetched_put_bad(struct fetched *f, const char *path, enum err_code code,
                     const char *why)
{
    struct file *file = file_new(f, path);

    if (!file)
        return;
    file->code = code;
    file->why = xstrdup(why);
}

void fetched_put_missing(struct fetched *f, const char *path)
{
    file_new(f, path);
}

bool fetched_has_word(const struct fetched *f, const char *path)
{
    struct file *file;

    HASH_FIND_STR(f->all, path, file);
    return file != NULL;
}

enum tree_got fetched_look(const struct fetched *f, const char *path,
                           const char **text, size_t *n, int64_t *at,
                           struct err *err)
{
    struct file *file;

    HASH_FIND_STR(f->all, path, file);
    if (!file || (!file->text && !file->code))
        return TREE_MISSING;
    if (file->code) {
        err_set(err, file->code, "%s: %s", path, file->why);
        return TREE_BAD;
    }
    *text = file->text;
    *n = file->n;
    *at = file->at;
    return TREE_OK;
}

static int by_path(const void *a, const void *b)
{
    const struct file *const *x = a, *const *y = b;

    return strcmp((*x)->path, (*y)->path);
}

enum tree_got fetched_walk(const struct fetched *f, const char *dir,
                           const char *suffix, tree_seen *seen, void *user)
{
    CLEANUP_FREE char *prefix = xasprintf("%s/", dir);
    struct file **list = xcalloc(HASH_COUNT(f->all) + 1, sizeof(*list));
    struct file *file, *tmp;
    size_t nr = 0;
    int ret = 0;

    HASH_ITER(hh, f->all, file, tmp)
    if ((file->text || file->code) && str_starts(file->path, prefix)
        && str_ends(file->path, suffix))
        list[nr++] = file;
    qsort(list, nr, sizeof(*list), by_path);
    for (size_t i = 0; i < nr && !ret; i++) {
        const char *base = strrchr(list[i]->path, '/') + 1;
        CLEANUP_FREE char *name = xstrndup(base, strlen(base) - strlen(suffix));

        ret = seen(user, list[i]->path, name, INT64_MAX);
    }
    free(list);
    return nr ? TREE_OK : TREE_MISSING;
}

int64_t fetched_youngest(const struct fetched *f)
{
    return f->youngest;
}
