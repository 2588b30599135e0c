/* SPDX-License-Identifier: BSD-3-Clause */
/* The store as a file: transactions, others beside us, damage, full disks and
 * the end of the process; nothing is lost or doubled. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/io.h"
#include "tests/unit/store-world.h"
#include "tests/unit/suite.h"

START_TEST(rollback_forgets_all_of_it)
{
    struct store *st = open_at(where, 0);
    struct run r = red_run("1", NULL);
    struct stat sb;

    ck_assert_int_eq(stat(path, &sb), 0);
    ck_assert_int_eq(sb.st_mode & 0777, 0600);
    OK(store_begin(st, STORE_BATCH, err));
    add(st, &r);
    store_rollback(st);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 0);
    ck_assert(add(st, &r));
    OK(store_begin(st, STORE_DURABLE, err));
    OK(store_meta_set(st, "a", "b", err));
    OK(store_commit(st, err));
    ck_assert_int_eq(store_transactions(st), 2);
    store_close(st);
    st = open_at(where, STORE_READ_ONLY);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 1);
    struct err err = ERR_INIT;
    ck_assert_int_eq(store_meta_set(st, "a", "c", &err), -1);
    ck_assert_ptr_nonnull(strstr(err_msg(&err), "read only"));
    err_release(&err);
    store_close(st);
}
END_TEST

START_TEST(others_write_during_a_pass)
{
    struct store *pass = open_at(where, 0), *cli = open_at(where, 0);
    struct run r = red_run("1", NULL);
    char *v;

    add(pass, &r);
    OK(store_meta_set(cli, "silence", "yes", err));
    ck_assert_int_eq(store_meta_get(pass, "silence", &v, NULL), 1);
    free(v);
    r.run_id = (char *)"2";
    add(pass, &r);
    store_close(cli);
    store_close(pass);
}
END_TEST

START_TEST(a_copy_leaves_the_state_alone)
{
    struct store *st = open_at(where, STORE_COPY);
    struct run r = red_run("1", NULL);

    add(st, &r); /* nothing there yet: empty, and not made */
    store_close(st);
    ck_assert_int_ne(access(path, F_OK), 0);
    st = open_at(where, 0);
    add(st, &r);
    struct store *copy = open_at(where, STORE_COPY);
    r.run_id = (char *)"2";
    add(copy, &r);
    ck_assert_int_eq(runs_of(copy, "o/p").nr, 2);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 1);
    store_close(copy);
    store_close(st);
}
END_TEST

static void refused(const char *w, unsigned flags, enum err_code code,
                    const char *word)
{
    struct store *st;
    struct err err = ERR_INIT;

    ck_assert_int_eq(store_open(&st, w, flags, &err), -1);
    ck_assert_int_eq(err.code, code);
    if (!strstr(err_msg(&err), word))
        ck_abort_msg("no \"%s\" in: %s", word, err_msg(&err));
    err_release(&err);
}

static void sql(const char *text)
{
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

START_TEST(what_cannot_be_read_is_refused)
{
    char junk[8192];
    struct err err = ERR_INIT;

    refused("postgresql://x", 0, ERR_CONFIG, "sqlite:PATH");
    refused(where, STORE_MUST_EXIST, ERR_STORE, "does not exist");
    refused(where, STORE_READ_ONLY, ERR_STORE, "does not exist");
    refused("sqlite:/nonexistent/dir/x", 0, ERR_STORE, "No such file");
    refused("sqlite:/tmp", 0, ERR_STORE, "no regular file");

    memset(junk, 'x', sizeof(junk));
    io_write_file(path, junk, sizeof(junk), 0600, &err);
    refused(where, 0, ERR_STORE, "damaged");
    refused(where, STORE_READ_ONLY, ERR_STORE, "damaged");
    refused(where, STORE_COPY, ERR_STORE, "damaged");
    unlink(path);
    sql("CREATE TABLE t(x)");
    refused(where, 0, ERR_STORE, "another program");
    unlink(path);
    store_close(open_at(where, 0));
    sql("PRAGMA user_version=99");
    refused(where, 0, ERR_VERSION, "newer");
    refused(where, STORE_READ_ONLY, ERR_VERSION, "newer");
}
END_TEST

/* As a user who may read the state and not write it. */
START_TEST(a_read_only_state_can_be_read)
{
    struct store *st = open_at(where, 0);
    struct run r = red_run("1", NULL);

    add(st, &r);
    store_close(st);
    ck_assert_int_eq(chmod(path, 0444), 0);
    ck_assert_int_eq(chmod(dir, 0555), 0);
    if (geteuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    st = open_at(where, STORE_READ_ONLY);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 1);
    store_close(st);
    st = open_at(where, STORE_COPY);
    r.run_id = (char *)"2";
    add(st, &r);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 2);
    store_close(st);
    refused(where, 0, ERR_STORE, "Permission denied");
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chmod(dir, 0755), 0);
}
END_TEST

START_TEST(a_damaged_state_is_said_to_be_so)
{
    struct store *st = open_at(where, 0);
    struct stat sb;

    for (int n = 0; n < 200; n++) {
        char id[16];
        snprintf(id, sizeof(id), "%d", n);
        struct run r = red_run(id, NULL);
        add(st, &r);
    }
    store_close(st);
    ck_assert_int_eq(stat(path, &sb), 0);
    ck_assert_int_eq(truncate(path, sb.st_size - 8192), 0);
    refused(where, 0, ERR_STORE, "damaged");
    unlink(path);

    st = open_at(where, 0);
    for (int n = 0; n < 200; n++) {
        char id[16];
        snprintf(id, sizeof(id), "%d", n);
        struct run r = red_run(id, NULL);
        add(st, &r);
    }
    store_close(st);
    int fd = open(path, O_WRONLY);
    char junk[4096];
    memset(junk, 0xa5, sizeof(junk));
    for (int page = 1; page < sb.st_size / 4096; page++)
        ck_assert_int_eq(pwrite(fd, junk, sizeof(junk), page * 4096), 4096);
    close(fd);
    struct err err = ERR_INIT;
    struct run r = red_run("x", NULL);
    bool added;
    ck_assert(store_open(&st, where, 0, &err) == -1
              || store_run_add(st, &r, &added, &err) == -1);
    ck_assert_int_eq(err.code, ERR_STORE);
    ck_assert_ptr_nonnull(strstr(err_msg(&err), "damaged"));
    err_release(&err);
}
END_TEST

START_TEST(a_full_disk_is_said_to_be_so)
{
    struct store *st = open_at(where, 0);
    struct err err = ERR_INIT;
    struct run r = red_run("1", NULL);
    struct rlimit small = { 1 << 19, 1 << 19 };
    bool added;
    int status = 0;

    /* As near as a test comes: no file may grow beyond half a megabyte. */
    r.url = xmalloc(1 << 16);
    memset(r.url, 'x', 1 << 16);
    r.url[(1 << 16) - 1] = '\0';
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int n = 1; status == 0; n++) {
        ck_assert_int_lt(n, 100);
        r.attempt = n;
        status = store_run_add(st, &r, &added, &err);
    }
    ck_assert_int_eq(err.code, ERR_STORE);
    if (!strstr(err_msg(&err), "is the disk full"))
        ck_abort_msg("%s", err_msg(&err));
    err_release(&err);
    free(r.url);
    store_close(st);
    st = open_at(where, STORE_READ_ONLY);
    ck_assert_int_gt(runs_of(st, "o/p").nr, 0);
    store_close(st);
}
END_TEST

static void write_batches(int from)
{
    struct store *st = open_at(where, 0);
    struct failure f = one_failure();

    f.detail = json_pack("{s:s}", "message", "m");
    for (int batch = from;; batch++) {
        char id[32], cursor[32];
        OK(store_begin(st, STORE_BATCH, err));
        for (int n = 0; n < 20; n++) {
            snprintf(id, sizeof(id), "%d.%d", batch, n);
            struct run r = red_run(id, &f);
            add(st, &r);
        }
        snprintf(cursor, sizeof(cursor), "%d", batch + 1);
        OK(store_cursor_set(st, "ci", cursor, err));
        OK(store_commit(st, err));
    }
}

START_TEST(killed_in_a_batch_nothing_is_lost_or_doubled)
{
    int at = 0;

    /* a slow disk may need more of them until a batch is there */
    for (int round = 0; round < 8 || !at; round++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            write_batches(at);
            _exit(0);
        }
        usleep(3000 + (unsigned)round * 7919);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        struct store *st = open_at(where, 0);
        char *cursor = NULL;
        store_cursor_get(st, "ci", &cursor, NULL);
        at = cursor ? (int)strtol(cursor, NULL, 10) : 0;
        free(cursor);
        ck_assert_int_eq(runs_of(st, "o/p").nr, at * 20);
        store_close(st);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        rollback_forgets_all_of_it,
        others_write_during_a_pass,
        a_copy_leaves_the_state_alone,
        what_cannot_be_read_is_refused,
        a_read_only_state_can_be_read,
        a_damaged_state_is_said_to_be_so,
        a_full_disk_is_said_to_be_so,
        killed_in_a_batch_nothing_is_lost_or_doubled,
    };

    return suite_run("store", tests, ARRAY_SIZE(tests), setup, teardown);
}
