/* SPDX-License-Identifier: BSD-3-Clause */
/* What the small Mustache renders, and what it refuses, with the line. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/deliver/mustache.h"
#include "suite.h"

static bool known(const char *position)
{
    return !strcmp(position, "code");
}

/* Values between brackets, so that what is escaped shows. */
static int value(void *user, const char *position, const json_t *v,
                 struct strbuf *out, struct err *err)
{
    (void)user;
    if (json_is_string(v) && !strcmp(json_string_value(v), "refuse"))
        return err_set(err, ERR_INPUT, "refused");
    if (json_is_string(v))
        strbuf_addf(out, "%s[%s]", str_or(position, ""), json_string_value(v));
    else if (json_is_integer(v))
        strbuf_addf(out, "[%d]", (int)json_integer_value(v));
    return 0;
}

static struct mustache *self, *item;

static const struct mustache *partial(void *user, const char *name,
                                      struct err *err)
{
    (void)user;
    if (!strcmp(name, "self"))
        return self;
    if (!strcmp(name, "item"))
        return item;
    err_set(err, ERR_CONFIG, "no template \"%s\"", name);
    return NULL;
}

static struct mustache *parse(const char *text, struct err *err)
{
    return mustache_parse("f.mustache", text, strlen(text), known, err);
}

static char *render(const char *text, struct err *err)
{
    struct mustache *m = parse(text, err);
    struct mustache_writer w = { .value = value, .partial = partial };
    json_t *context = json_loads(
        "{\"name\": \"n{{x}}\", \"no\": false, \"empty\": [], \"zero\": 0,"
        " \"o\": {\"x\": \"in\", \"p\": {\"q\": \"deep\"}},"
        " \"list\": [{\"x\": \"a\"}, {\"x\": \"b\", \"name\": \"own\"}],"
        " \"words\": [\"u\", \"v\"], \"n\": 7, \"bad\": \"refuse\"}",
        0, NULL);
    struct strbuf out;
    int rc;

    ck_assert_ptr_nonnull(context);
    if (!m) {
        json_decref(context);
        return NULL;
    }
    strbuf_init(&out, 4096);
    item = parse("<{{x}}>", NULL);
    rc = mustache_render(m, context, &w, &out, err);
    mustache_free(item);
    mustache_free(m);
    json_decref(context);
    if (rc < 0) {
        strbuf_release(&out);
        return NULL;
    }
    return strbuf_take(&out);
}

static const struct {
    const char *in, *out;
} renders[] = {
    { "", "" },
    { "a {{name}} b", "a [n{{x}}] b" },
    { "{{ name }}", "[n{{x}}]" },
    { "{{code:name}}", "code[n{{x}}]" },
    { "{{code: name }}", "code[n{{x}}]" },
    { "{{absent}}", "" },
    { "{{n}}", "[7]" },
    { "{{o.x}} {{o.p.q}} {{o.no.q}}", "[in] [deep] " },
    { "{{#o}}{{x}}{{name}}{{/o}}", "[in][n{{x}}]" },
    { "{{#list}}{{x}}{{name}};{{/list}}", "[a][n{{x}}];[b][own];" },
    { "{{#words}}{{.}}{{/words}}", "[u][v]" },
    { "{{#no}}x{{/no}}{{#empty}}x{{/empty}}{{#zero}}x{{/zero}}"
      "{{#absent}}x{{/absent}}",
      "" },
    { "{{^no}}a{{/no}}{{^empty}}b{{/empty}}{{^zero}}c{{/zero}}"
      "{{^absent}}d{{/absent}}{{^n}}e{{/n}}",
      "abcd" },
    { "a\n{{#n}}\nb\n{{/n}}\nc\n", "a\nb\nc\n" },
    { "a\n  {{! gone }}\nb", "a\nb" },
    { "a {{! gone }} b", "a  b" },
    { "{{#list}}\n{{>item}}\n{{/list}}\n", "<[a]><[b]>" },
    { "{{#words}}{{^no}}{{.}}{{/no}}{{/words}}", "[u][v]" },
    { "} }} {", "} }} {" },
};

START_TEST(templates_render)
{
    struct err err = ERR_INIT;
    char *s = render(renders[_i].in, &err);

    ck_assert_msg(s != NULL, "%s: %s", renders[_i].in, err_msg(&err));
    ck_assert_str_eq(s, renders[_i].out);
    free(s);
}
END_TEST

static const struct {
    const char *in, *message;
} mistakes[] = {
    { "a\nb {{{name}}}", "f.mustache:2: there are no raw variables" },
    { "{{&name}}", "f.mustache:1: there are no raw variables" },
    { "{{=<% %>=}}", "f.mustache:1: the delimiters cannot be changed" },
    { "\n\n{{name", "f.mustache:3: {{ without }}" },
    { "{{#a}}\n{{#b}}\n{{/a}}",
      "f.mustache:3: {{/a}} where {{/b}} must come (line 2)" },
    { "x\n{{#a}}y", "f.mustache:2: this section is never closed" },
    { "{{/a}}", "f.mustache:1: {{/..}} closes nothing" },
    { "{{}}", "f.mustache:1: this is no name of a variable" },
    { "{{a b}}", "f.mustache:1: this is no name of a variable" },
    { "{{raw:a}}", "f.mustache:1: no position \"raw\"" },
    { "{{>nowhere}}", "f.mustache:1: no template \"nowhere\"" },
    { "\n{{bad}}", "f.mustache:2: bad: refused" },
    { "{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}"
      "{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}"
      "{{#a}}{{#a}}{{#a}}",
      "f.mustache:1: sections nest too deep" },
};

START_TEST(mistakes_name_their_line)
{
    struct err err = ERR_INIT;

    ck_assert_ptr_null(render(mistakes[_i].in, &err));
    ck_assert_str_eq(err_msg(&err), mistakes[_i].message);
    ck_assert_int_ne(err.code, ERR_NONE);
    err_release(&err);
}
END_TEST

START_TEST(partials_cannot_run_away)
{
    struct err err = ERR_INIT;

    self = parse("x{{>self}}", NULL);
    ck_assert_ptr_null(render("{{>self}}", &err));
    ck_assert_ptr_nonnull(strstr(err_msg(&err), "partials nest too deep"));
    mustache_free(self);
    err_release(&err);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { templates_render, ARRAY_SIZE(renders) },
        { mistakes_name_their_line, ARRAY_SIZE(mistakes) },
        { partials_cannot_run_away, 1 },
    };

    return suite_cases("mustache", cases, ARRAY_SIZE(cases));
}
