/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Validators by URL. Must not look inside one.
 */
#include <config.h>

#include "core/host/known.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/base/mem.h"

struct known {
    UT_hash_handle hh;
    int64_t used;
    const char *etag, *modified;    /* in text, behind the URL; or NULL */
    char text[];
};

static size_t size_of(const char *s)
{
    return s ? strlen(s) + 1 : 0;
}

static const char *append(char **at, const char *s)
{
    char *here = *at;

    if (!s)
        return NULL;
    memcpy(here, s, strlen(s) + 1);
    *at += strlen(s) + 1;
    return here;
}

void known_put(struct known **k, const char *url,
               const struct known_one *one)
{
    struct known *v = xmalloc(sizeof(*v) + size_of(url) + size_of(one->etag)
                              + size_of(one->modified));
    char *at = v->text;

    append(&at, url);
    v->etag = append(&at, one->etag);
    v->modified = append(&at, one->modified);
    v->used = one->used;
    known_drop(k, url);
    HASH_ADD_KEYPTR(hh, *k, v->text, strlen(v->text), v);
}

static struct known *find(const struct known *k, const char *url)
{
    struct known *v;

    HASH_FIND_STR(k, url, v);
    return v;
}

bool known_get(const struct known *k, const char *url,
               struct known_one *out)
{
    const struct known *v = find(k, url);

    memset(out, 0, sizeof(*out));
    if (!v)
        return false;
    out->etag = v->etag;
    out->modified = v->modified;
    out->used = v->used;
    return true;
}

void known_drop(struct known **k, const char *url)
{
    struct known *v = find(*k, url);

    if (!v)
        return;
    HASH_DEL(*k, v);
    free(v);
}

void known_free(struct known **k)
{
    struct known *v, *tmp;

    HASH_ITER(hh, *k, v, tmp) {
        HASH_DEL(*k, v);
        free(v);
    }
}
