/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of people and teams, and a list of them in JSON. Must not repair: a
 * name that is odd is nobody's.
 */
#include <config.h>

#include "plugins/feedstocks/names.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "plugins/feedstocks/maintainers.h"

#define LOGIN_MAX 39
#define TEAM_MAX 100
#define LIST_MAX 500 /* people of one recipe */

static bool name_is_plain(const char *s, size_t n, size_t max, const char *more)
{
    if (n == 0 || n > max || !isalnum((unsigned char)s[0]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr(more, s[i]))
            return false;
    return true;
}

static bool is_listed(const json_t *list, const char *name)
{
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v)
        if (strcasecmp(json_string_value(v), name) == 0)
            return true;
    return false;
}

bool names_add(json_t *list, const char *s, size_t n)
{
    CLEANUP_FREE char *name = NULL;
    const char *slash;

    if (n && *s == '@') {
        s++;
        n--;
    }
    slash = memchr(s, '/', n);
    if (slash) {
        size_t org = (size_t)(slash - s);

        if (!name_is_plain(s, org, LOGIN_MAX, "-")
            || !name_is_plain(slash + 1, n - org - 1, TEAM_MAX, "-_."))
            return false;
        name = xasprintf("@%.*s", (int)n, s);
        for (char *p = name; *p; p++)
            *p = (char)tolower((unsigned char)*p);
    } else {
        if (!name_is_plain(s, n, LOGIN_MAX, "-_"))
            return false;
        name = xstrndup(s, n);
    }
    if (!is_listed(list, name))
        json_array_append_new(list, json_string(name));
    return json_array_size(list) <= LIST_MAX;
}

bool names_yaml_reads_otherwise(const char *s, size_t n)
{
    static const char *const words[] = {
        "null", "true", "false", "yes", "no", "on", "off",
    };
    size_t digits = 0, hex = 0;

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (strlen(words[i]) == n && strncasecmp(s, words[i], n) == 0)
            return true;
    if (n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'o' || s[1] == 'b')) {
        for (size_t i = 2; i < n; i++)
            hex += isxdigit((unsigned char)s[i]) || s[i] == '_';
        if (hex == n - 2)
            return true;
    }
    for (size_t i = 0; i < n; i++)
        digits += isdigit((unsigned char)s[i]) || s[i] == '_';
    return digits == n;
}

enum maintainers maintainers_json(const json_t *list, json_t **out,
                                  const char **why)
{
    json_t *names = json_array();
    const json_t *v;
    size_t i;

    if (!list || json_is_null(list)) {
        json_decref(names);
        return MAINTAINERS_NONE;
    }
    if (!json_is_array(list)) {
        json_decref(names);
        *why = "recipe-maintainers is no list";
        return MAINTAINERS_UNCLEAR;
    }
    json_array_foreach(list, i, v) {
        const char *s = json_string_value(v);

        if (!s || !names_add(names, s, strlen(s))) {
            json_decref(names);
            *why = "recipe-maintainers holds something that is no login";
            return MAINTAINERS_UNCLEAR;
        }
    }
    *out = names;
    return MAINTAINERS_OK;
}
