/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logs out of files and archives. Must not run a program to unpack
 * something, nor follow what an archive says of paths.
 */
#include <config.h>

#include "core/cli/log-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#ifdef HAVE_ARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

#define PART ((size_t)65536)
/* An archive may hold and unpack to so much; more is a bomb. */
#define ENTRIES_MAX 20000
#define UNPACKED_MAX ((int64_t)8 << 30)

static int open_path(const char *path, struct err *err)
{
    struct stat st;
    int fd;

    if (!strcmp(path, "-"))
        return STDIN_FILENO;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_errno(err, ERR_IO, "%s", path);
    if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode)) {
        close(fd);
        return err_set(err, ERR_INPUT, "%s: no file", path);
    }
    return fd;
}

#ifdef HAVE_ARCHIVE

/* packed: or else what is in it is one log, whatever it looks like. */
static struct archive *start(int fd, const char *path, bool packed,
                             struct err *err)
{
    struct archive *a = archive_read_new();

    /* one by one: "all" would run programs for odd formats */
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_lzma(a);
    archive_read_support_filter_zstd(a);
    if (packed) {
        archive_read_support_format_zip(a);
        archive_read_support_format_tar(a);
    }
    archive_read_support_format_raw(a);
    archive_read_support_format_empty(a);
    if (archive_read_open_fd(a, fd, PART) == ARCHIVE_OK)
        return a;
    err_set(err, ERR_INPUT, "%s: %s", path, archive_error_string(a));
    archive_read_free(a);
    return NULL;
}

/* The jobs that an Actions zip holds as a whole ("0_build.txt"): their
 * folders hold the same once more, step by step. */
struct jobs {
    char **names;
    size_t nr;
};

static void add_job(struct jobs *js, const char *name)
{
    const char *s = name + strspn(name, "0123456789-");
    size_t n = strlen(s);

    if (s == name || *s != '_' || n < 6 || strcmp(s + n - 4, ".txt")
        || strchr(s, '/'))
        return;
    js->names = xrealloc(js->names, (js->nr + 1) * sizeof(*js->names));
    js->names[js->nr++] = xstrndup(s + 1, n - 5);
}

static bool is_step_of(const struct jobs *js, const char *name)
{
    const char *slash = strchr(name, '/');

    for (size_t i = 0; slash && i < js->nr; i++)
        if (strlen(js->names[i]) == (size_t)(slash - name)
            && !strncmp(js->names[i], name, (size_t)(slash - name)))
            return true;
    return false;
}

static const char *entry_name(struct archive_entry *e)
{
    const char *name = archive_entry_pathname(e);

    return name ? name : "?";
}

/* Only of files, which can be read twice. */
static void list_jobs(int fd, const char *path, struct jobs *js)
{
    struct archive *a;
    struct archive_entry *e;
    off_t at = lseek(fd, 0, SEEK_CUR);

    if (at < 0 || !(a = start(fd, path, true, NULL)))
        return;
    for (int i = 0;
         i < ENTRIES_MAX && archive_read_next_header(a, &e) == ARCHIVE_OK;
         i++) {
        if (archive_format(a) != ARCHIVE_FORMAT_ZIP)
            break;
        add_job(js, entry_name(e));
    }
    archive_read_free(a);
    lseek(fd, at, SEEK_SET);
}

static int read_entry(struct archive *a, const char *name,
                      const struct log_reader *r, int64_t *total,
                      struct err *err)
{
    char *buf = xmalloc(PART);
    int rc = 0;
    la_ssize_t n;

    r->begin(r->user, name);
    while ((n = archive_read_data(a, buf, PART)) > 0) {
        *total += n;
        if (*total > UNPACKED_MAX) {
            rc = err_set(err, ERR_LIMIT, "%s: unpacks to too much", name);
            break;
        }
        r->part(r->user, buf, (size_t)n);
    }
    if (n < 0)
        rc = err_set(err, ERR_INPUT, "%s: %s", name,
                     str_or(archive_error_string(a), "damaged"));
    r->end(r->user);
    free(buf);
    return rc;
}

/* A block of NULs is the end of a tar, so that a log which begins with them
 * (its file was never written that far) is taken for a tar of nothing. */
#define NO_TAR 1

static int read_entries(struct archive *a, const char *path,
                        const struct jobs *js, const struct log_reader *r,
                        struct err *err)
{
    int64_t total = 0;
    struct archive_entry *e;
    int rc, i = 0;

    for (; (rc = archive_read_next_header(a, &e)) == ARCHIVE_OK
           || rc == ARCHIVE_WARN;
         i++) {
        bool raw = archive_format(a) == ARCHIVE_FORMAT_RAW;
        CLEANUP_FREE char *name =
            raw ? xstrdup(path) : xasprintf("%s!%s", path, entry_name(e));

        if (i >= ENTRIES_MAX)
            return err_set(err, ERR_LIMIT, "%s: more than %d entries", path,
                           ENTRIES_MAX);
        if (!raw
            && (archive_entry_filetype(e) != AE_IFREG
                || is_step_of(js, entry_name(e))))
            continue;
        if (read_entry(a, name, r, &total, err) < 0)
            return -1;
        if (raw)
            return 0;
    }
    /* nothing, compressed: an empty log, no archive of none */
    if (rc == ARCHIVE_EOF && archive_format(a) == ARCHIVE_FORMAT_EMPTY) {
        r->begin(r->user, path);
        r->end(r->user);
        return 0;
    }
    if (rc == ARCHIVE_EOF && !i
        && (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR)
        return NO_TAR;
    if (rc != ARCHIVE_EOF)
        return err_set(err, ERR_INPUT, "%s: %s", path,
                       str_or(archive_error_string(a), "damaged"));
    return 0;
}

static int read_as(int fd, const char *path, bool packed, const struct jobs *js,
                   const struct log_reader *r, struct err *err)
{
    struct archive *a = start(fd, path, packed, err);
    int rc = a ? read_entries(a, path, js, r, err) : -1;

    archive_read_free(a);
    return rc;
}

static int read_fd(int fd, const char *path, const struct log_reader *r,
                   struct err *err)
{
    struct jobs js = { NULL, 0 };
    off_t at = lseek(fd, 0, SEEK_CUR);
    struct stat st;
    int rc;

    /* libarchive knows no entry in nothing, but it is a log like others */
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0) {
        r->begin(r->user, path);
        r->end(r->user);
        return 0;
    }
    list_jobs(fd, path, &js);
    rc = read_as(fd, path, true, &js, r, err);
    if (rc == NO_TAR && (at < 0 || lseek(fd, at, SEEK_SET) < 0))
        rc = err_set(err, ERR_INPUT, "%s: begins with NULs, as a tar ends",
                     path);
    else if (rc == NO_TAR)
        rc = read_as(fd, path, false, &js, r, err);
    for (size_t i = 0; i < js.nr; i++)
        free(js.names[i]);
    free(js.names);
    return rc;
}

#else

static int read_fd(int fd, const char *path, const struct log_reader *r,
                   struct err *err)
{
    char *buf = xmalloc(PART);
    ssize_t n;

    r->begin(r->user, path);
    while ((n = read(fd, buf, PART)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            r->part(r->user, buf, (size_t)n);
    if (n < 0)
        err_errno(err, ERR_IO, "%s", path);
    r->end(r->user);
    free(buf);
    return n < 0 ? -1 : 0;
}

#endif

int log_read(const char *path, const struct log_reader *r, struct err *err)
{
    int fd = open_path(path, err);
    int rc;

    if (fd < 0)
        return -1;
    rc = read_fd(fd, path, r, err);
    if (fd != STDIN_FILENO)
        close(fd);
    return rc;
}
