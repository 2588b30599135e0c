/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sink that writes mail: its options and its life. Must not hold a
 * password longer than libcurl needs it, and knows of no way to read mail.
 */
#include <config.h>

#include <gmime/gmime.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "plugins/email/email.h"

static void email_close(void *handle)
{
    struct email *e = handle;

    email_release(e);
    free(e);
}

static int email_open(const struct tocsin_host *host, void **handle)
{
    struct email *e = xcalloc(1, sizeof(*e));
    CLEANUP_ERR struct err err = ERR_INIT;

    g_mime_init();
    if (email_configure(e, host, &err) < 0) {
        host->log(host, TOCSIN_LOG_ERROR, err_msg(&err));
        email_close(e);
        return TOCSIN_FATAL;
    }
    progress_load(e);
    *handle = e;
    return TOCSIN_OK;
}

static int email_can_reach(void *handle, const struct tocsin_owner *owner)
{
    const struct email *e = handle;
    struct addresses to = { 0 };
    int can;

    email_reach(e, owner, &to);
    can = to.nr > 0;
    addresses_release(&to);
    return can;
}

static int email_deliver(void *handle, uint64_t op,
                         const struct tocsin_notification *n)
{
    return round_run(handle, op, n);
}

static const struct tocsin_option email_options[] = {
    { "smtp", TOCSIN_OPTION_URL, TOCSIN_OPTION_REQUIRED, NULL,
      "The server that takes the mail: smtp://host:587 (STARTTLS) or "
      "smtps://host:465.",
      "smtp|smtps" },
    { "from", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REQUIRED, NULL,
      "Who writes: \"Tocsin <tocsin@example.org>\".", NULL },
    { "user", TOCSIN_OPTION_STRING, 0, NULL, "Who signs in at the server.",
      NULL },
    { "password", TOCSIN_OPTION_STRING, TOCSIN_OPTION_SECRET, NULL,
      "With which password.", NULL },
    { "tls", TOCSIN_OPTION_STRING, 0, "required",
      "none only for a server on this machine.", "required|none" },
    { "ca_file", TOCSIN_OPTION_PATH, 0, NULL,
      "Certificates to trust instead of the system's, for the server.", NULL },
    { "reply_to", TOCSIN_OPTION_STRING, 0, NULL,
      "Where answers go; without it, to `from`.", NULL },
    { "bounces", TOCSIN_OPTION_STRING, 0, NULL,
      "The sender of the envelope, who is told what cannot be delivered; "
      "without it, the address of `from`.",
      NULL },
    { "hello", TOCSIN_OPTION_STRING, 0, NULL,
      "The name of this machine for the server; without it, the domain of "
      "`from`.",
      NULL },
    { "timeout", TOCSIN_OPTION_DURATION, 0, "2m",
      "How long an answer of the server may take.", NULL },
    { "recipients", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "Patterns of the addresses that may be written to, such as "
      "*@example.org; without it, all that owners name.",
      NULL },
    { "list_id", TOCSIN_OPTION_STRING, 0, NULL,
      "For List-Id; without it, tocsin. and the domain of `from`.", NULL },
    { "unsubscribe", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "https: or mailto: URLs for List-Unsubscribe; {address} is whose mail "
      "it is.",
      NULL },
    { "certificates", TOCSIN_OPTION_PATH, 0, NULL,
      "A PEM file, or a folder of them, with the certificates of those who "
      "are written to: all mail is encrypted (S/MIME).",
      NULL },
    { "certificate_authority", TOCSIN_OPTION_PATH, 0, NULL,
      "A PEM file with who must have issued them; without it, they are "
      "trusted for lying there.",
      NULL },
    { "cipher", TOCSIN_OPTION_STRING, 0, "aes-256-cbc",
      "What it is encrypted with; not every mail program reads GCM.",
      "aes-256-cbc|aes-256-gcm" },
    { "sign_certificate", TOCSIN_OPTION_PATH, 0, NULL,
      "A PEM file with the certificate of `from`, and its chain behind it: "
      "what is encrypted is signed, too.",
      NULL },
    { "sign_key", TOCSIN_OPTION_STRING, TOCSIN_OPTION_SECRET, NULL,
      "Its private key (PEM, without a passphrase).", NULL },
};

static const struct tocsin_message_format email_format = {
    sizeof(email_format), "mail-markdown", 180, 60000, NULL,
};

static const struct tocsin_sink email_sink = {
    .name = "email",
    .version = PACKAGE_VERSION,
    .summary = "mail by SMTP, encrypted where it must be",
    .options = email_options,
    .nr_options = ARRAY_SIZE(email_options),
    .format = &email_format,
    .open = email_open,
    .can_reach = email_can_reach,
    .deliver = email_deliver,
    .close = email_close,
};
TOCSIN_REGISTER_SINK(email_sink)
