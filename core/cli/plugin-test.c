/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin plugin test`: a plugin, in workers as in a pass, among servers that
 * answer nonsense or not at all. Must not judge what a plugin is for, only what
 * it owes the host.
 */
#include <config.h>

#include "core/cli/plugin-test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/cli/cli.h"
#include "core/cli/plugin-made.h"
#include "core/host/host.h"
#include "core/host/rehearse.h"
#include "core/tocsin-plugin.h"

#define TRIAL_SECONDS 20
#define TRIAL_MEMORY ((int64_t)512 << 20)
#define TICKET "tocsinplugintest"

static const char *const deliveries[] = {
    "open", "update", "remind", "resolve", "reopen", "digest", "later",
};

struct tester {
    struct host *host, *held; /* held: with the kill switch on */
    json_t *described;
    struct made made; /* options, and the folder they are in */
    bool sink;
    size_t nr, failed, skipped;
    const char *recorded; /* a file, or NULL */
    char *refused;        /* by open, these options: nothing can be tried */
};

struct trial {
    struct tester *t;
    struct host *host;
    const char *reply;
    bool held;
    size_t delivery; /* of deliveries, that it is given */
    /* what came of it */
    enum host_end how;
    char *text;  /* how it ended, NULL: well */
    char *error; /* the last that it logged */
    char *wrong; /* the first thing it may not do */
    int64_t requests, runs, facts, entries;
    bool ok; /* it was delivered */
};

/* ---- TAP ---------------------------------------------------------------- */

static void say(struct tester *t, const char *wrong, const char *skip,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void say(struct tester *t, const char *wrong, const char *skip,
                const char *fmt, ...)
{
    CLEANUP_FREE char *what = NULL;
    CLEANUP_FREE char *why = NULL;
    va_list ap;

    va_start(ap, fmt);
    what = xvasprintf(fmt, ap);
    va_end(ap);
    t->nr++;
    t->failed += wrong != NULL;
    t->skipped += !wrong && skip;
    printf("%sok %zu - %s%s\n", wrong ? "not " : "", t->nr, what,
           !wrong && skip ? " # SKIP" : "");
    why = wrong || skip ? cli_safe(wrong ? wrong : skip, 500) : NULL;
    if (why)
        printf("# %s\n", why);
    fflush(stdout);
}

/* ---- what a trial sees -------------------------------------------------- */

static void blame(struct trial *tr, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void blame(struct trial *tr, const char *fmt, ...)
{
    va_list ap;

    if (tr->wrong)
        return;
    va_start(ap, fmt);
    tr->wrong = xvasprintf(fmt, ap);
    va_end(ap);
}

/* Every request failed, and there was one. */
static bool knows_nothing(const struct trial *tr)
{
    return tr->requests && !rehearse_is_answer(tr->reply);
}

static int on_batch(void *user, const char *instance, json_t *frame,
                    struct err *err)
{
    struct trial *tr = user;
    const json_t *v;
    size_t i;

    (void)instance;
    (void)err;
    tr->runs += (int64_t)json_array_size(jx_arr(frame, "runs"));
    tr->facts += (int64_t)json_array_size(jx_arr(frame, "facts"));
    json_array_foreach(jx_arr(frame, "runs"), i, v)
        if (jx_bool(v, "push_complete", false) && !rehearse_is_answer(tr->reply)
            && tr->requests)
            blame(tr, "it says that a push is complete, although no request "
                      "was answered");
    json_array_foreach(jx_arr(frame, "snapshots"), i, v) {
        tr->entries += (int64_t)json_array_size(jx_arr(v, "entries"));
        if (jx_bool(v, "complete", false) && knows_nothing(tr))
            blame(tr, "it says that a snapshot is complete, although no "
                      "request was answered");
    }
    return 0;
}

static void on_rehearsed(void *user, const char *instance, int64_t requests)
{
    struct trial *tr = user;

    (void)instance;
    tr->requests = requests;
}

static void on_remotes(void *user, const char *instance, json_t *frame)
{
    struct trial *tr = user;
    const json_t *v;
    size_t i;

    (void)instance;
    json_array_foreach(jx_arr(frame, "remotes"), i, v)
        if (!str_eq(jx_str(v, "state"), "open") && knows_nothing(tr))
            blame(tr,
                  "it says that its ticket is %s, although no request was "
                  "answered",
                  jx_str_or(v, "state", "?"));
}

static void on_said(void *user, const char *instance, int level,
                    const char *text)
{
    struct trial *tr = user;

    (void)instance;
    if (level == TOCSIN_LOG_ERROR)
        str_replace(&tr->error, text);
}

static json_t *owner(void)
{
    return json_pack("{s:s, s:[s], s:{s:s}, s:{}}", "name", "core", "persons",
                     "anna", "contacts", "email", "anna@example.org", "ids");
}

/* A message as the core would hand it over. */
static json_t *notification(const char *delivery)
{
    bool first = str_eq(delivery, "open");

    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:s?, s:[], s:o,"
        " s:I}",
        "delivery", delivery, "ticket", TICKET, "nonce", "0123456789abcdef",
        "marker", "tocsin:" TICKET ":0123456789abcdef", "project",
        "example/project", "title", "A title", "body",
        "A body.\n\ntocsin:" TICKET ":0123456789abcdef", "fields", "ticket",
        TICKET, "kind", "build", "remote_id", first ? NULL : "1", "labels",
        "owner", owner(), "more_writes", (json_int_t)-1);
}

static void on_observed(void *user, const char *instance, int status,
                        int64_t retry_after)
{
    struct trial *tr = user;
    CLEANUP_JSON json_t *of = owner();
    CLEANUP_JSON json_t *n = notification(deliveries[tr->delivery]);

    (void)retry_after;
    if (status != TOCSIN_FATAL) {
        host_reach(tr->host, instance, 1, of);
        host_deliver(tr->host, instance, 2, n);
    }
    host_finish(tr->host, instance);
}

static void on_delivered(void *user, const char *instance, int64_t id,
                         int status, bool died, json_t *receipt)
{
    struct trial *tr = user;
    const char *kind = deliveries[tr->delivery];

    (void)instance;
    (void)id;
    if (died)
        return;
    tr->ok = status == TOCSIN_OK;
    if (jx_str(receipt, "text"))
        str_replace(&tr->error, jx_str(receipt, "text"));
    if (status != TOCSIN_OK || jx_str(receipt, "pending")
        || jx_int(receipt, "unsure", 0))
        return;
    if (str_eq(kind, "later"))
        blame(tr, "it says OK to a delivery of a kind that there is not");
    if (str_eq(kind, "open") && knows_nothing(tr))
        blame(tr, "it says that a message is delivered, although no request "
                  "was answered");
    if (tr->held && tr->requests)
        blame(tr, "it says that a message is delivered, although the kill "
                  "switch held it");
}

static void on_ended(void *user, const char *instance, enum host_end how,
                     const char *item, const char *text)
{
    struct trial *tr = user;

    (void)instance;
    (void)item;
    tr->how = how;
    str_replace(&tr->text, text);
}

/* ---- a trial ------------------------------------------------------------ */

static void trial_run(struct trial *tr, json_t *options)
{
    static const struct host_events events = {
        .batch = on_batch,
        .remotes = on_remotes,
        .delivered = on_delivered,
        .observed = on_observed,
        .said = on_said,
        .rehearsed = on_rehearsed,
        .ended = on_ended,
    };
    struct tester *t = tr->t;
    CLEANUP_JSON json_t *standing =
        json_pack("[[s, s, s]]", TICKET, "1", "open");
    CLEANUP_JSON json_t *none = json_object();
    char name[] = "test", at[] = "-o";
    struct instance in = {
        .name = name,
        .plugin = (char *)jx_str(t->described, "name"),
        .is_sink = t->sink,
        .options = options,
        .option_at = none,
        .dir = t->made.dir,
        .at = at,
        .deadline = TRIAL_SECONDS,
        .memory = TRIAL_MEMORY,
    };
    const struct host_start start = {
        .now = when_now(),
        .standing = standing,
        .rehearse = tr->reply,
        .recorded = t->recorded,
    };

    tr->host = tr->held ? t->held : t->host;
    host_start(tr->host, &in, &start, &events, tr);
    while (host_busy(tr->host))
        host_step(tr->host);
}

static void trial_release(struct trial *tr)
{
    free(tr->text);
    free(tr->error);
    free(tr->wrong);
}

static bool plugins_own_end(const struct trial *tr)
{
    return str_starts(tr->text, "gave up in ")
           || str_starts(tr->text, "could not finish in ");
}

/* NULL: it did what it owes. New. */
static char *fault_of(const struct trial *tr)
{
    if (tr->text && !plugins_own_end(tr))
        return xasprintf("it %s", tr->text);
    if (tr->how == HOST_END_FATAL && !tr->error)
        return xasprintf("it %s, and logs no TOCSIN_LOG_ERROR that says why",
                         tr->text);
    return xstrdup0(tr->wrong);
}

static bool refused_in_open(const struct trial *tr)
{
    return tr->text && plugins_own_end(tr) && str_ends(tr->text, " in open");
}

static void try_one(struct tester *t, const struct trial *how, json_t *options,
                    const char *title)
{
    struct trial tr = *how;
    CLEANUP_FREE char *fault = NULL;

    if (t->refused) {
        say(t, NULL, "open refuses the options", "%s", title);
        return;
    }
    trial_run(&tr, options);
    fault = fault_of(&tr);
    say(t, fault, tr.requests ? NULL : "it asks no server", "%s", title);
    trial_release(&tr);
}

/* ---- all of them -------------------------------------------------------- */

static void try_describe(struct tester *t)
{
    bool whole = *jx_str_or(t->described, "version", "")
                 && *jx_str_or(t->described, "summary", "");

    say(t, NULL, NULL, "it loads in a worker: %s %s",
        jx_str_or(t->described, "kind", "?"),
        jx_str_or(t->described, "name", "?"));
    say(t, NULL, NULL, "its table of %zu options is sound",
        json_array_size(jx_arr(t->described, "options")));
    say(t, whole ? NULL : "`tocsin plugin list` shows them", NULL,
        "it has a version and a summary");
}

/* The first trial shows whether open takes the options at all. */
static void try_open(struct tester *t)
{
    struct trial tr = { .t = t, .reply = "list" };
    CLEANUP_FREE char *fault = NULL;
    CLEANUP_FREE char *why = NULL;

    trial_run(&tr, t->made.options);
    fault = fault_of(&tr);
    if (!fault && refused_in_open(&tr)) {
        t->refused = xstrdup(str_or(tr.error, tr.text));
        why = xasprintf("open says: %s; give options with -o NAME=VALUE",
                        t->refused);
    }
    say(t, fault, why, "it opens, works and closes");
    trial_release(&tr);
}

static void try_odd(struct tester *t)
{
    struct trial tr = { .t = t, .reply = "list" };
    CLEANUP_JSON json_t *odd = made_odd(&t->made, t->described);
    CLEANUP_FREE char *fault = NULL;

    trial_run(&tr, odd);
    fault = fault_of(&tr);
    say(t, fault, NULL, "it bears odd values of its options");
    trial_release(&tr);
}

static void try_replies(struct tester *t)
{
    const char *reply;

    for (size_t i = 0; (reply = rehearse_reply(i)); i++) {
        const struct trial tr = { .t = t, .reply = reply };
        CLEANUP_FREE char *title = xasprintf("it bears replies: %s", reply);

        try_one(t, &tr, t->made.options, title);
    }
}

static void try_recorded(struct tester *t)
{
    struct trial tr = { .t = t, .reply = "recorded" };
    CLEANUP_FREE char *fault = NULL;

    trial_run(&tr, t->made.options);
    fault = fault_of(&tr);
    say(t, fault, NULL, "it takes what was recorded");
    if (tr.error)
        printf("# %s\n", tr.error);
    if (t->sink)
        printf("# delivered: %s\n", tr.ok ? "ok" : "no");
    else
        printf("# said %lld runs, %lld facts, %lld entries\n",
               (long long)tr.runs, (long long)tr.facts, (long long)tr.entries);
    trial_release(&tr);
}

static void try_deliveries(struct tester *t)
{
    static const char *const replies[] = { "object", "http-500", "time-out" };

    for (size_t d = 1; d < ARRAY_SIZE(deliveries); d++) {
        for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
            const struct trial tr = { .t = t,
                                      .reply = replies[i],
                                      .delivery = d };
            CLEANUP_FREE char *title =
                xasprintf("it bears a delivery \"%s\", replies: %s",
                          str_eq(deliveries[d], "later") ? "of a later Tocsin"
                                                         : deliveries[d],
                          replies[i]);

            try_one(t, &tr, t->made.options, title);
        }
    }
    try_one(t, &(struct trial){ .t = t, .reply = "object", .held = true },
            t->made.options, "it tells nobody while the kill switch is on");
}

int plugin_test(const struct host_options *opts, const char *name,
                char *const *given, size_t nr_given, const char *recorded)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    struct host_options held = *opts;
    struct tester t = { .host = host_new(opts), .recorded = recorded };
    int status = EXIT_USAGE;

    t.described = host_describe(t.host, name, &err);
    puts("TAP version 13");
    if (!t.described) {
        say(&t, err_msg(&err), NULL, "it loads in a worker");
        printf("1..1\n");
        host_free(t.host);
        return EXIT_TROUBLE;
    }
    t.sink = str_eq(jx_str(t.described, "kind"), "sink");
    if (made_init(&t.made, t.described, given, nr_given, &err) < 0) {
        cli_fail(&err);
        goto out;
    }
    held.kill_switch = t.made.switch_file;
    t.held = host_new(&held);
    try_describe(&t);
    try_open(&t);
    try_odd(&t);
    if (recorded)
        try_recorded(&t);
    try_replies(&t);
    if (t.sink)
        try_deliveries(&t);
    printf("1..%zu\n", t.nr);
    printf("# %zu of %zu not ok, %zu skipped\n", t.failed, t.nr, t.skipped);
    status = t.failed ? EXIT_TROUBLE : EXIT_FINE;
    host_free(t.held);
    made_release(&t.made);
out:
    free(t.refused);
    json_decref(t.described);
    host_free(t.host);
    return status;
}
