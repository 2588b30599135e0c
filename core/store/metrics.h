/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metrics: how Tocsin and its rules do, as numbers: for `tocsin status`, and
 * as a textfile that Prometheus' node exporter picks up.
 */
#ifndef TOCSIN_STORE_METRICS_H
#define TOCSIN_STORE_METRICS_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/store/store.h"

/* What rules are judged by: so many seconds back. */
#define METRICS_WINDOW (INT64_C(30) * 86400)

/* {"since", "red", "classified", "unclassified", "kept", "no_log",
 *  "unclassified_rate", "green_logs", "green_hits": {rule: logs},
 *  "wrong": {rule: tickets}, "filed": {rule: tickets},
 *  "fixed": {rule: tickets that ended with green}}, new. */
json_t *metrics_rules(struct store *st, int64_t now, struct err *err);
/* Replaces path as a whole. */
int metrics_write(struct store *st, const char *path, int64_t now,
                  struct err *err);

#endif
