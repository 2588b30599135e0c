/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer: the address that a transfer reaches, whatever the name in its URL. A
 * server may send us on to a name that leads into our own network; from one
 * that is not in there itself, we do not go.
 *
 * Where connect_to says how a host is reached, it is as it is meant. Where
 * requests go by a proxy, the proxy decides whom it reaches.
 */
#ifndef TOCSIN_HOST_HTTP_PEER_H
#define TOCSIN_HOST_HTTP_PEER_H

#include <curl/curl.h>

#include "core/host/http/request.h"

/* Has each peer of this transfer looked at; a peer that r may not reach ends
 * it, with r->x->astray. */
void peer_watch(CURL *easy, struct request *r);

#endif
