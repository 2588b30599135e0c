/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * yaml-fault: what is said of a file that is no YAML. Only for yaml.c.
 */
#ifndef TOCSIN_CONFIG_YAML_FAULT_H
#define TOCSIN_CONFIG_YAML_FAULT_H

#include <yaml.h>

#include "core/config/node.h"

/* -1, and pb says which: a byte of d is no UTF-8, or no text. libyaml would
 * find these too, but says where in bytes of the whole. */
int yaml_check_bytes(const struct document *d, struct problems *pb);
/* Says why y, which reads d, gave up. */
void yaml_fault(const struct document *d, const yaml_parser_t *y,
                struct problems *pb);

#endif
