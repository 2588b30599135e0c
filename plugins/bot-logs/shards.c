/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the bot lays out its JSON in a tree: files in folders by their hash,
 * references to others, sets. Must not follow references without end.
 */
#include <config.h>

#include "plugins/bot-logs/tree.h"

#include <openssl/evp.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

#define LAZY_DEPTH 4

char *tree_shard(const char *dir, const char *name)
{
    CLEANUP_FREE char *file = xasprintf("%s.json", name);
    unsigned char md[EVP_MAX_MD_SIZE];
    static const char hex[] = "0123456789abcdef";
    unsigned n = 0;
    char h[5];

    if (!EVP_Digest(file, strlen(file), md, &n, EVP_sha1(), NULL) || n < 3)
        BUG("SHA-1 is not there");
    for (size_t i = 0; i < sizeof(h); i++)
        h[i] = hex[i % 2 ? md[i / 2] & 15 : md[i / 2] >> 4];
    return xasprintf("%s/%c/%c/%c/%c/%c/%s", dir, h[0], h[1], h[2], h[3], h[4],
                     file);
}

enum tree_got tree_find(const struct tree *t, const char *dir, const char *name,
                        size_t cap, json_t **out, char **path, struct err *err)
{
    CLEANUP_FREE char *sharded = tree_shard(dir, name);
    CLEANUP_FREE char *flat = xasprintf("%s/%s.json", dir, name);
    enum tree_got got;
    bool second;

    if (strchr(name, '/')) {
        err_set(err, ERR_INPUT, "no name of a file: %s", name);
        return TREE_BAD;
    }
    got = tree_json(t, sharded, cap, out, NULL, err);
    second = got == TREE_MISSING;
    if (second)
        got = tree_json(t, flat, cap, out, NULL, err);
    if (path)
        *path = xstrdup(second ? flat : sharded);
    return got;
}

/* "pr_json/123.json" or "./pr_json/1/2/3/4/5/123.json" */
static enum tree_got lazy_step(const struct tree *t, const char *ref,
                               json_t **out, struct err *err)
{
    CLEANUP_FREE char *dir = NULL;
    CLEANUP_FREE char *name = NULL;
    const char *slash;
    enum tree_got got;

    if (str_starts(ref, "./"))
        ref += 2;
    got = tree_json(t, ref, TREE_CAP, out, NULL, err);
    slash = strrchr(ref, '/');
    if (got != TREE_MISSING || !slash || !str_ends(ref, ".json"))
        return got;
    dir = xstrndup(ref, (size_t)(slash - ref));
    name = xstrndup(slash + 1, strlen(slash + 1) - strlen(".json"));
    return tree_find(t, dir, name, TREE_CAP, out, NULL, err);
}

enum tree_got tree_lazy(const struct tree *t, json_t *v, json_t **out,
                        struct err *err)
{
    json_t *at = json_incref(v);

    for (int depth = 0;; depth++) {
        const char *ref = jx_str(at, "__lazy_json__");
        json_t *next = NULL;
        enum tree_got got;

        if (!ref) {
            *out = at;
            return TREE_OK;
        }
        if (depth == LAZY_DEPTH) {
            err_set(err, ERR_LIMIT, "a reference to a reference to ...: %s",
                    ref);
            json_decref(at);
            return TREE_BAD;
        }
        got = lazy_step(t, ref, &next, err);
        json_decref(at);
        if (got != TREE_OK)
            return got;
        at = next;
    }
}

json_t *tree_elements(json_t *v)
{
    if (json_is_array(v))
        return v;
    if (jx_bool(v, "__set__", false))
        return jx_arr(v, "elements");
    return NULL;
}
