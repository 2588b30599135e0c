/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * status-guards: what `tocsin status` says of the guards: what waits for an
 * operator's word, what is stopped, what was written today.
 */
#ifndef TOCSIN_CLI_STATUS_GUARDS_H
#define TOCSIN_CLI_STATUS_GUARDS_H

#include <jansson.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/store/store.h"

/* {"kill_switch": {"file", "on", "since"}, "breakers": [...],
 *  "stopped_rules": [...], "undeliverable", "strays",
 *  "written": {sink: {kind: today}}}, new. */
json_t *status_guards(struct store *st, const struct settings *s, int64_t now,
                      struct err *err);
void status_print_guards(const json_t *guards);
/* A breaker as one object; new. */
json_t *status_breaker(const struct breaker *b);

#endif
