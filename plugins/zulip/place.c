/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Contacts, and how Zulip is told of them.
 */
#include <config.h>

#include "plugins/zulip/place.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/zulip/message.h"

#define PEOPLE_MAX 20
#define DM_LEVEL 177 /* "dm" was "pm-with" before */

/* ---- reading ---- */

static char *trimmed(const char *s, size_t n)
{
    while (n && isspace((unsigned char)*s))
        s++, n--;
    while (n && isspace((unsigned char)s[n - 1]))
        n--;
    return xstrndup(s, n);
}

/* "user:12" a number, else an address; NULL: neither. */
static json_t *person_of(const char *s)
{
    char *end;
    long long id;

    if (str_starts(s, "user:")) {
        id = strtoll(s + 5, &end, 10);
        return isdigit((unsigned char)s[5]) && !*end && id > 0
                   ? json_integer(id)
                   : NULL;
    }
    return strchr(s, '@') && !strpbrk(s, " \t") ? json_string(s) : NULL;
}

/* All by number or all by address: Zulip takes no mixture. */
static bool parse_people(struct place *p, const char *text)
{
    p->people = json_array();
    while (text && json_array_size(p->people) <= PEOPLE_MAX) {
        size_t n = strcspn(text, ",");
        CLEANUP_FREE char *one = trimmed(text, n);
        json_t *person = person_of(one);

        if (!person
            || (json_array_size(p->people)
                && json_typeof(person)
                       != json_typeof(json_array_get(p->people, 0)))) {
            json_decref(person);
            return false;
        }
        json_array_append_new(p->people, person);
        text = text[n] ? text + n + 1 : NULL;
    }
    return json_array_size(p->people) <= PEOPLE_MAX;
}

bool place_parse(struct place *p, const char *text)
{
    CLEANUP_FREE char *t = trimmed(text, strlen(text));

    memset(p, 0, sizeof(*p));
    for (const char *c = t; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    if (str_starts(t, "channel:"))
        p->channel = trimmed(t + 8, strlen(t + 8));
    else if (*t == '#')
        p->channel = trimmed(t + 1, strlen(t + 1));
    else if (str_starts(t, "user:") || strchr(t, '@'))
        return parse_people(p, t);
    else
        p->channel = xstrdup(t);
    return *p->channel != '\0';
}

void place_of_message(struct place *p, const struct message *m)
{
    memset(p, 0, sizeof(*p));
    if (m->channel) {
        p->id = m->channel;
        return;
    }
    p->people = json_array();
    for (const char *s = m->people; s;
         s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL)
        json_array_append_new(p->people, json_integer(strtoll(s, NULL, 10)));
}

/* Addresses are of somebody whose number is not known: another place. */
bool place_has(const struct place *p, const struct message *m)
{
    CLEANUP_FREE char *key = NULL, *other = NULL;
    struct place at;

    if (m->channel || !p->people)
        return m->channel && m->channel == p->id;
    place_of_message(&at, m);
    key = place_key(p);
    other = place_key(&at);
    place_release(&at);
    return !strcmp(key, other);
}

void place_release(struct place *p)
{
    free(p->channel);
    json_decref(p->people);
    memset(p, 0, sizeof(*p));
}

static bool is_allowed(const struct tocsin_host *host, const char *name)
{
    size_t nr = host->option_count(host, "recipients");

    for (size_t i = 0; i < nr; i++)
        if (!fnmatch(host->option(host, "recipients", i), name, FNM_CASEFOLD))
            return true;
    return !nr;
}

/* Of a direct message everybody has to be. */
bool place_allowed(const struct place *p, const struct tocsin_host *host)
{
    size_t i;
    json_t *v;

    if (!p->people)
        return p->channel && is_allowed(host, p->channel);
    json_array_foreach(p->people, i, v) {
        CLEANUP_FREE char *user =
            json_is_integer(v)
                ? xasprintf("user:%lld", (long long)json_integer_value(v))
                : xstrdup(str_or(json_string_value(v), ""));

        if (!is_allowed(host, user))
            return false;
    }
    return true;
}

/* One, or a list of them. */
static char *addresses(const json_t *v)
{
    char *text = xstrdup0(json_string_value(v));

    for (size_t i = 0; i < json_array_size(v); i++) {
        const char *one = json_string_value(json_array_get(v, i));
        char *more = text ? xasprintf("%s,%s", text, str_or(one, ""))
                          : xstrdup(str_or(one, ""));

        free(text);
        text = more;
    }
    return text;
}

char *place_contact(const struct tocsin_owner *owner, const char *instance,
                    const char *plugin)
{
    const char *text = owner && owner->contacts ? owner->contacts : "{}";
    CLEANUP_JSON json_t *all = jx_parse(text, strlen(text), NULL);
    const json_t *found = json_object_get(all, instance);

    return addresses(found ? found : json_object_get(all, plugin));
}

/* ---- telling ---- */

static json_t *operand_of(const json_t *people)
{
    json_t *list;
    size_t i;
    json_t *v;
    char *text = NULL;

    if (json_is_integer(json_array_get(people, 0)))
        return json_deep_copy(people);
    json_array_foreach(people, i, v) {
        char *more = text ? xasprintf("%s,%s", text, json_string_value(v))
                          : xstrdup(json_string_value(v));

        free(text);
        text = more;
    }
    list = json_string(str_or(text, ""));
    free(text);
    return list;
}

json_t *place_narrow(const struct place *p, int64_t feature_level)
{
    if (!p->people)
        return json_pack("{s:s, s:I}", "operator", "stream", "operand",
                         (json_int_t)p->id);
    return json_pack("{s:s, s:o}", "operator",
                     feature_level >= DM_LEVEL ? "dm" : "pm-with", "operand",
                     operand_of(p->people));
}

char *place_key(const struct place *p)
{
    return p->people ? jx_dump(p->people) : xasprintf("%lld", (long long)p->id);
}
