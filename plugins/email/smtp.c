/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SMTP by libcurl, one transaction an address. Must not call a message not
 * sent when the server has all of it: what is not known is said to be so.
 */
#include <config.h>

#include "plugins/email/smtp.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define REPLIES_MAX ((size_t)64 << 10) /* of one transaction */
#define REPLY_SHOWN 200

/* How far the dialogue has come: the last command. */
enum stage { STAGE_CONNECT, STAGE_AUTH, STAGE_MAIL, STAGE_RCPT, STAGE_DATA };

struct smtp {
    CURL *curl;
    char *from; /* with <> */
    int64_t timeout;
    char error[CURL_ERROR_SIZE];
    /* of one transaction */
    const char *p;
    size_t left;
    bool begun; /* the message itself goes over */
    enum stage stage;
    size_t replies;
    char reply[REPLY_SHOWN]; /* the last that says no */
};

/* ---- what libcurl asks and tells ---- */

static size_t on_read(char *to, size_t size, size_t nr, void *user)
{
    struct smtp *s = user;
    size_t n = size * nr < s->left ? size * nr : s->left;

    memcpy(to, s->p, n);
    s->p += n;
    s->left -= n;
    s->begun = true;
    return n;
}

static void keep_reply(struct smtp *s, const char *p, size_t n)
{
    size_t nr = 0;

    for (size_t i = 0; i < n && nr + 1 < sizeof(s->reply); i++)
        if ((unsigned char)p[i] >= 0x20 && (unsigned char)p[i] < 0x7f)
            s->reply[nr++] = p[i];
    s->reply[nr] = '\0';
}

/* Every line that the server says; a server that does not end is ended. */
static size_t on_reply(char *p, size_t size, size_t nr, void *user)
{
    struct smtp *s = user;
    size_t n = size * nr;

    s->replies += n;
    /* a refusal, and not the farewell behind it */
    if (n && (*p == '4' || *p == '5'))
        keep_reply(s, p, n);
    return s->replies > REPLIES_MAX ? 0 : n;
}

/* Only the verbs are looked at: what follows AUTH is a password. */
static int on_debug(CURL *curl, curl_infotype type, char *p, size_t n,
                    void *user)
{
    static const struct {
        const char *verb;
        enum stage stage;
    } verbs[] = {
        { "AUTH", STAGE_AUTH },
        { "MAIL", STAGE_MAIL },
        { "RCPT", STAGE_RCPT },
        { "DATA", STAGE_DATA },
    };
    struct smtp *s = user;

    (void)curl;
    if (type != CURLINFO_HEADER_OUT)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
        if (n > 4 && !strncmp(p, verbs[i].verb, 4) && !isalnum(p[4]))
            s->stage = verbs[i].stage;
    return 0;
}

/* ---- life ---- */

static bool is_loopback(const char *host)
{
    return str_starts(host, "127.") || !strcmp(host, "localhost")
           || !strcmp(host, "[::1]") || !strcmp(host, "::1");
}

/* NULL, or what is wrong with it; static. */
static const char *url_fault(CURLU *u, const struct smtp_options *o,
                             char **host, bool *implicit)
{
    char *scheme = NULL, *path = NULL, *user = NULL, *query = NULL;
    const char *why = NULL;

    if (curl_url_set(u, CURLUPART_URL, o->url, 0) != CURLUE_OK
        || curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK
        || curl_url_get(u, CURLUPART_HOST, host, 0) != CURLUE_OK)
        why = "is no URL such as smtp://mail.example.org:587";
    else if (strcmp(scheme, "smtp") && strcmp(scheme, "smtps"))
        why = "begins with neither smtp:// nor smtps://";
    else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK
             || curl_url_get(u, CURLUPART_QUERY, &query, 0) == CURLUE_OK
             || (curl_url_get(u, CURLUPART_PATH, &path, 0) == CURLUE_OK
                 && strcmp(path, "/")))
        why = "holds more than host and port (the user goes into `user`)";
    else if (o->plain && (!strcmp(scheme, "smtps") || !is_loopback(*host)))
        why = "without TLS must be smtp:// on this machine";
    *implicit = scheme && !strcmp(scheme, "smtps");
    curl_free(scheme);
    curl_free(path);
    curl_free(user);
    curl_free(query);
    return why;
}

/* The name for EHLO is libcurl's path. */
static int set_url(struct smtp *s, const struct smtp_options *o,
                   struct err *err)
{
    CURLU *u = curl_url();
    CLEANUP_FREE char *path = xasprintf("/%s", o->hello);
    char *host = NULL, *url = NULL;
    bool implicit;
    const char *why = url_fault(u, o, &host, &implicit);
    int rc = 0;

    if (why) {
        rc = err_set(err, ERR_CONFIG, "smtp: %s", why);
    } else {
        curl_url_set(u, CURLUPART_PATH, path, 0);
        curl_url_get(u, CURLUPART_URL, &url, 0);
        curl_easy_setopt(s->curl, CURLOPT_URL, url);
        curl_easy_setopt(s->curl, CURLOPT_USE_SSL,
                         o->plain ? CURLUSESSL_NONE : CURLUSESSL_ALL);
    }
    curl_free(url);
    curl_free(host);
    curl_url_cleanup(u);
    return rc;
}

static void set_rest(struct smtp *s, const struct smtp_options *o)
{
    CURL *c = s->curl;

    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(c, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->error);
    curl_easy_setopt(c, CURLOPT_MAIL_FROM, s->from);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(c, CURLOPT_READDATA, s);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_reply);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, s);
    curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(c, CURLOPT_DEBUGDATA, s);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)o->timeout);
    curl_easy_setopt(c, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)o->timeout);
    if (o->ca_file)
        curl_easy_setopt(c, CURLOPT_CAINFO, o->ca_file);
    if (o->user && o->password) {
        curl_easy_setopt(c, CURLOPT_USERNAME, o->user);
        curl_easy_setopt(c, CURLOPT_PASSWORD, o->password);
    }
}

struct smtp *smtp_new(const struct smtp_options *o, struct err *err)
{
    struct smtp *s = xcalloc(1, sizeof(*s));

    curl_global_init(CURL_GLOBAL_DEFAULT);
    s->curl = curl_easy_init();
    s->from = xasprintf("<%s>", o->from);
    s->timeout = o->timeout;
    if (!s->curl)
        err_set(err, ERR_INTERNAL, "libcurl does not start");
    else if (set_url(s, o, err) == 0) {
        set_rest(s, o);
        return s;
    }
    smtp_free(s);
    return NULL;
}

void smtp_free(struct smtp *s)
{
    if (!s)
        return;
    curl_easy_cleanup(s->curl);
    curl_global_cleanup();
    free(s->from);
    free(s);
}

void smtp_result_release(struct smtp_result *r)
{
    free(r->why);
    memset(r, 0, sizeof(*r));
}

/* ---- what it came to ---- */

static bool is_tls(CURLcode rc)
{
    return rc == CURLE_USE_SSL_FAILED || rc == CURLE_SSL_CONNECT_ERROR
           || rc == CURLE_PEER_FAILED_VERIFICATION
           || rc == CURLE_SSL_CACERT_BADFILE || rc == CURLE_SSL_CIPHER
           || rc == CURLE_SSL_CERTPROBLEM || rc == CURLE_SSL_ISSUER_ERROR;
}

/* The sender or the password, and not this address, is what a server refuses
 * before RCPT; but for a message that is too large. */
static enum smtp_end refusal(const struct smtp *s, long code)
{
    if (s->stage < STAGE_RCPT && !(s->stage == STAGE_MAIL && code == 552))
        return SMTP_MISUSED;
    return SMTP_REFUSED;
}

static enum smtp_end end_of(const struct smtp *s, CURLcode rc, long code)
{
    bool whole = s->begun && !s->left;

    if (rc == CURLE_OK && code >= 200 && code < 300)
        return SMTP_SENT;
    if (code >= 500 && code < 600)
        return refusal(s, code);
    if (code >= 400 && code < 500)
        return SMTP_LATER;
    if (whole)
        return SMTP_UNSURE;
    if (is_tls(rc) || rc == CURLE_LOGIN_DENIED)
        return SMTP_MISUSED;
    return SMTP_UNREACHABLE;
}

static char *why_of(const struct smtp *s, CURLcode rc, enum smtp_end end,
                    long code)
{
    const char *curl = *s->error ? s->error : curl_easy_strerror(rc);

    if (end == SMTP_SENT)
        return NULL;
    if (code >= 400 && code < 600 && *s->reply)
        return xstrdup(s->reply);
    if (end == SMTP_UNSURE)
        return xasprintf("it was handed over and no answer came: %s", curl);
    if (s->replies > REPLIES_MAX)
        return xstrdup("the server does not end its answer");
    return xstrdup(curl);
}

void smtp_send(struct smtp *s, const char *to, const char *p, size_t n,
               int64_t seconds, struct smtp_result *r)
{
    CLEANUP_FREE char *recipient = xasprintf("<%s>", to);
    struct curl_slist *list = curl_slist_append(NULL, recipient);
    long code = 0;
    CURLcode rc;

    s->p = p;
    s->left = n;
    s->begun = false;
    s->stage = STAGE_CONNECT;
    s->replies = 0;
    s->reply[0] = s->error[0] = '\0';
    curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, list);
    curl_easy_setopt(s->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)n);
    curl_easy_setopt(s->curl, CURLOPT_TIMEOUT, (long)seconds);
    rc = curl_easy_perform(s->curl);
    curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &code);
    r->end = end_of(s, rc, code);
    r->why = why_of(s, rc, r->end, code);
    curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(list);
}
