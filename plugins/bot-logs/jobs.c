/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logs of the bot's own workflow jobs, as runs of the bot's own repository:
 * when the bot breaks, its keepers hear it and no maintainer does. Must not
 * judge a log: the host does.
 *
 * A log is LOGS/WORKFLOW/RUN/JOB.log, any of the folders may be missing;
 * what is known better stands in JOB.json beside it. A JOB.json without a log
 * is a run as well: a green one needs no log to show that it is green.
 */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/bot-logs/bot.h"
#include "plugins/bot-logs/clean.h"

#define LOG_MAX ((int64_t)1 << 30)
#define SIDECAR_MAX ((size_t)1 << 16)
#define FIRST_LOOK 65536

struct job {
    char *id, *workflow, *run, *name, *commit, *branch, *url;
    int attempt, outcome;
    int64_t created, started, finished;
};

struct jobs {
    struct bot *b;
    struct tree *t;
};

static void job_release(struct job *j)
{
    free(j->id);
    free(j->workflow);
    free(j->run);
    free(j->name);
    free(j->commit);
    free(j->branch);
    free(j->url);
}

static bool is_digits(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

/* bot-versions/17458125176/run.log */
static void job_from_path(struct job *j, const char *path)
{
    CLEANUP_FREE char *copy = xstrdup(path);
    char *file = strrchr(copy, '/');
    char *folder = NULL, *dot;

    if (file) {
        *file++ = '\0';
        folder = strrchr(copy, '/');
        if (is_digits(folder ? folder + 1 : copy)) {
            j->run = xstrdup(folder ? folder + 1 : copy);
            if (folder)
                *folder = '\0';
            folder = folder ? strrchr(copy, '/') : NULL;
            j->workflow = str_eq(j->run, copy)
                              ? NULL
                              : xstrdup(folder ? folder + 1 : copy);
        } else {
            j->workflow = xstrdup(folder ? folder + 1 : copy);
        }
    } else {
        file = copy;
    }
    dot = strrchr(file, '.');
    if (dot && dot != file)
        *dot = '\0';
    j->name = xstrdup(file);
}

static int outcome_named(const char *s)
{
    static const struct {
        const char *name;
        int outcome;
    } all[] = {
        { "success", TOCSIN_OUTCOME_SUCCESS },
        { "failure", TOCSIN_OUTCOME_FAILURE },
        { "cancelled", TOCSIN_OUTCOME_CANCELLED },
        { "skipped", TOCSIN_OUTCOME_SKIPPED },
        { "timed_out", TOCSIN_OUTCOME_TIMED_OUT },
        { "timed-out", TOCSIN_OUTCOME_TIMED_OUT },
    };

    for (size_t i = 0; s && i < ARRAY_SIZE(all); i++)
        if (strcmp(s, all[i].name) == 0)
            return all[i].outcome;
    return TOCSIN_OUTCOME_UNKNOWN;
}

static void time_member(const json_t *doc, const char *key, int64_t *out)
{
    const char *s = jx_str(doc, key);

    if (s)
        when_parse(s, out);
}

static void text_member(const json_t *doc, const char *key, char **out)
{
    if (jx_str(doc, key))
        str_replace(out, jx_str(doc, key));
}

static void job_from_sidecar(struct jobs *js, struct job *j, const char *path)
{
    CLEANUP_FREE char *base = xstrndup(path, strlen(path) - strlen(".log"));
    CLEANUP_FREE char *file = xasprintf("%s.json", base);
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    enum tree_got got = tree_json(js->t, file, SIDECAR_MAX, &doc, NULL, &err);

    if (got == TREE_BAD)
        odd_say(js->b, NULL, ODD_UNREADABLE, "%s", err_msg(&err));
    if (got != TREE_OK)
        return;
    if (!json_is_object(doc)) {
        odd_schema(js->b, NULL, file, "$", "an object", doc);
        return;
    }
    text_member(doc, "workflow", &j->workflow);
    text_member(doc, "run", &j->run);
    text_member(doc, "job", &j->name);
    text_member(doc, "commit", &j->commit);
    text_member(doc, "branch", &j->branch);
    if (clean_is_url(jx_str(doc, "url")))
        text_member(doc, "url", &j->url);
    j->attempt = (int)jx_int(doc, "attempt", 1);
    if (j->attempt < 1 || j->attempt > 10000)
        j->attempt = 1;
    j->outcome = outcome_named(jx_str(doc, "outcome"));
    time_member(doc, "created", &j->created);
    time_member(doc, "started", &j->started);
    time_member(doc, "finished", &j->finished);
}

/* "2026-08-14T06:41:00.1234567Z " begins the lines of a job's log. */
static int64_t line_time(const char *s, size_t n)
{
    CLEANUP_FREE char *copy = xstrndup(s, n > 40 ? 40 : n);
    int64_t t = 0;

    if (str_starts(copy, "\xef\xbb\xbf"))
        memmove(copy, copy + 3, strlen(copy) - 2);
    copy[strcspn(copy, " \n")] = '\0';
    if (!isdigit((unsigned char)copy[0]) || !strchr(copy, 'T')
        || when_parse(copy, &t) < 0)
        return 0;
    return t;
}

/* What actions/checkout prints: git log -1 --format=%H, then the hash. */
static char *commit_in(const char *s, size_t n)
{
    static const char mark[] = "log -1 --format=";
    const char *at = memmem(s, n, mark, strlen(mark));
    const char *line = at ? memchr(at, '\n', n - (size_t)(at - s)) : NULL;
    const char *end =
        line ? memchr(line + 1, '\n', n - (size_t)(line + 1 - s)) : NULL;
    const char *hex = end;

    if (!end)
        return NULL;
    while (hex > line + 1 && isspace((unsigned char)hex[-1]))
        hex--;
    if (hex - (line + 1) > 1 && hex[-1] == '\'')
        hex--;
    if (hex - (line + 1) < 40)
        return NULL;
    for (int i = 1; i <= 40; i++)
        if (!isxdigit((unsigned char)hex[-i]))
            return NULL;
    return xstrndup(hex - 40, 40);
}

/* What the log itself says of its time and commit. */
static void job_from_log(struct job *j, int fd, int64_t size, int64_t changed)
{
    CLEANUP_FREE char *buf = xmalloc(FIRST_LOOK);
    ssize_t n = pread(fd, buf, FIRST_LOOK, 0);
    int64_t at = n > 0 ? line_time(buf, (size_t)n) : 0, last = 0;

    if (!j->commit && n > 0)
        j->commit = commit_in(buf, (size_t)n);
    n = pread(fd, buf, FIRST_LOOK, size > FIRST_LOOK ? size - FIRST_LOOK : 0);
    for (ssize_t i = n; i > 0 && !last; i--)
        if (buf[i - 1] == '\n' && i < n)
            last = line_time(buf + i, (size_t)(n - i));
    if (!j->started)
        j->started = at;
    if (!j->created)
        j->created = j->started;
    if (!j->finished)
        j->finished = last ? last : changed;
}

static void job_complete(struct jobs *js, struct job *j, const char *path)
{
    if (!j->branch)
        j->branch = xstrdup("main");
    if (j->commit
        && (strlen(j->commit) != 40
            || strspn(j->commit, "0123456789abcdefABCDEF") != 40))
        str_replace(&j->commit, NULL);
    if (!j->url && j->run && is_digits(j->run))
        j->url = xasprintf("https://github.com/%s/actions/runs/%s",
                           js->b->repository, j->run);
    if (j->run)
        j->id = xasprintf("%s/%s/%d", j->run, j->name, j->attempt);
    else
        j->id = xstrdup(path);
}

static struct tocsin_run job_run(const struct jobs *js, const struct job *j)
{
    struct tocsin_run run = TOCSIN_RUN_INIT;

    run.id = j->id;
    run.project = js->b->repository;
    run.branch = j->branch;
    run.workflow = j->workflow;
    run.job = j->name;
    run.commit = j->commit;
    run.url = j->url;
    run.attempt = j->attempt;
    run.outcome = j->outcome;
    run.created = j->created;
    run.started = j->started;
    run.finished = j->finished;
    run.default_branch = str_eq(j->branch, "main");
    return run;
}

static int send_log(struct jobs *js, const struct job *j, int fd)
{
    const struct tocsin_host *host = js->b->host;
    struct tocsin_run run = job_run(js, j);
    char chunk[65536];
    uint64_t log;
    ssize_t r;

    if (host->log_begin(host, &run, "github-actions", &log) != TOCSIN_OK)
        return -1;
    while ((r = io_read_full(fd, chunk, sizeof(chunk))) > 0)
        host->log_write(host, log, chunk, (size_t)r);
    return host->log_end(host, log, NULL) == TOCSIN_OK && r == 0 ? 0 : -1;
}

static void job_file(struct jobs *js, const char *path, int64_t known_before)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    struct job j = { .attempt = 1 };
    int64_t size = 0, changed = 0;
    int fd = -1;
    enum tree_got got = tree_file(js->t, path, &fd, &size, &changed, &err);

    if (got != TREE_OK || size > LOG_MAX) {
        odd_say(js->b, NULL, ODD_UNREADABLE, "%s: %s", path,
                got == TREE_OK ? "too large a log" : err_msg(&err));
        if (fd >= 0)
            close(fd);
        return;
    }
    if (changed >= known_before
        && js->b->host->item(js->b->host, path) == TOCSIN_OK) {
        job_from_path(&j, path);
        if (str_ends(path, ".log"))
            job_from_sidecar(js, &j, path);
        job_from_log(&j, fd, size, changed);
        job_complete(js, &j, path);
        if (send_log(js, &j, fd) < 0)
            odd_say(js->b, NULL, ODD_UNREADABLE, "%s: not taken", path);
    }
    close(fd);
    job_release(&j);
}

static int job_seen(void *user, const char *path, const char *name,
                    int64_t changed)
{
    struct jobs *js = user;

    (void)name;
    (void)changed;
    job_file(js, path, js->b->skip_before);
    return 0;
}

/* JOB.json with no JOB.log beside it. */
static int sidecar_seen(void *user, const char *path, const char *name,
                        int64_t changed)
{
    struct jobs *js = user;
    CLEANUP_FREE char *base = xstrndup(path, strlen(path) - strlen(".json"));
    CLEANUP_FREE char *log = xasprintf("%s.log", base);
    struct job j = { .attempt = 1 };
    struct tocsin_run run;
    int64_t when = 0;

    (void)name;
    if (changed < js->b->skip_before
        || tree_changed(js->t, log, &when, NULL) != TREE_MISSING
        || js->b->host->item(js->b->host, path) != TOCSIN_OK)
        return 0;
    job_from_path(&j, log);
    job_from_sidecar(js, &j, log);
    job_complete(js, &j, log);
    if (!j.created)
        j.created = j.started ? j.started : j.finished;
    run = job_run(js, &j);
    if (j.outcome != TOCSIN_OUTCOME_UNKNOWN && j.created
        && js->b->host->run(js->b->host, &run) != TOCSIN_OK)
        odd_say(js->b, NULL, ODD_UNREADABLE, "%s: not taken", path);
    job_release(&j);
    return 0;
}

static void job_odd(void *user, const char *path, const char *what)
{
    struct jobs *js = user;

    odd_say(js->b, NULL, ODD_UNREADABLE, "%s: %s", path, what);
}

static int collect_folder(struct bot *b, const char *dir)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    struct jobs js = { b, tree_open(dir, &err) };

    if (!js.t) {
        odd_say(b, NULL, ODD_UNREADABLE, "%s", err_msg(&err));
        return TOCSIN_RETRY;
    }
    if (tree_walk(js.t, ".", ".log", job_seen, job_odd, &js, &err) != TREE_OK
        || tree_walk(js.t, ".", ".json", sidecar_seen, NULL, &js, &err)
               != TREE_OK)
        odd_say(b, NULL, ODD_UNREADABLE, "%s", err_msg(&err));
    tree_free(js.t);
    return TOCSIN_OK;
}

static int collect_file(struct bot *b, const char *path)
{
    CLEANUP_FREE char *dir = io_dirname(path);
    CLEANUP_ERR struct err err = ERR_INIT;
    struct jobs js = { b, tree_open(dir, &err) };

    if (!js.t) {
        odd_say(b, NULL, ODD_UNREADABLE, "%s", err_msg(&err));
        return TOCSIN_RETRY;
    }
    job_file(&js, io_basename(path), b->skip_before);
    tree_free(js.t);
    return TOCSIN_OK;
}

int jobs_collect(struct bot *b)
{
    int status = TOCSIN_OK;

    for (size_t i = 0; i < b->host->option_count(b->host, "logs"); i++) {
        const char *path = b->host->option(b->host, "logs", i);
        struct stat st;
        int got;

        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
            got = collect_folder(b, path);
        else
            got = collect_file(b, path);
        if (got != TOCSIN_OK)
            status = got;
    }
    return status;
}
