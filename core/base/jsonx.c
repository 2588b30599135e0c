/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON reading with defaults. Must not fail on hostile text: bytes that are
 * no UTF-8 are repaired, never refused.
 */
#include <config.h>

#include "core/base/jsonx.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define LIST_MAX 8192

const char *jx_str(const json_t *obj, const char *key)
{
    return json_string_value(json_object_get(obj, key));
}

const char *jx_str_or(const json_t *obj, const char *key, const char *dflt)
{
    const char *s = jx_str(obj, key);

    return s ? s : dflt;
}

int64_t jx_int(const json_t *obj, const char *key, int64_t dflt)
{
    const json_t *v = json_object_get(obj, key);

    if (json_is_integer(v))
        return json_integer_value(v);
    if (json_is_real(v)) {
        double d = json_real_value(v);

        if (d > -9e15 && d < 9e15)
            return (int64_t)d;
    }
    return dflt;
}

double jx_num(const json_t *obj, const char *key, double dflt)
{
    const json_t *v = json_object_get(obj, key);

    return json_is_number(v) ? json_number_value(v) : dflt;
}

bool jx_bool(const json_t *obj, const char *key, bool dflt)
{
    const json_t *v = json_object_get(obj, key);

    return json_is_boolean(v) ? json_is_true(v) : dflt;
}

json_t *jx_arr(const json_t *obj, const char *key)
{
    json_t *v = json_object_get(obj, key);

    return json_is_array(v) ? v : NULL;
}

json_t *jx_obj(const json_t *obj, const char *key)
{
    json_t *v = json_object_get(obj, key);

    return json_is_object(v) ? v : NULL;
}

/* The length of the valid UTF-8 sequence at s, 0 if there is none. */
static size_t sequence(const unsigned char *s, size_t n)
{
    size_t len;
    unsigned min, cp;

    if (s[0] < 0x80)
        return s[0] ? 1 : 0;
    if (s[0] >= 0xc2 && s[0] < 0xe0) {
        len = 2;
        min = 0x80;
        cp = s[0] & 0x1fu;
    } else if (s[0] >= 0xe0 && s[0] < 0xf0) {
        len = 3;
        min = 0x800;
        cp = s[0] & 0x0fu;
    } else if (s[0] >= 0xf0 && s[0] < 0xf5) {
        len = 4;
        min = 0x10000;
        cp = s[0] & 0x07u;
    } else {
        return 0;
    }
    if (len > n)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        cp = cp << 6 | (s[i] & 0x3fu);
    }
    if (cp < min || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
        return 0;
    return len;
}

char *utf8_repair(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    struct strbuf out;

    strbuf_init(&out, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < n;) {
        size_t run = i, len;

        while (run < n && (len = sequence(s + run, n - run)) > 0)
            run += len;
        strbuf_add(&out, s + i, run - i);
        i = run;
        if (i < n) {
            strbuf_adds(&out, s[i] ? "\xef\xbf\xbd" : "\xe2\x90\x80");
            i++;
        }
    }
    return out.buf;
}

json_t *jx_string(const char *s, size_t n)
{
    CLEANUP_FREE char *fixed = utf8_repair(s, n);

    return json_string(fixed);
}

void jx_set_strn(json_t *obj, const char *key, const char *s, size_t n)
{
    json_object_set_new(obj, key, jx_string(s, n));
}

void jx_set_str(json_t *obj, const char *key, const char *s)
{
    if (s)
        jx_set_strn(obj, key, s, strlen(s));
}

static json_t *made(json_t *obj, const char *key, json_t *had, json_t *fresh)
{
    if (had) {
        json_decref(fresh);
        return had;
    }
    json_object_set_new(obj, key, fresh);
    return fresh;
}

json_t *jx_arr_made(json_t *obj, const char *key)
{
    return made(obj, key, jx_arr(obj, key), json_array());
}

json_t *jx_obj_made(json_t *obj, const char *key)
{
    return made(obj, key, jx_obj(obj, key), json_object());
}

void jx_append_str(json_t *list, const char *s)
{
    json_array_append_new(list, jx_string(s, strlen(s)));
}

void jx_set_int(json_t *obj, const char *key, int64_t v)
{
    json_object_set_new(obj, key, json_integer(v));
}

void jx_set_bool(json_t *obj, const char *key, bool v)
{
    json_object_set_new(obj, key, json_boolean(v));
}

void jx_set_num(json_t *obj, const char *key, double v)
{
    json_object_set_new(obj, key, json_real(v));
}

json_t *jx_parse(const char *text, size_t n, struct err *err)
{
    json_error_t e;
    json_t *v = json_loadb(text, n, JSON_ALLOW_NUL | JSON_DECODE_ANY, &e);

    if (!v)
        err_set(err, ERR_INPUT, "JSON line %d column %d: %s", e.line, e.column,
                e.text);
    return v;
}

char *jx_dump(const json_t *v)
{
    char *s = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

    return s ? s : xstrdup("null");
}

char *jx_list_some(const json_t *list, size_t shown, size_t kept)
{
    size_t nr = json_array_size(list);
    struct strbuf text;

    if (!nr)
        return NULL;
    strbuf_init(&text, LIST_MAX);
    for (size_t i = 0; i < nr && i < shown; i++)
        strbuf_addf(&text, "%s%s", i ? "; " : "",
                    str_or(json_string_value(json_array_get(list, i)), "?"));
    if (nr > kept)
        strbuf_addf(&text, "; and more than %zu others", kept - shown);
    else if (nr > shown)
        strbuf_addf(&text, "; and %zu more", nr - shown);
    return strbuf_take(&text);
}

void jx_cleanup(json_t **p)
{
    json_decref(*p);
}
