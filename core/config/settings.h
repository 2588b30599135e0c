/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * settings: the whole configuration as the rest of the core reads it.
 *
 *     struct problems pb;                      // problems.h
 *     struct settings *s = settings_load(path, &pb);
 *     if (!s) print the problems, exit 2
 *     ...
 *     settings_free(s);
 *
 * All strings belong to the settings. Every part carries the place where it
 * was written ("conf/tocsin.yaml:31"), because every decision names it.
 */
#ifndef TOCSIN_CONFIG_SETTINGS_H
#define TOCSIN_CONFIG_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct problems;

/* A budget without a limit ("unlimited"). Larger than any count, so it needs
 * no case of its own. */
#define POLICY_UNLIMITED INT64_MAX

/* How workers speak HTTP. 0 or NULL: the service's own default. */
struct http_settings {
    char *ca_file;     /* certificates to trust instead of the
                        * system's */
    char *contact;     /* who runs this: goes into User-Agent */
    char **connect_to; /* "host:port:host:port" */
    size_t nr_connect_to;
    int64_t parallel; /* requests at a time to one host */
    int64_t requests; /* of one instance in a pass */
    int64_t connect_timeout, idle_timeout, timeout; /* seconds */
    int64_t max_body;                               /* bytes */
    int64_t tries;
    int64_t wait_max; /* seconds a server may make us wait */
};

/* A source or sink instance. */
struct instance {
    char *name;   /* the key under sources: or sinks: */
    char *plugin; /* plugin name */
    bool is_sink;
    /* Options as written: {name: string or [string]}; every scalar is the
     * text that stands there (stale: true is "true"). Checked against the
     * plugin's table by host/ (the core does not know it). Each option's
     * place is in option_at {name: "file:line:column"}. Names are unique over
     * sources and sinks together. */
    json_t *options;
    json_t *option_at;
    char *dir; /* of the file it is written in */
    char *at;  /* file:line:column */
    /* Core's own keys, same for all plugins: */
    int64_t stale_after; /* sources: seconds, 0 never (default 0) */
    int64_t deadline;    /* seconds for the worker, default 600 */
    int64_t memory;      /* bytes, default 512 MiB */
    int64_t parallel;    /* instead of those of http: */
    int64_t requests;
    bool confidential; /* sinks: may get security/ tickets */
    bool local;        /* sinks: its server passes nothing on */
    char **allow;      /* sinks: globs of projects; NULL: all */
    size_t nr_allow;
    char *redirect; /* sinks: all goes there, and calls nobody */
};

/* One bound of a condition; -1 (or < 0) where it is not given. */
struct condition {
    bool all; /* all: else any: */
    bool set;
    int64_t red_for; /* seconds */
    int64_t pushes;
    double attempts;
    int64_t age; /* seconds since first seen */
    char *at;
};

/* Told long enough, and nobody mended it: the next owner hears of it. */
struct escalation {
    struct condition after; /* counted from when people were told */
    char *to;               /* a team's id or @login; NULL: never */
    char **via;             /* more sinks */
    size_t nr_via;
};

/* What was not written has open.set false / is negative, and inherits. The
 * budgets, backlog, outbreak and absent_after are of the whole and are never
 * set in a route. */
struct policy {
    struct condition open;
    struct escalation escalate;
    int64_t resolve_greens; /* default 1 */
    int64_t resolve_quiet;  /* seconds green before it closes, default 0 */
    int64_t remind;         /* seconds between reminders; 0 never */
    int64_t update_counts;  /* counts alone change the text at most this
                             * often; default 1d */
    int64_t flaky_rate;     /* flaky events ... */
    int64_t flaky_within;   /* ... in this window open a ticket; 0 never */
    int64_t relapse_within; /* red again so soon: reopens at once */
    int64_t flaps;          /* so many relapses: held open */
    int64_t flap_quiet;     /* then green for so long before it closes */
    int64_t new_per_pass;   /* budgets; or POLICY_UNLIMITED */
    int64_t new_per_day;
    int64_t new_per_person_per_day;
    int64_t new_per_rule_per_day; /* of rules that did not earn trust */
    int64_t trusted_after;        /* ... by so many tickets that were mended */
    int64_t backlog_per_day;
    int64_t outbreak_projects;
    int64_t outbreak_owners;
    int64_t outbreak_within;
    int64_t outbreak_hold;
    int64_t outbreak_quiet; /* nobody joined for so long: over */
    int64_t absent_after;   /* a job that moved: wait so long */
    char *at;
};

/* Both ends belong to it. Times are minutes of the day, and the last does
 * not. */
struct span {
    int from, to;
};
struct spans {
    struct span *of; /* none: whatever it is */
    size_t nr;
};
/* Hours, on days, in months: open when each of these is met. */
struct time_window {
    char *name;
    char *zone;            /* NULL: of whoever asks */
    struct spans weekdays; /* 0 is sunday */
    struct spans times;
    struct spans days;   /* of the month; from its end: below 0 */
    struct spans months; /* 1 to 12 */
    struct spans years;
    char *at;
};
/* When somebody may be told: in one of active, and in none of mute. */
struct hours {
    char **active; /* windows; none: at any time */
    size_t nr_active;
    char **mute;
    size_t nr_mute;
};

/* What a route asks of an incident; NULL or empty: does not care. */
struct match {
    char **project; /* globs, any */
    size_t nr_project;
    char **branch; /* globs; "default" is the default branch */
    size_t nr_branch;
    char **category; /* "area/kind", "area", globs */
    size_t nr_category;
    char **area;
    size_t nr_area;
    char **blame;
    size_t nr_blame;
    char **rule;
    size_t nr_rule;
    char **source; /* instances */
    size_t nr_source;
    char **owner;
    size_t nr_owner;
    char **job;
    size_t nr_job;
    int outbreak; /* -1 any, 0, 1 */
};

struct route {
    char *id; /* given, or "routes[2].routes[0]" */
    struct match match;
    struct policy policy; /* own values only; merged by route/ */
    char **group_by;      /* project, branch, kind, category,
                           * fingerprint, rule, job, source, owner */
    size_t nr_group_by;   /* 0: inherits */
    char *owner;          /* team id, "maintainers", "codeowners",
                           * "@login"; NULL inherits */
    char **via;           /* sink instances */
    size_t nr_via;
    bool has_via;
    bool cont; /* continue: */
    bool confidential;
    char **labels;
    size_t nr_labels;
    int64_t digest; /* seconds between tellings; 0 at once;
                     * negative: inherits */
    struct hours hours;
    bool has_hours;       /* its own; else it inherits */
    int64_t wait;         /* the fallback's: seconds that it waits for
                           * facts of owners; negative: the default */
    struct route *routes; /* children */
    size_t nr_routes;
    char *at;
};

/* While what `cause` matches stands, what `symptom` matches is not told,
 * when both have the same in every field of `equal`. */
struct inhibit {
    struct match cause, symptom;
    char **equal; /* project, branch, kind, category, area,
                   * rule, source, fingerprint, dependency */
    size_t nr_equal;
    char *at;
};

/* How a team or a person wants to be told. */
enum tell {
    TELL_EACH,  /* each thing by itself */
    TELL_QUIET, /* filed, but without a call */
    TELL_DAILY, /* together, in a digest */
    TELL_WEEKLY,
    TELL_OFF, /* nothing */
};
struct habits {
    char *tell_text; /* as written; NULL: not */
    enum tell tell;
    char *zone; /* NULL: the installation's */
    struct hours hours;
    char *at_text, *on_text; /* of digests; NULL: the installation's */
    int digest_at;           /* minutes of the day; -1 */
    int digest_on;           /* of weekly ones, 0 is sunday; -1 */
};

struct team {
    char *id;
    char **persons; /* logins */
    size_t nr_persons;
    json_t *contacts; /* {plugin or instance: address} */
    struct habits habits;
    char *at;
};

struct person {
    char *login;
    struct habits habits;
    char **via; /* sinks, instead of a route's; may be none */
    size_t nr_via;
    json_t *contacts; /* {plugin or instance: address} */
    char *at;
};

/* What would be too much for one person, told together. */
struct digests {
    struct route route; /* via; id "digests" */
    bool set;
    int64_t at_least;     /* so many wait, or each its turn */
    struct habits habits; /* zone, digest_at, digest_on: complete */
};

/* An entry of owners.yaml: globs of projects → owner. Last match wins, as in
 * CODEOWNERS. */
struct ownership {
    char *project; /* glob */
    char *path;    /* CODEOWNERS pattern in it, or NULL */
    char **owners; /* team ids or @logins; empty: nobody */
    size_t nr_owners;
    char *at;
};

/* What stands between a decision and the outside world. */
struct guards {
    int64_t at_least;  /* writes of a kind that a pass may always do,
                        * or POLICY_UNLIMITED: no breaker */
    int64_t times;     /* ... or so many times the busiest ... */
    int64_t days;      /* ... of so many days */
    int64_t approval;  /* seconds that an approval holds */
    char *kill_switch; /* a file: while it is there nothing is
                        * written; or NULL */
    char *at;
};

struct settings {
    char *path;
    char *digest; /* of everything that was read */
    char *state;  /* "sqlite:/var/lib/tocsin/tocsin.db" */
    json_t *at;   /* {state, metrics, heartbeat_file: "file:line:column"},
                   * of those that are written down */
    bool armed;
    struct instance *sources;
    size_t nr_sources;
    struct instance *sinks;
    size_t nr_sinks;
    struct policy policy;  /* complete: defaults filled in */
    struct route root;     /* the routes: are its children */
    struct route fallback; /* owner, via, digest; no match */
    bool has_fallback;
    char *operators_owner; /* who hears of Tocsin's own trouble */
    char **operators_via;
    size_t nr_operators_via;
    struct inhibit *inhibit;
    size_t nr_inhibit;
    struct time_window *windows;
    size_t nr_windows;
    struct digests digests; /* habits.zone: of all that name none */
    struct team *teams;
    size_t nr_teams;
    struct person *persons;
    size_t nr_persons;
    struct ownership *ownership;
    size_t nr_ownership;
    /* Rules, site rules after shipped ones, override and disable applied:
     * a JSON array for classify/ (see ruleset_new), each with "at". */
    json_t *rules;
    json_t *ignore; /* ignore rules, same form */
    char *rules_digest;
    char **plugin_path;
    size_t nr_plugin_path;
    char *templates;      /* folder with overriding templates, or NULL */
    char *metrics;        /* file for Prometheus, or NULL */
    char *heartbeat;      /* URL, asked for by each finished pass */
    char *heartbeat_file; /* replaced by each finished pass, or NULL */
    char *explain_url;    /* link base for "why this, why now" or NULL */
    char **forbidden;     /* PCRE2 patterns no message may match */
    size_t nr_forbidden;
    char **robots; /* logins that are nobody */
    size_t nr_robots;
    char **redact; /* exact values to cut out */
    size_t nr_redact;
    struct http_settings http;
    struct guards guards;
    int64_t pass_deadline; /* seconds, default 3000 */
    int64_t keep_runs;     /* seconds, default 90 d */
    int64_t keep_history;  /* resolved incidents, decisions: 400 d */
};

/* NULL when there was any error; all problems of all files are in pb. */
struct settings *settings_load(const char *path, struct problems *pb);
/* As settings_load, but what could be read comes back in spite of errors, so
 * that `check` can look further: for no other purpose. Never NULL; an
 * instance may lack its plugin. */
struct settings *settings_read(const char *path, struct problems *pb);
/* As settings_read, of n bytes instead of a file: without includes and
 * shipped rules. For tests. */
struct settings *settings_parse(const char *name, const char *p, size_t n,
                                struct problems *pb);
void settings_free(struct settings *s);

/* The shipped rules alone, for commands that need no configuration: what
 * DATA_DIR/rules/ *.yaml say. Both new. -1 when there was any error. */
int settings_load_rules(const char *data_dir, json_t **rules, json_t **ignore,
                        struct problems *pb);
/* $TOCSIN_DATA_DIR, else the installed folder. Not owned by the caller. */
const char *settings_data_dir(void);

/* Everything unset; the defaults of tocsin.yaml(5). For tests, too. */
void policy_init(struct policy *p);
void policy_defaults(struct policy *p);
/* The key tables as a JSON Schema (what conf/tocsin.schema.json holds). A
 * new value. */
json_t *settings_schema(void);

/* The keys of sources and sinks that the core reads, so that no plugin may
 * have an option of such a name; some come twice. NULL behind the last. */
const char *settings_instance_key(size_t i);

const struct team *settings_team(const struct settings *s, const char *id);
/* Logins are the same in whatever case. */
const struct person *settings_person(const struct settings *s,
                                     const char *login);
const struct time_window *settings_window(const struct settings *s,
                                          const char *name);
const struct instance *settings_source(const struct settings *s,
                                       const char *name);
const struct instance *settings_sink(const struct settings *s,
                                     const char *name);

#endif
