/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * at-write: runs a command, counts the system calls with which it and its
 * workers write, and kills the core or a worker before the Nth of its own.
 *
 *   at-write core|worker N COUNTS COMMAND [ARGUMENT...]
 *
 * N 0 kills nobody. The first process is the core; whatever it makes is a
 * worker. Threads count with their process; calls of all workers count
 * together, and the one that is about to make the Nth dies. COUNTS is a file
 * that gets a line "core NUMBER worker NUMBER killed 0|1". The exit status
 * is the command's; 137 when it was killed, 125 when it cannot be traced.
 *
 * Killed before the Nth call for every N is also killed behind every call
 * but the last. What is written through a mapping is no call and is not seen:
 * the store's wal-index, which it makes anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MAX 4096
#define CANNOT 125

static const int writing[] = {
    __NR_write,     __NR_writev,          __NR_pwrite64,
    __NR_pwritev,   __NR_pwritev2,        __NR_sendto,
    __NR_sendmsg,   __NR_sendmmsg,        __NR_sendfile,
    __NR_splice,    __NR_copy_file_range, __NR_fsync,
    __NR_fdatasync, __NR_sync_file_range, __NR_ftruncate,
    __NR_truncate,  __NR_fallocate,       __NR_renameat2,
    __NR_unlinkat,  __NR_linkat,          __NR_symlinkat,
    __NR_mkdirat,   __NR_msync,
#ifdef __NR_renameat
    __NR_renameat,
#endif
#ifdef __NR_rename
    __NR_rename,    __NR_unlink,          __NR_link,
    __NR_symlink,   __NR_mkdir,           __NR_rmdir,
    __NR_creat,
#endif
};
#define NR_WRITING (sizeof(writing) / sizeof(writing[0]))

static struct {
    pid_t id, process; /* of a thread; its process */
} threads[PROCESSES_MAX];
static size_t nr_threads;
static pid_t core;
static long counts[2]; /* core, worker */

static void die(const char *what)
{
    fprintf(stderr, "at-write: %s: %s\n", what, strerror(errno));
    _exit(CANNOT);
}

/* ---- in the command ------------------------------------------------------ */

/* Stops at writing calls, and at openat that makes a file. */
static void filter(void)
{
    struct sock_filter code[NR_WRITING + 8];
    struct sock_fprog prog = { .filter = code };
    unsigned short n = 0, trace = NR_WRITING + 6;

    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                             offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < NR_WRITING; i++, n++)
        code[n] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)writing[i],
            (unsigned char)(trace - n - 1), 0);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                             __NR_openat, 1, 0);
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[n++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
    code[n++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT, 1, 0);
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    prog.len = n;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
        || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
        die("seccomp");
}

static void become(char **command)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        die("ptrace");
    raise(SIGSTOP);
    filter();
    execvp(command[0], command);
    die(command[0]);
}

/* ---- who is who ---------------------------------------------------------- */

/* The process of a thread, as /proc knows it; the thread itself when it is
 * gone. */
static pid_t process_of(pid_t thread)
{
    char path[64], line[256];
    pid_t process = thread;
    FILE *f;

    for (size_t i = 0; i < nr_threads; i++)
        if (threads[i].id == thread)
            return threads[i].process;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f))
        if (!strncmp(line, "Tgid:", 5))
            process = (pid_t)strtol(line + 5, NULL, 10);
    if (f)
        fclose(f);
    if (nr_threads == PROCESSES_MAX) {
        errno = EAGAIN;
        die("threads");
    }
    threads[nr_threads].id = thread;
    threads[nr_threads++].process = process;
    return process;
}

static void forget(pid_t thread)
{
    for (size_t i = 0; i < nr_threads; i++)
        if (threads[i].id == thread)
            threads[i] = threads[--nr_threads];
}

/* ---- from stop to stop --------------------------------------------------- */

static bool is_event(int status, int event)
{
    return status >> 8 == (SIGTRAP | (event << 8));
}

/* What it is to be told when it goes on. */
static int signal_for(int status)
{
    int sig = WSTOPSIG(status);

    if (status >> 16)
        return 0; /* an event */
    /* New threads and processes begin with one. */
    return sig == SIGTRAP || sig == SIGSTOP ? 0 : sig;
}

static int trace(bool of_worker, long at, bool *killed)
{
    int status, end = CANNOT;
    pid_t thread;

    while ((thread = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        if (thread <= 0)
            continue;
        if (!WIFSTOPPED(status)) {
            if (thread == core)
                end = WIFEXITED(status) ? WEXITSTATUS(status)
                                        : 128 + WTERMSIG(status);
            forget(thread);
            continue;
        }
        if (is_event(status, PTRACE_EVENT_SECCOMP)) {
            pid_t process = process_of(thread);
            bool worker = process != core;

            if (++counts[worker] == at && worker == of_worker) {
                kill(process, SIGKILL);
                *killed = true;
            }
        }
        ptrace(PTRACE_CONT, thread, NULL, (void *)(long)signal_for(status));
    }
    return end;
}

int main(int argc, char **argv)
{
    bool killed = false;
    int status, end;
    FILE *f;

    if (argc < 5 || (strcmp(argv[1], "core") && strcmp(argv[1], "worker"))) {
        fprintf(stderr, "usage: at-write core|worker N COUNTS COMMAND...\n");
        return CANNOT;
    }
    core = fork();
    if (core < 0)
        die("fork");
    if (core == 0)
        become(argv + 4);
    if (waitpid(core, &status, 0) < 0 || !WIFSTOPPED(status))
        die("the command did not begin");
    if (ptrace(PTRACE_SETOPTIONS, core, NULL,
               (void *)(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK
                        | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE
                        | PTRACE_O_EXITKILL))
        < 0)
        die("ptrace");
    ptrace(PTRACE_CONT, core, NULL, NULL);
    end = trace(!strcmp(argv[1], "worker"), strtol(argv[2], NULL, 10), &killed);
    f = fopen(argv[3], "we");
    if (!f
        || fprintf(f, "core %ld worker %ld killed %d\n", counts[0], counts[1],
                   killed)
               < 0
        || fclose(f) != 0)
        die(argv[3]);
    return end;
}
