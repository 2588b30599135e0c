/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin classify`: what the rules say of logs, for people or as JSON. Must
 * not read a log in this process: each path has a child of its own, with a
 * limit of memory and time, so that a hostile one costs only itself.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/classify.h"
#include "core/cli/classify-file.h"
#include "core/cli/command.h"
#include "core/cli/log-reader.h"
#include "core/config/problems.h"
#include "core/config/settings.h"
#include "core/store/records.h"

#define CHILD_SECONDS 900
#define CHILD_MEMORY ((rlim_t)1 << 30)
/* What a child may write: an archive of many logs says a lot. */
#define OUTPUT_MAX ((size_t)256 << 20)
#define JOBS_MAX 64
#define DEPTH_MAX 64

struct options {
    const char *config;
    const char *green;
    bool json;
    int outcome;
    bool make_baseline; /* of the green log itself */
    int jobs;
};

static void usage(FILE *f)
{
    fputs("usage: tocsin classify [OPTIONS] FILE|DIR|-...\n\n"
          "  -c, --config FILE   also the rules of this configuration\n"
          "      --json          one object a line for each log\n"
          "      --green FILE    the last green log of the same job: what it\n"
          "                      says, too, is not what went wrong\n"
          "      --outcome O     how the job ended: success, failure, ...\n"
          "                      (else read off the log)\n"
          "  -j, --jobs N        so many logs at a time\n"
          "  -h, --help          this\n",
          f);
}

/* -1: go on, else the exit status. */
static int parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "config", required_argument, NULL, 'c' },
        { "green", required_argument, NULL, 'g' },
        { "json", no_argument, NULL, 'J' },
        { "outcome", required_argument, NULL, 'o' },
        { "jobs", required_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "c:j:h", longs, NULL)) != -1) {
        switch (c) {
        case 'c':
            o->config = optarg;
            break;
        case 'g':
            o->green = optarg;
            break;
        case 'J':
            o->json = true;
            break;
        case 'o':
            o->outcome = outcome_parse(optarg);
            if (o->outcome < 0) {
                log_error("classify: no outcome is called \"%s\"", optarg);
                return EXIT_USAGE;
            }
            break;
        case 'j':
            o->jobs = (int)strtol(optarg, NULL, 10);
            if (o->jobs < 1 || o->jobs > JOBS_MAX) {
                log_error("classify: -j takes 1 to %d", JOBS_MAX);
                return EXIT_USAGE;
            }
            break;
        case 'h':
            usage(stdout);
            return EXIT_FINE;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind >= argc) {
        usage(stderr);
        return EXIT_USAGE;
    }
    return -1;
}

/* ---- which rules ------------------------------------------------------- */

struct loaded {
    struct settings *settings; /* NULL without a configuration */
    struct ruleset *rules;
    struct baseline *green; /* NULL without --green */
};

/* A configuration that is named must be right; without one the shipped
 * rules do. */
static int load(struct loaded *l, const struct options *o)
{
    struct problems pb;
    struct err err CLEANUP_ERR = ERR_INIT;
    CLEANUP_JSON json_t *rules = NULL;
    CLEANUP_JSON json_t *ignore = NULL;
    bool ok;

    problems_init(&pb);
    if (o->config) {
        l->settings = settings_load(o->config, &pb);
        ok = l->settings != NULL;
        if (ok) {
            rules = json_incref(l->settings->rules);
            ignore = json_incref(l->settings->ignore);
        }
    } else {
        ok =
            settings_load_rules(settings_data_dir(), &rules, &ignore, &pb) == 0;
    }
    problems_print(&pb, stderr);
    problems_release(&pb);
    if (!ok)
        return -1;
    l->rules = ruleset_new(rules, ignore, &err);
    if (!l->rules) {
        log_error("%s", err_msg(&err));
        return -1;
    }
    return 0;
}

static void loaded_release(struct loaded *l)
{
    baseline_free(l->green);
    ruleset_free(l->rules);
    settings_free(l->settings);
}

/* ---- which logs -------------------------------------------------------- */

struct paths {
    char **items;
    size_t nr, alloc;
};

static void paths_add(struct paths *ps, char *path)
{
    ALLOC_GROW(ps->items, ps->nr + 1, ps->alloc);
    ps->items[ps->nr++] = path;
}

static void paths_release(struct paths *ps)
{
    for (size_t i = 0; i < ps->nr; i++)
        free(ps->items[i]);
    free(ps->items);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All files below dir but hidden ones and the .json beside a log. No link is
 * followed, so there is no loop. */
static int paths_walk(struct paths *ps, const char *dir, int depth)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    int rc = 0;

    if (!d || depth > DEPTH_MAX) {
        log_error("%s: %s", dir, d ? "too deep" : strerror(errno));
        if (d)
            closedir(d);
        return -1;
    }
    while ((e = readdir(d))) {
        char *path;
        struct stat st;

        if (e->d_name[0] == '.' || str_ends(e->d_name, ".json"))
            continue;
        path = io_join(dir, e->d_name);
        if (lstat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            paths_add(ps, path);
            continue;
        }
        if (S_ISDIR(st.st_mode) && paths_walk(ps, path, depth + 1) < 0)
            rc = -1;
        free(path);
    }
    closedir(d);
    return rc;
}

static int paths_collect(struct paths *ps, int argc, char **argv)
{
    int rc = 0;

    for (int i = optind; i < argc; i++) {
        size_t from = ps->nr;
        struct stat st;

        if (strcmp(argv[i], "-") && stat(argv[i], &st) == 0
            && S_ISDIR(st.st_mode)) {
            if (paths_walk(ps, argv[i], 0) < 0)
                rc = -1;
            if (ps->nr > from)
                qsort(ps->items + from, ps->nr - from, sizeof(*ps->items),
                      by_text);
        } else {
            paths_add(ps, xstrdup(argv[i]));
        }
    }
    return rc;
}

/* ---- the child --------------------------------------------------------- */

struct child {
    const struct loaded *loaded;
    const struct options *o;
    int fd;
    struct classifier *classifier;
};

static void child_begin(void *user, const char *name)
{
    struct child *c = user;
    const struct settings *s = c->loaded->settings;
    struct classify_options opts = {
        .file = name,
        .outcome = c->o->outcome,
        .green = c->loaded->green,
        .make_baseline = c->o->make_baseline,
        .redact = s ? (const char *const *)s->redact : NULL,
        .nr_redact = s ? s->nr_redact : 0,
    };

    c->classifier = classifier_new(c->loaded->rules, &opts);
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

static _Noreturn void child_main(const struct loaded *l,
                                 const struct options *o, const char *path,
                                 int fd)
{
    struct child c = { l, o, fd, NULL };
    struct log_reader r = { child_begin, child_part, child_end, &c };
    struct err err = ERR_INIT;

    limit_child();
    if (log_read(path, &r, &err) < 0) {
        log_error("%s", err_msg(&err));
        _exit(EXIT_TROUBLE);
    }
    _exit(EXIT_FINE);
}

/* ---- the parent -------------------------------------------------------- */

struct job {
    const char *path;
    pid_t pid;
    int fd; /* its output, -1: closed */
    struct strbuf out;
    bool started, done;
    int status;
};

static int job_start(struct job *j, const struct loaded *l,
                     const struct options *o)
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
        child_main(l, o, j->path, p[1]);
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

/* Some output of it, or its end. */
static void job_read(struct job *j)
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

/* 0, or what went wrong, said. */
static int job_status(const struct job *j)
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

/* ---- the green log ----------------------------------------------------- */

/* Logs are hostile: a child reads it. *result: NULL when that went wrong. */
static int read_one(const struct loaded *l, const struct options *o,
                    const char *path, json_t **result)
{
    struct job j = { .path = path };
    const char *nl;
    int status;

    *result = NULL;
    if (job_start(&j, l, o) < 0)
        return EXIT_INTERNAL;
    while (!j.done)
        job_read(&j);
    status = job_status(&j);
    nl = memchr(j.out.buf, '\n', j.out.len);
    if (nl && nl + 1 != j.out.buf + j.out.len)
        log_error("%s: several logs are in it; name one", path);
    else if (nl)
        *result = jx_parse(j.out.buf, j.out.len, NULL);
    strbuf_release(&j.out);
    return *result ? EXIT_FINE : status ? status : EXIT_USAGE;
}

static int read_green(struct loaded *l, const struct options *o)
{
    const struct options making = {
        .outcome = TOCSIN_OUTCOME_SUCCESS,
        .make_baseline = true,
    };
    CLEANUP_JSON json_t *result = NULL;
    int status = read_one(l, &making, o->green, &result);

    if (result)
        l->green = baseline_decode(jx_str(result, "baseline"));
    return l->green ? EXIT_FINE : status ? status : EXIT_USAGE;
}

json_t *classify_file(const struct ruleset *rules, const struct settings *s,
                      const char *path, const char *green, int outcome,
                      int *status)
{
    struct loaded l = {
        .settings = (struct settings *)s,
        .rules = (struct ruleset *)rules,
    };
    const struct options o = { .outcome = outcome, .green = green };
    json_t *result = NULL;

    *status = green ? read_green(&l, &o) : EXIT_FINE;
    if (*status == EXIT_FINE)
        *status = read_one(&l, &o, path, &result);
    baseline_free(l.green);
    return result;
}

/* ---- for people -------------------------------------------------------- */

/* Names of files may drive a terminal, too. */
static void put_safe(const char *s)
{
    CLEANUP_STRBUF struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_add_shown(&b, s, "\n\t");
    fputs(b.buf, stdout);
}

static void put_indented(const char *s, const char *indent)
{
    while (*s) {
        size_t n = strcspn(s, "\n");
        char *line = xstrndup(s, n);

        fputs(indent, stdout);
        put_safe(line);
        putchar('\n');
        free(line);
        s += n + (s[n] == '\n');
    }
}

static void print_excerpt(const json_t *excerpt)
{
    put_indented(jx_str_or(excerpt, "text", ""), "      | ");
}

static void print_failure(const json_t *f)
{
    const char *rule = jx_str(f, "rule");
    const char *advice = jx_str(f, "advice");

    fputs("  ", stdout);
    put_safe(jx_str_or(f, "summary", ""));
    printf("\n    line %lld, %s, blame: %s, %s%s\n",
           (long long)jx_int(f, "line", 0), jx_str_or(f, "category", "?"),
           jx_str_or(f, "blame", "?"), rule ? "rule " : "no rule knows it",
           rule ? rule : "");
    print_excerpt(jx_obj(f, "excerpt"));
    if (advice) {
        puts("    What usually helps:");
        put_indented(advice, "      ");
    }
}

static void print_other(const json_t *f)
{
    printf("    also line %lld: ", (long long)jx_int(f, "line", 0));
    put_safe(jx_str_or(f, "summary", ""));
    printf(" (%s)\n", jx_str_or(f, "rule", "?"));
}

static void print_for_people(const json_t *result)
{
    const json_t *f;
    size_t i;

    put_safe(jx_str_or(result, "file", "-"));
    printf(": %s (%s, %s; %lld lines)\n", jx_str_or(result, "verdict", "?"),
           jx_str_or(result, "format", "?"), jx_str_or(result, "tool", "?"),
           (long long)jx_int(result, "lines", 0));
    if (!strcmp(jx_str_or(result, "verdict", ""), "green"))
        return;
    json_array_foreach(jx_arr(result, "failures"), i, f)
        if (jx_bool(f, "primary", false))
            print_failure(f);
    json_array_foreach(jx_arr(result, "failures"), i, f)
        if (!jx_bool(f, "primary", false))
            print_other(f);
    putchar('\n');
}

struct tally {
    int classified, unclassified, green;
};

static void count(struct tally *t, const json_t *result)
{
    const char *v = jx_str_or(result, "verdict", "");

    t->classified += !strcmp(v, "classified");
    t->unclassified += !strcmp(v, "unclassified");
    t->green += !strcmp(v, "green");
}

static void job_print(const struct job *j, const struct options *o,
                      struct tally *t)
{
    const char *s = j->out.buf, *end = s + j->out.len;

    while (s < end) {
        const char *nl = memchr(s, '\n', (size_t)(end - s));
        CLEANUP_JSON json_t *result = NULL;

        if (!nl)
            return; /* the child died in the middle of it */
        if (o->json) {
            fwrite(s, 1, (size_t)(nl - s) + 1, stdout);
        } else {
            result = jx_parse(s, (size_t)(nl - s), NULL);
            print_for_people(result);
            count(t, result);
        }
        s = nl + 1;
    }
}

/* ---- all of them ------------------------------------------------------- */

/* Prints what is done, in the order in which it was named. */
static size_t print_done(struct job *jobs, size_t nr, size_t from,
                         const struct options *o, struct tally *t, int *status)
{
    while (from < nr && jobs[from].done) {
        int s = job_status(&jobs[from]);

        job_print(&jobs[from], o, t);
        strbuf_release(&jobs[from].out);
        if (s && *status < s)
            *status = s;
        from++;
    }
    return from;
}

static void wait_some(struct job *jobs, size_t from, size_t to)
{
    struct pollfd fds[JOBS_MAX];
    size_t which[JOBS_MAX], nr = 0;

    for (size_t i = from; i < to && nr < JOBS_MAX; i++) {
        if (!jobs[i].started || jobs[i].done)
            continue;
        fds[nr].fd = jobs[i].fd;
        fds[nr].events = POLLIN;
        which[nr++] = i;
    }
    if (poll(fds, (nfds_t)nr, -1) < 0)
        return;
    for (size_t i = 0; i < nr; i++)
        if (fds[i].revents)
            job_read(&jobs[which[i]]);
}

static int run_all(const struct paths *ps, const struct loaded *l,
                   const struct options *o)
{
    struct job *jobs = xcalloc(ps->nr ? ps->nr : 1, sizeof(*jobs));
    size_t next = 0, printed = 0;
    int status = EXIT_FINE;
    struct tally t = { 0, 0, 0 };

    while (printed < ps->nr) {
        size_t running = 0;

        for (size_t i = printed; i < next; i++)
            running += jobs[i].started && !jobs[i].done;
        while (running < (size_t)o->jobs && next < ps->nr) {
            jobs[next].path = ps->items[next];
            if (job_start(&jobs[next], l, o) < 0) {
                free(jobs);
                return EXIT_INTERNAL;
            }
            next++;
            running++;
        }
        wait_some(jobs, printed, next);
        printed = print_done(jobs, next, printed, o, &t, &status);
    }
    if (!o->json && ps->nr > 1)
        printf("%d logs: %d classified, %d unclassified, %d green\n",
               t.classified + t.unclassified + t.green, t.classified,
               t.unclassified, t.green);
    free(jobs);
    return fflush(stdout) ? EXIT_INTERNAL : status;
}

int cmd_classify(const struct cli *cli, int argc, char **argv)
{
    struct options o = { .jobs = 1, .outcome = TOCSIN_OUTCOME_UNKNOWN };
    struct loaded l = { NULL, NULL, NULL };
    struct paths ps = { NULL, 0, 0 };
    int status = parse(argc, argv, &o);

    if (status >= 0)
        return status;
    /* the installed default need not exist: then the shipped rules do */
    if (!o.config && cli->config
        && (strcmp(cli->config, SYSCONFDIR "/tocsin/tocsin.yaml")
            || access(cli->config, F_OK) == 0))
        o.config = cli->config;
    if (load(&l, &o) < 0) {
        loaded_release(&l);
        return EXIT_USAGE;
    }
    if (o.green) {
        status = read_green(&l, &o);
        if (status) {
            loaded_release(&l);
            return status;
        }
    }
    status = paths_collect(&ps, argc, argv) < 0 ? EXIT_TROUBLE : EXIT_FINE;
    if (status == EXIT_FINE || ps.nr) {
        int ran = run_all(&ps, &l, &o);

        if (ran > status)
            status = ran;
    }
    paths_release(&ps);
    loaded_release(&l);
    return status;
}
