/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The values out of members before anything is made of them. Must not touch
 * what finds a thing again: names, fingerprints, ids.
 */
#include <config.h>

#include "core/deliver/unsay.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

bool unsay_text(const struct exact *e, char **text)
{
    struct strbuf b;
    bool cut;

    if (!e || !*text || !exact_maybe(e, *text, strlen(*text)))
        return false;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_adds(&b, *text);
    cut = exact_cut(e, &b);
    free(*text);
    *text = strbuf_take(&b);
    return cut;
}

static bool is_name(const char *key)
{
    static const char *const names[] = { "fingerprint", "rule", "rule_digest",
                                         "category", "blame" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(key, names[i]))
            return true;
    return false;
}

/* What stands in place of v. New. */
static json_t *said(const struct exact *e, json_t *v, bool *cut)
{
    json_t *out, *one;
    const char *key;
    size_t i;

    if (json_is_string(v)) {
        CLEANUP_FREE char *text = xstrdup(json_string_value(v));

        *cut |= unsay_text(e, &text);
        return jx_string(text, strlen(text));
    }
    if (json_is_array(v)) {
        out = json_array();
        json_array_foreach(v, i, one)
            json_array_append_new(out, said(e, one, cut));
        return out;
    }
    if (!json_is_object(v))
        return json_incref(v);
    out = json_object();
    json_object_foreach(v, key, one)
        json_object_set_new(
            out, key, is_name(key) ? json_incref(one) : said(e, one, cut));
    return out;
}

static bool unsay_json(const struct exact *e, json_t **v)
{
    bool cut = false;
    json_t *out = *v ? said(e, *v, &cut) : NULL;

    json_decref(*v);
    *v = out;
    return cut;
}

static bool unsay_incident(const struct exact *e, struct incident *i)
{
    bool cut = unsay_json(e, &i->failure);

    cut |= unsay_json(e, &i->extra);
    cut |= unsay_text(e, &i->url);
    return cut;
}

void unsay_subject(const struct exact *e, struct subject *s)
{
    if (!e)
        return;
    for (size_t i = 0; i < s->nr; i++)
        s->unsaid |= unsay_incident(e, &s->members[i]);
    if (s->has_cause)
        s->unsaid |= unsay_incident(e, &s->cause);
    s->unsaid |= unsay_json(e, &s->past);
    s->unsaid |= unsay_json(e, &s->troubles);
}
