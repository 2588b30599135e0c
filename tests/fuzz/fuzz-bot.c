/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bot's error texts and shapes, and lists of maintainers, under
 * libFuzzer. The first byte says which. Must hold what the headers promise:
 * text within its cap, only web addresses as URLs, the same twice.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/bot-logs/clean.h"
#include "plugins/bot-logs/shape.h"
#include "plugins/feedstocks/maintainers.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void drift(void *user, const char *member, const char *wanted,
                  const json_t *found)
{
    (void)user;
    if (!member || !wanted || !shape_type(found))
        BUG("drift without a place");
}

static void look_at(struct shape *s)
{
    /* the kind, a line end, and the mark of a cut come on top of the cap */
    if (!s->text || strlen(s->text) > CLEAN_MAX + 64)
        BUG("no text, or too much of it");
    if (s->url && !clean_is_url(s->url))
        BUG("no URL");
    shape_release(s);
}

static void fuzz_json(const char *text, size_t n)
{
    json_t *v = jx_parse(text, n, NULL);
    struct shape s;

    if (v && shape_read(v, &s, drift, NULL) == 0)
        look_at(&s);
    if (v && shape_bad(v, &s, drift, NULL) == 0)
        look_at(&s);
    json_decref(v);
}

static void fuzz_text(const char *text, size_t n)
{
    json_t *v = jx_string(text, n);
    char *a = clean_message(text, n), *b = clean_message(text, n);
    struct shape s;

    if (strcmp(a, b) != 0)
        BUG("not the same twice");
    free(a);
    free(b);
    if (shape_read(v, &s, drift, NULL) < 0)
        BUG("a text is always readable");
    look_at(&s);
    json_decref(v);
}

static void fuzz_messages(char *text)
{
    const char *list[64];
    size_t nr = 0;
    char *save = NULL, *out;

    for (char *m = strtok_r(text, "\x01", &save); m && nr < 64;
         m = strtok_r(NULL, "\x01", &save))
        list[nr++] = m;
    out = clean_messages(list, nr);
    if (strlen(out) > CLEAN_MAX)
        BUG("past the cap");
    free(out);
    out = clean_cap(text, 100);
    if (strlen(out) > 120)
        BUG("past its cap");
    free(out);
}

static void fuzz_people(const char *text, size_t n, bool recipe)
{
    const char *why = NULL;
    json_t *list = NULL;
    enum maintainers got = recipe
                               ? maintainers_recipe_yaml(text, n, &list, &why)
                               : maintainers_meta_yaml(text, n, &list, &why);

    if ((got == MAINTAINERS_OK) != (list != NULL))
        BUG("a list without success, or the other way round");
    if (got == MAINTAINERS_UNCLEAR && !why)
        BUG("unclear, and nobody knows why");
    if (list && !json_array_size(list))
        BUG("an empty list of maintainers");
    json_decref(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    char *text;

    if (n < 1)
        return 0;
    text = xmemdup0(p + 1, n - 1);
    switch (p[0] % 5) {
    case 0:
        fuzz_json(text, n - 1);
        break;
    case 1:
        fuzz_text(text, n - 1);
        break;
    case 2:
        fuzz_messages(text);
        break;
    case 3:
        fuzz_people(text, n - 1, false);
        break;
    default:
        fuzz_people(text, n - 1, true);
        break;
    }
    free(text);
    return 0;
}
