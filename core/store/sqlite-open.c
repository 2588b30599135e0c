/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opens the SQLite state: to be written, to be read, as a copy in memory, or
 * only to see whether that would do. Must not make a folder, and must not take
 * a damaged file for an empty one.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

/* A file that lost its end opens well and fails in the middle of a pass. The
 * header says how many pages there must be; a log beside it may hold the
 * rest, then SQLite knows better. */
static int check_length(struct store *st, const char *path, struct err *err)
{
    unsigned char h[100];
    CLEANUP_FREE char *wal = xasprintf("%s-wal", path);
    struct stat sb, wal_sb;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0; /* SQLite says why, better */
    ssize_t n = io_read_full(fd, h, sizeof(h));
    bool known = fstat(fd, &sb) == 0;
    close(fd);
    if (n == 0 || !known || !S_ISREG(sb.st_mode))
        return 0;
    if (n < (ssize_t)sizeof(h) || memcmp(h, "SQLite format 3", 16) != 0)
        return err_set(err, ERR_STORE,
                       "state %s is damaged, or no state of Tocsin: it does "
                       "not begin as one",
                       st->path);
    if (stat(wal, &wal_sb) == 0 && wal_sb.st_size > 0)
        return 0;
    int64_t page = h[16] << 8 | h[17];
    int64_t pages = (int64_t)h[28] << 24 | h[29] << 16 | h[30] << 8 | h[31];
    if (page == 1)
        page = 65536;
    if ((int64_t)sb.st_size < page * pages)
        return err_set(err, ERR_STORE,
                       "state %s is damaged: %lld bytes, but its header "
                       "says %lld; restore a backup, or move it away to "
                       "begin anew",
                       st->path, (long long)sb.st_size,
                       (long long)(page * pages));
    return 0;
}

static int db_pragmas(struct store *st, bool memory, struct err *err)
{
    sqlite3_busy_timeout(st->db, BUSY_TIMEOUT_MS);
    sqlite3_extended_result_codes(st->db, 1);
    if (sqlite3_exec(st->db,
                     "PRAGMA mmap_size=0; PRAGMA cache_size=-16000;"
                     "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF;"
                     "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;",
                     NULL, NULL, NULL)
        != SQLITE_OK)
        return db_error(st, err, "open");
    if (memory || (st->flags & STORE_READ_ONLY))
        return 0;
    if (sqlite3_exec(st->db,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                     "PRAGMA wal_autocheckpoint=4000;"
                     "PRAGMA journal_size_limit=67108864;",
                     NULL, NULL, NULL)
        != SQLITE_OK)
        return db_error(st, err, "open");
    st->full_sync = false;
    return 0;
}

/* A state on a read-only medium has no -shm beside it and cannot get one:
 * SQLite then wants to be told that nobody writes. */
static int open_immutable(struct store *st, const char *path)
{
    CLEANUP_FREE char *wal = xasprintf("%s-wal", path);
    struct stat sb;

    if (stat(wal, &sb) == 0 && sb.st_size > 0)
        return SQLITE_CANTOPEN;
    struct strbuf uri;
    strbuf_init(&uri, STRBUF_UNBOUNDED);
    strbuf_adds(&uri, "file:");
    for (const char *p = path; *p; p++)
        if (strchr("%?#", *p))
            strbuf_addf(&uri, "%%%02x", (unsigned char)*p);
        else
            strbuf_addc(&uri, *p);
    strbuf_adds(&uri, "?immutable=1");
    sqlite3_close(st->db);
    int rc = sqlite3_open_v2(uri.buf, &st->db,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    strbuf_release(&uri);
    return rc;
}

static int open_reader(struct store *st, const char *path, struct err *err)
{
    if (check_length(st, path, err) < 0)
        return -1;
    int rc = sqlite3_open_v2(path, &st->db, SQLITE_OPEN_READONLY, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(st->db, "SELECT 1 FROM sqlite_schema", NULL, NULL,
                          NULL);
    if (rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY)
        rc = open_immutable(st, path);
    return rc == SQLITE_OK ? 0 : db_error(st, err, "open");
}

static int open_writer(struct store *st, const char *path, struct err *err)
{
    /* SQLite would make it readable by the world; -wal and -shm follow. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_errno(err, ERR_STORE, "state %s", st->path);
    close(fd);
    if (check_length(st, path, err) < 0)
        return -1;
    if (sqlite3_open_v2(path, &st->db, SQLITE_OPEN_READWRITE, NULL)
        != SQLITE_OK)
        return db_error(st, err, "open");
    if (sqlite3_db_readonly(st->db, "main"))
        return err_set(err, ERR_STORE,
                       "state %s is read-only: it must be writable, and its "
                       "folder too",
                       st->path);
    return 0;
}

static int open_memory(struct store *st, struct err *err)
{
    if (sqlite3_open_v2(":memory:", &st->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL)
        != SQLITE_OK)
        return db_error(st, err, "open");
    return 0;
}

/* The whole of path into memory; path stays as it is. */
static int open_copy(struct store *st, const char *path, struct err *err)
{
    struct store from = { .path = st->path, .flags = STORE_READ_ONLY };
    int r = -1;

    if (open_reader(&from, path, err) < 0 || db_pragmas(&from, false, err) < 0
        || open_memory(st, err) < 0)
        goto out;
    sqlite3_backup *b = sqlite3_backup_init(st->db, "main", from.db, "main");
    if (!b) {
        db_error(st, err, "copy");
        goto out;
    }
    sqlite3_backup_step(b, -1);
    if (sqlite3_backup_finish(b) != SQLITE_OK)
        db_error(st, err, "copy");
    else
        r = 0;
out:
    sqlite3_close(from.db);
    return r;
}

static int db_open(struct store *st, const char *path, struct err *err)
{
    bool memory = !strcmp(path, ":memory:");
    bool exists = !memory && access(path, F_OK) == 0;
    struct stat sb;

    if (exists && stat(path, &sb) == 0 && !S_ISREG(sb.st_mode))
        return err_set(err, ERR_STORE, "state %s is no regular file", st->path);
    if (!exists && !memory && (st->flags & (STORE_MUST_EXIST | STORE_READ_ONLY))
        && !(st->flags & STORE_COPY && !(st->flags & STORE_MUST_EXIST)))
        return err_set(err, ERR_STORE,
                       "state %s does not exist; `tocsin run` makes it",
                       st->path);
    if (st->flags & STORE_COPY) {
        st->flags &= ~(unsigned)STORE_READ_ONLY;
        memory = true;
        if ((exists ? open_copy(st, path, err) : open_memory(st, err)) < 0)
            return -1;
    } else if (memory) {
        st->flags &= ~(unsigned)STORE_READ_ONLY;
        if (open_memory(st, err) < 0)
            return -1;
    } else if (st->flags & STORE_READ_ONLY) {
        if (open_reader(st, path, err) < 0)
            return -1;
    } else if (open_writer(st, path, err) < 0) {
        return -1;
    }
    if (db_pragmas(st, memory, err) < 0)
        return -1;
    return schema_migrate(st, err);
}

/* NULL and err: it is none that can be opened. */
static const char *path_of(const char *where, struct err *err)
{
    if (str_starts(where, "sqlite:") && where[7])
        return where + 7;
    err_set(err, ERR_CONFIG, "state \"%s\": must be sqlite:PATH", where);
    return NULL;
}

int store_check(const char *where, struct err *err)
{
    const char *path = path_of(where, err);
    CLEANUP_FREE char *dir = path ? io_dirname(path) : NULL;
    CLEANUP_ERR struct err why = ERR_INIT;
    struct stat sb;

    if (!path || !strcmp(path, ":memory:"))
        return path ? 0 : -1;
    if (stat(dir, &sb) < 0 && errno == ENOENT)
        return err_set(err, ERR_CONFIG,
                       "%s: the folder of the state is not there; make it, "
                       "writable for this user alone (mkdir -m 700), or name "
                       "another with state:",
                       dir);
    /* Journal and lock are made beside it. */
    if (io_check_folder(dir, &why) < 0)
        return err_set(err, ERR_STORE, "state %s: %s", path, err_msg(&why));
    if (stat(path, &sb) < 0)
        return errno == ENOENT ? 0 : err_errno(err, ERR_CONFIG, "%s", path);
    if (!S_ISREG(sb.st_mode))
        return err_set(err, ERR_STORE, "state %s is no regular file", path);
    if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0)
        return err_set(err, ERR_STORE,
                       "%s: user %ld cannot read and write this state "
                       "(chown it)",
                       path, (long)geteuid());
    return 0;
}

int store_open(struct store **out, const char *where, unsigned flags,
               struct err *err)
{
    const char *path = path_of(where, err);

    if (!path)
        return -1;
    struct store *st = xcalloc(1, sizeof(*st));
    st->path = xstrdup(path);
    st->flags = flags;
    if (db_open(st, st->path, err) < 0) {
        store_close(st);
        return -1;
    }
    *out = st;
    return 0;
}

void store_close(struct store *st)
{
    if (!st)
        return;
    store_rollback(st);
    names_clear(st);
    db_forget_statements(st);
    sqlite3_close(st->db);
    free(st->path);
    free(st);
}
