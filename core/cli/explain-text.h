/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * explain-text: what `tocsin explain` prints for people: what was decided,
 * and how it would be decided now. The whole of it is in --json.
 */
#ifndef TOCSIN_CLI_EXPLAIN_TEXT_H
#define TOCSIN_CLI_EXPLAIN_TEXT_H

#include <jansson.h>

/* Decisions by ticket, as explain.c gathers them. */
void explain_print_decisions(const json_t *tickets);
/* What decide_explain() says. */
void explain_print_trace(const json_t *trace);

#endif
