/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unsay: values that an operator names under `redact:` after a log that held
 * them was read. What is kept of it holds them still, and what stands at a
 * sink says them until its text changes.
 */
#ifndef TOCSIN_DELIVER_UNSAY_H
#define TOCSIN_DELIVER_UNSAY_H

#include "core/classify/exact.h"
#include "core/deliver/subject.h"

/* Out of all that its members say, and notes that there was one; e may be
 * NULL. */
void unsay_subject(const struct exact *e, struct subject *s);
/* *text is replaced by a new string where it holds one. Whether it did. */
bool unsay_text(const struct exact *e, char **text);

#endif
