/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options of a plugin under test: given as text, read as the table
 * declares them.
 */
#include <config.h>

#include "tests/mock/mock-private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/when.h"

static const struct tocsin_option *mock_find(const struct tocsin_source *p,
                                             const char *name, size_t len)
{
    for (size_t i = 0; i < p->nr_options; i++)
        if (strlen(p->options[i].name) == len
            && memcmp(p->options[i].name, name, len) == 0)
            return &p->options[i];
    return NULL;
}

/* The i-th value that the test gave for name, or NULL. */
static const char *mock_given(const struct mock *m, const char *name, size_t i)
{
    size_t len = strlen(name);
    for (size_t k = 0; k < m->opts->nr_settings; k++) {
        const char *s = m->opts->settings[k];
        if (strncmp(s, name, len) != 0 || s[len] != '=')
            continue;
        if (i-- == 0)
            return s + len + 1;
    }
    return NULL;
}

const char *mock_option(const struct tocsin_host *host, const char *name,
                        size_t i)
{
    struct mock *m = mock_of(host);
    const struct tocsin_option *o = mock_find(m->plugin, name, strlen(name));
    if (o == NULL) {
        mock_broken(m, "asks for an option that its table does not have");
        return NULL;
    }
    const char *given = mock_given(m, name, i);
    if (given != NULL || i > 0 || mock_given(m, name, 0) != NULL)
        return given;
    return o->default_value;
}

size_t mock_option_count(const struct tocsin_host *host, const char *name)
{
    size_t n = 0;
    while (mock_option(host, name, n) != NULL)
        n++;
    return n;
}

static int mock_parse_size(const char *s, int64_t *out)
{
    char *end;
    errno = 0;
    long long v = strtoll(s, &end, 10);
    if (end == s || errno != 0 || v < 0)
        return -1;
    static const char units[] = "KMGT";
    if (*end != '\0') {
        const char *u = strchr(units, toupper((unsigned char)*end));
        if (u == NULL || end[1] != '\0')
            return -1;
        v <<= 10 * (u - units + 1);
    }
    *out = v;
    return 0;
}

static int mock_parse(const struct tocsin_option *o, const char *s,
                      int64_t *out)
{
    char *end;
    switch (o->type) {
    case TOCSIN_OPTION_BOOL:
        *out = strcmp(s, "true") == 0;
        return *out || strcmp(s, "false") == 0 ? 0 : -1;
    case TOCSIN_OPTION_DURATION:
        return when_parse_duration(s, out);
    case TOCSIN_OPTION_SIZE:
        return mock_parse_size(s, out);
    case TOCSIN_OPTION_INT:
        *out = strtoll(s, &end, 10);
        return end != s && *end == '\0' ? 0 : -1;
    default:
        return 0;
    }
}

int64_t mock_option_int(const struct tocsin_host *host, const char *name,
                        int64_t dflt)
{
    struct mock *m = mock_of(host);
    const char *s = mock_option(host, name, 0);
    if (s == NULL)
        return dflt;
    int64_t v = dflt;
    mock_parse(mock_find(m->plugin, name, strlen(name)), s, &v);
    return v;
}

static bool mock_in(const char *s, const char *values)
{
    size_t len = strlen(s);
    for (const char *p = values; p != NULL;) {
        if (strncmp(p, s, len) == 0 && (p[len] == '|' || p[len] == '\0'))
            return true;
        p = strchr(p, '|');
        if (p != NULL)
            p++;
    }
    return false;
}

/* What the core's own check of the configuration would say. */
int mock_check_settings(const struct mock *m)
{
    for (size_t i = 0; i < m->opts->nr_settings; i++) {
        const char *s = m->opts->settings[i];
        size_t len = strcspn(s, "=");
        const struct tocsin_option *o = mock_find(m->plugin, s, len);
        int64_t v;
        if (o == NULL || s[len] == '\0') {
            fprintf(stderr, "mock-host: no such option: %s\n", s);
            return -1;
        }
        if (mock_parse(o, s + len + 1, &v) < 0
            || (o->values != NULL && !mock_in(s + len + 1, o->values))) {
            fprintf(stderr, "mock-host: not a value of this option: %s\n", s);
            return -1;
        }
    }
    for (size_t i = 0; i < m->plugin->nr_options; i++) {
        const struct tocsin_option *o = &m->plugin->options[i];
        if ((o->flags & TOCSIN_OPTION_REQUIRED)
            && mock_given(m, o->name, 0) == NULL) {
            fprintf(stderr, "mock-host: option missing: %s\n", o->name);
            return -1;
        }
    }
    return 0;
}
