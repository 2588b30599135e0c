/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * classify: log text in, failures out. Streaming, in bounded memory.
 *
 *     struct ruleset *rs = ruleset_new(rules, ignore, &err);
 *     struct classifier *c = classifier_new(rs, &opts);
 *     while (read) classifier_feed(c, p, n);
 *     json_t *result = classifier_finish(c);      // new; see below
 *     classifier_free(c);
 *
 * Whatever is fed, it comes back as a result: empty, binary, UTF-16, one
 * line of a gigabyte. The result is the object of `tocsin classify --json`
 * (DESIGN section 8) with every failure also holding "advice" and
 * "severity" where the rule has them, "rule_digest" of what it matches by,
 * "path" where its file is one in the repository: as the log names it,
 * "candidates": [{"line", "text"}] where none knows the cause: other lines
 * that were thought of, and "limits": [..] for every cap that
 * was reached ("line-cut", "match-limit:RULE", …). It is redacted; nothing
 * unredacted leaves this module.
 */
#ifndef TOCSIN_CLASSIFY_CLASSIFY_H
#define TOCSIN_CLASSIFY_CLASSIFY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct ruleset;
struct classifier;
struct baseline;

/* The algorithm number of fingerprints, written before the colon. */
#define FINGERPRINT_ALGORITHM 1

/* rules, ignore: JSON arrays of rule objects as in tocsin-rules(5), which are
 * kept and must not change, each with "at" ("file:line:column"). NULL and err
 * when one does not compile. */
struct ruleset *ruleset_new(const json_t *rules, const json_t *ignore,
                            struct err *err);
void ruleset_free(struct ruleset *rs);
/* Runs every rule's examples and near misses and the lint (matches an empty
 * or trivial line, duplicate id, ...). Calls problem for each finding. The
 * number of errors. */
int ruleset_check(const struct ruleset *rs,
                  void (*problem)(void *user, bool warning, const char *at,
                                  const char *text),
                  void *user);

/* A source's own log format, from struct tocsin_source later; by name now:
 * "github-actions", "azure-pipelines", "plain". */
struct classify_options {
    const char *file;          /* goes into the result as is; may be NULL */
    const char *format;        /* NULL: found out */
    const char *tool;          /* known to speak in it; may be NULL */
    int outcome;               /* enum tocsin_outcome; UNKNOWN: from log */
    const char *const *redact; /* exact values to cut out */
    size_t nr_redact;
    const struct baseline *green; /* of the last green log of the job, or
                                   * NULL; must outlive the classifier */
    bool make_baseline;           /* this is such a log: "baseline" of the
                                   * result holds it, encoded */
};

struct classifier *classifier_new(const struct ruleset *rs,
                                  const struct classify_options *opts);
void classifier_feed(struct classifier *c, const void *p, size_t n);
/* What the source knows, before all of that line is fed: a step of the job
 * begins there (from 1), and ended so. One that failed and did not make the job
 * fail is a success. */
void classifier_step(struct classifier *c, int64_t line, int outcome);
json_t *classifier_finish(struct classifier *c);
void classifier_free(struct classifier *c);

/* What a green log says; baseline.h tells more. encode: a new string without
 * anything of the log's text. decode: NULL when it is none, or of another
 * version. */
struct baseline *baseline_new(void);
void baseline_free(struct baseline *b);
char *baseline_encode(struct baseline *b);
struct baseline *baseline_decode(const char *text);

/* Cuts secrets out of texts that are no logs: a title, a fact. Placeholders
 * do not depend on the secret. exact is copied, may be NULL, and is prepared
 * once for any number of texts; values shorter than 4 bytes are ignored. */
struct redactor *redactor_new(const char *const *exact, size_t nr);
void redactor_free(struct redactor *r);
/* A new string. */
char *redactor_clean(struct redactor *r, const char *s, size_t n);
/* The same for every string in v, in place; what stands under a name like
 * "password" goes whole. */
void redactor_clean_json(struct redactor *r, json_t *v);
/* For a single text. */
char *redact_text(const char *s, size_t n, const char *const *exact,
                  size_t nr_exact);

/* The fingerprint of a failure that a source names itself (tocsin_entry with
 * a category): algorithm, category and the given parts, normalised as
 * captures are. A new string. */
char *fingerprint_of(const char *category, const char *const *parts, size_t nr);

#endif
