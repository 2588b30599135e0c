/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gate between a shared object and Tocsin: version, sizes, mandatory
 * callbacks, option table. Must only run in a worker; every refusal names
 * what was found and what was wanted.
 */
#include <config.h>

#include "core/host/loader.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/options.h"

#define OPTIONS_MAX 200

#define END_OF(type, member)                                                   \
    (offsetof(struct type, member) + sizeof(((struct type *)0)->member))

/* The first version that was promised. */
#define API_VERSION_MIN 1
/* What version 1 cannot do without. */
#define SOURCE_SIZE_MIN END_OF(tocsin_source, close)
#define SINK_SIZE_MIN END_OF(tocsin_sink, close)
#define OPTION_SIZE_MIN END_OF(tocsin_option, values)
#define STRUCT_SIZE_MAX 4096

static int check_head(const struct tocsin_plugin_head *head, struct err *err)
{
    size_t min;

    if (!head)
        return err_set(err, ERR_PLUGIN, "tocsin_plugin_init returned NULL");
    if (head->_api_version < API_VERSION_MIN
        || head->_api_version > TOCSIN_API_VERSION)
        return err_set(err, ERR_VERSION,
                       "it is for plugin API version %u; this Tocsin has "
                       "version %u",
                       (unsigned)head->_api_version,
                       (unsigned)TOCSIN_API_VERSION);
    if (head->_kind != TOCSIN_KIND_SOURCE && head->_kind != TOCSIN_KIND_SINK)
        return err_set(err, ERR_PLUGIN,
                       "it is of kind %u; known are source "
                       "(%d) and sink (%d)",
                       (unsigned)head->_kind, TOCSIN_KIND_SOURCE,
                       TOCSIN_KIND_SINK);
    min = head->_kind == TOCSIN_KIND_SOURCE ? SOURCE_SIZE_MIN : SINK_SIZE_MIN;
    if (head->_struct_size < min || head->_struct_size > STRUCT_SIZE_MAX)
        return err_set(err, ERR_VERSION,
                       "its struct has %zu bytes; version %u of the API has "
                       "at least %zu",
                       head->_struct_size, (unsigned)head->_api_version, min);
    return 0;
}

static void copy_struct(void *to, size_t size, const void *from,
                        size_t from_size)
{
    memset(to, 0, size);
    memcpy(to, from, from_size < size ? from_size : size);
}

static int need(bool there, const char *member, struct err *err)
{
    if (there)
        return 0;
    return err_set(err, ERR_PLUGIN, "it has no \"%s\"", member);
}

static int check_names(const struct plugin *p, const char *name,
                       const char *version, struct err *err)
{
    CLEANUP_FREE char *expected = NULL;

    if (need(name != NULL, "name", err) < 0
        || need(version != NULL, "version", err) < 0)
        return -1;
    if (!plugin_name_valid(name))
        return err_set(err, ERR_PLUGIN,
                       "it calls itself \"%.80s\": only a-z, 0-9 and - can "
                       "be in a name",
                       name);
    expected = xasprintf("tocsin-%s.so", name);
    if (strcmp(io_basename(p->file), expected))
        return err_set(err, ERR_PLUGIN,
                       "it calls itself \"%s\", so its file must be %s", name,
                       expected);
    return 0;
}

static int check_callbacks(const struct plugin *p, struct err *err)
{
    if (p->kind == TOCSIN_KIND_SOURCE) {
        if (check_names(p, p->source.name, p->source.version, err) < 0
            || need(p->source.open != NULL, "open", err) < 0)
            return -1;
        return need(p->source.collect != NULL, "collect", err);
    }
    if (check_names(p, p->sink.name, p->sink.version, err) < 0
        || need(p->sink.open != NULL, "open", err) < 0)
        return -1;
    return need(p->sink.deliver != NULL, "deliver", err);
}

static int copy_options(struct plugin *p, const struct tocsin_option *from,
                        size_t nr, size_t stride, struct err *err)
{
    if (!from || !nr)
        return 0;
    if (stride < OPTION_SIZE_MIN || stride > STRUCT_SIZE_MAX)
        return err_set(err, ERR_VERSION,
                       "an option of its table has %zu bytes; version %u of "
                       "the API has at least %zu",
                       stride, (unsigned)p->api_version, OPTION_SIZE_MIN);
    if (nr > OPTIONS_MAX)
        return err_set(err, ERR_PLUGIN, "it has %zu options; the most is %d",
                       nr, OPTIONS_MAX);
    p->options = xcalloc(nr, sizeof(*p->options));
    p->nr_options = nr;
    for (size_t i = 0; i < nr; i++)
        copy_struct(&p->options[i], sizeof(p->options[i]),
                    (const char *)from + i * stride, stride);
    return options_check_table(p->options, nr, err);
}

static int copy_format(struct plugin *p, struct err *err)
{
    const struct tocsin_message_format *f = p->sink.format;

    if (!f)
        return 0;
    if (f->_struct_size < END_OF(tocsin_message_format, flavour)
        || f->_struct_size > STRUCT_SIZE_MAX)
        return err_set(err, ERR_PLUGIN,
                       "its message format has %zu bytes; at least %zu are "
                       "needed",
                       f->_struct_size, END_OF(tocsin_message_format, flavour));
    copy_struct(&p->format, sizeof(p->format), f, f->_struct_size);
    p->sink.format = &p->format;
    return need(p->format.flavour != NULL, "format->flavour", err);
}

static int copy_limits(struct plugin *p, struct err *err)
{
    const struct tocsin_limits *l = p->sink.limits;

    if (!l)
        return 0;
    if (l->_struct_size < END_OF(tocsin_limits, per_hour)
        || l->_struct_size > STRUCT_SIZE_MAX)
        return err_set(err, ERR_PLUGIN,
                       "its limits have %zu bytes; at least "
                       "%zu are needed",
                       l->_struct_size, END_OF(tocsin_limits, per_hour));
    copy_struct(&p->limits, sizeof(p->limits), l, l->_struct_size);
    p->sink.limits = &p->limits;
    return 0;
}

static int take(struct plugin *p, const struct tocsin_plugin_head *head,
                struct err *err)
{
    if (check_head(head, err) < 0)
        return -1;
    p->kind = head->_kind;
    p->api_version = head->_api_version;
    if (p->kind == TOCSIN_KIND_SOURCE)
        copy_struct(&p->source, sizeof(p->source), head, head->_struct_size);
    else
        copy_struct(&p->sink, sizeof(p->sink), head, head->_struct_size);
    if (check_callbacks(p, err) < 0)
        return -1;
    if (p->kind == TOCSIN_KIND_SOURCE)
        return copy_options(p, p->source.options, p->source.nr_options,
                            p->source.option_size, err);
    if (copy_format(p, err) < 0 || copy_limits(p, err) < 0)
        return -1;
    return copy_options(p, p->sink.options, p->sink.nr_options,
                        p->sink.option_size, err);
}

int plugin_load(struct plugin *p, const char *file, struct err *err)
{
    const struct tocsin_plugin_head *(*init)(void);
    void *dl, *symbol;

    memset(p, 0, sizeof(*p));
    p->file = xstrdup(file);
    if (plugin_check_trusted(file, err) < 0)
        return -1;
    dl = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!dl) {
        /* dlerror() names the file itself, nearly always. */
        const char *why = dlerror();

        if (!why || !strstr(why, file))
            return err_set(err, ERR_PLUGIN, "%s: %s", file,
                           why ? why : "cannot be loaded");
        return err_set(err, ERR_PLUGIN, "%s", why);
    }
    symbol = dlsym(dl, "tocsin_plugin_init");
    if (!symbol)
        return err_set(err, ERR_PLUGIN,
                       "%s: no plugin: it has no tocsin_plugin_init", file);
    /* The way POSIX says an object pointer becomes a function. */
    memcpy(&init, &symbol, sizeof(init));
    if (take(p, init(), err) < 0)
        return err_wrap(err, "%s", file);
    return 0;
}

void plugin_release(struct plugin *p)
{
    free(p->file);
    free(p->options);
    memset(p, 0, sizeof(*p));
}

const char *plugin_name(const struct plugin *p)
{
    return p->kind == TOCSIN_KIND_SOURCE ? p->source.name : p->sink.name;
}

static uint32_t plugin_flags(const struct plugin *p)
{
    return p->kind == TOCSIN_KIND_SOURCE ? p->source.flags : p->sink.flags;
}

/* New: JSON null for sources and when it has none. */
static json_t *plugin_format(const struct plugin *p)
{
    json_t *f;

    if (p->kind != TOCSIN_KIND_SINK || !p->sink.format)
        return json_null();
    f = json_object();
    jx_set_str(f, "flavour", p->format.flavour);
    jx_set_int(f, "title_max", (int64_t)p->format.title_max);
    jx_set_int(f, "body_max", (int64_t)p->format.body_max);
    jx_set_str(f, "neutralise", p->format.neutralise);
    if (p->sink.limits) {
        jx_set_int(f, "writes_per_minute", p->limits.per_minute);
        jx_set_int(f, "writes_per_hour", p->limits.per_hour);
    }
    return f;
}

json_t *plugin_describe(const struct plugin *p)
{
    bool source = p->kind == TOCSIN_KIND_SOURCE;
    json_t *d = json_object();

    jx_set_str(d, "name", plugin_name(p));
    jx_set_str(d, "kind", source ? "source" : "sink");
    jx_set_str(d, "version", source ? p->source.version : p->sink.version);
    jx_set_str(d, "summary", source ? p->source.summary : p->sink.summary);
    jx_set_int(d, "flags", plugin_flags(p));
    jx_set_int(d, "api_version", p->api_version);
    jx_set_str(d, "file", p->file);
    json_object_set_new(d, "options",
                        options_describe(p->options, p->nr_options));
    json_object_set_new(d, "format", plugin_format(p));
    if (!source)
        jx_set_bool(d, "observes", p->sink.observe != NULL);
    return d;
}
