/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A mail out of its parts, by GMime. Must not give GMime a header that holds
 * a control character, and must not put a word of a sealed letter outside.
 */
#include <config.h>

#include "plugins/email/letter.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/email/address.h"

#define UTF_8 "utf-8"
#define HEADER_MAX 900          /* a line of SMTP has 998 at most */
#define HIDDEN "[...]"          /* RFC 9788, 3.2.3 */

/* ---- what may stand in a header ---- */

/* C1 controls, line and paragraph separators, bidi controls. */
static bool is_odd(const unsigned char *p)
{
    if (p[0] == 0xc2)
        return p[1] < 0xa0;
    if (p[0] != 0xe2)
        return false;
    return (p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae)
        || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

bool header_ok(const char *s)
{
    CLEANUP_FREE char *fixed = NULL;

    if (!s || strlen(s) > HEADER_MAX)
        return false;
    for (const char *p = s; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f
            || is_odd((const unsigned char *)p))
            return false;
    fixed = utf8_repair(s, strlen(s));
    return !strcmp(fixed, s);
}

bool unsubscribe_ok(const char *url)
{
    if (!header_ok(url)
        || (strncasecmp(url, "https://", 8) && strncasecmp(url, "mailto:", 7)))
        return false;
    for (; *url; url++)
        if ((unsigned char)*url > 0x7e || strchr(" <>\",", *url))
            return false;
    return true;
}

int sender_parse(struct sender *s, const char *from, struct err *err)
{
    InternetAddressList *list = header_ok(from)
        ? internet_address_list_parse(NULL, from) : NULL;
    InternetAddress *one = list && internet_address_list_length(list) == 1
        ? internet_address_list_get_address(list, 0) : NULL;
    int rc = -1;

    if (one && INTERNET_ADDRESS_IS_MAILBOX(one)
        && address_ok(INTERNET_ADDRESS_MAILBOX(one)->addr)) {
        s->name = xstrdup0(internet_address_get_name(one));
        s->address = xstrdup(INTERNET_ADDRESS_MAILBOX(one)->addr);
        rc = 0;
    }
    if (list)
        g_object_unref(list);
    if (rc < 0 || (s->name && !header_ok(s->name)))
        return err_set(err, ERR_CONFIG, "from: is no address such as "
                       "\"Tocsin <tocsin@example.org>\"");
    return 0;
}

void sender_release(struct sender *s)
{
    free(s->name);
    free(s->address);
    free(s->reply_to);
    free(s->list_id);
    for (size_t i = 0; i < s->nr_unsubscribe; i++)
        free(s->unsubscribe[i]);
    free(s->unsubscribe);
    memset(s, 0, sizeof(*s));
}

/* ---- headers ---- */

static void set(GMimeObject *o, const char *name, const char *value)
{
    g_mime_object_set_header(o, name, value, UTF_8);
}

/* What looks like an encoded word (RFC 2047) is not encoded by GMime, and
 * would be decoded by who reads it. New. */
static char *without_words(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (; *s; s++) {
        strbuf_addc(&b, *s);
        if (*s == '=' && s[1] == '?')
            strbuf_adds(&b, "\xe2\x80\x8b");
    }
    return strbuf_take(&b);
}

static void set_text(GMimeObject *o, const char *name, const char *value)
{
    CLEANUP_FREE char *text = without_words(value);

    set(o, name, text);
}

/* Folded by ourselves, where GMime must not look for words. */
static void set_raw(GMimeObject *o, const char *name, const char *value)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(o);
    CLEANUP_FREE char *raw = xasprintf(" %s\n", value);

    g_mime_header_list_append(list, name, "x", NULL);
    g_mime_header_set_raw_value(
        g_mime_header_list_get_header_at(
            list, g_mime_header_list_get_count(list) - 1), raw);
}

static void add_percent(struct strbuf *b, const char *s)
{
    for (; *s; s++) {
        if (g_ascii_isalnum(*s) || strchr("-._~", *s))
            strbuf_addc(b, *s);
        else
            strbuf_addf(b, "%%%02X", (unsigned char)*s);
    }
}

/* {address} is whose mail it is. New. */
static char *fill_url(const char *url, const char *to)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (*url) {
        if (str_starts(url, "{address}")) {
            add_percent(&b, to);
            url += strlen("{address}");
        } else {
            strbuf_addc(&b, *url++);
        }
    }
    return strbuf_take(&b);
}

static void set_list(GMimeObject *o, const struct letter *l,
                     const struct sender *s)
{
    CLEANUP_FREE char *id = xasprintf("<%s>", s->list_id);
    bool one_click = false;
    struct strbuf b;
    char *all;

    set_raw(o, "List-Id", id);
    if (!s->nr_unsubscribe)
        return;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < s->nr_unsubscribe; i++) {
        CLEANUP_FREE char *url = fill_url(s->unsubscribe[i], l->to);

        strbuf_addf(&b, "%s<%s>", b.len ? ",\n " : "", url);
        one_click = one_click || !strncasecmp(url, "https://", 8);
    }
    all = strbuf_take(&b);
    set_raw(o, "List-Unsubscribe", all);
    free(all);
    if (one_click)
        set(o, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
}

static void set_thread(GMimeObject *o, const struct letter *l)
{
    const char *answers = l->reply_to_id;
    CLEANUP_FREE char *id = xasprintf("<%s>", l->id);
    CLEANUP_FREE char *up = xasprintf("<%s>", str_or(answers, ""));
    CLEANUP_FREE char *refs = xasprintf(
        "%s%s%s%s%s", l->thread_id ? "<" : "", str_or(l->thread_id, ""),
        l->thread_id ? ">" : "", l->thread_id && answers ? "\n " : "",
        answers ? up : "");

    set_raw(o, "Message-ID", id);
    if (answers)
        set_raw(o, "In-Reply-To", up);
    if (*refs)
        set_raw(o, "References", refs);
}

static void set_people(GMimeMessage *m, const struct letter *l,
                       const struct sender *s)
{
    GDateTime *date = g_date_time_new_from_unix_utc(l->date);

    g_mime_message_add_mailbox(m, GMIME_ADDRESS_TYPE_FROM, s->name,
                               s->address);
    g_mime_message_add_mailbox(m, GMIME_ADDRESS_TYPE_TO, NULL, l->to);
    if (s->reply_to)
        g_mime_message_add_mailbox(m, GMIME_ADDRESS_TYPE_REPLY_TO, NULL,
                                   s->reply_to);
    if (date) {
        g_mime_message_set_date(m, date);
        g_date_time_unref(date);
    }
}

/* Nobody's holiday notice is wanted (RFC 3834; Exchange; older programs). */
static void set_automatic(GMimeObject *o)
{
    set(o, "Auto-Submitted", "auto-generated");
    set(o, "X-Auto-Response-Suppress", "All");
    set(o, "Precedence", "bulk");
}

/* ---- the two texts ---- */

static void set_content(GMimePart *part, const void *p, size_t n,
                        GMimeContentEncoding encoding)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(p, n);
    GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(
        stream, GMIME_CONTENT_ENCODING_DEFAULT);

    g_mime_part_set_content(part, content);
    g_mime_part_set_content_encoding(part, encoding);
    g_object_unref(content);
    g_object_unref(stream);
}

/* GMime's own part for text chooses the character set itself. */
static GMimeObject *text_part(const char *subtype, const char *text,
                              bool shows_subject)
{
    GMimePart *part = g_mime_part_new_with_type("text", subtype);
    GMimeObject *o = GMIME_OBJECT(part);

    set_content(part, text, strlen(text),
                GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    g_mime_object_set_content_type_parameter(o, "charset", UTF_8);
    if (shows_subject)
        g_mime_object_set_content_type_parameter(o, "hp-legacy-display",
                                                 "1");
    return o;
}

static GMimeObject *alternative(const char *text, const char *html,
                                bool shows_subject)
{
    GMimeMultipart *m = g_mime_multipart_new_with_subtype("alternative");
    GMimeObject *plain = text_part("plain", text, shows_subject);
    GMimeObject *rich = text_part("html", html, shows_subject);

    g_mime_multipart_add(m, plain);
    g_mime_multipart_add(m, rich);
    g_object_unref(plain);
    g_object_unref(rich);
    return GMIME_OBJECT(m);
}

static char *to_bytes(GMimeObject *o, size_t *n)
{
    GMimeFormatOptions *f = g_mime_format_options_new();
    GMimeStream *stream = g_mime_stream_mem_new();
    GByteArray *bytes;
    char *out;

    g_mime_format_options_set_newline_format(f, GMIME_NEWLINE_FORMAT_DOS);
    g_mime_object_write_to_stream(o, f, stream);
    bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    *n = bytes->len;
    out = xmemdup0(bytes->data, bytes->len);
    g_object_unref(stream);
    g_mime_format_options_free(f);
    return out;
}

/* ---- sealed ---- */

/* For programs that do not know of headers inside: the subject once more, as
 * the first thing that is read (RFC 9788, 5.2). */
static GMimeObject *payload_texts(const struct letter *l)
{
    CLEANUP_FREE char *text = xasprintf("Subject: %s\n\n%s", l->subject,
                                        l->body->text);
    const char *at = strstr(l->body->html, "<body>\n");
    size_t before = at ? (size_t)(at - l->body->html) + 7 : 0;
    char *subject = g_markup_escape_text(l->subject, -1);
    CLEANUP_FREE char *html = xasprintf(
        "%.*s<div class=\"header-protection-legacy-display\">\n"
        "<pre>Subject: %s</pre>\n</div>\n%s", (int)before, l->body->html,
        subject, l->body->html + before);

    g_free(subject);
    return alternative(text, html, true);
}

/* Every header of the outside, and what is seen of it there. */
static void hide_headers(GMimeObject *payload, GMimeObject *outer,
                         const struct letter *l)
{
    static const char *const names[] = {
        "From", "To", "Reply-To", "Date", "Message-ID", "In-Reply-To",
        "References",
    };

    set_text(payload, "Subject", l->subject);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *value = g_mime_object_get_header(outer, names[i]);
        CLEANUP_FREE char *shown = NULL;

        if (!value)
            continue;
        set(payload, names[i], value);
        shown = xasprintf("%s: %s", names[i], value);
        g_mime_object_append_header(payload, "HP-Outer", shown, UTF_8);
    }
    g_mime_object_append_header(payload, "HP-Outer", "Subject: " HIDDEN,
                                UTF_8);
    g_mime_object_set_content_type_parameter(payload, "hp", "cipher");
}

static GMimeObject *cms_part(const unsigned char *der, size_t n,
                             const char *kind)
{
    GMimePart *part = g_mime_part_new_with_type("application",
                                                "pkcs7-mime");
    GMimeObject *o = GMIME_OBJECT(part);

    set_content(part, der, n, GMIME_CONTENT_ENCODING_BASE64);
    g_mime_object_set_content_type_parameter(o, "smime-type", kind);
    g_mime_object_set_content_type_parameter(o, "name", "smime.p7m");
    g_mime_object_set_disposition(o, "attachment");
    g_mime_object_set_content_disposition_parameter(o, "filename",
                                                    "smime.p7m");
    return o;
}

static GMimeObject *sealed_part(const struct letter *l, GMimeMessage *m,
                                const struct smime *seal, struct err *err)
{
    GMimeObject *payload = payload_texts(l), *part = NULL;
    const char *kind = NULL;
    size_t n, nr = 0;
    unsigned char *der;
    char *entity;

    hide_headers(payload, GMIME_OBJECT(m), l);
    entity = to_bytes(payload, &n);
    der = smime_seal(seal, l->to, entity, n, &nr, &kind, err);
    if (der)
        part = cms_part(der, nr, kind);
    free(der);
    explicit_bzero(entity, n);
    free(entity);
    g_object_unref(payload);
    return part;
}

/* ---- the whole ---- */

static void set_open_headers(GMimeObject *o, const struct letter *l)
{
    set(o, "X-Tocsin-Delivery", l->delivery);
    if (l->project)
        set_text(o, "X-Tocsin-Project", l->project);
}

static int look_at(const struct letter *l, struct err *err)
{
    if (!address_ok(l->to) || !header_ok(l->subject) || !header_ok(l->id)
        || (l->reply_to_id && !header_ok(l->reply_to_id))
        || (l->thread_id && !header_ok(l->thread_id))
        || (l->project && !header_ok(l->project)))
        return err_set(err, ERR_INPUT, "a header would hold control "
                       "characters or be too long");
    return 0;
}

char *letter_write(const struct letter *l, const struct sender *s,
                   const struct smime *seal, size_t *n, struct err *err)
{
    GMimeMessage *m;
    GMimeObject *part;
    char *out = NULL;

    if (look_at(l, err) < 0)
        return NULL;
    m = g_mime_message_new(TRUE);
    set_people(m, l, s);
    set_text(GMIME_OBJECT(m), "Subject", seal ? HIDDEN : l->subject);
    set_thread(GMIME_OBJECT(m), l);
    set_list(GMIME_OBJECT(m), l, s);
    set_automatic(GMIME_OBJECT(m));
    if (!seal)
        set_open_headers(GMIME_OBJECT(m), l);
    part = seal ? sealed_part(l, m, seal, err)
                : alternative(l->body->text, l->body->html, false);
    if (part) {
        g_mime_message_set_mime_part(m, part);
        out = to_bytes(GMIME_OBJECT(m), n);
        g_object_unref(part);
    }
    g_object_unref(m);
    return out;
}
