/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * heads: what becomes of each repository that a sweep sees: it is read
 * further, or noted as it is. A head without any checks ([skip ci]) stands
 * for the newest commit before it that has some.
 */
#ifndef TOCSIN_PLUGINS_GHA_HEADS_H
#define TOCSIN_PLUGINS_GHA_HEADS_H

#include "plugins/github-actions/gha.h"
#include "plugins/github-actions/swept.h"

struct heads;

struct heads *heads_new(struct gha *g, const char *owner);
/* Of a sweep: do the options want a repository of that name? */
bool heads_is_wanted(const struct gha *g, const char *name);
/* Takes w over. */
void heads_take(struct heads *h, struct swept *w);
/* The whole list was read: projects with open incidents that are not in it
 * went elsewhere, and are asked for by their names. */
void heads_all_seen(struct heads *h);
/* Asks for what is still to be asked for; its replies need h no more. */
void heads_free(struct heads *h);

#endif
