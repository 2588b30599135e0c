/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sink for Zulip, tocsin-zulip(7): options, opening, whom it can reach.
 * Must not send a key to a site that is not asked over TLS.
 */
#include <config.h>

#include "plugins/zulip/zulip.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/zulip/own.h"
#include "plugins/zulip/place.h"

void zulip_log(const struct zulip *z, int level, const char *text)
{
    z->host->log(z->host, level, text);
}

void zulip_notice(const struct zulip *z, const char *code, const char *text)
{
    z->host->notice(z->host, code, text);
}

static int zulip_can_reach(void *handle, const struct tocsin_owner *owner)
{
    const struct zulip *z = handle;
    CLEANUP_FREE char *contact =
        place_contact(owner, z->host->instance(z->host), "zulip");
    const char *text = contact ? contact : z->fallback;
    struct place p;
    bool ok;

    if (!text)
        return 0;
    ok = place_parse(&p, text) && place_allowed(&p, z->host);
    place_release(&p);
    return ok;
}

/* ---- life ---- */

static void zulip_close(void *handle)
{
    struct zulip *z = handle;

    own_free_all(z->own);
    json_decref(z->channels);
    if (z->authorization)
        OPENSSL_cleanse(z->authorization, strlen(z->authorization));
    free(z->authorization);
    free(z->fallback);
    free(z->site);
    free(z);
}

static char *basic(const char *user, const char *password)
{
    CLEANUP_FREE char *plain = xasprintf("%s:%s", user, password);
    size_t n = strlen(plain);
    CLEANUP_FREE char *code = xcalloc(1, (n + 2) / 3 * 4 + 1);

    EVP_EncodeBlock((unsigned char *)code, (const unsigned char *)plain,
                    (int)n);
    OPENSSL_cleanse(plain, n);
    return xasprintf("Authorization: Basic %s", code);
}

/* Nobody listens between us and ourselves. */
static bool is_private(const char *site)
{
    static const char *const loopback[] = {
        "http://127.0.0.1",
        "http://localhost",
        "http://[::1]",
    };

    if (str_starts(site, "https://"))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(loopback); i++)
        if (str_starts(site, loopback[i])
            && strchr(":/", site[strlen(loopback[i])]))
            return true;
    return false;
}

static const char *fault_of(const char *site, const char *email,
                            const char *key)
{
    if (!is_private(site))
        return "site: a key is only sent over https: write https://";
    if (strchr(site + 8, '?') || strchr(site + 8, '#'))
        return "site: only the beginning of the address, up to the name or "
               "folder";
    if (!strchr(email, '@') || strpbrk(email, ": \t\r\n"))
        return "email: no address of a bot, such as tocsin-bot@example.org";
    for (const char *p = key; *p; p++)
        if (!isgraph((unsigned char)*p))
            return "api_key: no key: it holds spaces or other signs than a key "
                   "has";
    return *key && strlen(key) < 200 ? NULL : "api_key: no key";
}

static int zulip_open(const struct tocsin_host *host, void **handle)
{
    const char *site = host->option(host, "site", 0);
    const char *email = host->option(host, "email", 0);
    const char *key = host->option(host, "api_key", 0);
    const char *channel = host->option(host, "channel", 0);
    const char *fault = fault_of(site, email, key);
    struct zulip *z;
    size_t n = strlen(site);

    if (fault) {
        host->log(host, TOCSIN_LOG_ERROR, fault);
        return TOCSIN_FATAL;
    }
    while (n && site[n - 1] == '/')
        n--;
    z = xcalloc(1, sizeof(*z));
    z->host = host;
    z->site = xstrndup(site, n);
    z->authorization = basic(email, key);
    z->fallback = channel ? xasprintf("channel:%s", channel) : NULL;
    z->resolves = host->option_int(host, "resolve_topics", 1) != 0;
    z->look_back = (size_t)host->option_int(host, "look_back", 5000);
    z->reply_every = host->option_int(host, "reply_every", 86400);
    z->channels = json_object();
    *handle = z;
    return TOCSIN_OK;
}

static const struct tocsin_option zulip_options[] = {
    { "site", TOCSIN_OPTION_URL, TOCSIN_OPTION_REQUIRED, NULL,
      "The organization's address, such as https://example.zulipchat.com.",
      "https|http" },
    { "email", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REQUIRED, NULL,
      "The bot's address, as its settings show it.", NULL },
    { "api_key", TOCSIN_OPTION_STRING,
      TOCSIN_OPTION_REQUIRED | TOCSIN_OPTION_SECRET, NULL,
      "The bot's API key: api_key_file or api_key_env.", NULL },
    { "channel", TOCSIN_OPTION_STRING, 0, NULL,
      "The channel for owners without a contact of this sink; without it "
      "they cannot be reached.",
      NULL },
    { "recipients", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "Globs of the channels, addresses and user:NUMBERs that may be written "
      "to, and no others.",
      NULL },
    { "resolve_topics", TOCSIN_OPTION_BOOL, 0, "true",
      "Mark the topic resolved when its ticket is over.", NULL },
    { "reply_every", TOCSIN_OPTION_DURATION, 0, "1d",
      "Where the realm lets the text be edited no more, a change is told in "
      "a reply, and no other change for so long.",
      NULL },
    { "look_back", TOCSIN_OPTION_INT, 0, "5000",
      "How many messages of the bot's own in a channel are looked through "
      "before a first post there.",
      NULL },
};

/* Lengths: what every server takes; this one's own are said by realm.c. */
static const struct tocsin_message_format zulip_format = {
    sizeof(zulip_format), "zulip-markdown", 58, 10000, NULL,
};

static const struct tocsin_sink zulip_sink = {
    .name = "zulip",
    .version = PACKAGE_VERSION,
    .summary = "a topic a ticket in a channel of Zulip, or a direct message",
    .options = zulip_options,
    .nr_options = ARRAY_SIZE(zulip_options),
    .format = &zulip_format,
    .open = zulip_open,
    .observe = zulip_observe,
    .can_reach = zulip_can_reach,
    .deliver = zulip_deliver,
    .close = zulip_close,
};
TOCSIN_REGISTER_SINK(zulip_sink)
