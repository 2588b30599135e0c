/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A dry run's output. Must not change anything, must not promise what it has
 * not counted, and must not show what is confidential: cron mails output.
 */
#include <config.h>

#include "core/deliver/forecast.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/route/reason.h"

#define WINDOW (7 * DAY)
#define TOP 10

struct forecast {
    FILE *out;
    bool json;
    int64_t messages, opened, mentions, mails;
    json_t *tickets; /* key: its messages that open */
    json_t *persons; /* login: messages */
    json_t *held;    /* reason: tickets */
    int64_t told_lately, since, now;
    int64_t standing; /* backlog, were it armed now */
};

struct forecast *forecast_new(FILE *out, bool json)
{
    struct forecast *f = xcalloc(1, sizeof(*f));

    f->out = out;
    f->json = json;
    f->tickets = json_object();
    f->persons = json_object();
    f->held = json_object();
    return f;
}

void forecast_free(struct forecast *f)
{
    if (!f)
        return;
    json_decref(f->tickets);
    json_decref(f->persons);
    json_decref(f->held);
    free(f);
}

void forecast_standing(struct forecast *f, int64_t tickets)
{
    f->standing = tickets;
}

static void count(json_t *o, const char *key)
{
    json_object_set_new(o, key, json_integer(jx_int(o, key, 0) + 1));
}

static int64_t count_mentions(const char *mention)
{
    int64_t n = 0;

    for (const char *p = mention; p && (p = strchr(p, '@')); p++)
        n++;
    return n;
}

static void print_message(const struct forecast *f, const struct instance *sink,
                          const char *op, const struct ticket *t,
                          const struct owner *owner, const struct message *m)
{
    fprintf(f->out, "==== %s to %s: %s, for %s", op, sink->name,
            t->confidential ? "confidential"
                            : str_or(t->project, "several projects"),
            owner && owner->name ? owner->name : "nobody");
    if (t->reason)
        fprintf(f->out, " (%s)", t->reason);
    if (t->confidential) {
        fprintf(f->out, "\n(not shown; ticket %.8s)\n\n", t->key);
        return;
    }
    fprintf(f->out, "\n%s\n\n%s\n", m->title, m->body);
    if (m->degraded)
        fprintf(f->out, "(without text from outside: %s)\n\n", m->degraded_why);
}

static void print_json(const struct forecast *f, json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);

    fprintf(f->out, "%s\n", text);
    free(text);
    json_decref(o);
}

static json_t *message_json(const struct instance *sink, const char *op,
                            const struct ticket *t, const struct owner *owner,
                            const struct message *m)
{
    json_t *o = json_object();

    jx_set_str(o, "sink", sink->name);
    jx_set_str(o, "delivery", op);
    jx_set_str(o, "ticket", t->key);
    jx_set_bool(o, "confidential", t->confidential);
    jx_set_str(o, "owner", owner ? owner->name : NULL);
    if (owner && owner->persons)
        json_object_set(o, "persons", owner->persons);
    jx_set_str(o, "reason", t->reason);
    if (t->confidential)
        return o;
    jx_set_str(o, "project", t->project);
    jx_set_str(o, "title", m->title);
    jx_set_str(o, "body", m->body);
    jx_set_bool(o, "degraded", m->degraded);
    jx_set_str(o, "degraded_why", m->degraded_why);
    json_object_set(o, "fields", m->fields);
    return o;
}

void forecast_message(struct forecast *f, const struct instance *sink,
                      const char *op, const struct ticket *t,
                      const struct owner *owner, const struct message *m,
                      bool tells)
{
    bool mail = strstr(sink->plugin, "mail") != NULL;
    bool opens = !strcmp(op, "open");
    json_t *person;
    size_t i;

    f->messages++;
    f->opened += opens && !mail;
    if (opens)
        count(f->tickets, t->key);
    if (tells) {
        f->mails += mail;
        if (owner && !mail) /* in a mail the line with the names calls nobody */
            f->mentions += count_mentions(owner->mention);
        if (owner)
            json_array_foreach(owner->persons, i, person)
                count(f->persons, str_or(json_string_value(person), "?"));
    }
    if (!f->out)
        return;
    if (f->json)
        print_json(f, message_json(sink, op, t, owner, m));
    else
        print_message(f, sink, op, t, owner, m);
}

/* ---- sums ---- */

static bool is_told(const char *reason)
{
    static const char *const told[] = {
        REASON_OPENED,
        REASON_REOPENED,
        REASON_STANDS,
        REASON_REMINDED,
    };

    for (size_t i = 0; i < ARRAY_SIZE(told); i++)
        if (str_eq(reason, told[i]))
            return true;
    return false;
}

static int read_ticket(void *user, struct ticket *t)
{
    struct forecast *f = user;

    if (t->created > 0 && t->created < f->since)
        f->since = t->created;
    f->told_lately +=
        t->opened > f->now - WINDOW && (t->told > 0 || is_told(t->reason));
    if (t->state != TICKET_RESOLVED && t->reason && !is_told(t->reason))
        count(f->held, t->reason);
    return 0;
}

struct rank {
    const char *name;
    int64_t nr;
};

static int by_number(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;

    if (x->nr != y->nr)
        return x->nr > y->nr ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* [{"name", "messages"}], the most first. New. */
static json_t *ranked(json_t *counts, size_t max)
{
    struct rank *r = xcalloc(json_object_size(counts) + 1, sizeof(*r));
    json_t *list = json_array(), *v;
    const char *name;
    size_t nr = 0;

    json_object_foreach(counts, name, v)
        r[nr++] = (struct rank){ name, json_integer_value(v) };
    qsort(r, nr, sizeof(*r), by_number);
    for (size_t i = 0; i < nr && i < max; i++)
        json_array_append_new(list, json_pack("{s:s, s:I}", "name", r[i].name,
                                              "number", (json_int_t)r[i].nr));
    free(r);
    return list;
}

static void print_ranked(FILE *out, const char *what, json_t *list)
{
    json_t *v;
    size_t i;

    fprintf(out, "  %-9s", what);
    if (!json_array_size(list))
        fputs("nobody", out);
    json_array_foreach(list, i, v)
        fprintf(out, "%s%s %lld", i ? ", " : "", jx_str_or(v, "name", ""),
                (long long)jx_int(v, "number", 0));
    fputc('\n', out);
}

static double a_day(const struct forecast *f)
{
    int64_t span = f->now - f->since;

    if (span > WINDOW)
        span = WINDOW;
    if (span < DAY)
        span = DAY;
    return (double)f->told_lately * (double)DAY / (double)span;
}

/* What day tickets a day come to, if they are as those of now. */
static double as_now(const struct forecast *f, double day, int64_t nr)
{
    size_t tickets = json_object_size(f->tickets);

    return tickets ? day * (double)nr / (double)tickets : 0.0;
}

static double issues_a_day(const struct forecast *f, double day)
{
    return json_object_size(f->tickets) ? as_now(f, day, f->opened) : day;
}

static void print_number(FILE *out, const char *before, int64_t n,
                         const char *what, const char *behind)
{
    fprintf(out, "%s%lld %s%s%s", before, (long long)n, what, n == 1 ? "" : "s",
            behind);
}

static void print_text(const struct forecast *f, const struct settings *s,
                       json_t *persons, json_t *held)
{
    double day = a_day(f);

    print_number(f->out, "==== forecast\n  now      ", f->messages, "message",
                 "");
    print_number(f->out, ": ", f->opened, "new issue", "");
    print_number(f->out, ", ", f->mentions, "mention", "");
    print_number(f->out, ", ", f->mails, "mail", "\n");
    fprintf(f->out, "  a day    %.1f new issues, %.1f mentions, %.1f mails",
            issues_a_day(f, day), as_now(f, day, f->mentions),
            as_now(f, day, f->mails));
    print_number(f->out, " (from ", f->told_lately, "ticket",
                 " opened in the last 7 days)");
    if (s->policy.new_per_day != POLICY_UNLIMITED)
        fprintf(f->out, "; the budget allows %lld",
                (long long)s->policy.new_per_day);
    fputc('\n', f->out);
    print_ranked(f->out, "persons", persons);
    if (json_array_size(held))
        print_ranked(f->out, "held", held);
    if (!s->armed)
        print_number(f->out,
                     "  unarmed  all of this as if armed; arming now would "
                     "make ",
                     f->standing, "ticket", " backlog\n");
}

static void print_sums_json(const struct forecast *f, const struct settings *s,
                            json_t *persons, json_t *held)
{
    double day = a_day(f);
    json_t *o = json_object(), *now = json_object(), *d = json_object();
    json_t *all = json_object();

    jx_set_int(now, "messages", f->messages);
    jx_set_int(now, "issues", f->opened);
    jx_set_int(now, "mentions", f->mentions);
    jx_set_int(now, "mails", f->mails);
    jx_set_num(d, "issues", issues_a_day(f, day));
    jx_set_num(d, "mentions", as_now(f, day, f->mentions));
    jx_set_num(d, "mails", as_now(f, day, f->mails));
    json_object_set_new(o, "now", now);
    json_object_set_new(o, "a_day", d);
    json_object_set(o, "persons", persons);
    json_object_set(o, "held", held);
    jx_set_bool(o, "armed", s->armed);
    if (!s->armed)
        jx_set_int(o, "standing", f->standing);
    json_object_set_new(all, "forecast", o);
    print_json(f, all);
}

int forecast_print(struct forecast *f, struct store *st,
                   const struct settings *s, int64_t now, struct err *err)
{
    struct ticket_query q = { .due = 0 };
    json_t *persons, *held;

    f->now = now;
    f->since = now;
    if (store_ticket_each(st, &q, read_ticket, f, err) < 0)
        return -1;
    if (!f->out)
        return 0;
    persons = ranked(f->persons, TOP);
    held = ranked(f->held, (size_t)-1);
    if (f->json)
        print_sums_json(f, s, persons, held);
    else
        print_text(f, s, persons, held);
    json_decref(persons);
    json_decref(held);
    return 0;
}
