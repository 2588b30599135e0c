/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pattern: what a path says of a log, such as
 *
 *     {owner}/{project}/{run}/{job}.log
 *
 * A field in braces stands for one or more characters other than "/", `*`
 * for any number of them, `**` for any number of anything. {attempt} is
 * digits only and {commit} seven or more hex digits. The whole path must
 * fit; where it fits in several ways, earlier fields take as much as they
 * can.
 */
#ifndef TOCSIN_LOGS_PATTERN_H
#define TOCSIN_LOGS_PATTERN_H

#include <stdbool.h>

#include "core/base/err.h"

enum logs_field {
    FIELD_OWNER,
    FIELD_PROJECT,
    FIELD_BRANCH,
    FIELD_WORKFLOW,
    FIELD_RUN,
    FIELD_JOB,
    FIELD_VARIANT,
    FIELD_COMMIT,
    FIELD_ATTEMPT,
    NR_FIELDS
};

struct logs_pattern;

/* NULL and err: what is wrong with text, and what would be right. */
struct logs_pattern *logs_pattern_new(const char *text, struct err *err);
void logs_pattern_free(struct logs_pattern *p);
bool logs_pattern_has(const struct logs_pattern *p, enum logs_field f);
/* True when path fits: values[f] is a new string, or NULL where the pattern
 * does not have f. False leaves values alone. */
bool logs_pattern_match(const struct logs_pattern *p, const char *path,
                        char *values[NR_FIELDS]);

#endif
