/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * address: whom a mail can be for.
 *
 * Only the plainest form is taken, which every server knows and which can be
 * put into a command or a header as it is: local@domain in ASCII, no quotes,
 * no comments, no address literals.
 */
#ifndef TOCSIN_PLUGINS_EMAIL_ADDRESS_H
#define TOCSIN_PLUGINS_EMAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

bool address_ok(const char *s);
/* What stands behind the last @; s must be an address. */
const char *address_domain(const char *s);

struct addresses {
    char **list;
    size_t nr, alloc;
};

void addresses_release(struct addresses *a);
/* Once each; upper and lower case of the domain are one. */
void addresses_add(struct addresses *a, const char *s);
bool addresses_has(const struct addresses *a, const char *s);

/* Whom an owner's contacts (JSON: {instance or plugin: address or list of
 * addresses}) name, by the instance's name or else the plugin's. Several in
 * one text are separated by commas or spaces. What is no address is left out;
 * *odd (new): the first of these, may be NULL. */
void addresses_of(struct addresses *a, const char *contacts,
                  const char *instance, const char *plugin, char **odd);

#endif
