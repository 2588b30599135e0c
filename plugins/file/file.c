/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The local sink: every message a file, every ticket a small state file that
 * people and tests may edit as if it were an issue. It behaves as a sink
 * over the network must: it looks before it creates, adopts what carries the
 * ticket's marker, and is durable before it says so. Must not make a file
 * name out of anything but a ticket's key.
 */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/tocsin-plugin.h"

#define KEY_MAX_LEN 64
#define STATE_MAX ((size_t)1 << 20)
#define LABELS_MAX 100

struct sink {
    const struct tocsin_host *host;
    char *dir;
    char *extension;
    bool show;
};

static const char *const ops[] = {
    [TOCSIN_DELIVER_OPEN] = "open",       [TOCSIN_DELIVER_UPDATE] = "update",
    [TOCSIN_DELIVER_REMIND] = "remind",   [TOCSIN_DELIVER_DIGEST] = "digest",
    [TOCSIN_DELIVER_RESOLVE] = "resolve", [TOCSIN_DELIVER_REOPEN] = "reopen",
};

static const char *const states[] = {
    "open", "completed", "not_planned", "duplicate", "deleted",
};

/* ---- places ---- */

/* Keys come from the core; a name of a file is made of nothing else. */
static bool file_key_ok(const char *key)
{
    size_t n = key ? strlen(key) : 0;

    if (!n || n > KEY_MAX_LEN)
        return false;
    for (; *key; key++)
        if (!isalnum((unsigned char)*key) && *key != '-' && *key != '_')
            return false;
    return true;
}

static char *file_state_path(const struct sink *s, const char *key)
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

static int file_write(const char *path, const char *text, struct err *err)
{
    if (io_write_file(path, text, strlen(text), 0600, err) < 0)
        return -1;
    return file_sync_dir(path, err);
}

static int file_make_folders(const struct sink *s, struct err *err)
{
    CLEANUP_FREE char *tickets = xasprintf("%s/tickets", s->dir);
    CLEANUP_FREE char *messages = xasprintf("%s/messages", s->dir);

    if (io_mkdir_p(s->dir, 0700, err) < 0 || io_mkdir_p(tickets, 0700, err) < 0)
        return -1;
    return io_mkdir_p(messages, 0700, err);
}

/* ---- a ticket's state ---- */

/* 1 and *state (new), 0 when there is none, -1 when it cannot be read: then
 * nobody knows what stands there and nothing may be created. */
static int file_state_read(const char *path, json_t **state, struct err *err)
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

static int file_state_write(const struct sink *s, const char *key,
                            const json_t *state, struct err *err)
{
    CLEANUP_FREE char *path = file_state_path(s, key);
    char *text = json_dumps(state, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    CLEANUP_FREE char *line = xasprintf("%s\n", text);

    free(text);
    return file_write(path, line, err);
}

static const char *file_state_name(const json_t *state)
{
    const char *name = jx_str_or(state, "state", "open");

    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        if (!strcmp(states[i], name))
            return states[i];
    return NULL;
}

/* People may write "changed" as a date, as a number, or leave it out. */
static int64_t file_changed(const json_t *state, const char *path)
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

/* ---- observe ---- */

static void file_report(struct sink *s, const char *key, const char *path,
                        const json_t *state)
{
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;
    const char *labels[LABELS_MAX + 1] = { NULL };
    const json_t *list = jx_arr(state, "labels");
    size_t nr = 0;

    for (size_t i = 0; i < json_array_size(list) && nr < LABELS_MAX; i++)
        if (json_is_string(json_array_get(list, i)))
            labels[nr++] = json_string_value(json_array_get(list, i));
    r.ticket = key;
    r.remote_id = jx_str_or(state, "remote_id", key);
    r.url = jx_str(state, "url");
    r.state = file_state_name(state);
    r.labels = list ? labels : NULL;
    r.by = jx_str(state, "by");
    r.changed = file_changed(state, path);
    s->host->remote(s->host, &r);
}

static void file_observe_one(struct sink *s, const char *name)
{
    CLEANUP_FREE char *key = xstrndup(name, strlen(name) - 5);
    CLEANUP_FREE char *path = xasprintf("%s/tickets/%s", s->dir, name);
    CLEANUP_JSON json_t *state = NULL;
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *text = NULL;

    if (!file_key_ok(key))
        return;
    if (file_state_read(path, &state, &err) < 0)
        text = xstrdup(err_msg(&err));
    else if (state && !file_state_name(state))
        text = xasprintf("%s: no such state: %s", path,
                         jx_str_or(state, "state", ""));
    if (text)
        s->host->log(s->host, TOCSIN_LOG_WARN, text);
    else if (state)
        file_report(s, key, path, state);
}

static int file_observe(void *handle, uint64_t op)
{
    struct sink *s = handle;
    CLEANUP_FREE char *dir = xasprintf("%s/tickets", s->dir);
    struct dirent **names = NULL;
    int n = scandir(dir, &names, NULL, alphasort);

    if (n < 0 && errno != ENOENT) {
        s->host->done(s->host, op, TOCSIN_RETRY, NULL);
        return TOCSIN_OK;
    }
    for (int i = 0; i < n; i++) {
        if (names[i]->d_name[0] != '.' && str_ends(names[i]->d_name, ".json"))
            file_observe_one(s, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    s->host->done(s->host, op, TOCSIN_OK, NULL);
    return TOCSIN_OK;
}

/* ---- a message ---- */

/* JSON is YAML: no value can break out of the front matter. */
static void file_front(struct strbuf *b, const char *key, json_t *value)
{
    char *text = json_dumps(value ? value : json_null(),
                            JSON_ENCODE_ANY | JSON_SORT_KEYS);

    strbuf_addf(b, "%s: %s\n", key, text);
    free(text);
    json_decref(value);
}

static json_t *file_text(const char *s)
{
    return s ? jx_string(s, strlen(s)) : NULL;
}

static json_t *file_list(const char *const *list)
{
    json_t *a = json_array();

    for (; list && *list; list++)
        json_array_append_new(a, jx_string(*list, strlen(*list)));
    return a;
}

static json_t *file_owner(const struct tocsin_owner *o)
{
    json_t *v = json_object(), *contacts;

    if (!o) {
        json_decref(v);
        return NULL;
    }
    jx_set_str(v, "name", o->name);
    json_object_set_new(v, "persons", file_list(o->persons));
    contacts =
        o->contacts ? jx_parse(o->contacts, strlen(o->contacts), NULL) : NULL;
    if (contacts)
        json_object_set_new(v, "contacts", contacts);
    return v;
}

static char *file_message(const struct sink *s,
                          const struct tocsin_notification *n, int64_t nr)
{
    struct strbuf b;
    char *at = when_format(s->host->now(s->host));

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_adds(&b, "---\n");
    file_front(&b, "delivery", file_text(ops[n->delivery]));
    file_front(&b, "title", file_text(n->title));
    file_front(&b, "project", file_text(n->project));
    file_front(&b, "owner", file_owner(n->owner));
    file_front(&b, "labels", file_list(n->labels));
    file_front(&b, "at", file_text(at));
    file_front(&b, "sink", file_text(s->host->instance(s->host)));
    file_front(&b, "ticket", file_text(n->ticket));
    file_front(&b, "number", json_integer(nr));
    file_front(&b, "nonce", file_text(n->nonce));
    file_front(&b, "remote_id", file_text(n->remote_id));
    file_front(&b, "fields",
               n->fields ? jx_parse(n->fields, strlen(n->fields), NULL) : NULL);
    strbuf_adds(&b, "---\n");
    strbuf_adds(&b, str_or(n->body, ""));
    free(at);
    return strbuf_take(&b);
}

/* ---- the index ---- */

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

static json_t *file_index_line(const struct sink *s,
                               const struct tocsin_notification *n, int64_t nr,
                               const char *message, bool adopted)
{
    json_t *v = json_object();
    char *at = when_format(s->host->now(s->host));

    jx_set_str(v, "at", at);
    jx_set_str(v, "delivery", ops[n->delivery]);
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

/* again: a crash may have come between the state and this line, so look. */
static int file_index_add(const struct sink *s, json_t *line, const char *nonce,
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

/* ---- deliver ---- */

/* What the delivery makes of the ticket's state; people's own changes are
 * left alone but where Tocsin closes or opens on purpose. */
static void file_state_apply(json_t *state, const struct sink *s,
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

static json_t *file_state_new(const struct sink *s,
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

struct delivery {
    json_t *state; /* what stands there, then what shall */
    bool fresh;    /* nothing stood there */
    bool again;    /* this very one was delivered before */
    bool adopted;
    char *path, *name; /* of the message */
    char *text;
    int64_t nr;
};

static void file_delivery_release(struct delivery *d)
{
    json_decref(d->state);
    free(d->path);
    free(d->name);
    free(d->text);
}

/* Does the ticket stand already as this delivery would have it? Then people
 * are told nothing by it. */
static bool file_is_so(const json_t *state, int delivery)
{
    bool open = str_eq(jx_str(state, "state"), "open");

    return (delivery == TOCSIN_DELIVER_OPEN && (open || jx_str(state, "by")))
           || (delivery == TOCSIN_DELIVER_REOPEN && open)
           || (delivery == TOCSIN_DELIVER_RESOLVE && !open);
}

/* -1: REJECT or RETRY is in *status. */
static int file_look(struct sink *s, const struct tocsin_notification *n,
                     struct delivery *d, int *status, struct err *err)
{
    CLEANUP_FREE char *path = file_state_path(s, n->ticket);
    int found = file_state_read(path, &d->state, err);
    bool creates = n->delivery == TOCSIN_DELIVER_OPEN
                   || n->delivery == TOCSIN_DELIVER_DIGEST;

    *status = TOCSIN_RETRY;
    if (found < 0)
        return -1;
    d->fresh = !found || str_eq(jx_str(d->state, "state"), "deleted");
    if (d->fresh && !creates) {
        *status = TOCSIN_REJECT;
        return err_set(err, ERR_INPUT, "there is no ticket %s", n->ticket);
    }
    d->again = !d->fresh && str_eq(jx_str(d->state, "nonce"), n->nonce);
    d->adopted = d->again || (!d->fresh && file_is_so(d->state, n->delivery));
    if (d->fresh) {
        json_t *before = d->state;

        d->state = file_state_new(s, n, before);
        json_object_set_new(d->state, "deliveries",
                            json_integer(jx_int(before, "deliveries", 0)));
        json_decref(before);
    }
    return 0;
}

/* A crash between the state and the index leaves the line in pending.json. */
static char *file_pending_path(const struct sink *s)
{
    return io_join(s->dir, "pending.json");
}

static int file_unpend(const struct sink *s, struct err *err)
{
    CLEANUP_FREE char *path = file_pending_path(s);

    return unlink(path) < 0 ? err_errno(err, ERR_IO, "%s", path) : 0;
}

/* The line of a delivery that was cut short: into the index when it took
 * effect, which the ticket's state tells, else away. */
static int file_mend(struct sink *s, struct err *err)
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

static int file_pending(struct sink *s, const json_t *line, struct err *err)
{
    CLEANUP_FREE char *path = file_pending_path(s);
    char *text = json_dumps(line, JSON_PRESERVE_ORDER);
    int rc = io_write_file(path, text, strlen(text), 0600, err);

    free(text);
    return rc;
}

/* Message, pending line, state, index: the state is what counts. */
static int file_put(struct sink *s, const struct tocsin_notification *n,
                    struct delivery *d, struct err *err)
{
    json_t *line;
    int rc;

    if (!s->host->may_write(s->host))
        return err_set(err, ERR_IO, "held by the kill switch");
    d->nr = jx_int(d->state, "deliveries", 0) + (d->again ? 0 : 1);
    d->name = xasprintf("messages/%s-%04lld-%s.%s", n->ticket, (long long)d->nr,
                        ops[n->delivery], s->extension);
    d->path = io_join(s->dir, d->name);
    d->text = file_message(s, n, d->nr);
    if (file_write(d->path, d->text, err) < 0)
        return -1;
    file_state_apply(d->state, s, n, d->fresh);
    jx_set_str(d->state, "project", n->project);
    jx_set_str(d->state, "title", n->title);
    jx_set_str(d->state, "message", d->name);
    jx_set_str(d->state, "delivery", ops[n->delivery]);
    jx_set_int(d->state, "deliveries", d->nr);
    jx_set_str(d->state, "nonce", n->nonce);
    line = file_index_line(s, n, d->nr, d->name, d->adopted);
    rc = file_pending(s, line, err);
    if (rc == 0)
        rc = file_state_write(s, n->ticket, d->state, err);
    if (rc == 0)
        rc = file_index_add(s, line, n->nonce, d->again, err);
    json_decref(line);
    return rc == 0 ? file_unpend(s, err) : rc;
}

static int file_deliver(void *handle, uint64_t op,
                        const struct tocsin_notification *n)
{
    struct sink *s = handle;
    struct tocsin_receipt r = TOCSIN_RECEIPT_INIT;
    struct delivery d = { .nr = 0 };
    CLEANUP_ERR struct err err = ERR_INIT;
    int status = TOCSIN_RETRY;

    if (n->delivery < 1 || (size_t)n->delivery >= ARRAY_SIZE(ops)
        || !file_key_ok(n->ticket) || !file_key_ok(n->nonce)) {
        err_set(&err, ERR_INPUT, "this is no delivery");
        status = TOCSIN_REJECT;
    } else if (file_make_folders(s, &err) == 0
               && file_look(s, n, &d, &status, &err) == 0
               && file_put(s, n, &d, &err) == 0) {
        status = TOCSIN_OK;
        r.remote_id = jx_str(d.state, "remote_id");
        r.url = jx_str(d.state, "url");
        r.adopted = d.adopted;
        r.text = s->show ? d.text : NULL;
    }
    if (status != TOCSIN_OK)
        r.text = err_msg(&err);
    s->host->done(s->host, op, status, &r);
    file_delivery_release(&d);
    return TOCSIN_OK;
}

/* ---- can_reach ---- */

static bool file_is_unreachable(const struct sink *s, const char *name)
{
    for (size_t i = 0; i < s->host->option_count(s->host, "unreachable"); i++)
        if (str_eq(s->host->option(s->host, "unreachable", i), name))
            return true;
    return false;
}

/* One person of several is enough. */
static int file_can_reach(void *handle, const struct tocsin_owner *owner)
{
    const struct sink *s = handle;
    size_t persons = 0, lost = 0;

    if (owner->name && file_is_unreachable(s, owner->name))
        return 0;
    for (; owner->persons && owner->persons[persons]; persons++)
        lost += file_is_unreachable(s, owner->persons[persons]);
    return !persons || lost < persons;
}

/* ---- life ---- */

static void file_close(void *handle)
{
    struct sink *s = handle;

    free(s->dir);
    free(s->extension);
    free(s);
}

static int file_open(const struct tocsin_host *host, void **handle)
{
    struct sink *s = xcalloc(1, sizeof(*s));
    const char *flavour = host->option(host, "flavour", 0);
    CLEANUP_ERR struct err err = ERR_INIT;
    char *real;

    s->host = host;
    s->dir = xstrdup(str_or(host->option(host, "dir", 0), "."));
    s->show = host->option_int(host, "stdout", 0) != 0;
    s->extension = xstrdup(str_eq(flavour, "plain")  ? "txt"
                           : str_eq(flavour, "html") ? "html"
                                                     : "md");
    if (io_mkdir_p(s->dir, 0700, &err) < 0) {
        host->log(host, TOCSIN_LOG_ERROR, err_msg(&err));
        file_close(s);
        return TOCSIN_FATAL;
    }
    real = realpath(s->dir, NULL);
    if (real) {
        free(s->dir);
        s->dir = xstrdup(real);
        free(real);
    }
    if (file_mend(s, &err) < 0) {
        host->log(host, TOCSIN_LOG_ERROR, err_msg(&err));
        file_close(s);
        return TOCSIN_FATAL;
    }
    *handle = s;
    return TOCSIN_OK;
}

/* flavour, title_max and body_max are read by the core, which composes: any
 * sink that has options of these names lets people choose its format. */
static const struct tocsin_option file_options[] = {
    { "dir", TOCSIN_OPTION_PATH, TOCSIN_OPTION_REQUIRED, NULL,
      "The folder for the messages; made, for its owner alone, if missing.",
      NULL },
    { "flavour", TOCSIN_OPTION_STRING, 0, "github-markdown",
      "How the text is written.",
      "github-markdown|mail-markdown|zulip-markdown|plain|html" },
    { "title_max", TOCSIN_OPTION_INT, 0, "256",
      "The longest title, in characters.", NULL },
    { "body_max", TOCSIN_OPTION_INT, 0, "65536",
      "The longest body, in characters.", NULL },
    { "stdout", TOCSIN_OPTION_BOOL, 0, "false",
      "Show each message on the output of tocsin run as well.", NULL },
    { "unreachable", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "An owner or a person who has no account where this sink tells.", NULL },
};

static const struct tocsin_message_format file_format = {
    sizeof(file_format), "github-markdown", 256, 65536, NULL,
};

static const struct tocsin_sink file_sink = {
    .flags = TOCSIN_SINK_LOCAL | TOCSIN_SINK_CONFIDENTIAL,
    .name = "file",
    .version = PACKAGE_VERSION,
    .summary = "messages as files, tickets that can be edited",
    .options = file_options,
    .nr_options = ARRAY_SIZE(file_options),
    .format = &file_format,
    .open = file_open,
    .observe = file_observe,
    .can_reach = file_can_reach,
    .deliver = file_deliver,
    .close = file_close,
};
TOCSIN_REGISTER_SINK(file_sink)
