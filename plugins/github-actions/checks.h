/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * checks: of heads that are red, what is red there and Azure's. Its builds
 * are handed on by their address to whoever reads that project; other apps'
 * checks are nobody's.
 */
#ifndef TOCSIN_PLUGINS_GHA_CHECKS_H
#define TOCSIN_PLUGINS_GHA_CHECKS_H

#include "plugins/github-actions/gha.h"
#include "plugins/github-actions/swept.h"

struct checks;

/* Comes for each head that was added, with its w. open: a check of Azure's
 * goes on, or it is not known what is red: it has to be looked at again. */
typedef void checks_known_fn(struct gha *g, struct swept *w, bool interest,
                             bool open);

struct checks *checks_new(struct gha *g, checks_known_fn *known);
/* Takes w over. Asks when there are many. */
void checks_add(struct checks *c, struct swept *w, bool interest);
/* Asks for what is still to be asked for; its replies need c no more. */
void checks_free(struct checks *c);

/* The app's slug. */
#define CHECKS_AZURE "azure-pipelines"
/* Hands the build on that a check of Azure's is of: url is its details URL.
 * False: it is no address of a build. */
bool checks_hand_on(struct gha *g, const char *project, const char *url);

#endif
