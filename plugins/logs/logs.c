/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * logs: the source that reads CI logs from disk, tocsin-logs(7).
 *
 * Goes over the new and changed files in the order of their stamps, says of
 * each which run it is of and hands its bytes over. It must not judge a log
 * nor mend one: what cannot be read is said and the next one is read.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/logs/logs.h"
#include "plugins/logs/names.h"
#include "plugins/logs/sidecar.h"

#define NS INT64_C(1000000000)
/* A file may change once more within the tick of its file system's clock;
 * the coarsest in use (FAT) ticks every two seconds. */
#define TICK (2 * NS)
/* Units between two cursors: what a worker that dies reads again. */
#define CURSOR_EVERY 256

static const struct tocsin_option logs_options[] = {
    { "path", TOCSIN_OPTION_PATH, TOCSIN_OPTION_REQUIRED | TOCSIN_OPTION_REPEAT,
      NULL,
      "A file, a folder with everything below it, a glob (* ? [] and **), "
      "or - for standard input.",
      NULL },
    { "pattern", TOCSIN_OPTION_STRING, 0, NULL,
      "What the path below `path` says of a log, such as "
      "{owner}/{project}/{run}/{job}.log.",
      NULL },
    { "project", TOCSIN_OPTION_STRING, 0, NULL,
      "Project (owner/name) of logs that neither a sidecar nor the pattern "
      "gives one.",
      NULL },
    { "owner", TOCSIN_OPTION_STRING, 0, NULL,
      "Goes before {project} where the pattern has no {owner}.", NULL },
    { "branch", TOCSIN_OPTION_STRING, 0, "main",
      "Branch of logs that are not given one.", NULL },
    { "default_branch", TOCSIN_OPTION_STRING, 0, NULL,
      "Name of the default branch of all these projects; without it their "
      "facts decide.",
      NULL },
    { "workflow", TOCSIN_OPTION_STRING, 0, NULL,
      "Workflow of logs that are not given one.", NULL },
    { "job", TOCSIN_OPTION_STRING, 0, NULL,
      "Job of logs that are not given one; else the file's name without its "
      "extensions.",
      NULL },
    { "variant", TOCSIN_OPTION_STRING, 0, NULL,
      "Variant of logs that are not given one.", NULL },
    { "commit", TOCSIN_OPTION_STRING, 0, NULL,
      "Commit of logs that are not given one.", NULL },
    { "outcome", TOCSIN_OPTION_STRING, 0, "unknown",
      "Outcome of logs that are not given one; unknown: the log's last "
      "marker or exit line says it.",
      "unknown|success|failure|cancelled|skipped|timed-out|abandoned" },
    { "green_logs", TOCSIN_OPTION_BOOL, 0, "false",
      "Whether logs of green runs are read, too: red ones of the same job "
      "are read against the last of them, and rules that hit them are "
      "counted.",
      NULL },
    { "push_complete", TOCSIN_OPTION_BOOL, 0, "false",
      "Whether all jobs of a commit are here whenever one is: then a job "
      "that is missing from a green push has ended.",
      NULL },
    { "format", TOCSIN_OPTION_STRING, 0, NULL,
      "Log format of all files; without it each log's own is found out.",
      "github-actions|azure-pipelines|plain" },
    { "max_size", TOCSIN_OPTION_SIZE, 0, "1G",
      "Most bytes of one log after unpacking; the rest is not read.", NULL },
    { "max_members", TOCSIN_OPTION_INT, 0, "10000",
      "Most members of one archive; the rest is not read.", NULL },
    { "max_ratio", TOCSIN_OPTION_INT, 0, "250",
      "Most bytes that one packed byte may give; a file that gives more is "
      "an archive bomb and is left.",
      NULL },
    { "settle", TOCSIN_OPTION_DURATION, 0, "0s",
      "Leave files that changed so recently to the next pass.", NULL },
};

/* ---- opening ---- */

static int logs_refuse(struct logs *l, const char *text)
{
    l->host->log(l->host, TOCSIN_LOG_ERROR, text);
    return TOCSIN_FATAL;
}

static int logs_open_pattern(struct logs *l)
{
    const char *text = l->host->option(l->host, "pattern", 0);
    if (text == NULL)
        return TOCSIN_OK;
    struct err err CLEANUP_ERR = ERR_INIT;
    l->pattern = logs_pattern_new(text, &err);
    if (l->pattern == NULL)
        return logs_refuse(l, err_msg(&err));
    if (logs_pattern_has(l->pattern, FIELD_PROJECT)
        && !logs_pattern_has(l->pattern, FIELD_OWNER)
        && l->defaults.owner == NULL)
        return logs_refuse(l, "pattern: {project} needs {owner} or the "
                              "option owner");
    return TOCSIN_OK;
}

static void logs_open_defaults(struct logs *l)
{
    const struct tocsin_host *h = l->host;
    l->defaults = (struct logs_defaults){
        .project = h->option(h, "project", 0),
        .owner = h->option(h, "owner", 0),
        .branch = h->option(h, "branch", 0),
        .default_branch = h->option(h, "default_branch", 0),
        .workflow = h->option(h, "workflow", 0),
        .job = h->option(h, "job", 0),
        .variant = h->option(h, "variant", 0),
        .commit = h->option(h, "commit", 0),
        .format = h->option(h, "format", 0),
        .outcome = logs_outcome(h->option(h, "outcome", 0)),
        .push_complete = (int)h->option_int(h, "push_complete", 0),
    };
    l->green_logs = h->option_int(h, "green_logs", 0) != 0;
    l->limits = (struct logs_limits){
        .max_size = h->option_int(h, "max_size", 0),
        .max_members = h->option_int(h, "max_members", 0),
        .max_ratio = h->option_int(h, "max_ratio", 0),
    };
}

static void logs_close(void *handle)
{
    struct logs *l = handle;
    logs_pattern_free(l->pattern);
    logs_cursor_release(&l->cursor);
    logs_walk_release(&l->walk);
    logs_notes_release(&l->notes);
    if (l->locale != (locale_t)0)
        freelocale(l->locale);
    free(l);
}

static int logs_open(const struct tocsin_host *host, void **handle)
{
    struct logs *l = xcalloc(1, sizeof(*l));
    l->host = host;
    logs_open_defaults(l);
    int status = logs_open_pattern(l);
    if (status == TOCSIN_OK && l->defaults.outcome < 0)
        status = logs_refuse(l, "outcome: not one of those there are");
    if (status == TOCSIN_OK
        && (l->limits.max_ratio < 1 || l->limits.max_members < 1
            || l->limits.max_size < 1))
        status = logs_refuse(l, "max_size, max_members and max_ratio must "
                                "be at least 1");
    /* libarchive turns member names into the locale's character set. */
    l->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (status == TOCSIN_OK)
        *handle = l;
    else
        logs_close(l);
    return status;
}

/* ---- one file ---- */

static void logs_file(struct logs *l, struct logs_place *place, int fd)
{
    struct logs_stream *s = xmalloc(sizeof(*s));
    logs_stream_open(s, NULL, NULL, fd, fd != STDIN_FILENO, &l->limits);
    int first = logs_stream_next(s);
    if (first != 1 && s->fault == NULL && lseek(fd, 0, SEEK_SET) == 0) {
        /* An archive of nothing: 512 NULs are one, and a log as well. */
        logs_stream_close(s);
        logs_stream_open(s, NULL, NULL, fd, false, &l->limits);
        first = logs_stream_next(s);
    }
    if (first != 1)
        logs_emit(l, place, NULL, NULL, NULL);
    else if (logs_stream_is_single(s))
        logs_emit(l, place, s, NULL, NULL);
    else
        logs_archive(l, place, s, fd);
    if (s->fault != NULL)
        logs_place_trouble(l, "damaged", place, s->fault);
    logs_stream_close(s);
    free(s);
}

/* -1: not there any more, or not to be read; said where it must be. */
static int logs_open_file(struct logs *l, const char *path)
{
    int fd =
        open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    if (fd < 0) {
        /* Rotated away meanwhile: nothing that anyone must know. */
        if (errno != ENOENT)
            logs_trouble(l, "unreadable", path, strerror(errno));
        return -1;
    }
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    logs_trouble(l, "not-a-file", path, "not a regular file");
    close(fd);
    return -1;
}

static void logs_lone_sidecar(struct logs *l, const struct logs_place *place)
{
    struct err err CLEANUP_ERR = ERR_INIT;
    struct logs_belong b;
    if (!place->outer->has_outcome) {
        logs_place_trouble(l, "sidecar", place,
                           "no log beside it and no \"outcome\" in it");
        return;
    }
    if (logs_belong(&b, &l->defaults, l->pattern, place, &err) < 0)
        logs_place_trouble(l, "unassigned", place, err_msg(&err));
    else
        logs_answer(l, l->host->run(l->host, &b.run));
    logs_belong_release(&b);
}

static void logs_unit_read(struct logs *l, const struct logs_unit *u,
                           const struct logs_sidecar *outer)
{
    struct logs_place place = { .path = u->path ? u->path : u->sidecar,
                                .rel = u->rel,
                                .mtime = u->mtime,
                                .outer = outer };
    if (u->path == NULL) {
        logs_lone_sidecar(l, &place);
        return;
    }
    int fd = logs_open_file(l, u->path);
    if (fd < 0)
        return;
    logs_file(l, &place, fd);
    close(fd);
}

static void logs_unit(struct logs *l, const struct logs_unit *u)
{
    struct err err CLEANUP_ERR = ERR_INIT;
    struct logs_sidecar outer;
    if (!logs_item(l, u->path != NULL ? u->path : u->sidecar))
        return;
    if (u->sidecar == NULL) {
        logs_unit_read(l, u, NULL);
        return;
    }
    if (logs_sidecar_read(&outer, u->sidecar, &err) < 0) {
        logs_trouble(l, "sidecar", u->sidecar, err_msg(&err));
        return;
    }
    logs_unit_read(l, u, &outer);
    logs_sidecar_release(&outer);
}

/* ---- a pass ---- */

static bool logs_wanted(void *user, int64_t stamp, uint64_t digest)
{
    struct logs *l = user;
    return stamp <= l->youngest && !logs_cursor_seen(&l->cursor, stamp, digest);
}

static void logs_walk_trouble(void *user, const char *code, const char *path,
                              const char *why)
{
    logs_trouble(user, code, path, why);
}

static int64_t real_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * NS + t.tv_nsec;
}

/* All options in one digest: with other ones the old cursor is worth
 * nothing. */
static void logs_load_cursor(struct logs *l)
{
    const struct tocsin_host *h = l->host;
    struct digest *d = digest_new();
    for (size_t i = 0; i < ARRAY_SIZE(logs_options); i++) {
        const char *name = logs_options[i].name;
        for (size_t k = 0; k < h->option_count(h, name); k++)
            digest_field(d, h->option(h, name, k));
        digest_field(d, name);
    }
    char hex[33];
    digest_end128(d, hex);
    int64_t settle = h->option_int(h, "settle", 0) * NS;
    int64_t now = real_now();
    l->youngest = settle > 0 ? now - settle : INT64_MAX;
    logs_cursor_load(&l->cursor, h->cursor(h), hex,
                     now - (settle > TICK ? settle : TICK));
}

static void logs_stdin(struct logs *l)
{
    char name[64];
    snprintf(name, sizeof(name), "stdin-%lld",
             (long long)l->host->now(l->host));
    struct logs_place place = { .path = name,
                                .rel = "stdin",
                                .mtime = l->host->now(l->host) };
    if (logs_item(l, name))
        logs_file(l, &place, STDIN_FILENO);
}

/* "-", also after the host made it a path beside the configuration. */
static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0
           || (strcmp(io_basename(path), "-") == 0 && access(path, F_OK) < 0);
}

static void logs_find(struct logs *l)
{
    const struct tocsin_host *h = l->host;
    l->walk = (struct logs_walk){ .wanted = logs_wanted,
                                  .user = l,
                                  .trouble = logs_walk_trouble };
    for (size_t i = 0; i < h->option_count(h, "path"); i++) {
        const char *path = h->option(h, "path", i);
        if (is_stdin(path))
            logs_stdin(l);
        else
            logs_walk_add(&l->walk, path);
    }
    logs_walk_sort(&l->walk);
    if (l->walk.links > 0)
        h->log(h, TOCSIN_LOG_INFO, "symbolic links are not followed");
}

static void logs_save_cursor(struct logs *l, int64_t before)
{
    CLEANUP_FREE char *text = logs_cursor_text(&l->cursor, before);
    logs_answer(l, l->host->set_cursor(l->host, text));
}

static void logs_read(struct logs *l)
{
    const struct logs_walk *w = &l->walk;
    for (size_t i = 0; i < w->nr && l->status == TOCSIN_OK; i++) {
        if (i > 0 && i % CURSOR_EVERY == 0)
            logs_save_cursor(l, w->units[i].stamp);
        logs_unit(l, &w->units[i]);
        logs_cursor_done(&l->cursor, w->units[i].stamp, w->units[i].digest);
    }
}

static int logs_collect(void *handle, uint64_t op)
{
    struct logs *l = handle;
    locale_t before = uselocale(l->locale);
    logs_load_cursor(l);
    logs_find(l);
    logs_read(l);
    logs_notes_say(&l->notes, l->host);
    if (l->status == TOCSIN_OK)
        logs_save_cursor(l, INT64_MAX);
    uselocale(before);
    l->host->done(l->host, op, l->status, NULL);
    return TOCSIN_OK;
}

static const struct tocsin_source logs_source = {
    .name = "logs",
    .version = PACKAGE_VERSION,
    .summary = "CI logs on disk, packed or not",
    .options = logs_options,
    .nr_options = ARRAY_SIZE(logs_options),
    .open = logs_open,
    .collect = logs_collect,
    .close = logs_close,
};
TOCSIN_REGISTER_SOURCE(logs_source)
