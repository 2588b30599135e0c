/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An instance out of its options. Must refuse what would send mail in the
 * clear or in nobody's name rather than guess.
 */
#include <config.h>

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/email/email.h"

#define WARN_BEFORE ((int64_t)14 * 24 * 3600)
#define TIMEOUT_MIN 1
#define TIMEOUT_MAX 600

static const char *option(const struct email *e, const char *name)
{
    return e->host->option(e->host, name, 0);
}

static bool domain_name_ok(const char *s)
{
    CLEANUP_FREE char *address = xasprintf("x@%s", s);

    return address_ok(address);
}

static int check_address(const struct email *e, const char *name,
                         struct err *err)
{
    const char *value = option(e, name);

    if (!value || address_ok(value))
        return 0;
    return err_set(err, ERR_CONFIG,
                   "%s: is no address such as "
                   "tocsin@example.org",
                   name);
}

static int set_list(struct email *e, struct err *err)
{
    const char *given = option(e, "list_id");
    size_t nr = e->host->option_count(e->host, "unsubscribe");

    e->sender.list_id =
        given ? xstrdup(given)
              : xasprintf("tocsin.%s", address_domain(e->sender.address));
    if (!domain_name_ok(e->sender.list_id))
        return err_set(err, ERR_CONFIG,
                       "list_id: is no name such as "
                       "tocsin.example.org");
    e->sender.unsubscribe = xcalloc(nr + 1, sizeof(char *));
    for (size_t i = 0; i < nr; i++) {
        const char *url = e->host->option(e->host, "unsubscribe", i);

        if (!unsubscribe_ok(url))
            return err_set(err, ERR_CONFIG,
                           "unsubscribe: %s is no https: or "
                           "mailto: URL without spaces, commas and quotes",
                           url);
        e->sender.unsubscribe[e->sender.nr_unsubscribe++] = xstrdup(url);
    }
    return 0;
}

static int set_sender(struct email *e, struct err *err)
{
    if (sender_parse(&e->sender, str_or(option(e, "from"), ""), err) < 0
        || check_address(e, "reply_to", err) < 0
        || check_address(e, "bounces", err) < 0)
        return -1;
    e->sender.reply_to = xstrdup0(option(e, "reply_to"));
    return set_list(e, err);
}

static int set_smtp(struct email *e, struct err *err)
{
    struct smtp_options o = {
        .url = str_or(option(e, "smtp"), ""),
        .plain = str_eq(option(e, "tls"), "none"),
        .ca_file = option(e, "ca_file"),
        .user = option(e, "user"),
        .password = option(e, "password"),
        .from = option(e, "bounces"),
        .hello = option(e, "hello"),
    };

    if (!o.from)
        o.from = e->sender.address;
    if (!o.hello)
        o.hello = address_domain(e->sender.address);
    if (!domain_name_ok(o.hello))
        return err_set(err, ERR_CONFIG, "hello: is no name of a machine");
    if (!o.user != !o.password)
        return err_set(err, ERR_CONFIG,
                       "user and password_file (or "
                       "password_env) go together");
    e->timeout = e->host->option_int(e->host, "timeout", 120);
    if (e->timeout < TIMEOUT_MIN)
        e->timeout = TIMEOUT_MIN;
    if (e->timeout > TIMEOUT_MAX)
        e->timeout = TIMEOUT_MAX;
    o.timeout = e->timeout;
    e->smtp = smtp_new(&o, err);
    return e->smtp ? 0 : -1;
}

static int set_smime(struct email *e, struct err *err)
{
    struct smime_options o = {
        .certificates = option(e, "certificates"),
        .authority = option(e, "certificate_authority"),
        .cipher = option(e, "cipher"),
        .sign_certificate = option(e, "sign_certificate"),
        .sign_key = option(e, "sign_key"),
        .from = e->sender.address,
        .now = when_now(),
    };
    CLEANUP_FREE char *warning = NULL;

    if (!o.certificates && TOCSIN_HAS(e->host, confidential)
        && e->host->confidential(e->host))
        return err_set(err, ERR_CONFIG,
                       "confidential: true needs "
                       "certificates: nothing would be encrypted");
    if (!o.certificates) {
        if (o.authority || o.sign_certificate || o.sign_key)
            return err_set(err, ERR_CONFIG,
                           "what is not encrypted is not "
                           "signed either: certificates is missing");
        return 0;
    }
    e->smime = smime_new(&o, err);
    if (!e->smime)
        return -1;
    warning = smime_warning(e->smime, WARN_BEFORE);
    if (warning)
        email_notice(e, "certificate-ends", warning);
    return 0;
}

int email_configure(struct email *e, const struct tocsin_host *host,
                    struct err *err)
{
    e->host = host;
    if (set_sender(e, err) < 0 || set_smtp(e, err) < 0 || set_smime(e, err) < 0)
        return -1;
    return 0;
}

void email_release(struct email *e)
{
    sender_release(&e->sender);
    progress_release(e);
    smime_free(e->smime);
    smtp_free(e->smtp);
    memset(e, 0, sizeof(*e));
}

/* May it be written to (option recipients)? */
static bool email_allows(const struct email *e, const char *address)
{
    size_t nr = e->host->option_count(e->host, "recipients");

    for (size_t i = 0; i < nr; i++)
        if (!fnmatch(e->host->option(e->host, "recipients", i), address,
                     FNM_CASEFOLD))
            return true;
    return !nr;
}

/* Silence would be a person who is never told. */
static void say_odd(const struct email *e, const char *owner, const char *odd)
{
    CLEANUP_FREE char *code = xasprintf("contact:%s", odd);
    CLEANUP_FREE char *text = xasprintf(
        "the contact \"%s\" of %s is no address such as mara@example.org, and "
        "gets no mail (a domain with other letters is written xn--…)",
        odd, str_or(owner, "somebody"));

    email_notice(e, code, text);
}

void email_reach(const struct email *e, const struct tocsin_owner *owner,
                 struct addresses *out)
{
    CLEANUP_FREE char *odd = NULL;
    struct addresses all = { 0 };

    addresses_of(&all, owner ? owner->contacts : NULL,
                 e->host->instance(e->host), "email", &odd);
    for (size_t i = 0; i < all.nr; i++)
        if (email_allows(e, all.list[i]))
            addresses_add(out, all.list[i]);
    addresses_release(&all);
    if (odd)
        say_odd(e, owner->name, odd);
}

void email_notice(const struct email *e, const char *code, const char *text)
{
    if (TOCSIN_HAS(e->host, notice))
        e->host->notice(e->host, code, text);
    else
        e->host->log(e->host, TOCSIN_LOG_WARN, text);
}
