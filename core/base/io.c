/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files, capped. Must not follow up on half-written files: writers replace
 * as a whole.
 */
#include <config.h>

#include "core/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

int io_write_all(int fd, const void *p, size_t n)
{
    const char *s = p;

    while (n) {
        ssize_t w = write(fd, s, n);

        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return -1;
        s += w;
        n -= (size_t)w;
    }
    return 0;
}

ssize_t io_read_full(int fd, void *p, size_t n)
{
    size_t got = 0;

    while (got < n) {
        ssize_t r = read(fd, (char *)p + got, n - got);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        if (r == 0)
            break;
        got += (size_t)r;
    }
    return (ssize_t)got;
}

char *io_read_file(const char *path, size_t cap, size_t *len, struct err *err)
{
    /* O_NONBLOCK: opening a FIFO that nobody writes must not hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    struct strbuf b;
    ssize_t r;

    if (fd < 0) {
        err_errno(err, ERR_IO, "%s", path);
        return NULL;
    }
    strbuf_init(&b, cap + 1 < cap ? cap : cap + 1);
    if (fstat(fd, &st) < 0) {
        err_errno(err, ERR_IO, "%s", path);
        goto fail;
    }
    if (!S_ISREG(st.st_mode)) {
        err_set(err, ERR_IO, "%s: not a regular file", path);
        goto fail;
    }
    do {
        char chunk[65536];

        r = io_read_full(fd, chunk, sizeof(chunk));
        if (r < 0) {
            err_errno(err, ERR_IO, "%s", path);
            goto fail;
        }
        strbuf_add(&b, chunk, (size_t)r);
        if (b.len > cap) {
            err_set(err, ERR_LIMIT, "%s: larger than %zu bytes", path, cap);
            goto fail;
        }
    } while (r > 0);
    close(fd);
    if (len)
        *len = b.len;
    return b.buf;
fail:
    close(fd);
    strbuf_release(&b);
    return NULL;
}

int io_write_file(const char *path, const void *p, size_t n, mode_t mode,
                  struct err *err)
{
    CLEANUP_FREE char *tmp = xasprintf("%s.tmp.%ld", path, (long)getpid());
    int fd =
        open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);

    if (fd < 0)
        return err_errno(err, ERR_IO, "%s", tmp);
    if (io_write_all(fd, p, n) < 0 || fsync(fd) < 0) {
        err_errno(err, ERR_IO, "%s", tmp);
        close(fd);
        unlink(tmp);
        return -1;
    }
    close(fd);
    if (rename(tmp, path) < 0) {
        err_errno(err, ERR_IO, "%s", path);
        unlink(tmp);
        return -1;
    }
    return 0;
}

int io_mkdir_p(const char *path, mode_t mode, struct err *err)
{
    CLEANUP_FREE char *copy = xstrdup(path);

    for (char *p = copy + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST)
            return err_errno(err, ERR_IO, "%s", copy);
        *p = '/';
    }
    if (mkdir(copy, mode) < 0 && errno != EEXIST)
        return err_errno(err, ERR_IO, "%s", copy);
    return 0;
}

int io_check_folder(const char *path, struct err *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return err_errno(err, ERR_CONFIG, "%s", path);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, ERR_CONFIG, "%s: is no folder", path);
    if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) < 0)
        return err_set(err, ERR_CONFIG,
                       "%s: user %ld cannot write to this folder (chown it)",
                       path, (long)geteuid());
    return 0;
}

int io_check_mkdir_p(const char *path, struct err *err)
{
    CLEANUP_FREE char *there = xstrdup(path);
    struct stat st;

    while (stat(there, &st) < 0 && errno == ENOENT) {
        char *up = io_dirname(there);

        free(there);
        there = up;
    }
    return io_check_folder(there, err);
}

int io_check_trusted(const char *path, enum io_trust how, struct err *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return err_errno(err, ERR_CONFIG, "%s", path);
    if (how == IO_TRUST_SECRET && S_ISDIR(st.st_mode))
        return err_set(err, ERR_CONFIG,
                       "%s: is a folder; name the file in it that holds the "
                       "secret",
                       path);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return err_set(err, ERR_CONFIG,
                       "%s: belongs to user %ld; it must be root's or ours "
                       "(chown it)",
                       path, (long)st.st_uid);
    if (st.st_mode & S_IWOTH)
        return err_set(err, ERR_CONFIG,
                       "%s: everybody can change it (chmod o-w)", path);
    if (how == IO_TRUST_SECRET && st.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(err, ERR_CONFIG,
                       "%s: a secret that others can read (chmod 600)", path);
    return 0;
}

bool io_may_be_there(const char *path)
{
    return access(path, F_OK) == 0 || errno != ENOENT;
}

char *io_join(const char *dir, const char *name)
{
    if (name[0] == '/' || !dir || !*dir)
        return xstrdup(name);
    return xasprintf("%s%s%s", dir, str_ends(dir, "/") ? "" : "/", name);
}

char *io_dirname(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return xstrdup(".");
    if (slash == path)
        return xstrdup("/");
    return xstrndup(path, (size_t)(slash - path));
}

const char *io_basename(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int remove_one(const char *path, const struct stat *st, int flag,
                      struct FTW *at)
{
    (void)st;
    (void)flag;
    (void)at;
    remove(path);
    return 0;
}

void io_remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
