/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decisions in words: one sentence a reason code, and the trace of how an
 * incident is routed, matcher by matcher.
 *
 * For operators: names rules, places and numbers. Must not write.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/route/judge.h"
#include "core/route/reason.h"

static const struct {
    const char *code, *text;
} sentences[] = {
    { REASON_OPENED, "The threshold is met; it is told." },
    { REASON_REOPENED, "It is red again; the same ticket is opened again." },
    { REASON_STANDS, "It was told and still stands." },
    { REASON_REMINDED, "It was told a while ago and still stands; it is "
                       "said again." },
    { REASON_RECOVERED, "All of it is green again; it is closed." },
    { REASON_SUPERSEDED, "The same jobs fail for another reason now, or its "
                         "failures belong to another ticket; it is closed." },
    { REASON_WITHDRAWN, "It is part of an outbreak that is told elsewhere; "
                        "it is closed without a comment." },
    { REASON_ARCHIVED, "The project is archived." },
    { REASON_GONE, "It is missing from two complete snapshots; it is "
                   "closed." },
    { REASON_PENDING, "The threshold is not met yet." },
    { REASON_NEVER_OPENED, "It ended before the threshold was met." },
    { REASON_FLAKY, "It was green on a second try, not often enough to "
                    "count." },
    { REASON_OUTBREAK_HOLD, "An outbreak may be forming; it waits to see." },
    { REASON_INHIBITED, "Its cause is told elsewhere." },
    { REASON_SILENCED, "A silence matches." },
    { REASON_SNOOZED, "A person asked for quiet for now." },
    { REASON_NOT_PLANNED, "A person closed this cause as not planned." },
    { REASON_WRONG, "A person said that it is wrong." },
    { REASON_DUPLICATE, "A person closed it as a duplicate of another." },
    { REASON_CLOSED_BY_PERSON, "A person closed it; it waits for the next "
                               "push." },
    { REASON_BACKLOG, "It stood before Tocsin was armed, or before its sink "
                      "reached people; it waits for tocsin backlog "
                      "release." },
    { REASON_UNARMED, "Tocsin is not armed; only sinks on this machine are "
                      "told." },
    { REASON_STALE_SOURCE, "Its source was not read for too long; nothing "
                           "opens or closes on old news." },
    { REASON_FLAPPING, "It is green and held open until it stays so." },
    { REASON_BUDGET_PASS, "This pass has told enough; the next one goes "
                          "on." },
    { REASON_BUDGET_DAY, "This day has told enough; it waits for the next." },
    { REASON_BUDGET_PERSON, "One of its people was told enough today; it "
                            "waits for the next day." },
    { REASON_BUDGET_RULE, "Its rule has told enough today and is not trusted "
                          "yet: too few of its tickets were mended." },
    { REASON_NO_ROUTE, "No route matches and there is no fallback." },
    { REASON_NO_OWNER, "Nobody is behind it and there is no fallback." },
    { REASON_FACTS_WAIT, "Its owner is not known, and what may know has not "
                         "been read yet; it waits for that." },
    { REASON_MUTED, "Its route tells nobody, on purpose." },
    { REASON_UNREACHABLE, "No sink can reach its owner." },
    { REASON_CONFIDENTIAL, "It is confidential and none of its sinks is." },
    { REASON_NOT_ALLOWED, "No sink's allow-list has the project." },
    { REASON_RULE_STOPPED, "The rule that says so has stopped filing (tocsin "
                           "rule resume)." },
    { REASON_BREAKER, "More was to be written at once than is ordinary; it "
                      "waits for tocsin approve." },
    { REASON_KILL_SWITCH, "The kill switch is on; nothing is written." },
    { REASON_RETRACTED, "An operator took back what its rule filed; it is "
                        "closed." },
    { REASON_UNDELIVERABLE, "Its sink refused it too often; it waits for "
                            "tocsin outbox retry or drop." },
    { REASON_ALREADY_REPORTED, "It stands there already, by somebody else." },
    { REASON_ESCALATED, "It was told and nobody mended it; its next owner is "
                        "told, too." },
    { REASON_WINDOW, "Those who are to hear of it may not be told at this "
                     "time; it is told when they may, if it still stands." },
    { REASON_OPTED_OUT, "Its people want to hear nothing of it." },
    { REASON_IN_DIGEST, "It is told in a digest of its people, and not by "
                        "itself." },
    { REASON_DIGEST_WAIT, "It waits for the next digest." },
};

static void say_count(struct strbuf *b, const char *before, int64_t nr,
                      const char *one, const char *many)
{
    strbuf_addf(b, "%s%lld %s", before, (long long)nr, nr == 1 ? one : many);
}

/* One bound of a threshold, as in "after 2 days red, or 3 pushes". */
static void say_bound(struct strbuf *b, const char *key, double bound)
{
    CLEANUP_FREE char *length = when_format_duration((int64_t)bound);

    if (!strcmp(key, "red_for"))
        strbuf_addf(b, "%s red", length);
    else if (!strcmp(key, "age"))
        strbuf_addf(b, "%s", length);
    else if (!strcmp(key, "pushes"))
        say_count(b, "", (int64_t)bound, "red push", "red pushes");
    else
        strbuf_addf(b, "%g %s", bound, bound == 1 ? "try" : "tries");
}

/* Tries come in fractions; only whole ones are worth a word. */
static void say_tries(struct strbuf *b, double tries)
{
    if (tries < 1 - 1e-6)
        strbuf_adds(b, ", not one full try");
    else
        say_count(b, ", ", (int64_t)(tries + 1e-6), "try", "tries");
}

/* What the threshold was asked, and what it asks for. */
static void say_evidence(struct strbuf *b, const json_t *inputs)
{
    const json_t *open = jx_obj(inputs, "open");
    bool all = jx_obj(open, "all") != NULL;
    json_t *bounds = jx_obj(open, all ? "all" : "any"), *v;
    CLEANUP_FREE char *since = when_format_minute(jx_int(inputs, "since", 0));
    bool bot = json_object_get(inputs, "attempts") != NULL;
    const char *key, *between = " It is told after ";

    if (!json_object_size(bounds))
        return;
    strbuf_addf(b, " %s since %s", bot ? "Stuck" : "Red", since);
    if (!bot || json_object_get(bounds, "pushes"))
        say_count(b, ", ", jx_int(inputs, "pushes", 0), "red push",
                  "red pushes");
    if (bot)
        say_tries(b, jx_num(inputs, "attempts", 0));
    strbuf_addc(b, '.');
    json_object_foreach(bounds, key, v) {
        strbuf_adds(b, between);
        say_bound(b, key, json_number_value(v));
        between = all ? " and " : ", or ";
    }
    strbuf_addc(b, '.');
}

/* What an outbreak has hit, and from what on it is one. */
static void say_spread(struct strbuf *b, const json_t *inputs)
{
    const json_t *has = jx_obj(inputs, "spread"), *asks = jx_obj(has, "asks");
    CLEANUP_FREE char *since = when_format_minute(jx_int(has, "began", 0));
    CLEANUP_FREE char *within = when_format_duration(jx_int(asks, "within", 0));

    if (!has)
        return;
    say_count(b, " It has hit ", jx_int(has, "projects", 0), "project",
              "projects");
    say_count(b, " of ", jx_int(has, "owners", 0), "owner", "owners");
    strbuf_addf(b, " since %s;", since);
    say_count(b, " an outbreak is ", jx_int(asks, "projects", 0), "project",
              "projects");
    say_count(b, " of ", jx_int(asks, "owners", 0), "owner", "owners");
    strbuf_addf(b, " within %s.", within);
}

static void say_names(struct strbuf *b, const char *before, const json_t *names)
{
    size_t i;
    json_t *v;

    json_array_foreach((json_t *)names, i, v)
        strbuf_addf(b, "%s %s", i ? "," : before,
                    str_or(json_string_value(v), "?"));
}

/* Whom nobody could tell, who was asked, and who hears of it instead. */
static void say_unreached(struct strbuf *b, const json_t *inputs)
{
    const json_t *asked = jx_arr(inputs, "asked");

    if (!asked)
        return;
    strbuf_addf(b, " Owner: %s", jx_str_or(inputs, "owner", "?"));
    say_names(b, ":", jx_arr(inputs, "persons"));
    strbuf_adds(b, ". Asked");
    say_names(b, ":", asked);
    strbuf_addc(b, '.');
    if (jx_str(inputs, "fallback"))
        strbuf_addf(b, " The fallback, %s, has it.",
                    jx_str(inputs, "fallback"));
}

/* Whose facts it waits for, and how long at most. */
static void say_awaited(struct strbuf *b, const json_t *inputs)
{
    CLEANUP_FREE char *until =
        when_format_minute(jx_int(inputs, "facts_until", 0));

    if (!jx_int(inputs, "facts_until", 0))
        return;
    if (jx_str(inputs, "facts_of"))
        strbuf_addf(b, " Not read: the source %s.", jx_str(inputs, "facts_of"));
    strbuf_addf(b, " The fallback hears of it at %s.", until);
}

char *verdict_sentence(const char *code, const struct ticket *t,
                       const json_t *inputs)
{
    struct strbuf b;
    char *out;

    strbuf_init(&b, 2000);
    /* The same code, and no old news: an outbreak's end is said once. */
    if (!strcmp(code, REASON_REMINDED) && jx_int(inputs, "restart", -1) >= 0)
        strbuf_adds(&b, "The outbreak is over; that is said once, with what "
                        "is still red.");
    for (size_t i = 0; !b.len && i < ARRAY_SIZE(sentences); i++)
        if (!strcmp(sentences[i].code, code))
            strbuf_adds(&b, sentences[i].text);
    if (!b.len)
        BUG("reason %s has no sentence", code);
    say_evidence(&b, inputs);
    say_spread(&b, inputs);
    say_unreached(&b, inputs);
    say_awaited(&b, inputs);
    if (jx_str(inputs, "person"))
        strbuf_addf(&b, " Person: %s.", jx_str(inputs, "person"));
    if (jx_str(inputs, "to"))
        strbuf_addf(&b, " Next owner: %s.", jx_str(inputs, "to"));
    if (jx_str(inputs, "window"))
        strbuf_addf(&b, " Window: %s, of %s.", jx_str(inputs, "window"),
                    jx_str_or(inputs, "of", "?"));
    if (jx_str(inputs, "by"))
        strbuf_addf(&b, " By: %s.", jx_str(inputs, "by"));
    if (jx_str(inputs, "duplicate_of"))
        strbuf_addf(&b, " Of: %s.", jx_str(inputs, "duplicate_of"));
    if (jx_str(inputs, "outbreak"))
        strbuf_addf(&b, " Outbreak: %.8s.", jx_str(inputs, "outbreak"));
    if (jx_str(inputs, "cause"))
        strbuf_addf(&b, " Cause: incident %s.", jx_str(inputs, "cause"));
    if (jx_str(inputs, "sink"))
        strbuf_addf(&b, " Sink: %s.", jx_str(inputs, "sink"));
    if (jx_str(inputs, "text"))
        strbuf_addf(&b, " It said: %s.", jx_str(inputs, "text"));
    if (jx_str(inputs, "kind"))
        strbuf_addf(&b, " Kind of write: %s.", jx_str(inputs, "kind"));
    if (jx_str(inputs, "rule"))
        strbuf_addf(&b, " Rule: %s.", jx_str(inputs, "rule"));
    if (jx_str(inputs, "source"))
        strbuf_addf(&b, " Source: %s.", jx_str(inputs, "source"));
    if (t && t->next_at) {
        CLEANUP_FREE char *next = when_format_minute(t->next_at);

        strbuf_addf(&b, " It is looked at again on %s.", next);
    }
    out = strbuf_take(&b);
    strbuf_release(&b);
    return out;
}

static json_t *owner_json(const struct owner *o, bool found)
{
    json_t *v = json_object();

    jx_set_bool(v, "found", found);
    jx_set_str(v, "name", o->name);
    jx_set_str(v, "from", o->from);
    jx_set_str(v, "at", o->at);
    json_object_set(v, "persons", o->persons);
    json_object_set(v, "dropped", o->dropped);
    jx_set_str(v, "mention", o->mention);
    return v;
}

static json_t *facts_json(const struct project_facts *f)
{
    json_t *v = json_object();

    jx_set_str(v, "default_branch", f->default_branch);
    jx_set_bool(v, "archived", f->archived);
    jx_set_int(v, "descendants", f->descendants);
    return v;
}

static json_t *policy_json(const struct policy *p)
{
    json_t *v = json_object();

    json_object_set_new(v, "open", condition_json(&p->open));
    jx_set_str(v, "open_at", p->open.at ? p->open.at : p->at);
    jx_set_int(v, "resolve_greens", p->resolve_greens);
    jx_set_int(v, "resolve_quiet", p->resolve_quiet);
    jx_set_int(v, "remind", p->remind);
    if (p->escalate.to) {
        json_t *e = condition_json(&p->escalate.after);

        jx_set_str(e, "to", p->escalate.to);
        json_object_set_new(v, "escalate", e);
    }
    jx_set_int(v, "flaky_rate", p->flaky_rate);
    jx_set_int(v, "flaky_within", p->flaky_within);
    jx_set_int(v, "relapse_within", p->relapse_within);
    jx_set_int(v, "flaps", p->flaps);
    jx_set_int(v, "flap_quiet", p->flap_quiet);
    return v;
}

static int last_decision(void *user, const struct decision *d)
{
    json_t *v = user;

    jx_set_str(v, "code", d->code);
    jx_set_str(v, "text", d->text);
    jx_set_str(v, "rule_at", d->rule_at);
    jx_set_int(v, "at", d->at);
    json_object_set(v, "inputs", d->inputs);
    return 0;
}

/* What was decided last; of a ticket that there is none of yet, what its
 * threshold would say. */
static int code_of(struct judge *j, const struct placement *p,
                   const struct incident *i, const struct policy *policy,
                   json_t *v, struct err *err)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP_JSON json_t *inputs = NULL;
    struct incident copy = *i;
    struct evidence e = { i->first_seen, i->pushes, i->attempts };
    const char *code = REASON_PENDING;

    if (store_decision_each(j->st, p->key, last_decision, v, err) < 0)
        return -1;
    if (jx_str(v, "code"))
        return 0;
    copy.next_at = 0;
    if (p->nobody)
        code = p->nobody;
    else if (condition_met(&policy->open, &e, j->opts.now, &copy.next_at))
        code = REASON_OPENED;
    inputs =
        json_pack("{s:I, s:I, s:o}", "since", (json_int_t)e.since, "pushes",
                  (json_int_t)e.pushes, "open", condition_json(&policy->open));
    text = verdict_sentence(code, NULL, inputs);
    jx_set_str(v, "code", code);
    jx_set_str(v, "text", text);
    if (copy.next_at)
        jx_set_int(v, "next_at", copy.next_at);
    return 0;
}

static json_t *ticket_json(struct judge *j, const struct placement *p,
                           const struct incident *i,
                           const struct policy *policy)
{
    static const char *const role[] = { "own", "outbreak", "fallback",
                                        "digest" };
    json_t *v = json_object();
    const struct owner *o;
    struct ticket t;
    int found = placement_owner(j, p, i->project, incident_file(i), &o, NULL);

    jx_set_str(v, "key", p->key);
    jx_set_str(v, "role", role[p->role]);
    jx_set_str(v, "kind", p->kind);
    json_object_set(v, "group", p->group);
    jx_set_str(v, "route", p->r.route->id);
    jx_set_str(v, "route_at", p->r.route->at);
    json_object_set_new(v, "settings", routed_json(&p->r));
    if (found >= 0)
        json_object_set_new(v, "owner", owner_json(o, found));
    if (store_ticket_get(j->st, p->key, &t, NULL) == 1) {
        jx_set_str(v, "state", ticket_state_name(t.state));
        jx_set_str(v, "parent", t.parent);
        jx_set_bool(v, "backlog", t.backlog);
    }
    ticket_release(&t);
    if (code_of(j, p, i, policy, v, NULL) < 0)
        jx_set_str(v, "code", REASON_PENDING);
    return v;
}

static void copy_up(json_t *to, const json_t *from, const char *key)
{
    json_t *v = json_object_get(from, key);

    if (v)
        json_object_set(to, key, v);
}

static void explain_silences(struct judge *j, const struct incident *i,
                             const char *branch, json_t *out)
{
    json_t *list = json_array();

    for (size_t n = 0; n < j->nr_silencers; n++) {
        const struct silencer *q = &j->silencers[n];
        json_t *v;

        if (!silencer_matches(q, i, branch, NULL))
            continue;
        v = json_object();
        jx_set_int(v, "id", q->rec.id);
        jx_set_str(v, "author", q->rec.author);
        jx_set_str(v, "comment", q->rec.comment);
        jx_set_int(v, "ends", q->rec.ends);
        json_array_append_new(list, v);
    }
    json_object_set_new(out, "silences", list);
}

/* What it would be a symptom of, now. */
static void explain_cause(struct judge *j, const struct incident *i,
                          json_t *out)
{
    struct incident copy = *i, cause;
    bool changed;

    copy.caused_by = xstrdup0(i->caused_by);
    if (inhibit_find(j, &copy, &changed, NULL) == 0 && copy.caused_by) {
        jx_set_str(out, "caused_by", copy.caused_by);
        if (store_incident_by_id(j->st, copy.caused_by, &cause, NULL) == 1)
            jx_set_str(out, "inhibited_at", inhibit_at(j, i, &cause));
        incident_release(&cause);
    }
    free(copy.caused_by);
}

/* Sources of facts that the last pass did without; those that wait for them
 * would wait now. */
static void note_absent(struct store *st, const struct settings *s,
                        struct decide_options *opts)
{
    for (size_t n = 0; n < s->nr_sources; n++) {
        CLEANUP_FREE char *key =
            xasprintf(SOURCE_ABSENT "%s", s->sources[n].name);
        CLEANUP_FREE char *text = NULL;
        int64_t since;

        if (store_meta_get(st, key, &text, NULL) != 1)
            continue;
        since = strtoll(text, NULL, 10);
        if (since <= opts->facts_since)
            continue;
        opts->facts_missing = s->sources[n].name;
        opts->facts_since = since;
    }
}

json_t *decide_explain(struct store *st, const struct settings *s,
                       const struct incident *i, int64_t now)
{
    struct decide_options opts = { .now = now, .armed = s->armed };
    json_t *out = json_object(), *trace = json_array();
    json_t *tickets = json_array(), *first;
    const struct project_facts *f;
    struct placements p;
    struct judge j;

    jx_set_str(out, "project", i->project);
    jx_set_str(out, "branch", i->branch);
    jx_set_str(out, "category", i->category);
    jx_set_str(out, "blame", i->blame);
    json_object_set_new(out, "routes", trace);
    json_object_set_new(out, "tickets", tickets);
    note_absent(st, s, &opts);
    if (judge_init(&j, st, s, &opts, NULL) < 0)
        return out;
    f = judge_facts(&j, i->project, NULL);
    if (f && place(&j, i, &p, trace, NULL) == 0) {
        json_object_set_new(out, "facts", facts_json(f));
        json_object_set_new(out, "policy", policy_json(&p.policy));
        explain_silences(&j, i, f->default_branch, out);
        explain_cause(&j, i, out);
        for (size_t n = 0; n < p.nr; n++)
            json_array_append_new(tickets,
                                  ticket_json(&j, &p.of[n], i, &p.policy));
        placements_release(&p);
    }
    first = json_array_get(tickets, 0);
    if (first) {
        json_object_set(out, "ticket", first);
        copy_up(out, first, "owner");
        copy_up(out, first, "code");
        copy_up(out, first, "text");
        copy_up(out, first, "inputs");
        copy_up(out, first, "rule_at");
    }
    judge_release(&j);
    return out;
}
