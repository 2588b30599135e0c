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

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/email/address.h"

#define UTF_8 "utf-8"
#define ID_MAX 500
#define HIDDEN "[...]" /* RFC 9788, 3.2.3 */

/* ---- who writes ---- */

int sender_parse(struct sender *s, const char *from, struct err *err)
{
    InternetAddressList *list =
        header_ok(from) ? internet_address_list_parse(NULL, from) : NULL;
    InternetAddress *one = list && internet_address_list_length(list) == 1
                               ? internet_address_list_get_address(list, 0)
                               : NULL;
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
        return err_set(err, ERR_CONFIG,
                       "from: is no address such as "
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

/* As it is: GMime is not to look for words in it. */
static void set_raw(GMimeObject *o, const char *name, const char *value)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(o);
    CLEANUP_FREE char *raw = xasprintf(" %s\n", value);

    g_mime_header_list_append(list, name, "x", NULL);
    g_mime_header_set_raw_value(
        g_mime_header_list_get_header_at(
            list, g_mime_header_list_get_count(list) - 1),
        raw);
}

static void set_all(GMimeObject *o, const struct headers *h)
{
    for (size_t i = 0; i < h->nr; i++)
        set_raw(o, h->list[i].name, h->list[i].value);
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

static void add_list(struct headers *h, const struct letter *l,
                     const struct sender *s)
{
    bool one_click = false;
    struct strbuf b;

    headers_add(h, "List-Id", xasprintf("<%s>", s->list_id));
    if (!s->nr_unsubscribe)
        return;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < s->nr_unsubscribe; i++) {
        CLEANUP_FREE char *url = fill_url(s->unsubscribe[i], l->to);

        strbuf_addf(&b, "%s<%s>", b.len ? ",\n " : "", url);
        one_click = one_click || !strncasecmp(url, "https://", 8);
    }
    headers_add(h, "List-Unsubscribe", strbuf_take(&b));
    if (one_click)
        headers_add(h, "List-Unsubscribe-Post",
                    xstrdup("List-Unsubscribe=One-Click"));
}

static void add_thread(struct headers *h, const struct letter *l)
{
    const char *up = l->reply_to_id;

    headers_add(h, "Message-ID", xasprintf("<%s>", l->id));
    if (up)
        headers_add(h, "In-Reply-To", xasprintf("<%s>", up));
    if (up && l->thread_id)
        headers_add(h, "References",
                    xasprintf("<%s>\n <%s>", l->thread_id, up));
    else if (up || l->thread_id)
        headers_add(h, "References", xasprintf("<%s>", up ? up : l->thread_id));
}

static char *date_of(int64_t t)
{
    GDateTime *date = g_date_time_new_from_unix_utc(t);
    char *text = date ? g_mime_utils_header_format_date(date) : NULL;
    char *out = xstrdup0(text);

    g_free(text);
    if (date)
        g_date_time_unref(date);
    return out;
}

/* Those that a sealed letter shows, too. */
static void add_open(struct headers *h, const struct letter *l,
                     const struct sender *s)
{
    char *date = date_of(l->date);

    headers_add(h, "From", header_mailbox("From", s->name, s->address));
    headers_add(h, "To", xstrdup(l->to));
    if (s->reply_to)
        headers_add(h, "Reply-To", xstrdup(s->reply_to));
    if (date)
        headers_add(h, "Date", date);
    add_thread(h, l);
}

/* Nobody's holiday notice is wanted (RFC 3834; Exchange; older programs). */
static void add_automatic(struct headers *h)
{
    headers_add(h, "Auto-Submitted", xstrdup("auto-generated"));
    headers_add(h, "X-Auto-Response-Suppress", xstrdup("All"));
    headers_add(h, "Precedence", xstrdup("bulk"));
}

static void add_filters(struct headers *h, const struct letter *l)
{
    headers_add(h, "X-Tocsin-Delivery", xstrdup(l->delivery));
    if (l->project)
        headers_add(h, "X-Tocsin-Project",
                    header_text("X-Tocsin-Project", l->project));
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
        g_mime_object_set_content_type_parameter(o, "hp-legacy-display", "1");
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
    CLEANUP_FREE char *text =
        xasprintf("Subject: %s\n\n%s", l->subject, l->body->text);
    const char *at = strstr(l->body->html, "<body>\n");
    size_t before = at ? (size_t)(at - l->body->html) + 7 : 0;
    char *subject = g_markup_escape_text(l->subject, -1);
    CLEANUP_FREE char *html =
        xasprintf("%.*s<div class=\"header-protection-legacy-display\">\n"
                  "<pre>Subject: %s</pre>\n</div>\n%s",
                  (int)before, l->body->html, subject, l->body->html + before);

    g_free(subject);
    return alternative(text, html, true);
}

/* Every header of the outside, and what is seen of it there. */
static void hide_headers(GMimeObject *payload, const struct headers *open,
                         const struct letter *l)
{
    CLEANUP_FREE char *subject = header_text("Subject", l->subject);

    set_raw(payload, "Subject", subject);
    set_all(payload, open);
    for (size_t i = 0; i < open->nr; i++) {
        CLEANUP_FREE char *shown =
            xasprintf("%s: %s", open->list[i].name, open->list[i].value);

        set_raw(payload, "HP-Outer", shown);
    }
    set_raw(payload, "HP-Outer", "Subject: " HIDDEN);
    g_mime_object_set_content_type_parameter(payload, "hp", "cipher");
}

static GMimeObject *cms_part(const unsigned char *der, size_t n,
                             const char *kind)
{
    GMimePart *part = g_mime_part_new_with_type("application", "pkcs7-mime");
    GMimeObject *o = GMIME_OBJECT(part);

    set_content(part, der, n, GMIME_CONTENT_ENCODING_BASE64);
    g_mime_object_set_content_type_parameter(o, "smime-type", kind);
    g_mime_object_set_content_type_parameter(o, "name", "smime.p7m");
    g_mime_object_set_disposition(o, "attachment");
    g_mime_object_set_content_disposition_parameter(o, "filename", "smime.p7m");
    return o;
}

static GMimeObject *sealed_part(const struct letter *l,
                                const struct headers *open,
                                const struct smime *seal, struct err *err)
{
    GMimeObject *payload = payload_texts(l), *part = NULL;
    const char *kind = NULL;
    size_t n, nr = 0;
    unsigned char *der;
    char *entity;

    hide_headers(payload, open, l);
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

/* What stands between < and > in a Message-ID. */
static bool id_ok(const char *s)
{
    size_t n = s ? strlen(s) : 0;

    for (; s && *s; s++)
        if (*s <= ' ' || *s > '~' || strchr("<>", *s))
            return false;
    return n && n <= ID_MAX;
}

static int look_at(const struct letter *l, struct err *err)
{
    if (!address_ok(l->to) || !header_ok(l->subject) || !id_ok(l->id)
        || (l->reply_to_id && !id_ok(l->reply_to_id))
        || (l->thread_id && !id_ok(l->thread_id))
        || (l->project && !header_ok(l->project)))
        return err_set(err, ERR_INPUT,
                       "a header would hold control "
                       "characters or be too long");
    return 0;
}

char *letter_write(const struct letter *l, const struct sender *s,
                   const struct smime *seal, size_t *n, struct err *err)
{
    struct headers open = { 0 }, rest = { 0 };
    GMimeObject *part;
    char *out = NULL;

    if (look_at(l, err) < 0)
        return NULL;
    add_open(&open, l, s);
    headers_add(&rest, "Subject",
                seal ? xstrdup(HIDDEN) : header_text("Subject", l->subject));
    add_list(&rest, l, s);
    add_automatic(&rest);
    if (!seal)
        add_filters(&rest, l);
    part = seal ? sealed_part(l, &open, seal, err)
                : alternative(l->body->text, l->body->html, false);
    if (part) {
        GMimeMessage *m = g_mime_message_new(FALSE);

        set_all(GMIME_OBJECT(m), &open);
        set_all(GMIME_OBJECT(m), &rest);
        g_mime_message_set_mime_part(m, part);
        out = to_bytes(GMIME_OBJECT(m), n);
        g_object_unref(m);
        g_object_unref(part);
    }
    headers_release(&open);
    headers_release(&rest);
    return out;
}
