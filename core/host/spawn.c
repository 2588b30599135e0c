/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fork and exec of a worker. Must not let it inherit a descriptor, a
 * variable or a signal setting that it was not given.
 */
#include <config.h>

#include "core/host/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"

/* The sanitizers' and the tree's own are for whoever works on Tocsin. */
static const char *const always[] = {
    "PATH",
    "LANG",
    "TZ",
    "TOCSIN_PLUGIN_PATH",
    "TOCSIN_DATA_DIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "ASAN_OPTIONS",
    "LSAN_OPTIONS",
    "UBSAN_OPTIONS",
};

static void add_variable(char **env, size_t *nr, const char *name)
{
    const char *value = getenv(name);

    if (value)
        env[(*nr)++] = xasprintf("%s=%s", name, value);
}

static char **make_env(const struct spawn_options *opts)
{
    char **env = xcalloc(ARRAY_SIZE(always) + opts->nr_env + 1, sizeof(*env));
    size_t nr = 0;

    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        add_variable(env, &nr, always[i]);
    for (size_t i = 0; i < opts->nr_env; i++)
        add_variable(env, &nr, opts->env[i]);
    return env;
}

static void free_env(char **env)
{
    for (size_t i = 0; env[i]; i++) {
        explicit_bzero(env[i], strlen(env[i]));
        free(env[i]);
    }
    free(env);
}

/* -- in the child -- */

static void die(const char *what)
{
    const char *why = strerror(errno);
    ssize_t n;

    n = write(STDERR_FILENO, what, strlen(what));
    n += write(STDERR_FILENO, ": ", 2);
    n += write(STDERR_FILENO, why, strlen(why));
    (void)n;
    _exit(127);
}

static void close_from(unsigned first)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0u, 0u) == 0)
        return;
#endif
    for (int fd = (int)first; fd < 65536; fd++)
        close(fd);
}

/* Above all the numbers that we are about to give away. */
static int move_up(int fd)
{
    int up = fcntl(fd, F_DUPFD_CLOEXEC, 16);

    if (up < 0)
        die("fcntl");
    return up;
}

/* keep: descriptor 0 stays. A terminal would stop us, who are in the
 * background of it. */
static void set_descriptors(int wire, int err, int lock, bool keep)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0)
        die("/dev/null");
    null = move_up(null);
    wire = move_up(wire);
    err = move_up(err);
    if (lock >= 0)
        lock = move_up(lock);
    if (keep && isatty(0))
        keep = false;
    if (dup2(err, 2) < 0 || (!keep && dup2(null, 0) < 0) || dup2(null, 1) < 0
        || dup2(wire, WORKER_FD) < 0
        || (lock >= 0 && dup2(lock, WORKER_LOCK_FD) < 0))
        die("dup2");
    close_from(lock >= 0 ? WORKER_LOCK_FD + 1 : WORKER_LOCK_FD);
}

static void set_limits(int64_t memory)
{
    const struct rlimit none = { 0, 0 };

    setrlimit(RLIMIT_CORE, &none);
#ifndef TOCSIN_SANITIZED
    if (memory > 0) {
        const struct rlimit limit = { (rlim_t)memory, (rlim_t)memory };

        if (setrlimit(RLIMIT_AS, &limit) < 0)
            die("setrlimit");
    }
#else
    (void)memory;
#endif
}

static void set_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int sig = 1; sig < 32; sig++)
        signal(sig, SIG_DFL);
}

static void become_worker(const struct spawn_options *opts, pid_t parent,
                          int wire, int err, char **env)
{
    char mode[] = "--worker";
    char name[] = "tocsin";
    char *instance = (char *)opts->instance;
    char *argv[] = { name, mode, instance, NULL };

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* It may have died before we asked. */
    if (getppid() != parent)
        _exit(1);
    set_descriptors(wire, err, opts->lock_fd, opts->keep_stdin);
    set_signals();
    set_limits(opts->memory);
    execve(opts->self, argv, env);
    die(opts->self);
}

/* -- in the core -- */

static int open_pidfd(pid_t pid)
{
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0u);
#else
    (void)pid;
    return -1;
#endif
}

static void set_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

int spawn_worker(const struct spawn_options *opts, struct spawned *out,
                 struct err *err)
{
    int wire[2], pipes[2];
    pid_t parent = getpid();
    char **env;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wire) < 0)
        return err_errno(err, ERR_IO, "socketpair");
    if (pipe2(pipes, O_CLOEXEC) < 0) {
        err_errno(err, ERR_IO, "pipe");
        close(wire[0]);
        close(wire[1]);
        return -1;
    }
    env = make_env(opts);
    out->pid = fork();
    if (out->pid == 0)
        become_worker(opts, parent, wire[1], pipes[1], env);
    free_env(env);
    close(wire[1]);
    close(pipes[1]);
    if (out->pid < 0) {
        err_errno(err, ERR_IO, "fork");
        close(wire[0]);
        close(pipes[0]);
        return -1;
    }
    /* Both sides do it: whoever comes first, the group is there. */
    setpgid(out->pid, out->pid);
    out->pidfd = open_pidfd(out->pid);
    out->wire = wire[0];
    out->err = pipes[0];
    set_nonblocking(out->wire);
    set_nonblocking(out->err);
    return 0;
}

int spawn_reap(struct spawned *s)
{
    int status = 0;

    /* While the leader is not waited for, its number is nobody else's. */
    kill(-s->pid, SIGKILL);
    while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (s->pidfd >= 0)
        close(s->pidfd);
    close(s->wire);
    close(s->err);
    s->pidfd = s->wire = s->err = -1;
    return status;
}
