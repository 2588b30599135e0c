/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pass of the outbox with a host and a judge that the test plays: what the
 * worker answers is set beforehand, what it was given is looked at after.
 * For one test program.
 */
#ifndef TOCSIN_TEST_OUTBOX_WORLD_H
#define TOCSIN_TEST_OUTBOX_WORLD_H

#include <stdio.h>

#include "core/deliver/outbox.h"
#include "core/route/decide.h"
#include "tests/unit/messages.h"

/* ---- the parts played here ---- */

struct host {
    int unused;
};

static struct outbox_run *current;
static struct store *store;
static json_t *sent; /* notifications, in order */
static bool has_delivery, has_reach, silent, reachable, wanted;
static int64_t pending_id;
static char *pending_sink;
static int answer; /* enum tocsin_status; -1: the worker dies */
static json_t *receipt;
static int state_at_send; /* of the row on disk when it was sent */

void host_deliver(struct host *h, const char *instance, int64_t id,
                  json_t *notification)
{
    struct outbox row;

    (void)h;
    json_array_append(sent, notification);
    pending_id = id;
    str_replace(&pending_sink, instance);
    has_delivery = true;
    OK(store_outbox_get(store, 1, instance, &row, err));
    state_at_send = (int)row.state;
    outbox_release(&row);
}

void host_reach(struct host *h, const char *instance, int64_t id, json_t *owner)
{
    (void)h;
    (void)owner;
    pending_id = id;
    str_replace(&pending_sink, instance);
    has_reach = true;
}

bool host_busy(const struct host *h)
{
    (void)h;
    return has_reach || (has_delivery && !silent);
}

void host_step(struct host *h)
{
    (void)h;
    if (has_reach) {
        has_reach = false;
        outbox_run_reached(current, pending_sink, pending_id, reachable);
    } else if (has_delivery) {
        has_delivery = false;
        outbox_run_delivered(current, pending_sink, pending_id,
                             answer < 0 ? TOCSIN_RETRY : answer, answer < 0,
                             receipt);
        if (answer < 0)
            outbox_run_ended(current, pending_sink);
    }
}

bool decide_still_wanted(struct store *st, const struct outbox *o,
                         const struct ticket *t, int64_t now)
{
    (void)st;
    (void)o;
    (void)t;
    (void)now;
    return wanted;
}

int owner_person_id(struct store *st, const char *login, char **id,
                    struct err *err)
{
    (void)st;
    (void)login;
    (void)err;
    *id = NULL;
    return 0;
}

int owner_find(struct store *st, const struct settings *s, const char *spec,
               const char *project, const char *file, struct owner *out,
               struct err *err)
{
    (void)st;
    (void)s;
    (void)spec;
    (void)project;
    (void)file;
    (void)out;
    (void)err;
    return 0;
}

void owner_release(struct owner *o)
{
    free(o->name);
    free(o->from);
    free(o->mention);
    json_decref(o->persons);
    json_decref(o->contacts);
    memset(o, 0, sizeof(*o));
}

/* ---- the world ---- */

static struct made_case world;
static struct instance sinks[1];
static struct composer *composer;
static FILE *out;
static char *out_text;
static size_t out_size;

static json_t *example(void)
{
    json_t *v = json_loads(
        "{\"now\": \"2026-08-20T12:00:00Z\", \"rules\": [{\"id\": \"a/b\","
        " \"summary\": \"{{what}} is gone\"}],"
        " \"ticket\": {\"project\": \"o/r\", \"branch\": \"main\"},"
        " \"owner\": {\"name\": \"o/team\", \"from\": \"CODEOWNERS\"},"
        " \"incidents\": [{\"rule\": \"a/b\", \"category\": \"compile/c\","
        " \"first_seen\": \"2026-08-14\", \"failure\": {\"captures\":"
        " {\"what\": \"zlib.h\"}}, \"jobs\": [{\"name\": \"linux\"}]}]}",
        0, NULL);

    ck_assert_ptr_nonnull(v);
    return v;
}

static void set_up(void)
{
    struct err why = ERR_INIT;

    case_load(&world, example());
    store = world.st;
    world.settings.armed = true;
    world.settings.sinks = sinks;
    world.settings.nr_sinks = 1;
    world.ticket.owner = xstrdup("o/team");
    world.ticket.owner_from = xstrdup("CODEOWNERS");
    json_array_append_new(world.ticket.persons, json_string("mara"));
    OK(store_ticket_put(store, &world.ticket, err));
    memset(sinks, 0, sizeof(sinks));
    sinks[0].name = (char *)"issues";
    sinks[0].plugin = (char *)"file";
    sinks[0].is_sink = true;
    sinks[0].deadline = 600;
    sinks[0].options = json_object();
    composer = composer_new(&world.settings, &why);
    ck_assert_msg(composer != NULL, "%s", err_msg(&why));
    sent = json_array();
    receipt = json_pack("{s:s,s:s}", "remote_id", "42", "url",
                        "https://forge.example/42");
    answer = TOCSIN_OK;
    silent = has_delivery = has_reach = false;
    reachable = wanted = true;
    out = open_memstream(&out_text, &out_size);
}

static void tear_down(void)
{
    composer_free(composer);
    json_decref(sent);
    json_decref(receipt);
    json_decref(sinks[0].options);
    free(pending_sink);
    pending_sink = NULL;
    fclose(out);
    free(out_text);
    case_release(&world);
}

static void want(const char *what, int op)
{
    struct outbox row = { 0 };

    OK(store_outbox_get(store, world.ticket.id, "issues", &row, err));
    row.ticket = world.ticket.id;
    str_replace(&row.sink, "issues");
    if (!row.have)
        row.have = xstrdup("none");
    str_replace(&row.want, what);
    row.want_op = op;
    row.state = OUTBOX_DUE;
    OK(store_outbox_put(store, &row, err));
    outbox_release(&row);
}

static void get_row(struct outbox *row)
{
    ck_assert_int_eq(
        store_outbox_get(store, world.ticket.id, "issues", row, NULL), 1);
}

/* One pass at `after` seconds; what it counted. */
static struct outbox_counts pass_as(int64_t after, bool dry, bool json)
{
    struct host h = { 0 };
    struct outbox_options opts = {
        .now = world.now + after, .out = out, .dry_run = dry, .json = json
    };
    struct outbox_counts c;
    json_t *format = json_pack("{s:s,s:i,s:i}", "flavour", "github-markdown",
                               "title_max", 256, "body_max", 65536);

    current = outbox_run_new(store, &world.settings, composer, &h, &opts);
    outbox_run_ready(current, "issues", 0, format);
    OK(outbox_run_all(current, err));
    c = *outbox_run_counts(current);
    outbox_run_free(current);
    json_decref(format);
    has_delivery = has_reach = false;
    return c;
}

static struct outbox_counts pass(int64_t after)
{
    return pass_as(after, false, false);
}

static const char *sent_op(size_t i)
{
    return jx_str_or(json_array_get(sent, i), "delivery", "nothing");
}

#endif
