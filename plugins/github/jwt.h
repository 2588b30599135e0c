/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jwt: what a GitHub App says to prove that it is the App: a JSON Web Token
 * (RFC 7519) signed with its private key, RS256 (RFC 7518, section 3.3).
 */
#ifndef TOCSIN_PLUGINS_GITHUB_JWT_H
#define TOCSIN_PLUGINS_GITHUB_JWT_H

#include <stdint.h>

struct err;

/* Good for nine minutes from now (GitHub takes ten at most), and from a
 * minute ago, for clocks that differ. A new string; NULL and err. */
char *jwt_new(const char *app_id, const char *pem, int64_t now,
              struct err *err);

#endif
