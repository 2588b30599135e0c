/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * condense: fewer literals that find the same lines and few others.
 *
 *     { "No licence file found", "no licence files were found" }
 *     { "o licence file" }
 *
 * Every text that holds one of the old ones holds one of the new ones.
 */
#ifndef TOCSIN_CLASSIFY_CONDENSE_H
#define TOCSIN_CLASSIFY_CONDENSE_H

#include "core/classify/required.h"

void required_condense(struct required *set);

#endif
