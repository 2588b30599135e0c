/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A source that misbehaves on demand: option `mode` says how. Must do
 * everything else right, so that what is lost is the doing of one thing.
 */
#include "core/tocsin-plugin.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#ifdef NAUGHTY_SLOW
#define NAME "naughty-slow"
/* A machine so busy that this program takes long to get anywhere. */
__attribute__((constructor)) static void load_slowly(void)
{
    const struct timespec wait = { .tv_sec = 1, .tv_nsec = 100000000 };

    clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
}
#else
#define NAME "naughty"
#endif

struct naughty {
    const struct tocsin_host *host;
    const char *mode;
    int64_t items, at;
    uint64_t op;
};

static int is(const struct naughty *n, const char *mode)
{
    return strcmp(n->mode, mode) == 0;
}

static void naughty_crash(void)
{
    raise(SIGSEGV);
}

static void naughty_loop(void)
{
    for (;;)
        pause();
}

/* A sanitizer would report the leak of a crash that is on purpose. */
static struct naughty the;

static int naughty_open(const struct tocsin_host *host, void **handle)
{
    struct naughty *n = &the;

    n->host = host;
    n->mode = host->option(host, "mode", 0);
    n->items = host->option_int(host, "items", 0);
    n->at = host->option_int(host, "at", 0);
    *handle = n;
    if (is(n, "crash-open"))
        naughty_crash();
    if (is(n, "loop-open"))
        naughty_loop();
    if (is(n, "exit-open"))
        exit(0);
    if (is(n, "fatal-open")) {
        host->log(host, TOCSIN_LOG_ERROR, "there is no such folder");
        return TOCSIN_FATAL;
    }
    if (is(n, "retry-open"))
        return TOCSIN_RETRY;
    if (is(n, "minus-open"))
        return -1;
    return TOCSIN_OK;
}

static void write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t w = write(fd, p, n);

        if (w <= 0)
            _exit(9);
        p += w;
        n -= (size_t)w;
    }
}

/* Until somebody opened the FIFO and closed it again: the one who does knows
 * that we are here, and decides when we go on. */
static void gate(const char *fifo)
{
    char c;
    int fd = open(fifo, O_RDONLY);

    if (fd < 0)
        _exit(9);
    while (read(fd, &c, 1) > 0)
        ;
    close(fd);
}

static void frame(const char *text)
{
    size_t n = strlen(text);
    char head[4] = { 0, 0, (char)(n >> 8), (char)n };

    write_all(3, head, 4);
    write_all(3, text, n);
}

/* Goes on until the memory is gone, and then does what people do. */
static void eat(const struct naughty *n)
{
    /* Or a compiler sees that nobody reads it, and takes none at all. */
    static char *volatile kept;

    for (;;) {
        char *p = malloc(1 << 20);

        if (!p && is(n, "memory-checked"))
            return;
        memset(p, 1, 1 << 20);
        kept = p;
        (void)kept;
    }
}

static void orphan(const struct naughty *n)
{
    const char *file = n->host->option(n->host, "pid_file", 0);
    pid_t pid = fork();
    FILE *f;

    if (pid == 0)
        naughty_loop();
    f = fopen(file, "w");
    if (!f)
        _exit(9);
    fprintf(f, "%ld\n", (long)pid);
    fclose(f);
}

static void say(const struct naughty *n, const char *key, const char *text)
{
    struct tocsin_fact fact = TOCSIN_FACT_INIT;
    char value[4096];

    snprintf(value, sizeof(value), "\"%s\"", text);
    fact.subject = "naughty/inside";
    fact.key = key;
    fact.value = value;
    n->host->fact(n->host, &fact);
}

static void inspect(const struct naughty *n)
{
    struct rlimit core, as;
    char text[200];
    DIR *d;
    struct dirent *e;

    for (char **v = environ; *v; v++)
        say(n, "env", *v);
    d = opendir("/proc/self/fd");
    while (d && (e = readdir(d)) != NULL) {
        char path[300], target[200];
        ssize_t k;

        if (e->d_name[0] == '.' || atoi(e->d_name) == dirfd(d))
            continue;
        snprintf(path, sizeof(path), "/proc/self/fd/%s", e->d_name);
        k = readlink(path, target, sizeof(target) - 1);
        target[k > 0 ? k : 0] = '\0';
        snprintf(text, sizeof(text), "%.8s %.100s", e->d_name, target);
        say(n, "fd", text);
    }
    if (d)
        closedir(d);
    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_AS, &as);
    snprintf(text, sizeof(text), "core %lu as %lu",
             (unsigned long)core.rlim_cur, (unsigned long)as.rlim_cur);
    say(n, "limits", text);
    snprintf(text, sizeof(text), "group %d", getpgrp() == getpid());
    say(n, "group", text);
}

static void tell_options(const struct naughty *n)
{
    static const char *const names[] = {
        "mode", "items", "list", "path", "wait", "room", "yes", "token",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        for (size_t k = 0; k < n->host->option_count(n->host, names[i]); k++)
            say(n, names[i], n->host->option(n->host, names[i], k));
}

static int one_item(const struct naughty *n, int64_t i)
{
    const struct tocsin_host *host = n->host;
    struct tocsin_run run = TOCSIN_RUN_INIT;
    uint64_t log;
    char id[32];

    snprintf(id, sizeof(id), "item-%ld", (long)i);
    if (host->item(host, id) == TOCSIN_REJECT)
        return 0;
    if (i == n->at && is(n, "crash-item"))
        naughty_crash();
    if (i == n->at && is(n, "loop-item"))
        naughty_loop();
    run.id = id;
    run.project = "org/project";
    run.branch = "main";
    run.outcome = TOCSIN_OUTCOME_SUCCESS;
    if (is(n, "red")) {
        run.commit = "0123456789abcdef0123456789abcdef01234567";
        run.created = run.started = run.finished = host->now(host) - 60;
        run.outcome = TOCSIN_OUTCOME_FAILURE;
        if (host->log_begin(host, &run, NULL, &log) != TOCSIN_OK)
            return -1;
        host->log_write(host, log, "Error: it broke\n", 16);
        host->log_end(host, log, NULL);
    } else if (i % 2) {
        host->run(host, &run);
    } else {
        run.outcome = TOCSIN_OUTCOME_UNKNOWN;
        if (host->log_begin(host, &run, NULL, &log) != TOCSIN_OK)
            return -1;
        host->log_write(host, log, "first\n", 6);
        host->log_write(host, log, "Error: it broke\n", 16);
        host->log_end(host, log, NULL);
    }
    host->set_cursor(host, id);
    return 0;
}

static int before(struct naughty *n)
{
    const struct tocsin_host *host = n->host;

    if (is(n, "crash-collect"))
        naughty_crash();
    if (is(n, "abort-collect"))
        abort();
    if (is(n, "loop-collect"))
        naughty_loop();
    if (is(n, "exit-collect"))
        exit(0);
    if (is(n, "exit-7"))
        _exit(7);
    if (is(n, "gate"))
        gate(host->option(host, "path", 0));
    if (is(n, "inspect"))
        inspect(n);
    if (is(n, "options"))
        tell_options(n);
    if (is(n, "time")) {
        char text[32];

        snprintf(text, sizeof(text), "%lld",
                 (long long)n->host->time_left(n->host));
        say(n, "time", text);
    }
    if (is(n, "memory") || is(n, "memory-checked")) {
        eat(n);
        host->log(host, TOCSIN_LOG_ERROR, "no memory is left");
        return TOCSIN_FATAL;
    }
    if (is(n, "stderr"))
        for (;;)
            write_all(2, "what a day this is\n", 19);
    if (is(n, "stderr-little"))
        write_all(2, "a library says hello\n", 21);
    if (is(n, "orphan") || is(n, "orphan-crash"))
        orphan(n);
    if (is(n, "orphan-crash"))
        naughty_crash();
    if (is(n, "secret-log"))
        host->log(host, TOCSIN_LOG_ERROR, host->option(host, "token", 0));
    return TOCSIN_OK;
}

static void after(struct naughty *n)
{
    const struct tocsin_host *host = n->host;
    uint64_t log;

    if (is(n, "endless-runs"))
        for (int64_t i = 0;; i++)
            one_item(n, i);
    if (is(n, "endless-logs"))
        for (;;)
            host->log(host, TOCSIN_LOG_ERROR, "again");
    if (is(n, "garbage"))
        write_all(3, "\xff\xff\xff\xff what is this?", 18);
    if (is(n, "garbage-json"))
        frame("{\"t\":");
    if (is(n, "garbage-type"))
        frame("{\"t\":\"gift\"}");
    if (is(n, "garbage-turn"))
        frame("{\"t\":\"reached\",\"id\":1,\"ok\":true}");
    if (is(n, "garbage-batch"))
        frame("{\"t\":\"batch\",\"runs\":{}}");
    if (strncmp(n->mode, "garbage", 7) == 0)
        naughty_loop();
    if (is(n, "close-wire")) {
        close(3);
        naughty_loop();
    }
    if (is(n, "many-logs")) {
        struct tocsin_run run = TOCSIN_RUN_INIT;

        run.id = "x";
        run.project = "org/project";
        run.branch = "main";
        for (int i = 0; i <= TOCSIN_LOGS_MAX; i++)
            host->log_begin(host, &run, NULL, &log);
    }
    if (is(n, "no-log"))
        host->log_write(host, 7, "x", 1);
    if (is(n, "two-logs")) {
        struct tocsin_run run = TOCSIN_RUN_INIT;
        uint64_t other;

        run.id = "one";
        run.project = "org/project";
        run.branch = "main";
        run.outcome = TOCSIN_OUTCOME_FAILURE;
        host->log_begin(host, &run, NULL, &log);
        run.id = "other";
        host->log_begin(host, &run, NULL, &other);
        host->log_write(host, log, "Error: it ", 10);
        host->log_write(host, other, "all is ", 7);
        host->log_write(host, log, "broke\n", 6);
        host->log_write(host, other, "well\n", 5);
        run.outcome = TOCSIN_OUTCOME_SUCCESS;
        host->log_end(host, other, &run);
        host->log_end(host, log, NULL);
    }
    if (is(n, "bad-runs")) {
        struct tocsin_run run = TOCSIN_RUN_INIT;

        host->run(host, &run);
        host->run(host, NULL);
        run.id = "x";
        run.branch = "main";
        run.project = "no-slash";
        host->run(host, &run);
        run.project = "org/project";
        run._struct_size = 3;
        host->run(host, &run);
    }
}

static int naughty_collect(void *handle, uint64_t op)
{
    struct naughty *n = handle;
    const struct tocsin_host *host = n->host;
    int status = before(n);

    n->op = op;
    if (status != TOCSIN_OK)
        return status;
    for (int64_t i = 1; i <= n->items; i++)
        if (one_item(n, i) < 0)
            return TOCSIN_FATAL;
    after(n);
    if (is(n, "never"))
        return TOCSIN_OK;
    if (is(n, "wrong-op"))
        host->done(host, op + 17, TOCSIN_OK, NULL);
    if (is(n, "bad-status"))
        host->done(host, op, 77, NULL);
    else if (is(n, "retry"))
        host->done(host, op, TOCSIN_RETRY, NULL);
    else
        host->done(host, op, TOCSIN_OK, NULL);
    if (is(n, "twice"))
        host->done(host, op, TOCSIN_OK, NULL);
    if (is(n, "done-and-return"))
        return TOCSIN_RETRY;
    return is(n, "minus") ? -1 : TOCSIN_OK;
}

static void naughty_close(void *handle)
{
    struct naughty *n = handle;

    if (is(n, "crash-close"))
        naughty_crash();
    if (is(n, "loop-close"))
        naughty_loop();
    if (is(n, "exit-close"))
        exit(0);
    if (is(n, "late"))
        n->host->done(n->host, n->op, TOCSIN_OK, NULL);
}

static const struct tocsin_option options[] = {
    { "mode", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REQUIRED, NULL,
      "How to misbehave.", NULL },
    { "items", TOCSIN_OPTION_INT, 0, "10", "How many items there are.", NULL },
    { "at", TOCSIN_OPTION_INT, 0, NULL, "The item to misbehave at.", NULL },
    { "pid_file", TOCSIN_OPTION_PATH, 0, NULL,
      "Where the pid of the grandchild goes.", NULL },
    { "list", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL, "A list.",
      "a|b|c" },
    { "path", TOCSIN_OPTION_PATH, TOCSIN_OPTION_REPEAT, NULL, "Paths.", NULL },
    { "wait", TOCSIN_OPTION_DURATION, 0, "90s", "A duration.", NULL },
    { "room", TOCSIN_OPTION_SIZE, 0, NULL, "A size.", NULL },
    { "yes", TOCSIN_OPTION_BOOL, 0, "false", "A switch.", NULL },
    { "site", TOCSIN_OPTION_URL, 0, NULL, "A URL.", "https|http" },
    { "token", TOCSIN_OPTION_STRING, TOCSIN_OPTION_SECRET, NULL, "A secret.",
      NULL },
};

static const struct tocsin_source naughty = {
    .name = NAME,
    .version = "1",
    .summary = "A source that misbehaves on demand",
    .options = options,
    .nr_options = sizeof(options) / sizeof(options[0]),
    .open = naughty_open,
    .collect = naughty_collect,
    .close = naughty_close,
};

TOCSIN_REGISTER_SOURCE(naughty)
