/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * leads: what one source saw and another one may know more of, on its way
 * from the one to the other.
 *
 *     a batch brings one (ingest.h) → it is kept
 *     leads_offer: to each source that takes leads, at its start
 *     a batch says that it is taken → it is offered no more
 *     leads_settle: when the sources are done
 *
 * So a source that takes one has it in its own cursor, by the same
 * transaction or an earlier one: a pass that is cut off loses none.
 */
#ifndef TOCSIN_INCIDENT_LEADS_H
#define TOCSIN_INCIDENT_LEADS_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/err.h"
#include "core/store/store.h"

/* Those that wait: [url], new. */
int leads_offer(struct store *st, json_t **urls, struct err *err);

/* Forgets what is too old. Those first said before `offered`, which all
 * sources that take leads have seen in this pass and let be, are told the
 * operators, once a place; offered 0: not all have seen them. */
int leads_settle(struct store *st, int64_t offered, int64_t now,
                 struct err *err);

#endif
