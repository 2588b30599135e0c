/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading below a root, one path component at a time with O_NOFOLLOW, so
 * that neither ".." nor a link in what others checked in leads out of it.
 * Must not stop at a file that is odd: the caller decides what it means.
 */
#include <config.h>

#include "plugins/bot-logs/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/bot-logs/fetched.h"

struct tree {
    char *root;
    int fd; /* -1: no folder */
    struct fetched *fetched;
};

struct tree *tree_open(const char *root, struct err *err)
{
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct tree *t;

    if (fd < 0) {
        err_errno(err, ERR_IO, "%s", root);
        return NULL;
    }
    t = xcalloc(1, sizeof(*t));
    t->root = xstrdup(root);
    t->fd = fd;
    return t;
}

void tree_free(struct tree *t)
{
    if (!t)
        return;
    if (t->fd >= 0)
        close(t->fd);
    fetched_free(t->fetched);
    free(t->root);
    free(t);
}

struct tree *tree_new(const char *name)
{
    struct tree *t = xcalloc(1, sizeof(*t));

    t->root = xstrdup(name);
    t->fd = -1;
    t->fetched = fetched_new();
    return t;
}

bool tree_is_folder(const struct tree *t)
{
    return !t->fetched;
}

void tree_put(struct tree *t, const char *path, const char *text, size_t n,
              int64_t at)
{
    fetched_put(t->fetched, path, text, n, at);
}

void tree_put_bad(struct tree *t, const char *path, enum err_code code,
                  const char *why)
{
    fetched_put_bad(t->fetched, path, code, why);
}

void tree_put_missing(struct tree *t, const char *path)
{
    fetched_put_missing(t->fetched, path);
}

bool tree_has_word(const struct tree *t, const char *path)
{
    return fetched_has_word(t->fetched, path);
}

int64_t tree_youngest(const struct tree *t)
{
    return fetched_youngest(t->fetched);
}

const char *tree_root(const struct tree *t)
{
    return t->root;
}

static bool component_is_plain(const char *s)
{
    return *s && strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

/* Opens path below the root; -1 and errno. ELOOP: a link. */
static int open_below(const struct tree *t, const char *path, int flags)
{
    CLEANUP_FREE char *copy = xstrdup(path);
    int at = dup(t->fd);
    char *part = copy;

    while (at >= 0) {
        char *slash = strchr(part, '/');
        int next;

        if (slash)
            *slash = '\0';
        if (!component_is_plain(part)) {
            close(at);
            errno = EINVAL;
            return -1;
        }
        next = openat(at, part,
                      O_NOFOLLOW | O_CLOEXEC
                          | (slash ? O_PATH | O_DIRECTORY : flags));
        if (next < 0) {
            int e = errno;

            close(at);
            errno = e;
            return -1;
        }
        close(at);
        at = next;
        if (!slash)
            return at;
        part = slash + 1;
    }
    return -1;
}

static enum tree_got failed(const struct tree *t, const char *path,
                            struct err *err)
{
    if (errno == ENOENT)
        return TREE_MISSING;
    if (errno == ELOOP || errno == EMLINK)
        err_set(err, ERR_INPUT, "%s/%s: a symbolic link is not followed",
                t->root, path);
    else
        err_errno(err, ERR_IO, "%s/%s", t->root, path);
    return TREE_BAD;
}

/* "." is the root itself. */
static int open_folder(const struct tree *t, const char *dir)
{
    if (strcmp(dir, ".") == 0)
        return openat(t->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return open_below(t, dir, O_RDONLY | O_DIRECTORY);
}

static int64_t change_time(const struct stat *st)
{
    return st->st_ctim.tv_sec;
}

/* All of fd, up to cap bytes. */
static char *read_capped(int fd, size_t cap, size_t *len)
{
    struct strbuf b;
    char chunk[65536];
    ssize_t r;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    do {
        r = io_read_full(fd, chunk, sizeof(chunk));
        if (r > 0)
            strbuf_add(&b, chunk, (size_t)r);
        if (r < 0 || b.len > cap) {
            if (r >= 0)
                errno = EFBIG;
            strbuf_release(&b);
            return NULL;
        }
    } while (r > 0);
    *len = b.len;
    return strbuf_take(&b);
}

enum tree_got tree_file(const struct tree *t, const char *path, int *out,
                        int64_t *size, int64_t *changed, struct err *err)
{
    /* O_NONBLOCK: opening a FIFO that nobody writes must not hang. */
    int fd = open_below(t, path, O_RDONLY | O_NONBLOCK);
    struct stat st;

    if (fd < 0)
        return failed(t, path, err);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        err_set(err, ERR_INPUT, "%s/%s: not a regular file", t->root, path);
        close(fd);
        return TREE_BAD;
    }
    if (size)
        *size = st.st_size;
    if (changed)
        *changed = change_time(&st);
    *out = fd;
    return TREE_OK;
}

enum tree_got tree_modified(const struct tree *t, const char *path, int64_t *at)
{
    struct stat st;
    const char *text;
    size_t n;
    int fd = -1;
    enum tree_got got;

    if (t->fetched)
        return fetched_look(t->fetched, path, &text, &n, at, NULL);
    got = tree_file(t, path, &fd, NULL, NULL, NULL);
    if (got != TREE_OK)
        return got;
    got = fstat(fd, &st) == 0 ? TREE_OK : TREE_BAD;
    *at = st.st_mtim.tv_sec;
    close(fd);
    return got;
}

static enum tree_got read_fetched(const struct tree *t, const char *path,
                                  size_t cap, char **out, size_t *len,
                                  int64_t *changed, struct err *err)
{
    const char *text = NULL;
    int64_t at;
    enum tree_got got = fetched_look(t->fetched, path, &text, len, &at, err);

    if (got != TREE_OK)
        return got;
    if (*len > cap) {
        err_set(err, ERR_LIMIT, "%s: larger than %zu bytes", path, cap);
        return TREE_BAD;
    }
    *out = xmemdup0(text, *len);
    if (changed)
        *changed = INT64_MAX;
    return TREE_OK;
}

enum tree_got tree_read(const struct tree *t, const char *path, size_t cap,
                        char **out, size_t *len, int64_t *changed,
                        struct err *err)
{
    size_t n = 0;
    int fd = -1;
    enum tree_got got;

    if (t->fetched)
        return read_fetched(t, path, cap, out, len, changed, err);
    got = tree_file(t, path, &fd, NULL, changed, err);
    if (got != TREE_OK)
        return got;
    *out = read_capped(fd, cap, &n);
    if (*out)
        *len = n;
    else if (errno == EFBIG)
        err_set(err, ERR_LIMIT, "%s/%s: larger than %zu bytes", t->root, path,
                cap);
    else
        err_errno(err, ERR_IO, "%s/%s", t->root, path);
    close(fd);
    return *out ? TREE_OK : TREE_BAD;
}

enum tree_got tree_json(const struct tree *t, const char *path, size_t cap,
                        json_t **out, int64_t *changed, struct err *err)
{
    CLEANUP_FREE char *text = NULL;
    size_t len = 0;
    enum tree_got got = tree_read(t, path, cap, &text, &len, changed, err);

    if (got != TREE_OK)
        return got;
    *out = jx_parse(text, len, err);
    if (*out)
        return TREE_OK;
    err_wrap(err, "%s/%s", t->root, path);
    return TREE_BAD;
}

enum tree_got tree_changed(const struct tree *t, const char *path,
                           int64_t *changed, struct err *err)
{
    const char *text;
    struct stat st;
    size_t n;
    int fd;

    if (t->fetched) {
        enum tree_got got =
            fetched_look(t->fetched, path, &text, &n, changed, err);

        *changed = INT64_MAX;
        return got;
    }
    fd = open_below(t, path, O_PATH);

    if (fd < 0 || fstat(fd, &st) < 0) {
        enum tree_got got = failed(t, path, err);

        if (fd >= 0)
            close(fd);
        return got;
    }
    close(fd);
    *changed = change_time(&st);
    return TREE_OK;
}

/* ---- walking ---------------------------------------------------------- */

struct walk {
    const struct tree *t;
    const char *suffix;
    tree_seen *seen;
    void (*odd)(void *user, const char *path, const char *what);
    void *user;
    size_t files;
};

static int entry_counts(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static void walk_odd(const struct walk *w, const char *path, const char *what)
{
    if (w->odd)
        w->odd(w->user, path, what);
}

static int walk_dir(struct walk *w, int fd, const char *path, int depth);

static int walk_file(struct walk *w, const char *path, const char *file,
                     const struct stat *st)
{
    CLEANUP_FREE char *name = NULL;

    if (!str_ends(file, w->suffix))
        return 0;
    if (w->files++ == TREE_FILES) {
        walk_odd(w, path, "too many files");
        return -1;
    }
    name = xstrndup(file, strlen(file) - strlen(w->suffix));
    return w->seen(w->user, path, name, change_time(st));
}

static int walk_entry(struct walk *w, int fd, const char *dir, const char *file,
                      int depth)
{
    CLEANUP_FREE char *path =
        strcmp(dir, ".") == 0 ? xstrdup(file) : xasprintf("%s/%s", dir, file);
    struct stat st;
    int sub, ret;

    if (fstatat(fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno != ENOENT)
            walk_odd(w, path, "cannot be looked at");
        return 0;
    }
    if (S_ISREG(st.st_mode))
        return walk_file(w, path, file, &st);
    if (S_ISLNK(st.st_mode)) {
        walk_odd(w, path, "a symbolic link is not followed");
        return 0;
    }
    if (!S_ISDIR(st.st_mode))
        return 0;
    if (depth == TREE_DEPTH) {
        walk_odd(w, path, "folders too deep");
        return 0;
    }
    sub = openat(fd, file, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (sub < 0) {
        walk_odd(w, path, "cannot be opened");
        return 0;
    }
    ret = walk_dir(w, sub, path, depth + 1);
    close(sub);
    return ret;
}

static int walk_dir(struct walk *w, int fd, const char *path, int depth)
{
    struct dirent **list = NULL;
    int n = scandirat(fd, ".", &list, entry_counts, alphasort);
    int ret = 0;

    if (n < 0) {
        walk_odd(w, path, "cannot be listed");
        return 0;
    }
    for (int i = 0; i < n; i++) {
        if (!ret)
            ret = walk_entry(w, fd, path, list[i]->d_name, depth);
        free(list[i]);
    }
    free(list);
    return ret;
}

enum tree_got tree_walk(const struct tree *t, const char *dir,
                        const char *suffix, tree_seen *seen,
                        void (*odd)(void *user, const char *path,
                                    const char *what),
                        void *user, struct err *err)
{
    struct walk w = { t, suffix, seen, odd, user, 0 };
    int fd;

    if (t->fetched)
        return fetched_walk(t->fetched, dir, suffix, seen, user);
    fd = open_folder(t, dir);

    if (fd < 0)
        return failed(t, dir, err);
    walk_dir(&w, fd, dir, 0);
    close(fd);
    return TREE_OK;
}

json_t *tree_folders(const struct tree *t, const char *dir, struct err *err)
{
    int fd = open_folder(t, dir);
    struct dirent **list = NULL;
    json_t *out;
    int n;

    if (fd < 0) {
        err_errno(err, ERR_IO, "%s/%s", t->root, dir);
        return NULL;
    }
    n = scandirat(fd, ".", &list, entry_counts, alphasort);
    if (n < 0) {
        err_errno(err, ERR_IO, "%s/%s", t->root, dir);
        close(fd);
        return NULL;
    }
    out = json_array();
    for (int i = 0; i < n; i++) {
        struct stat st;

        if (fstatat(fd, list[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0
            && (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode)))
            jx_append_str(out, list[i]->d_name);
        free(list[i]);
    }
    free(list);
    close(fd);
    return out;
}
