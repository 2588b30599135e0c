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
    struct known_key key;
    bool has_etag, has_modified;
    char text[]; /* both, each with its NUL */
};

static size_t size_of(const char *s)
{
    return s ? strlen(s) + 1 : 0;
}

struct known_key known_key(const char *url)
{
    struct known_key key = { .bytes = { 0 } };

    digest_key(url, strlen(url), key.bytes);
    return key;
}

void known_put(struct known **k, struct known_key key,
               const struct known_one *one)
{
    size_t etag = size_of(one->etag), modified = size_of(one->modified);
    struct known *v = xmalloc(sizeof(*v) + etag + modified), *old;

    v->used = one->used;
    v->key = key;
    v->has_etag = etag > 0;
    v->has_modified = modified > 0;
    if (etag)
        memcpy(v->text, one->etag, etag);
    if (modified)
        memcpy(v->text + etag, one->modified, modified);
    /* one's texts may be those of the old one. */
    HASH_REPLACE(hh, *k, key, sizeof(key), v, old);
    free(old);
}

static struct known *find(const struct known *k, struct known_key key)
{
    struct known *v;

    HASH_FIND(hh, k, &key, sizeof(key), v);
    return v;
}

bool known_get(const struct known *k, struct known_key key,
               struct known_one *out)
{
    const struct known *v = find(k, key);

    memset(out, 0, sizeof(*out));
    if (!v)
        return false;
    if (v->has_etag)
        out->etag = v->text;
    if (v->has_modified)
        out->modified = v->text + (v->has_etag ? strlen(v->text) + 1 : 0);
    out->used = v->used;
    return true;
}

void known_drop(struct known **k, struct known_key key)
{
    struct known *v = find(*k, key);

    if (!v)
        return;
    HASH_DEL(*k, v);
    free(v);
}

void known_free(struct known **k)
{
    struct known *v, *tmp;

    HASH_ITER(hh, *k, v, tmp)
    {
        HASH_DEL(*k, v);
        free(v);
    }
}
