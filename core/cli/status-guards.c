/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guards as operators see them. Nothing is printed while nothing is held.
 */
#include <config.h>

#include "core/cli/status-guards.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/cli/cli.h"
#include "core/deliver/guard.h"

json_t *status_breaker(const struct breaker *b)
{
    json_t *v = json_object();

    jx_set_str(v, "sink", b->sink);
    jx_set_str(v, "kind", b->kind);
    jx_set_int(v, "wanted", b->wanted);
    jx_set_int(v, "allowed", b->most);
    jx_set_int(v, "since", b->since);
    if (b->until) {
        jx_set_int(v, "approved", b->left);
        jx_set_int(v, "approved_until", b->until);
    }
    return v;
}

static int add_breaker(void *user, const struct breaker *b)
{
    json_array_append_new(user, status_breaker(b));
    return 0;
}

static int add_stopped(void *user, const char *rule, int64_t stopped,
                       const char *why)
{
    json_t *v = json_object();

    jx_set_str(v, "rule", rule);
    jx_set_int(v, "since", stopped);
    jx_set_str(v, "why", why);
    json_array_append_new(user, v);
    return 0;
}

static int add_written(void *user, const char *sink, const char *kind,
                       int64_t day, int64_t n, int64_t approved)
{
    json_t *of = jx_obj(user, sink);

    (void)day;
    if (!of) {
        of = json_object();
        json_object_set_new(user, sink, of);
    }
    jx_set_int(of, kind, n + approved);
    return 0;
}

static int count_dead(void *user, struct outbox *o)
{
    int64_t *n = user;

    *n += o->state == OUTBOX_DEAD;
    return 0;
}

static int count_stray(void *user, const char *sink, const char *ticket,
                       const json_t *remote)
{
    int64_t *n = user;

    (void)sink;
    (void)ticket;
    (void)remote;
    ++*n;
    return 0;
}

json_t *status_guards(struct store *st, const struct settings *s, int64_t now,
                      struct err *err)
{
    json_t *v = json_object(), *kill = json_object();
    json_t *breakers = json_array(), *stopped = json_array();
    json_t *written = json_object();
    int64_t since, dead = 0, strays = 0;

    json_object_set_new(v, "kill_switch", kill);
    json_object_set_new(v, "breakers", breakers);
    json_object_set_new(v, "stopped_rules", stopped);
    json_object_set_new(v, "written", written);
    if (guard_kill_switch_since(st, &since, err) < 0
        || store_breaker_each(st, NULL, NULL, add_breaker, breakers, err) < 0
        || store_rule_stop_each(st, add_stopped, stopped, err) < 0
        || store_sent_each(st, now, add_written, written, err) < 0
        || store_outbox_each(st, NULL, false, count_dead, &dead, err) < 0
        || store_stray_each(st, NULL, count_stray, &strays, err) < 0) {
        json_decref(v);
        return NULL;
    }
    jx_set_str(kill, "file", s->guards.kill_switch);
    jx_set_bool(kill, "on", guard_kill_switch(s));
    if (since)
        jx_set_int(kill, "since", since);
    jx_set_int(v, "undeliverable", dead);
    jx_set_int(v, "strays", strays);
    return v;
}

static void print_breaker(const json_t *b)
{
    CLEANUP_FREE char *since = when_format_minute(jx_int(b, "since", 0));
    const char *sink = jx_str_or(b, "sink", "?");
    const char *kind = jx_str_or(b, "kind", "?");

    printf("Breaker: %s: %" PRId64 " writes of kind %s wait since %s, %" PRId64
           " are ordinary",
           sink, jx_int(b, "wanted", 0), kind, since, jx_int(b, "allowed", 0));
    if (jx_int(b, "approved_until", 0)) {
        CLEANUP_FREE char *until =
            when_format_minute(jx_int(b, "approved_until", 0));

        printf("; approved until %s\n", until);
        return;
    }
    printf("; tocsin approve %s %s lets them through\n", sink, kind);
}

void status_print_guards(const json_t *guards)
{
    const json_t *kill = jx_obj(guards, "kill_switch");
    size_t i;
    json_t *v;

    if (jx_bool(kill, "on", false))
        printf("Kill switch: %s is there: nothing is written.\n",
               jx_str_or(kill, "file", "?"));
    json_array_foreach(jx_arr(guards, "breakers"), i, v)
        print_breaker(v);
    json_array_foreach(jx_arr(guards, "stopped_rules"), i, v) {
        CLEANUP_FREE char *since = when_format_day(jx_int(v, "since", 0));
        CLEANUP_FREE char *why = cli_safe(jx_str_or(v, "why", ""), 200);
        CLEANUP_FREE char *rule = cli_safe(jx_str_or(v, "rule", "?"), 80);

        printf("Rule %s has stopped filing on %s: %s; tocsin rule resume %s "
               "lifts it\n",
               rule, since, why, rule);
    }
    if (jx_int(guards, "undeliverable", 0))
        printf("Given up: %" PRId64 " messages (tocsin outbox list)\n",
               jx_int(guards, "undeliverable", 0));
    if (jx_int(guards, "strays", 0))
        printf("At the sinks without a ticket here: %" PRId64 " (tocsin state "
               "strays)\n",
               jx_int(guards, "strays", 0));
}
