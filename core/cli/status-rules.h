/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * status-rules: what `tocsin status` says of the rules, and of what none of
 * them knows.
 */
#ifndef TOCSIN_CLI_STATUS_RULES_H
#define TOCSIN_CLI_STATUS_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/store/store.h"

/* One or two lines of metrics_rules()'s object; nothing where it has none. */
void status_print_rules(const json_t *rules);
/* `--unclassified`: what no rule knows, what is alike in one, that of most
 * projects first. */
int status_unclassified(struct store *st, bool json, struct err *err);

#endif
