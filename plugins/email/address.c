/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses: a strict look at each, and the few that an owner has. Must not
 * let through a byte that means something in SMTP or in a header.
 */
#include <config.h>

#include "plugins/email/address.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

#define LOCAL_MAX 64 /* RFC 5321, 4.5.3.1 */
#define ADDRESS_MAX 254
#define LABEL_MAX 63
#define ADDRESSES_MAX 100

static bool is_alnum(char c)
{
    return (unsigned char)c < 0x80 && isalnum((unsigned char)c);
}

/* A dot-atom. */
static bool local_ok(const char *s, size_t n)
{
    if (!n || n > LOCAL_MAX || s[0] == '.' || s[n - 1] == '.')
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '.' && s[i - 1] == '.')
            return false;
        if (!is_alnum(s[i]) && !(s[i] && strchr("!#$%&'*+-/=?^_`{|}~.", s[i])))
            return false;
    }
    return true;
}

static bool domain_ok(const char *s)
{
    while (*s) {
        size_t n = strcspn(s, ".");

        if (!n || n > LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
            return false;
        for (size_t i = 0; i < n; i++)
            if (!is_alnum(s[i]) && s[i] != '-')
                return false;
        s += n;
        if (*s && !*++s)
            return false;
    }
    return true;
}

bool address_ok(const char *s)
{
    const char *at = s ? strchr(s, '@') : NULL;

    return at && strlen(s) <= ADDRESS_MAX && at[1]
           && local_ok(s, (size_t)(at - s)) && domain_ok(at + 1);
}

const char *address_domain(const char *s)
{
    return strrchr(s, '@') + 1;
}

void addresses_release(struct addresses *a)
{
    for (size_t i = 0; i < a->nr; i++)
        free(a->list[i]);
    free(a->list);
    memset(a, 0, sizeof(*a));
}

static bool is_same(const char *a, const char *b)
{
    const char *at = strchr(a, '@');
    size_t n = at ? (size_t)(at - a) + 1 : strlen(a);

    return !strncmp(a, b, n) && !strcasecmp(a + n, b + n);
}

bool addresses_has(const struct addresses *a, const char *s)
{
    for (size_t i = 0; i < a->nr; i++)
        if (is_same(a->list[i], s))
            return true;
    return false;
}

void addresses_add(struct addresses *a, const char *s)
{
    if (addresses_has(a, s) || a->nr >= ADDRESSES_MAX)
        return;
    ALLOC_GROW(a->list, a->nr + 1, a->alloc);
    a->list[a->nr++] = xstrdup(s);
}

static void add_text(struct addresses *a, const char *s, char **odd)
{
    CLEANUP_FREE char *text = xstrdup(str_or(s, ""));
    char *save = text, *one;

    while ((one = strsep(&save, ", \t"))) {
        if (!*one)
            continue;
        if (address_ok(one))
            addresses_add(a, one);
        else if (!*odd)
            *odd = xstrdup(one);
    }
}

void addresses_of(struct addresses *a, const char *contacts,
                  const char *instance, const char *plugin, char **odd)
{
    CLEANUP_JSON json_t *v =
        contacts ? jx_parse(contacts, strlen(contacts), NULL) : NULL;
    const json_t *own = json_object_get(v, instance), *one;
    size_t i;

    *odd = NULL;
    if (!own)
        own = json_object_get(v, plugin);
    if (json_is_string(own))
        add_text(a, json_string_value(own), odd);
    json_array_foreach(own, i, one)
        add_text(a, json_string_value(one), odd);
}
