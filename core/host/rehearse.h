/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rehearse: host->http without a network, for `tocsin plugin test`: every
 * request gets the same reply, a bad one. The worker's side.
 */
#ifndef TOCSIN_HOST_REHEARSE_H
#define TOCSIN_HOST_REHEARSE_H

#include <stdbool.h>
#include <stddef.h>

struct services;
struct rehearsal;

/* The name of the i-th kind of reply, NULL behind the last. */
const char *rehearse_reply(size_t i);
/* Whether it is one of a server that answered well, whatever it said. */
bool rehearse_is_answer(const char *name);

/* Takes the place of host->http when the start frame says "rehearse". */
void rehearse_init(struct services *s);
/* Answers one request; false: none waits. */
bool rehearse_step(struct services *s);
/* The operation is over: all that wait are cancelled. Tells the core how many
 * requests there were. */
void rehearse_end(struct services *s);
void rehearse_release(struct services *s);

#endif
