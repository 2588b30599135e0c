/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * operators: Tocsin's own trouble as one standing ticket.
 *
 * One ticket of kind "operators" for the state, told through operators.via:
 * opened when something is wrong, edited when that changes, a reminder a day,
 * closed when all has been well for an hour. A sink that is in trouble itself
 * is passed over when another one is given.
 */
#ifndef TOCSIN_ROUTE_OPERATORS_H
#define TOCSIN_ROUTE_OPERATORS_H

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/route/decide.h"
#include "core/store/store.h"

#define KIND_OPERATORS "operators"

/* After decide(): writes the ticket's desired state. */
int operators_decide(struct store *st, const struct settings *s,
                     const struct decide_options *opts, struct err *err);

/* What stood when that was last called: [{"instance", "code" (NULL: it did
 * not do its work), "text", "since"}]. *list is new. */
int operators_troubles(struct store *st, json_t **list, struct err *err);

#endif
