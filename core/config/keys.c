/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration language: every key that exists, in tables. Must not
 * read files. tocsin.yaml(5), conf/tocsin.schema.json and these tables know
 * the same keys; a test compares them.
 */
#include <config.h>

#include "core/config/keys.h"

static const struct key keep_keys[] = {
    VALUE(loading, DURATION, "runs", s.keep_runs, "runs and their failures"),
    VALUE(loading, DURATION, "history", s.keep_history,
          "resolved incidents and decisions"),
};
static const struct section keep_section = {
    .name = "keep",
    .what = "keep",
    KEYS(keep_keys),
};

#define SETTING_TEXTS(key, member, text, ...)                                  \
    {                                                                          \
        .name = key, .kind = VALUE_TEXTS,                                      \
        .offset = offsetof(struct loading, s.member),                          \
        .nr_offset = offsetof(struct loading, s.nr_##member), .help = text,    \
        __VA_ARGS__                                                            \
    }

static void file_done(struct reader *r, void *into, const struct node *n)
{
    struct loading *l = into;
    const struct node *version = node_get(n, "version");

    if (version && l->version != 1)
        node_error(r, version, "version: this Tocsin reads version 1");
    refs_add(l, REF_RULE, node_get(n, "disable"));
}

static const struct key file_keys[] = {
    VALUE(loading, COUNT, "version", version, "of this language: 1",
          .flags = KEY_MAIN | KEY_SHIPPED | KEY_GATHERS),
    TEXT(loading, "state", s.state, "sqlite:PATH", .wrong = state_wrong),
    VALUE(loading, BOOL, "armed", s.armed,
          "true: sinks may write to the outside world"),
    TEXTS(loading, "include", include, "globs of files to read too",
          .flags = KEY_GATHERS, .wrong = not_empty),
    NAMED("sources", source_section, source_add, "where runs come from",
          .flags = KEY_GATHERS),
    NAMED("sinks", sink_section, sink_add, "where messages go",
          .flags = KEY_GATHERS),
    { .name = "policy",
      .kind = VALUE_SECTION,
      .section = &policy_section,
      .offset = offsetof(struct loading, s.policy),
      .help = "when to tell, close, remind, hold" },
    LIST("routes", route_section, root_add, "who is told, and where",
         .flags = KEY_GATHERS),
    LIST("inhibit", inhibit_section, inhibit_add,
         "what is not told while its cause stands", .flags = KEY_GATHERS),
    { .name = "fallback",
      .kind = VALUE_SECTION,
      .section = &fallback_section,
      .offset = offsetof(struct loading, s.fallback),
      .help = "for what no route and no owner takes" },
    SAME("operators", operators_section, "who hears of Tocsin's own trouble"),
    TEXT(loading, "zone", s.digests.habits.zone,
         "time zone of windows and digests that name none",
         .wrong = zone_wrong),
    NAMED("windows", window_section, window_add, "hours, on days, in months",
          .flags = KEY_GATHERS),
    { .name = "digests",
      .kind = VALUE_SECTION,
      .section = &digests_section,
      .offset = offsetof(struct loading, s.digests),
      .help = "what would be too much for one person, told together" },
    NAMED("persons", person_section, person_add, "how people want to be told",
          .flags = KEY_GATHERS),
    NAMED("teams", team_section, team_add, "owners with names",
          .flags = KEY_GATHERS),
    LIST("owners", ownership_section, ownership_add,
         "whose a project is; the last match wins", .flags = KEY_GATHERS),
    LIST("rules", rule_section, rule_add, "classification rules",
         .flags = KEY_GATHERS | KEY_SHIPPED),
    LIST("ignore", ignore_section, ignore_add, "lines that are never a failure",
         .flags = KEY_GATHERS | KEY_SHIPPED),
    TEXTS(loading, "disable", disable, "ids of rules to leave out",
          .flags = KEY_GATHERS, .wrong = rule_id_wrong),
    VALUE(loading, BOOL, "shipped_rules", shipped_rules,
          "false: only the rules written here"),
    SETTING_TEXTS("plugin_path", plugin_path, "folders with plugins"),
    TEXT(loading, "templates", s.templates,
         "folder with templates that replace shipped ones"),
    TEXT(loading, "metrics", s.metrics,
         "file that each pass replaces with its numbers, for Prometheus",
         .wrong = not_empty),
    TEXT(loading, "heartbeat", s.heartbeat,
         "address that each finished pass asks for", .wrong = url_wrong),
    TEXT(loading, "heartbeat_file", s.heartbeat_file,
         "file that each finished pass replaces", .wrong = not_empty),
    TEXT(loading, "explain_url", s.explain_url,
         "where \"why this, why now\" leads", .wrong = url_wrong),
    SETTING_TEXTS("forbidden", forbidden,
                  "PCRE2 patterns that no message may match",
                  .wrong = forbidden_wrong),
    SETTING_TEXTS("robots", robots,
                  "logins that own nothing and are never called",
                  .wrong = login_wrong),
    SETTING_TEXTS("redact", redact, "exact values to cut out of everything",
                  .wrong = not_empty),
    SAME("guards", guards_section,
         "what stands between a decision and the outside world"),
    SAME("keep", keep_section, "how long things are kept"),
    SAME("http", http_section, "how sources and sinks speak HTTP"),
    VALUE(loading, DURATION, "pass_deadline", s.pass_deadline,
          "a pass is ended after so long"),
};
const struct section file_section = {
    .name = "file",
    .what = "a configuration file",
    KEYS(file_keys),
    .done = file_done,
};
