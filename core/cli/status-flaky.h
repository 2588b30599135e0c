/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * status-flaky: what fails now and then and passes when tried again. It is
 * told nobody below a rate; here operators see it.
 */
#ifndef TOCSIN_CLI_STATUS_FLAKY_H
#define TOCSIN_CLI_STATUS_FLAKY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/store/store.h"

#define FLAKY_DAYS 14

/* [{"incident","project","branch","rule","category","times","last"}] of the
 * last FLAKY_DAYS, the most frequent first; new, NULL and err. */
json_t *status_flaky(struct store *st, int64_t now, struct err *err);
/* As a list for people; nothing but a word when it is empty. */
void status_print_flaky(const json_t *list);
/* One line of the plain status; nothing when the list is empty. */
void status_print_flaky_line(const json_t *list);

#endif
