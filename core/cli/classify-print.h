/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * classify-print: what the rules say of a log, for people.
 */
#ifndef TOCSIN_CLI_CLASSIFY_PRINT_H
#define TOCSIN_CLI_CLASSIFY_PRINT_H

#include <jansson.h>

/* result: as `classify --json` has it. */
void classify_print(const json_t *result);

#endif
