/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taking the address of a build apart. What is not written the plain way is
 * none: user names, a fragment, dots that lead elsewhere, odd characters.
 */
#include <config.h>

#include "plugins/net/build-url.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/net/net.h"

#define URL_MAX 1000
#define PAGE "/_build/results?"

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)((at - digits) % 16) : -1;
}

/* One part of a path, decoded; NULL: it is none that a name can be. */
static char *part_of(const char *s, size_t n)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < n; i++) {
        char c = s[i];

        if (c == '%') {
            int high = i + 2 < n ? digit_of(s[i + 1]) : -1;
            int low = i + 2 < n ? digit_of(s[i + 2]) : -1;

            c = high < 0 || low < 0 ? '/' : (char)(high * 16 + low);
            i += 2;
        } else if (strchr("\\?#;", c)) {
            c = '/';
        }
        if (c == '/' || (unsigned char)c < 0x20 || c == 0x7f) {
            strbuf_release(&b);
            return NULL;
        }
        strbuf_addc(&b, c);
    }
    if (!b.len || !strcmp(b.buf, ".") || !strcmp(b.buf, "..")) {
        strbuf_release(&b);
        return NULL;
    }
    return strbuf_take(&b);
}

/* The number of the one parameter buildId; 0: there is none, or several. */
static int64_t build_of(const char *query)
{
    int64_t build = 0;

    for (const char *p = query; *p; p += *p == '&') {
        size_t n = strcspn(p, "&");

        if (str_starts(p, "buildId=")) {
            size_t digits = strspn(p + 8, "0123456789");

            if (build || !digits || digits > 15 || digits + 8 != n)
                return 0;
            build = strtoimax(p + 8, NULL, 10);
        }
        p += n;
    }
    return build;
}

/* Scheme, host and port, and what of a path a server of one's own has. */
static bool is_base(const char *s, size_t n)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_/";
    size_t scheme = str_starts(s, "https://")  ? 8
                    : str_starts(s, "http://") ? 7
                                               : 0;

    if (!scheme || n <= scheme || s[scheme] == '/')
        return false;
    for (size_t i = scheme; i < n; i++)
        if (!strchr(fine, s[i])
            || (s[i] == '/' && (i + 1 == n || strchr("./", s[i + 1]))))
            return false;
    return true;
}

/* The last / before end, or NULL. */
static const char *slash_before(const char *s, const char *end)
{
    while (end > s && end[-1] != '/')
        end--;
    return end > s ? end - 1 : NULL;
}

bool build_url_read(struct build_url *u, const char *url)
{
    const char *page, *project, *organization;

    *u = (struct build_url){ .build = 0 };
    page =
        url && strnlen(url, URL_MAX + 1) <= URL_MAX ? strstr(url, PAGE) : NULL;
    project = page ? slash_before(url, page) : NULL;
    organization = project ? slash_before(url, project) : NULL;
    if (!organization || !is_base(url, (size_t)(organization - url)))
        return false;
    u->build = build_of(page + strlen(PAGE));
    u->base = xstrndup(url, (size_t)(organization - url));
    u->organization =
        part_of(organization + 1, (size_t)(project - organization - 1));
    u->project = part_of(project + 1, (size_t)(page - project - 1));
    if (u->build && u->organization && u->project)
        return true;
    build_url_release(u);
    return false;
}

void build_url_release(struct build_url *u)
{
    free(u->base);
    free(u->organization);
    free(u->project);
    *u = (struct build_url){ .build = 0 };
}

char *build_url_place(const struct build_url *u)
{
    CLEANUP_FREE char *organization = net_escape(u->organization);
    CLEANUP_FREE char *project = net_escape(u->project);

    return xasprintf("%s/%s/%s", u->base, organization, project);
}

char *build_url_text(const struct build_url *u)
{
    CLEANUP_FREE char *place = build_url_place(u);

    return xasprintf("%s" PAGE "buildId=%" PRId64, place, u->build);
}
