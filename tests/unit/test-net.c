/* SPDX-License-Identifier: BSD-3-Clause */
/* What plugins read off replies: links, headers, addresses. */
#include <config.h>

#include <check.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "plugins/net/build-url.h"
#include "plugins/net/net.h"
#include "suite.h"

#define API "https://api.example/x?page=1"

static const struct {
    const char *link, *want;
} links[] = {
    { "Link: <https://api.example/x?page=2>; rel=\"next\", "
      "<https://api.example/x?page=9>; rel=\"last\"",
      "https://api.example/x?page=2" },
    { "link: <https://api.example/x?page=1>; rel=\"prev\", "
      "<https://api.example/x?a=b,c&page=3>; rel=\"next\"",
      "https://api.example/x?a=b,c&page=3" },
    { "Link: <https://API.EXAMPLE/y>; rel=next", "https://API.EXAMPLE/y" },
    { "Link: <https://api.example/x?page=1>; rel=\"prev\"", NULL },
    { "Link: <https://evil.example/x>; rel=\"next\"", NULL },
    { "Link: <http://api.example/x>; rel=\"next\"", NULL },
    { "Link: <https://api.example:8443/x>; rel=\"next\"", NULL },
    { "Link: <https://api.example.evil/x>; rel=\"next\"", NULL },
    { "Link: <https://api.example/x; rel=\"next\"", NULL },
    { "Link: </relative>; rel=\"next\"", NULL },
    { "X-Link: <https://api.example/x>; rel=\"next\"", NULL },
};

#define ADO "https://dev.azure.com"
static const struct {
    const char *url, *want; /* NULL: it is no build's */
} builds[] = {
    { ADO "/o/p/_build/results?buildId=7&view=logs&jobId=x",
      ADO "/o/p/_build/results?buildId=7" },
    { ADO "/o/my%20p/_build/results?view=x&buildId=7",
      ADO "/o/my%20p/_build/results?buildId=7" },
    { "https://tfs.example:8080/tfs/c/p/_build/results?buildId=7",
      "https://tfs.example:8080/tfs/c/p/_build/results?buildId=7" },
    { NULL, NULL },
    { "", NULL },
    { ADO "/p/_build/results?buildId=7", NULL },
    { ADO "/o/p/_build/results", NULL },
    { ADO "/o/p/_build/results?buildId=", NULL },
    { ADO "/o/p/_build/results?buildId=7x", NULL },
    { ADO "/o/p/_build/results?buildId=-7", NULL },
    { ADO "/o/p/_build/results?buildId=9999999999999999", NULL },
    { ADO "/o/p/_build/results?buildId=7&buildId=8", NULL },
    { ADO "/o/p/_build/results?xbuildId=7", NULL },
    { ADO "/o/../_build/results?buildId=7", NULL },
    { ADO "/o/%2e%2e/_build/results?buildId=7", NULL },
    { ADO "/o/x%2fp/_build/results?buildId=7", NULL },
    { ADO "/o/p%0a/_build/results?buildId=7", NULL },
    { ADO "/o/p%00/_build/results?buildId=7", NULL },
    { ADO "/o/p%2/_build/results?buildId=7", NULL },
    { ADO "/o//_build/results?buildId=7", NULL },
    { ADO "//o/p/_build/results?buildId=7", NULL },
    { ADO "/../o/p/_build/results?buildId=7", NULL },
    { ADO "\\@x/o/p/_build/results?buildId=7", NULL },
    { "https://me@dev.azure.com/o/p/_build/results?buildId=7", NULL },
    { "https:///o/p/_build/results?buildId=7", NULL },
    { "javascript:alert/o/p/_build/results?buildId=7", NULL },
    { "https://x?/o/p/_build/results?buildId=7", NULL },
    { "https://x#/o/p/_build/results?buildId=7", NULL },
};

START_TEST(build_url)
{
    struct build_url u;
    CLEANUP_FREE char *text = NULL;
    bool is = build_url_read(&u, builds[_i].url);

    ck_assert_int_eq(is, builds[_i].want != NULL);
    if (is)
        text = build_url_text(&u);
    ck_assert_pstr_eq(text, builds[_i].want);
    build_url_release(&u);
}
END_TEST

START_TEST(next_page)
{
    const char *headers[] = { "Server: x", links[_i].link, NULL };
    const struct tocsin_http_reply reply = {
        ._struct_size = sizeof(reply),
        .url = API,
        .headers = headers,
    };
    CLEANUP_FREE char *next = net_next(&reply);

    if (links[_i].want)
        ck_assert_str_eq(next, links[_i].want);
    else
        ck_assert_ptr_null(next);
}
END_TEST

START_TEST(escaping)
{
    CLEANUP_FREE char *s = net_escape("a b/c?d=\xc3\xa9~._-\r\n");

    ck_assert_str_eq(s, "a%20b%2Fc%3Fd%3D%C3%A9~._-%0D%0A");
}
END_TEST

START_TEST(header_values)
{
    const char *headers[] = { "ETag-X: no", "etag:\t\"v\"", NULL };
    const struct tocsin_http_reply reply = { .headers = headers };

    ck_assert_str_eq(net_header(&reply, "ETag"), "\"v\"");
    ck_assert_ptr_null(net_header(&reply, "ET"));
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { next_page, ARRAY_SIZE(links) },
        { build_url, ARRAY_SIZE(builds) },
        { escaping, 1 },
        { header_values, 1 },
    };

    return suite_cases("net", cases, ARRAY_SIZE(cases));
}
