/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * forecast: what a dry run shows: each message, and what it would come to.
 */
#ifndef TOCSIN_DELIVER_FORECAST_H
#define TOCSIN_DELIVER_FORECAST_H

#include <jansson.h>
#include <stdio.h>

#include "core/config/settings.h"
#include "core/deliver/compose.h"
#include "core/route/owners.h"
#include "core/store/store.h"

struct forecast;

struct forecast *forecast_new(FILE *out, bool json);
void forecast_free(struct forecast *f);

/* One message that would be sent; printed, and counted. */
void forecast_message(struct forecast *f, const struct instance *sink,
                      const char *op, const struct ticket *t,
                      const struct owner *owner, const struct message *m,
                      bool tells);
/* Not armed yet: so many tickets would become backlog at arming. */
void forecast_standing(struct forecast *f, int64_t tickets);
/* The sums: now, a day, the ten persons told most, what is held and why. */
int forecast_print(struct forecast *f, struct store *st,
                   const struct settings *s, int64_t now, struct err *err);

#endif
