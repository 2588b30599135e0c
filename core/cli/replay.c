/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenarios step by step. Must not have a way of its own to correlate, decide
 * or deliver: it feeds pass_run and looks at what comes out.
 */
#include <config.h>

#include "core/cli/replay-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/deliver/guard.h"
#include "core/run.h"

#define MESSAGE_FILE_MAX ((size_t)4 << 20)

const char *const replay_sources[REPLAY_SOURCES] = { "ci", "ci2", "bot" };
static const char *const sink_names[] = { "issues", "chat", "mail" };

const char *replay_at(const json_t *obj)
{
    return jx_str_or(obj, "@", "?");
}

/* ---- the configuration -------------------------------------------------- */

static json_t *without_places(const json_t *v)
{
    const char *key;
    json_t *out, *child;
    size_t i;

    if (json_is_array(v)) {
        out = json_array();
        json_array_foreach((json_t *)v, i, child)
            json_array_append_new(out, without_places(child));
        return out;
    }
    if (!json_is_object(v))
        return json_incref((json_t *)v);
    out = json_object();
    json_object_foreach((json_t *)v, key, child)
        if (strcmp(key, "@"))
            json_object_set_new(out, key, without_places(child));
    return out;
}

/* Instances that the configuration may say more of (stale_after). */
static void add_instances(json_t *config, const char *section,
                          const char *const *names, size_t nr,
                          const char *plugin, const char *option,
                          const char *dir)
{
    json_t *all = jx_obj(config, section);

    if (!all) {
        all = json_object();
        json_object_set_new(config, section, all);
    }
    for (size_t i = 0; i < nr; i++) {
        json_t *one = jx_obj(all, names[i]);
        CLEANUP_FREE char *path = xasprintf("%s/%s", dir, names[i]);

        if (!one) {
            one = json_object();
            json_object_set_new(all, names[i], one);
        }
        jx_set_str(one, "plugin", plugin);
        jx_set_str(one, option, path);
    }
}

static int load_settings(struct replay *r, struct err *err)
{
    json_t *config = without_places(r->config);
    CLEANUP_FREE char *path = xasprintf("%s/tocsin.yaml", r->dir);
    CLEANUP_FREE char *state = xasprintf("sqlite:%s/state.db", r->dir);
    CLEANUP_FREE char *text = NULL;
    struct problems pb;
    int ret = -1;

    json_object_set_new(config, "version", json_integer(1));
    jx_set_str(config, "state", state);
    if (!json_object_get(config, "armed"))
        json_object_set_new(config, "armed", json_true());
    add_instances(config, "sources", replay_sources, REPLAY_SOURCES, "logs",
                  "path", r->dir);
    add_instances(config, "sinks", sink_names, ARRAY_SIZE(sink_names), "file",
                  "dir", r->dir);
    text = json_dumps(config, JSON_INDENT(1));
    json_decref(config);
    if (io_write_file(path, text, strlen(text), 0600, err) < 0)
        return -1;
    if (r->settings)
        settings_free(r->settings);
    if (r->rules)
        ruleset_free(r->rules);
    r->rules = NULL;
    problems_init(&pb);
    r->settings = settings_load(path, &pb);
    if (r->settings) {
        ret = 0;
    } else {
        problems_print(&pb, stderr);
        err_set(err, ERR_CONFIG,
                "%s: the configuration of the scenario is "
                "not valid (see %s)",
                r->sc->path, path);
    }
    problems_release(&pb);
    return ret;
}

struct replay *replay_new(const struct scenario *sc, const char *self,
                          struct err *err)
{
    const char *tmp = getenv("TMPDIR");
    struct replay *r = xcalloc(1, sizeof(*r));

    r->sc = sc;
    r->self = self;
    r->now = sc->start;
    r->messages = json_array();
    r->seen = json_object();
    r->config = sc->config ? json_deep_copy(sc->config) : json_object();
    r->dir = xasprintf("%s/tocsin-test-XXXXXX", str_or(tmp, "/tmp"));
    if (!mkdtemp(r->dir)) {
        err_errno(err, ERR_IO, "%s", r->dir);
        free(r->dir);
        r->dir = NULL;
        replay_free(r, false);
        return NULL;
    }
    if (load_settings(r, err) < 0
        || store_open(&r->st, r->settings->state, 0, err) < 0) {
        replay_free(r, false);
        return NULL;
    }
    return r;
}

void replay_free(struct replay *r, bool keep)
{
    if (r->st)
        store_close(r->st);
    if (r->dir && !keep)
        io_remove_tree(r->dir);
    free(r->dir);
    if (r->settings)
        settings_free(r->settings);
    if (r->rules)
        ruleset_free(r->rules);
    json_decref(r->config);
    json_decref(r->messages);
    json_decref(r->seen);
    free(r);
}

struct store *replay_store(struct replay *r)
{
    return r->st;
}

int64_t replay_now(const struct replay *r)
{
    return r->now;
}

const char *replay_dir(const struct replay *r)
{
    return r->dir;
}

const json_t *replay_messages(const struct replay *r)
{
    return r->messages;
}

/* ---- what operators and people do --------------------------------------- */

static int silence(struct replay *r, const json_t *obj, struct err *err)
{
    int64_t length = 0;
    struct silence s = {
        .author = xstrdup("scenario"),
        .comment = xstrdup(jx_str_or(obj, "comment", "scenario")),
        .starts = r->now,
        .created = r->now,
    };
    json_t *match = json_object(), *v;
    const char *key;
    int ret;

    if (jx_str(obj, "for")
        && when_parse_duration(jx_str(obj, "for"), &length) < 0) {
        json_decref(match);
        silence_release(&s);
        return err_set(err, ERR_CONFIG, "%s: for: is no duration",
                       replay_at(obj));
    }
    s.ends = length ? r->now + length : 0;
    json_object_foreach(jx_obj(obj, "match"), key, v) {
        if (!strcmp(key, "@"))
            continue;
        json_object_set_new(match, key,
                            json_is_array(v) ? json_incref(v)
                                             : json_pack("[O]", v));
    }
    s.match = match;
    ret = store_silence_put(r->st, &s, err);
    silence_release(&s);
    return ret;
}

static int release_one(void *user, struct ticket *t)
{
    struct replay *r = user;

    return decide_backlog_release(r->st, t->key, r->now, NULL) < 0 ? -1 : 0;
}

static int release(struct replay *r, struct err *err)
{
    struct ticket_query q = { .backlog_only = true, .unresolved_only = true };

    return store_ticket_each(r->st, &q, release_one, r, err);
}

static int count_approved(void *user, const struct breaker *b)
{
    int64_t *nr = user;

    (void)b;
    ++*nr;
    return 0;
}

/* What waits at this sink, of whatever kind. */
static int approve(struct replay *r, const json_t *step, struct err *err)
{
    const char *sink = jx_str(step, "approve");
    int64_t nr = 0;

    if (guard_approve(r->st, r->settings, sink, NULL, r->now, count_approved,
                      &nr, err)
        < 0)
        return -1;
    return nr ? 0
              : err_set(err, ERR_CONFIG,
                        "%s: approve: nothing of %s "
                        "waits",
                        replay_at(step), sink);
}

/* As `tocsin retract --rule ID --since LENGTH`. */
static int retract(struct replay *r, const json_t *step, struct err *err)
{
    const json_t *what = jx_obj(step, "retract");
    struct retract_options o = {
        .rule = jx_str(what, "rule"),
        .now = r->now,
        .why = "the scenario",
    };
    struct retract_counts n;
    int64_t length;

    if (!o.rule
        || when_parse_duration(jx_str_or(what, "since", ""), &length) < 0)
        return err_set(err, ERR_CONFIG, "%s: retract: {rule, since: 2d}",
                       replay_at(step));
    o.since = r->now - length;
    return decide_retract(r->st, &o, &n, err);
}

struct found_ticket {
    const json_t *who;
    char *key;
};

static int is_ticket(void *user, struct ticket *t)
{
    struct found_ticket *f = user;
    const char *kind = jx_str(f->who, "kind");

    if (!f->key && str_eq(t->project, jx_str(f->who, "project"))
        && (!kind || str_eq(t->kind, kind)))
        f->key = xstrdup(t->key);
    return 0;
}

/* A person acts by changing the remote state that the file sink keeps. */
static int person(struct replay *r, const json_t *who, struct err *err)
{
    struct ticket_query q = { 0 };
    struct found_ticket f = { .who = who };
    CLEANUP_FREE char *path = NULL, *old = NULL, *text = NULL;
    CLEANUP_FREE char *at = when_format(r->now);
    json_t *state, *labels = json_object_get(who, "labels");
    size_t n = 0;
    int ret;

    if (store_ticket_each(r->st, &q, is_ticket, &f, err) < 0)
        return -1;
    if (!f.key)
        return err_set(err, ERR_CONFIG, "%s: there is no such ticket",
                       replay_at(who));
    path = xasprintf("%s/%s/tickets/%s.json", r->dir,
                     jx_str_or(who, "sink", "issues"), f.key);
    free(f.key);
    old = io_read_file(path, MESSAGE_FILE_MAX, &n, err);
    if (!old)
        return -1;
    state = jx_parse(old, n, err);
    if (!state)
        return -1;
    jx_set_str(state, "state", jx_str(who, "state"));
    jx_set_str(state, "by", jx_str_or(who, "by", "someone"));
    jx_set_str(state, "changed", at);
    if (labels)
        json_object_set(state, "labels", labels);
    text = jx_dump(state);
    ret = io_write_file(path, text, strlen(text), 0600, err);
    json_decref(state);
    return ret;
}

static int acts(struct replay *r, const json_t *step, struct err *err)
{
    const json_t *set = jx_obj(step, "set");
    size_t i;
    json_t *v;
    const char *key;

    json_object_foreach((json_t *)set, key, v)
        if (strcmp(key, "@"))
            json_object_set(r->config, key, v);
    if (set && load_settings(r, err) < 0)
        return -1;
    json_array_foreach(jx_arr(step, "people"), i, v)
        if (person(r, v, err) < 0)
            return -1;
    if (jx_obj(step, "silence") && silence(r, jx_obj(step, "silence"), err) < 0)
        return -1;
    if (replay_number(step, "release", 0) && release(r, err) < 0)
        return -1;
    if (jx_obj(step, "retract") && retract(r, step, err) < 0)
        return -1;
    if (jx_str(step, "approve") && approve(r, step, err) < 0)
        return -1;
    return 0;
}

/* ---- passes -------------------------------------------------------------- */

static int one_pass(struct replay *r, struct err *err)
{
    struct pass_report report;
    struct pass_options po = {
        .now = r->now,
        .self = r->self,
        .lock_fd = -1,
        .out = stdout,
        .feed = replay_feed,
        .user = r,
    };

    return pass_run(r->st, r->settings, &po, &report, err);
}

/* Adds what the message file itself holds: whose it is, and the body. */
static int read_message(struct replay *r, const char *sink, json_t *v,
                        struct err *err)
{
    CLEANUP_FREE char *path =
        xasprintf("%s/%s/%s", r->dir, sink, jx_str_or(v, "message", "?"));
    CLEANUP_FREE char *text = NULL;
    const char *owner, *body;
    json_t *who;
    size_t n = 0;

    text = io_read_file(path, MESSAGE_FILE_MAX, &n, err);
    if (!text)
        return -1;
    owner = strstr(text, "\nowner: ");
    body = strstr(text, "\n---\n");
    if (!owner || !body || owner > body)
        return err_set(err, ERR_INPUT, "%s: no front matter", path);
    owner += strlen("\nowner: ");
    who = jx_parse(owner, strcspn(owner, "\n"), err);
    if (!who)
        return -1;
    jx_set_str(v, "owner", jx_str(who, "name"));
    json_decref(who);
    jx_set_str(v, "body", body + strlen("\n---\n"));
    jx_set_str(v, "op", jx_str(v, "delivery"));
    jx_set_str(v, "sink", sink);
    return 0;
}

/* Lines of a sink's index that are new since the last step. */
static int read_sink(struct replay *r, const char *sink, struct err *err)
{
    CLEANUP_FREE char *path = xasprintf("%s/%s/index.jsonl", r->dir, sink);
    CLEANUP_FREE char *text = NULL;
    int64_t seen = jx_int(r->seen, sink, 0), line = 0;
    size_t n = 0;

    if (access(path, F_OK) < 0)
        return 0;
    text = io_read_file(path, MESSAGE_FILE_MAX * 64, &n, err);
    if (!text)
        return -1;
    for (char *p = text; *p;) {
        size_t len = strcspn(p, "\n");

        if (line++ >= seen && len) {
            json_t *v = jx_parse(p, len, err);

            if (!v)
                return -1;
            json_array_append_new(r->messages, v);
            if (read_message(r, sink, v, err) < 0)
                return -1;
        }
        p += len + (p[len] == '\n');
    }
    jx_set_int(r->seen, sink, line);
    return 0;
}

static int read_messages(struct replay *r, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(sink_names); i++)
        if (read_sink(r, sink_names[i], err) < 0)
            return -1;
    return 0;
}

/* "+6h" after the step before, or a time. */
static int step_time(const json_t *step, const char *key, int64_t from,
                     int64_t *out, struct err *err)
{
    const char *s = jx_str(step, key);

    if (!s)
        return 0;
    if (s[0] == '+' && when_parse_duration(s + 1, out) == 0) {
        *out += from;
        return 1;
    }
    if (when_parse(s, out) == 0)
        return 1;
    return err_set(err, ERR_CONFIG, "%s: %s: \"%s\" is no time",
                   replay_at(step), key, s);
}

static int repeat(struct replay *r, const json_t *step, int64_t until,
                  struct err *err)
{
    int64_t every;

    if (when_parse_duration(jx_str_or(step, "every", "1d"), &every) < 0
        || every <= 0)
        return err_set(err, ERR_CONFIG, "%s: every: is no duration",
                       replay_at(step));
    while (r->now + every <= until) {
        r->now += every;
        r->step = json_object_get(step, "fail") ? step : NULL;
        if (one_pass(r, err) < 0 || read_messages(r, err) < 0)
            return -1;
    }
    return 0;
}

int replay_step(struct replay *r, const json_t *step, struct err *err)
{
    int64_t at = r->now, until = 0;
    int has_at, has_until;

    json_array_clear(r->messages);
    has_at = step_time(step, "at", r->now, &at, err);
    has_until = step_time(step, "until", has_at > 0 ? at : r->now, &until, err);
    if (has_at < 0 || has_until < 0)
        return -1;
    if (has_at || !has_until) {
        r->now = at;
        r->step = step;
        if (acts(r, step, err) < 0 || one_pass(r, err) < 0
            || read_messages(r, err) < 0)
            return -1;
    }
    return has_until ? repeat(r, step, until, err) : 0;
}
