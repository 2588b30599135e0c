/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One message as a text with front matter. Must not let a value break out of
 * it.
 */
#include <config.h>

#include "plugins/file/file.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"

/* JSON is YAML: no value can break out of the front matter. */
static void file_front(struct strbuf *b, const char *key, json_t *value)
{
    char *text = json_dumps(value ? value : json_null(),
                            JSON_ENCODE_ANY | JSON_SORT_KEYS);

    strbuf_addf(b, "%s: %s\n", key, text);
    free(text);
    json_decref(value);
}

static json_t *file_text(const char *s)
{
    return s ? jx_string(s, strlen(s)) : NULL;
}

json_t *file_list(const char *const *list)
{
    json_t *a = json_array();

    for (; list && *list; list++)
        jx_append_str(a, *list);
    return a;
}

static json_t *file_owner(const struct tocsin_owner *o)
{
    json_t *v = json_object(), *contacts;

    if (!o) {
        json_decref(v);
        return NULL;
    }
    jx_set_str(v, "name", o->name);
    json_object_set_new(v, "persons", file_list(o->persons));
    contacts =
        o->contacts ? jx_parse(o->contacts, strlen(o->contacts), NULL) : NULL;
    if (contacts)
        json_object_set_new(v, "contacts", contacts);
    return v;
}

char *file_message(const struct sink *s, const struct tocsin_notification *n,
                   int64_t nr)
{
    struct strbuf b;
    char *at = when_format(s->host->now(s->host));

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_adds(&b, "---\n");
    file_front(&b, "delivery", file_text(file_op(n->delivery)));
    file_front(&b, "title", file_text(n->title));
    file_front(&b, "project", file_text(n->project));
    file_front(&b, "owner", file_owner(n->owner));
    file_front(&b, "labels", file_list(n->labels));
    file_front(&b, "at", file_text(at));
    file_front(&b, "sink", file_text(s->host->instance(s->host)));
    file_front(&b, "ticket", file_text(n->ticket));
    file_front(&b, "number", json_integer(nr));
    file_front(&b, "nonce", file_text(n->nonce));
    file_front(&b, "remote_id", file_text(n->remote_id));
    file_front(&b, "fields",
               n->fields ? jx_parse(n->fields, strlen(n->fields), NULL) : NULL);
    strbuf_adds(&b, "---\n");
    strbuf_adds(&b, str_or(n->body, ""));
    free(at);
    return strbuf_take(&b);
}
