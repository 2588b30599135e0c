/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A source that asks one server for `count` small things and says one fact of
 * each: what collecting costs when the plugin itself does next to nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/tocsin-plugin.h"

struct many {
    const struct tocsin_host *host;
    uint64_t op;
    int64_t left, sent, count;
    struct one {
        struct many *m;
        int64_t nr;
    } * ones;
};

static void many_url(const struct one *o, char *url, size_t n)
{
    snprintf(url, n, "%s/repos/acme/p%lld",
             o->m->host->option(o->m->host, "base", 0), (long long)o->nr);
}

static void many_reply(void *user, const struct tocsin_http_reply *r)
{
    struct one *o = user;
    struct many *m = o->m;
    struct tocsin_fact fact = TOCSIN_FACT_INIT;
    char url[200], subject[60];

    many_url(o, url, sizeof(url));
    snprintf(subject, sizeof(subject), "acme/p%lld", (long long)o->nr);
    if (!r->error && r->status == 200) {
        fact.subject = subject;
        fact.key = "default_branch";
        fact.value = "\"main\"";
        m->host->fact(m->host, &fact);
        m->host->http_keep(m->host, url);
    } else if (r->error || r->status != 304) {
        m->host->log(m->host, TOCSIN_LOG_ERROR, "not answered");
    }
    if (--m->left == 0)
        m->host->done(m->host, m->op, TOCSIN_OK, NULL);
}

static int many_collect(void *handle, uint64_t op)
{
    struct many *m = handle;
    struct tocsin_http_request r = { ._struct_size = sizeof(r) };
    char url[200];

    m->op = op;
    m->left = m->count;
    for (int64_t i = 0; i < m->count; i++) {
        m->ones[i] = (struct one){ .m = m, .nr = i };
        many_url(&m->ones[i], url, sizeof(url));
        r.url = url;
        r.flags = TOCSIN_HTTP_CONDITIONAL;
        r.reply = many_reply;
        r.user = &m->ones[i];
        m->host->http(m->host, &r, NULL);
    }
    return TOCSIN_OK;
}

static int many_open(const struct tocsin_host *host, void **handle)
{
    struct many *m = calloc(1, sizeof(*m));

    m->host = host;
    m->count = host->option_int(host, "count", 1);
    m->ones = calloc((size_t)m->count, sizeof(*m->ones));
    *handle = m;
    return TOCSIN_OK;
}

static void many_close(void *handle)
{
    struct many *m = handle;

    free(m->ones);
    free(m);
}

static const struct tocsin_option many_options[] = {
    { "base", TOCSIN_OPTION_URL, TOCSIN_OPTION_REQUIRED, NULL, "The server.",
      NULL },
    { "count", TOCSIN_OPTION_INT, 0, "1", "How many.", NULL },
};

static const struct tocsin_source many = {
    .name = "many",
    .version = "1",
    .summary = "Asks for many small things",
    .options = many_options,
    .nr_options = sizeof(many_options) / sizeof(many_options[0]),
    .open = many_open,
    .collect = many_collect,
    .close = many_close,
};
TOCSIN_REGISTER_SOURCE(many)
