/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sink that misbehaves on demand: option `mode` says how, `at` at which
 * delivery. Must do everything else right.
 */
#include "core/tocsin-plugin.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct naughty {
    const struct tocsin_host *host;
    const char *mode;
    int64_t at, nr;
};

static struct naughty the;

static int is(const struct naughty *n, const char *mode)
{
    return strcmp(n->mode, mode) == 0;
}

static void naughty_crash(void)
{
    raise(SIGSEGV);
}

static void naughty_loop(void)
{
    for (;;)
        pause();
}

/* As in naughty-source.c. */
static void gate(const char *fifo)
{
    char c;
    int fd = open(fifo, O_RDONLY);

    if (fd < 0)
        _exit(9);
    while (read(fd, &c, 1) > 0)
        ;
    close(fd);
}

static int naughty_open(const struct tocsin_host *host, void **handle)
{
    the.host = host;
    the.mode = host->option(host, "mode", 0);
    the.at = host->option_int(host, "at", 1);
    *handle = &the;
    if (is(&the, "crash-open"))
        naughty_crash();
    return TOCSIN_OK;
}

static int naughty_observe(void *handle, uint64_t op)
{
    struct naughty *n = handle;
    static const char *const labels[] = { "bug", NULL };
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;

    if (is(n, "crash-observe"))
        naughty_crash();
    if (is(n, "fatal-observe"))
        return TOCSIN_FATAL;
    if (is(n, "retry-observe"))
        return TOCSIN_RETRY;
    if (is(n, "quota-observe")) {
        struct tocsin_receipt receipt = TOCSIN_RECEIPT_INIT;

        receipt.retry_after = 90;
        n->host->done(n->host, op, TOCSIN_RETRY, &receipt);
        return TOCSIN_OK;
    }
    if (is(n, "lengths"))
        n->host->lengths(n->host, 40, 900);
    r.ticket = "ticket-0";
    r.remote_id = "7";
    r.state = "open";
    r.labels = labels;
    r.by = "somebody";
    r.changed = 5;
    n->host->remote(n->host, &r);
    r.state = "melted";
    n->host->remote(n->host, &r);
    n->host->done(n->host, op, TOCSIN_OK, NULL);
    return TOCSIN_OK;
}

static int naughty_can_reach(void *handle, const struct tocsin_owner *owner)
{
    struct naughty *n = handle;

    if (is(n, "crash-reach"))
        naughty_crash();
    return owner->persons[0] != NULL;
}

static int naughty_deliver(void *handle, uint64_t op,
                           const struct tocsin_notification *note)
{
    struct naughty *n = handle;
    const struct tocsin_host *host = n->host;
    struct tocsin_receipt receipt = TOCSIN_RECEIPT_INIT;
    char id[200];
    int now = ++n->nr == n->at;

    if (is(n, "lengths") && host->lengths(host, 10, 10) == TOCSIN_OK)
        return TOCSIN_FATAL;
    if (now && is(n, "crash-deliver"))
        naughty_crash();
    if (now && is(n, "gate"))
        gate(host->option(host, "path", 0));
    if (now && is(n, "loop-deliver"))
        naughty_loop();
    if (now && is(n, "exit-deliver"))
        exit(0);
    if (now && is(n, "never-deliver"))
        return TOCSIN_OK;
    if (now && is(n, "retry-deliver")) {
        receipt.retry_after = 60;
        receipt.text = "slow down";
        host->done(host, op, TOCSIN_RETRY, &receipt);
        return TOCSIN_OK;
    }
    if (now && is(n, "reject-deliver"))
        return TOCSIN_REJECT;
    if (now && is(n, "fatal-deliver")) {
        receipt.text = "the token was revoked";
        host->done(host, op, TOCSIN_FATAL, &receipt);
        return TOCSIN_OK;
    }
    snprintf(id, sizeof(id), "%d/%s/%s/%s", (int)note->delivery, note->ticket,
             note->title, note->owner->name);
    receipt.remote_id = now && is(n, "nameless-deliver") ? NULL : id;
    host->done(host, op, TOCSIN_OK, &receipt);
    if (now && is(n, "twice-deliver"))
        host->done(host, op, TOCSIN_OK, &receipt);
    return TOCSIN_OK;
}

static void naughty_close(void *handle)
{
    struct naughty *n = handle;

    if (is(n, "crash-close"))
        naughty_crash();
}

static const struct tocsin_option options[] = {
    { "mode", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REQUIRED, NULL,
      "How to misbehave.", NULL },
    { "at", TOCSIN_OPTION_INT, 0, "1", "The delivery to misbehave at.", NULL },
    { "path", TOCSIN_OPTION_PATH, 0, NULL, "The FIFO to wait at.", NULL },
};

static const struct tocsin_message_format format = {
    sizeof(format), "plain", 80, 0, NULL,
};

static const struct tocsin_sink naughty = {
#ifdef NAUGHTY_FAR
    .name = "naughty-far", /* the same, and it reaches people */
#else
    .flags = TOCSIN_SINK_LOCAL,
    .name = "naughty-sink",
#endif
    .version = "1",
    .summary = "A sink that misbehaves on demand",
    .options = options,
    .nr_options = sizeof(options) / sizeof(options[0]),
    .format = &format,
    .open = naughty_open,
    .observe = naughty_observe,
    .can_reach = naughty_can_reach,
    .deliver = naughty_deliver,
    .close = naughty_close,
};

TOCSIN_REGISTER_SINK(naughty)
