/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One process a path. Must not read a log in the process that asks: a hostile
 * one costs only itself.
 */
#include <config.h>

#include "core/cli/classify-file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/classify/classify.h"
#include "core/cli/command.h"
#include "core/cli/log-reader.h"
#include "core/config/settings.h"
#include "core/tocsin-plugin.h"

#define CHILD_SECONDS 900
#define CHILD_MEMORY ((rlim_t)1 << 30)
/* What a child may write: an archive of many logs says a lot. */
#define OUTPUT_MAX ((size_t)256 << 20)

/* ---- the child ---- */

struct child {
    const struct reading *how;
    int fd;
    struct classifier *classifier;
};

static void child_begin(void *user, const char *name)
{
    struct child *c = user;
    const struct settings *s = c->how->settings;
    struct classify_options opts = {
        .file = name,
        .outcome = c->how->outcome,
        .green = c->how->green,
        .make_baseline = c->how->make_baseline,
        .redact = s ? (const char *const *)s->redact : NULL,
        .nr_redact = s ? s->nr_redact : 0,
    };

    c->classifier = classifier_new(c->how->rules, &opts);
}

static void child_part(void *user, const void *p, size_t n)
{
    struct child *c = user;

    classifier_feed(c->classifier, p, n);
}

static void child_end(void *user)
{
    struct child *c = user;
    CLEANUP_JSON json_t *result = classifier_finish(c->classifier);
    CLEANUP_FREE char *text = json_dumps(result, JSON_COMPACT);

    classifier_free(c->classifier);
    c->classifier = NULL;
    if (!text || io_write_all(c->fd, text, strlen(text)) < 0
        || io_write_all(c->fd, "\n", 1) < 0)
        _exit(EXIT_INTERNAL);
}

static void limit_child(void)
{
    struct rlimit no_core = { 0, 0 };
#ifndef TOCSIN_SANITIZED
    struct rlimit memory = { CHILD_MEMORY, CHILD_MEMORY };

    setrlimit(RLIMIT_AS, &memory);
#endif
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(CHILD_SECONDS);
}

static _Noreturn void child_main(const struct reading *how, const char *path,
                                 int fd)
{
    struct child c = { how, fd, NULL };
    struct log_reader r = { child_begin, child_part, child_end, &c };
    struct err err = ERR_INIT;

    limit_child();
    if (log_read(path, &r, &err) < 0) {
        log_error("%s", err_msg(&err));
        _exit(EXIT_TROUBLE);
    }
    _exit(EXIT_FINE);
}

/* ---- the parent ---- */

int job_start(struct job *j, const struct reading *how)
{
    int p[2];

    if (pipe(p) < 0) {
        log_error("pipe: %s", strerror(errno));
        return -1;
    }
    fflush(stdout);
    j->pid = fork();
    if (j->pid < 0) {
        log_error("fork: %s", strerror(errno));
        close(p[0]);
        close(p[1]);
        return -1;
    }
    if (!j->pid) {
        close(p[0]);
        child_main(how, j->path, p[1]);
    }
    close(p[1]);
    j->fd = p[0];
    j->started = true;
    strbuf_init(&j->out, OUTPUT_MAX);
    return 0;
}

static void job_end(struct job *j)
{
    close(j->fd);
    j->fd = -1;
    while (waitpid(j->pid, &j->status, 0) < 0 && errno == EINTR)
        ;
    j->done = true;
}

void job_read(struct job *j)
{
    char buf[65536];
    ssize_t n = read(j->fd, buf, sizeof(buf));

    if (n < 0 && errno == EINTR)
        return;
    if (n <= 0) {
        job_end(j);
        return;
    }
    strbuf_add(&j->out, buf, (size_t)n);
    if (j->out.truncated)
        kill(j->pid, SIGKILL);
}

int job_status(const struct job *j)
{
    if (WIFSIGNALED(j->status)) {
        int sig = WTERMSIG(j->status);

        log_error("%s: its classification was ended by signal %d (%s)", j->path,
                  sig, sig == SIGALRM ? "it took too long" : strsignal(sig));
        return EXIT_TROUBLE;
    }
    if (!WIFEXITED(j->status))
        return EXIT_INTERNAL;
    return WEXITSTATUS(j->status);
}

/* ---- one result ---- */

static json_t *read_one(const struct reading *how, const char *path,
                        int *status)
{
    struct job j = { .path = path };
    json_t *result = NULL;
    const char *nl;

    *status = EXIT_INTERNAL;
    if (job_start(&j, how) < 0)
        return NULL;
    while (!j.done)
        job_read(&j);
    *status = job_status(&j);
    nl = memchr(j.out.buf, '\n', j.out.len);
    if (nl && nl + 1 != j.out.buf + j.out.len)
        log_error("%s: several logs are in it; name one", path);
    else if (nl)
        result = jx_parse(j.out.buf, j.out.len, NULL);
    strbuf_release(&j.out);
    if (result)
        *status = EXIT_FINE;
    else if (*status == EXIT_FINE)
        *status = EXIT_USAGE;
    return result;
}

struct baseline *classify_green(const struct reading *how, const char *path,
                                int *status)
{
    struct reading making = *how;
    CLEANUP_JSON json_t *result = NULL;
    struct baseline *green;

    making.outcome = TOCSIN_OUTCOME_SUCCESS;
    making.make_baseline = true;
    result = read_one(&making, path, status);
    green = result ? baseline_decode(jx_str(result, "baseline")) : NULL;
    if (result && !green)
        *status = EXIT_USAGE;
    return green;
}

json_t *classify_file(const struct reading *how, const char *path,
                      const char *green, int *status)
{
    struct baseline *last = green ? classify_green(how, green, status) : NULL;
    struct reading with = *how;
    json_t *result;

    if (green && !last)
        return NULL;
    with.green = last;
    result = read_one(&with, path, status);
    baseline_free(last);
    return result;
}
