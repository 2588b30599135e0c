/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The local sink: every message a file, every ticket a state, every delivery
 * a line of the index. It behaves as a sink over the network must: it looks
 * before it creates, adopts what carries the ticket's marker, and must not
 * say that something is done before it is durable.
 */
#include <config.h>

#include "plugins/file/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"

#define LABELS_MAX 100

static const char *const ops[] = {
    [TOCSIN_DELIVER_OPEN] = "open",       [TOCSIN_DELIVER_UPDATE] = "update",
    [TOCSIN_DELIVER_REMIND] = "remind",   [TOCSIN_DELIVER_DIGEST] = "digest",
    [TOCSIN_DELIVER_RESOLVE] = "resolve", [TOCSIN_DELIVER_REOPEN] = "reopen",
};

const char *file_op(int delivery)
{
    return delivery > 0 && (size_t)delivery < ARRAY_SIZE(ops) ? ops[delivery]
                                                              : NULL;
}

static int file_make_folders(const struct sink *s, struct err *err)
{
    CLEANUP_FREE char *tickets = xasprintf("%s/tickets", s->dir);
    CLEANUP_FREE char *messages = xasprintf("%s/messages", s->dir);

    if (io_mkdir_p(s->dir, 0700, err) < 0 || io_mkdir_p(tickets, 0700, err) < 0)
        return -1;
    return io_mkdir_p(messages, 0700, err);
}

/* Not in open, which changes nothing: what is there from now on. */
static int file_begin(struct sink *s, struct err *err)
{
    char *real;

    if (s->begun)
        return 0;
    if (io_mkdir_p(s->dir, 0700, err) < 0)
        return -1;
    real = realpath(s->dir, NULL);
    if (real) {
        free(s->dir);
        s->dir = real;
    }
    if (file_mend(s, err) < 0)
        return -1;
    s->begun = true;
    return 0;
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
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *dir = NULL;
    struct dirent **names = NULL;
    int n;

    if (file_begin(s, &err) < 0) {
        s->host->log(s->host, TOCSIN_LOG_ERROR, err_msg(&err));
        return TOCSIN_FATAL;
    }
    dir = xasprintf("%s/tickets", s->dir);
    n = scandir(dir, &names, NULL, alphasort);
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

/* ---- deliver ---- */

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
                        file_op(n->delivery), s->extension);
    d->path = io_join(s->dir, d->name);
    d->text = file_message(s, n, d->nr);
    if (file_write(d->path, d->text, err) < 0)
        return -1;
    file_state_apply(d->state, s, n, d->fresh);
    jx_set_str(d->state, "project", n->project);
    jx_set_str(d->state, "title", n->title);
    jx_set_str(d->state, "message", d->name);
    jx_set_str(d->state, "delivery", file_op(n->delivery));
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

    if (!file_op(n->delivery) || !file_key_ok(n->ticket)
        || !file_key_ok(n->nonce)) {
        err_set(&err, ERR_INPUT, "this is no delivery");
        status = TOCSIN_REJECT;
    } else if (file_begin(s, &err) == 0 && file_make_folders(s, &err) == 0
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
    CLEANUP_FREE char *fault = NULL;

    s->host = host;
    s->dir = xstrdup(str_or(host->option(host, "dir", 0), "."));
    s->show = host->option_int(host, "stdout", 0) != 0;
    s->extension = xstrdup(str_eq(flavour, "plain")  ? "txt"
                           : str_eq(flavour, "html") ? "html"
                                                     : "md");
    if (io_check_mkdir_p(s->dir, &err) < 0) {
        fault = xasprintf("dir: %s", err_msg(&err));
        host->log(host, TOCSIN_LOG_ERROR, fault);
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
