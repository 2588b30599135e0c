/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index: one line a delivery. A line is written down as pending before
 * the ticket's state changes, so that a crash between the two loses none.
 */
#include <config.h>

#include "plugins/file/file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"

static bool file_index_has(FILE *f, const char *nonce)
{
    CLEANUP_FREE char *line = NULL;
    CLEANUP_FREE char *what = xasprintf("\"nonce\": \"%s\"", nonce);
    size_t alloc = 0;
    bool found = false;

    rewind(f);
    while (!found && getline(&line, &alloc, f) > 0)
        found = strstr(line, what) != NULL;
    return found;
}

json_t *file_index_line(const struct sink *s,
                        const struct tocsin_notification *n, int64_t nr,
                        const char *message, bool adopted)
{
    json_t *v = json_object();
    char *at = when_format(s->host->now(s->host));

    jx_set_str(v, "at", at);
    jx_set_str(v, "delivery", file_op(n->delivery));
    jx_set_str(v, "ticket", n->ticket);
    jx_set_int(v, "number", nr);
    jx_set_str(v, "project", n->project);
    jx_set_str(v, "title", n->title);
    jx_set_str(v, "message", message);
    jx_set_bool(v, "adopted", adopted);
    jx_set_str(v, "nonce", n->nonce);
    free(at);
    return v;
}

int file_index_add(const struct sink *s, json_t *line, const char *nonce,
                   bool again, struct err *err)
{
    CLEANUP_FREE char *path = xasprintf("%s/index.jsonl", s->dir);
    char *text = json_dumps(line, JSON_PRESERVE_ORDER);
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "r+") : NULL;
    char last = '\n';
    int rc = 0;

    if (!f) {
        free(text);
        return err_errno(err, ERR_IO, "%s", path);
    }
    if (!again || !file_index_has(f, nonce)) {
        CLEANUP_FREE char *whole = NULL;
        off_t end = lseek(fd, 0, SEEK_END);

        if (end > 0 && pread(fd, &last, 1, end - 1) != 1)
            last = '\n';
        whole = xasprintf("%s%s\n", last == '\n' ? "" : "\n", text);
        rc = io_write_all(fd, whole, strlen(whole));
    }
    if (rc < 0 || fsync(fd) < 0)
        rc = err_errno(err, ERR_IO, "%s", path);
    fclose(f);
    free(text);
    return rc;
}

/* ---- the line of a delivery that is not through ---- */

/* A crash between the state and the index leaves the line in pending.json. */
static char *file_pending_path(const struct sink *s)
{
    return io_join(s->dir, "pending.json");
}

int file_pending(struct sink *s, const json_t *line, struct err *err)
{
    CLEANUP_FREE char *path = file_pending_path(s);
    char *text = json_dumps(line, JSON_PRESERVE_ORDER);
    int rc = io_write_file(path, text, strlen(text), 0600, err);

    free(text);
    return rc;
}

int file_unpend(const struct sink *s, struct err *err)
{
    CLEANUP_FREE char *path = file_pending_path(s);

    return unlink(path) < 0 ? err_errno(err, ERR_IO, "%s", path) : 0;
}

int file_mend(struct sink *s, struct err *err)
{
    CLEANUP_FREE char *path = file_pending_path(s), *text = NULL;
    CLEANUP_FREE char *state_path = NULL;
    CLEANUP_JSON json_t *line = NULL, *state = NULL;
    const char *key, *nonce;
    size_t n = 0;

    if (access(path, F_OK) < 0)
        return 0;
    text = io_read_file(path, STATE_MAX, &n, err);
    line = text ? jx_parse(text, n, err) : NULL;
    if (!line)
        return err_wrap(err, "%s", path);
    key = jx_str(line, "ticket");
    nonce = jx_str(line, "nonce");
    if (file_key_ok(key) && file_key_ok(nonce)) {
        state_path = file_state_path(s, key);
        if (file_state_read(state_path, &state, err) < 0)
            return -1;
        if (str_eq(jx_str(state, "nonce"), nonce)
            && file_index_add(s, line, nonce, true, err) < 0)
            return -1;
    }
    return file_unpend(s, err);
}
