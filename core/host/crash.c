/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Deaths of a worker that were the memory's fault. Must not call in a signal
 * handler what may not be called there.
 */
#include <config.h>

#include "core/host/crash.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/host/spawn.h"

#ifndef TOCSIN_SANITIZED
/* How many pages the process has; safe in a signal handler. */
static size_t pages(void)
{
    char text[64];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    size_t v = 0;

    for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
        v = v * 10 + (size_t)(text[i] - '0');
    return v;
}

static size_t memory_limit, page_size;

/* A plugin that does not check malloc dies of a NULL pointer: say that it
 * was the memory. */
static void crashed(int sig)
{
    if (memory_limit && pages() * page_size >= memory_limit / 4 * 3)
        _exit(WORKER_EXIT_MEMORY);
    signal(sig, SIG_DFL);
    raise(sig);
}

void crash_watch(void)
{
    static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
    static char stack[16384];
    const stack_t alternative = { .ss_sp = stack, .ss_size = sizeof(stack) };
    struct sigaction sa = { .sa_handler = crashed,
                            .sa_flags = SA_ONSTACK | SA_NODEFER };
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        memory_limit = limit.rlim_cur;
    page_size = (size_t)sysconf(_SC_PAGESIZE);
    sigaltstack(&alternative, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        sigaction(signals[i], &sa, NULL);
}
#else
void crash_watch(void)
{
}
#endif
