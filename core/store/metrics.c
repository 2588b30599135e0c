/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers out of the store. Must not say a project's name: the file may be
 * readable by all.
 */
#include <config.h>

#include "core/store/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"

static int add_count(void *user, const char *rule, int64_t n)
{
    jx_set_int(user, rule, n);
    return 0;
}

static int add_fixed(void *user, const char *rule, int64_t filed, int64_t fixed)
{
    jx_set_int(jx_obj(user, "filed"), rule, filed);
    if (fixed)
        jx_set_int(jx_obj(user, "fixed"), rule, fixed);
    return 0;
}

json_t *metrics_rules(struct store *st, int64_t now, struct err *err)
{
    int64_t since = now - METRICS_WINDOW;
    json_t *v = json_object(), *green = json_object(), *wrong = json_object();
    struct coverage c;

    json_object_set_new(v, "green_hits", green);
    json_object_set_new(v, "wrong", wrong);
    json_object_set_new(v, "filed", json_object());
    json_object_set_new(v, "fixed", json_object());
    if (store_coverage(st, since, &c, err) < 0
        || store_green_each(st, since, add_count, green, err) < 0
        || store_wrong_each(st, add_count, wrong, err) < 0
        || store_rule_fixed_each(st, add_fixed, v, err) < 0) {
        json_decref(v);
        return NULL;
    }
    jx_set_int(v, "since", since);
    jx_set_int(v, "red", c.red);
    jx_set_int(v, "classified", c.classified);
    jx_set_int(v, "unclassified", c.unclassified);
    jx_set_int(v, "kept", c.kept);
    jx_set_int(v, "no_log", c.red - c.classified - c.unclassified);
    if (c.classified + c.unclassified)
        jx_set_num(v, "unclassified_rate",
                   (double)c.unclassified
                       / (double)(c.classified + c.unclassified));
    jx_set_int(v, "green_logs", c.green_logs);
    return v;
}

/* ---- the textfile ------------------------------------------------------- */

static void family(struct strbuf *b, const char *name, const char *help)
{
    strbuf_addf(b, "# HELP tocsin_%s %s\n# TYPE tocsin_%s gauge\n", name, help,
                name);
}

/* value in label="…": as the exposition format wants it. */
static void sample(struct strbuf *b, const char *name, const char *label,
                   const char *value, int64_t n)
{
    strbuf_addf(b, "tocsin_%s", name);
    if (label) {
        strbuf_addf(b, "{%s=\"", label);
        for (; *value; value++) {
            if (*value == '\\' || *value == '"')
                strbuf_addc(b, '\\');
            strbuf_addc(b, (unsigned char)*value < 0x20 ? ' ' : *value);
        }
        strbuf_adds(b, "\"}");
    }
    strbuf_addf(b, " %" PRId64 "\n", n);
}

static void samples(struct strbuf *b, const char *name, const char *label,
                    json_t *counts)
{
    const char *value;
    json_t *n;

    json_object_foreach(counts, value, n)
        sample(b, name, label, value, json_integer_value(n));
}

static void add_rules(struct strbuf *b, const json_t *rules)
{
    static const char *const verdicts[] = {
        "classified",
        "unclassified",
        "kept",
        "no_log",
    };
    const char *rule;
    json_t *n;

    family(b, "red_runs",
           "Red runs of the last 30 days by what is known of "
           "them; kept ones are classified, by older rules.");
    for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
        sample(b, "red_runs", "verdict", verdicts[i],
               jx_int(rules, verdicts[i], 0));
    family(b, "green_logs", "Green logs of the last 30 days that were read.");
    sample(b, "green_logs", NULL, NULL, jx_int(rules, "green_logs", 0));
    family(b, "rule_green_hits", "Of these, logs that a rule hit.");
    json_object_foreach(jx_obj(rules, "green_hits"), rule, n)
        sample(b, "rule_green_hits", "rule", rule, json_integer_value(n));
    family(b, "rule_wrong_tickets", "Tickets that people marked as wrong.");
    json_object_foreach(jx_obj(rules, "wrong"), rule, n)
        sample(b, "rule_wrong_tickets", "rule", rule, json_integer_value(n));
    family(b, "rule_filed_tickets", "Tickets that a rule filed.");
    json_object_foreach(jx_obj(rules, "filed"), rule, n)
        sample(b, "rule_filed_tickets", "rule", rule, json_integer_value(n));
    family(b, "rule_fixed_tickets",
           "Of these, closed because all of it "
           "was green again.");
    json_object_foreach(jx_obj(rules, "fixed"), rule, n)
        sample(b, "rule_fixed_tickets", "rule", rule, json_integer_value(n));
}

static int add_unsure(void *user, const char *sink, const char *kind,
                      int64_t day, int64_t n, int64_t approved)
{
    json_t *counts = user;

    (void)day;
    (void)approved;
    if (!strcmp(kind, "unsure"))
        jx_set_int(counts, sink, jx_int(counts, sink, 0) + n);
    return 0;
}

static int add_deliveries(struct strbuf *b, struct store *st, int64_t now,
                          struct err *err)
{
    CLEANUP_JSON json_t *counts = json_object();

    if (store_sent_each(st, now - METRICS_WINDOW, add_unsure, counts, err) < 0)
        return -1;
    family(b, "unsure_deliveries",
           "People in the last 30 days of whom nobody "
           "knows whether they were told once, twice or not.");
    samples(b, "unsure_deliveries", "sink", counts);
    return 0;
}

struct tickets {
    int64_t told, held, backlog, escalated;
    json_t *reasons; /* of those that were not told */
};

static void count(json_t *of, const char *key)
{
    jx_set_int(of, key, jx_int(of, key, 0) + 1);
}

static int add_ticket(void *user, struct ticket *t)
{
    struct tickets *n = user;

    n->told += t->told != 0;
    n->held += !t->told && !t->backlog;
    n->backlog += !t->told && t->backlog;
    n->escalated += t->escalated != 0;
    if (!t->told && t->reason)
        count(n->reasons, t->reason);
    return 0;
}

static int add_tickets(struct strbuf *b, struct store *st, struct err *err)
{
    struct ticket_query q = { .unresolved_only = true };
    CLEANUP_JSON json_t *reasons = json_object();
    struct tickets n = { .reasons = reasons };

    if (store_ticket_each(st, &q, add_ticket, &n, err) < 0)
        return -1;
    family(b, "tickets", "Tickets that are not resolved.");
    sample(b, "tickets", "state", "told", n.told);
    sample(b, "tickets", "state", "held", n.held);
    sample(b, "tickets", "state", "backlog", n.backlog);
    family(b, "held_tickets",
           "Of these, those that nobody was told of, by "
           "why (docs/reasons.md).");
    samples(b, "held_tickets", "reason", reasons);
    family(b, "escalated_tickets",
           "Tickets that went on to their next "
           "owner.");
    sample(b, "escalated_tickets", NULL, NULL, n.escalated);
    return 0;
}

/* ---- what waits to be written ---- */

static int add_row(void *user, struct outbox *o)
{
    static const char *const states[] = {
        [OUTBOX_DUE] = "due",
        [OUTBOX_INTENT] = "begun",
        [OUTBOX_DEAD] = "given-up",
        [OUTBOX_DROPPED] = "dropped",
    };

    if (o->state != OUTBOX_IDLE)
        count(user, states[o->state]);
    return 0;
}

static int add_breaker(void *user, const struct breaker *b)
{
    jx_set_int(user, b->sink, jx_int(user, b->sink, 0) + b->wanted);
    return 0;
}

static int add_outbox(struct strbuf *b, struct store *st, struct err *err)
{
    CLEANUP_JSON json_t *rows = json_object();
    CLEANUP_JSON json_t *waiting = json_object();

    if (store_outbox_each(st, NULL, false, add_row, rows, err) < 0
        || store_breaker_each(st, NULL, NULL, add_breaker, waiting, err) < 0)
        return -1;
    family(b, "outbox", "Writes that are not done, by how far they are.");
    samples(b, "outbox", "state", rows);
    family(b, "breaker_writes",
           "Writes at a sink that wait for tocsin "
           "approve.");
    samples(b, "breaker_writes", "sink", waiting);
    return 0;
}

struct instances {
    struct strbuf trouble, last;
};

static int add_instance(void *user, const struct health *h)
{
    struct instances *i = user;

    sample(&i->trouble, "instance_trouble", "instance", h->instance,
           h->trouble != NULL);
    sample(&i->last, "instance_last_ok_seconds", "instance", h->instance,
           h->last_ok);
    return 0;
}

static int add_instances(struct strbuf *b, struct store *st, struct err *err)
{
    struct instances i;
    int r;

    strbuf_init(&i.trouble, STRBUF_UNBOUNDED);
    strbuf_init(&i.last, STRBUF_UNBOUNDED);
    r = store_health_each(st, add_instance, &i, err);
    family(b, "instance_trouble", "1 when a source or sink is in trouble.");
    strbuf_adds(b, i.trouble.buf);
    family(b, "instance_last_ok_seconds",
           "When a source or sink last ended "
           "well.");
    strbuf_adds(b, i.last.buf);
    strbuf_release(&i.trouble);
    strbuf_release(&i.last);
    return r;
}

int metrics_write(struct store *st, const char *path, int64_t now,
                  struct err *err)
{
    CLEANUP_STRBUF struct strbuf b;
    CLEANUP_JSON json_t *rules = metrics_rules(st, now, err);

    strbuf_init(&b, STRBUF_UNBOUNDED);
    if (!rules || add_tickets(&b, st, err) < 0 || add_outbox(&b, st, err) < 0
        || add_instances(&b, st, err) < 0
        || add_deliveries(&b, st, now, err) < 0)
        return -1;
    add_rules(&b, rules);
    family(&b, "last_pass_seconds", "When the last pass finished.");
    sample(&b, "last_pass_seconds", NULL, NULL, now);
    return io_write_file(path, b.buf, b.len, 0644, err);
}
