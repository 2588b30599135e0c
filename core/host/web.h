/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * web: HTTP for the plugin of this worker; the loop that an operation which
 * is not done yet waits in.
 */
#ifndef TOCSIN_HOST_WEB_H
#define TOCSIN_HOST_WEB_H

#include <jansson.h>
#include <stdbool.h>

#include "core/host/http/http.h"

struct services;

void web_init(struct services *s);
void web_release(struct services *s);
/* When the core ends what is going on now, monotonic. */
void web_until(struct services *s, int64_t end_ms);
/* [[url, etag|null, modified|null, used]]: validators that are stored. */
void web_known(struct services *s, const json_t *list);
/* Until the operation is done, its contract broken, or nothing is to come. */
void web_run(struct services *s);
/* The operation is over: what is still under way gets its reply. */
void web_cancel(struct services *s);

#endif
