/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ticket's state: a small file that people and tests may edit as if it were
 * an issue. Must not make a file name out of anything but a ticket's key.
 */
#include <config.h>

#include "plugins/file/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"

#define KEY_MAX_LEN 64

static const char *const states[] = {
    "open", "completed", "not_planned", "duplicate", "deleted",
};

bool file_key_ok(const char *key)
{
    size_t n = key ? strlen(key) : 0;

    if (!n || n > KEY_MAX_LEN)
        return false;
    for (; *key; key++)
        if (!isalnum((unsigned char)*key) && *key != '-' && *key != '_')
            return false;
    return true;
}

char *file_state_path(const struct sink *s, const char *key)
{
    return xasprintf("%s/tickets/%s.json", s->dir, key);
}

/* A rename is there after a crash only when its folder is, too. */
static int file_sync_dir(const char *path, struct err *err)
{
    CLEANUP_FREE char *dir = io_dirname(path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return err_errno(err, ERR_IO, "%s", dir);
    rc = fsync(fd);
    if (rc < 0)
        err_errno(err, ERR_IO, "%s", dir);
    close(fd);
    return rc;
}

int file_write(const char *path, const char *text, struct err *err)
{
    if (io_write_file(path, text, strlen(text), 0600, err) < 0)
        return -1;
    return file_sync_dir(path, err);
}

int file_state_read(const char *path, json_t **state, struct err *err)
{
    struct stat sb;
    size_t n;
    CLEANUP_FREE char *text = NULL;

    if (lstat(path, &sb) < 0 && errno == ENOENT)
        return 0;
    text = io_read_file(path, STATE_MAX, &n, err);
    if (!text)
        return -1;
    *state = jx_parse(text, n, err);
    if (!*state)
        return err_wrap(err, "%s", path);
    if (!json_is_object(*state)) {
        json_decref(*state);
        *state = NULL;
        return err_set(err, ERR_INPUT, "%s: is no object", path);
    }
    return 1;
}

int file_state_write(const struct sink *s, const char *key, const json_t *state,
                     struct err *err)
{
    CLEANUP_FREE char *path = file_state_path(s, key);
    char *text = json_dumps(state, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    CLEANUP_FREE char *line = xasprintf("%s\n", text);

    free(text);
    return file_write(path, line, err);
}

const char *file_state_name(const json_t *state)
{
    const char *name = jx_str_or(state, "state", "open");

    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        if (!strcmp(states[i], name))
            return states[i];
    return NULL;
}

int64_t file_changed(const json_t *state, const char *path)
{
    const char *text = jx_str(state, "changed");
    int64_t t = jx_int(state, "changed", 0);
    struct stat sb;

    if (text && when_parse(text, &t) == 0)
        return t;
    if (!t && stat(path, &sb) == 0)
        t = (int64_t)sb.st_mtime;
    return t;
}

json_t *file_state_new(const struct sink *s,
                       const struct tocsin_notification *n,
                       const json_t *before)
{
    json_t *state = json_object();
    int64_t born = jx_int(before, "born", 0) + 1;
    char *id = born > 1 ? xasprintf("%s.%lld", n->ticket, (long long)born)
                        : xstrdup(n->ticket);
    char *url = xasprintf("file://%s/tickets/%s.json", s->dir, n->ticket);

    jx_set_str(state, "ticket", n->ticket);
    jx_set_str(state, "remote_id", id);
    jx_set_str(state, "url", url);
    jx_set_int(state, "born", born);
    json_object_set_new(state, "labels", file_list(n->labels));
    free(id);
    free(url);
    return state;
}

void file_state_apply(json_t *state, const struct sink *s,
                      const struct tocsin_notification *n, bool fresh)
{
    char *at = when_format(s->host->now(s->host));
    const char *to = NULL;

    if (n->delivery == TOCSIN_DELIVER_RESOLVE)
        to = "completed";
    else if (n->delivery == TOCSIN_DELIVER_REOPEN || fresh)
        to = "open";
    else if (n->delivery == TOCSIN_DELIVER_OPEN && !jx_str(state, "by"))
        to = "open";
    if (to && !str_eq(jx_str(state, "state"), to)) {
        jx_set_str(state, "state", to);
        json_object_set_new(state, "by", json_null());
        jx_set_str(state, "changed", at);
    }
    free(at);
}
