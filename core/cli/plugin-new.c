/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin plugin new`: a plugin that builds, loads and passes `plugin test`,
 * to be made into another. Must not touch what is there already.
 */
#include <config.h>

#include "core/cli/plugin-new.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/cli/cli.h"
#include "core/config/settings.h"
#include "core/host/loader.h"

#define FILE_MAX ((size_t)64 << 10)

/* What is written for what; "%s": source or sink, or the plugin's name. */
static const struct {
    const char *from, *to;
} files[] = {
    { "%s.c.skeleton", "%s.c" },        { "Makefile.skeleton", "Makefile" },
    { "%s-test.sh", "test.sh" },        { "%s-sample.txt", "sample.txt" },
    { "README.skeleton", "README.md" },
};

/* @NAME@, @IDENT@ (the same in C) and @KIND@. New. */
static char *fill(const char *text, const char *name, const char *kind)
{
    CLEANUP_FREE char *ident = xstrdup(name);
    const struct {
        const char *mark, *value;
    } marks[] = { { "@NAME@", name },
                  { "@IDENT@", ident },
                  { "@KIND@", kind } };
    struct strbuf b;

    for (char *s = ident; *s; s++)
        if (*s == '-')
            *s = '_';
    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (*text) {
        size_t i = 0;

        while (i < ARRAY_SIZE(marks) && !str_starts(text, marks[i].mark))
            i++;
        if (i == ARRAY_SIZE(marks)) {
            strbuf_addc(&b, *text++);
            continue;
        }
        strbuf_adds(&b, marks[i].value);
        text += strlen(marks[i].mark);
    }
    return strbuf_take(&b);
}

/* dir/name with word in the place of "%s"; new. */
static char *path_of(const char *dir, const char *name, const char *word)
{
    bool named = str_starts(name, "%s");
    CLEANUP_FREE char *file =
        named ? xasprintf("%s%s", word, name + 2) : xstrdup(name);

    return io_join(dir, file);
}

static int write_file(const char *from, const char *to, const char *name,
                      const char *kind, struct err *err)
{
    size_t n = 0;
    CLEANUP_FREE char *text = io_read_file(from, FILE_MAX, &n, err);
    CLEANUP_FREE char *made = text ? fill(text, name, kind) : NULL;

    if (!made)
        return err_wrap(err, "the skeleton");
    return io_write_file(to, made, strlen(made), 0644, err);
}

static int write_all(const char *dir, const char *name, const char *kind,
                     struct err *err)
{
    CLEANUP_FREE char *skeleton = io_join(settings_data_dir(), "skeleton");

    if (mkdir(dir, 0755) < 0)
        return errno == EEXIST
                   ? err_set(err, ERR_USAGE,
                             "%s is there already; nothing was changed", dir)
                   : err_errno(err, ERR_IO, "%s", dir);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        CLEANUP_FREE char *from = path_of(skeleton, files[i].from, kind);
        CLEANUP_FREE char *to = path_of(dir, files[i].to, name);

        if (write_file(from, to, name, kind, err) < 0)
            return -1;
    }
    return 0;
}

int plugin_new(const char *name, bool sink)
{
    struct err err = ERR_INIT;
    CLEANUP_FREE char *dir = xasprintf("tocsin-%s", name);

    if (!plugin_name_valid(name)) {
        log_error("\"%s\" is no name of a plugin: a to z, 0 to 9 and -, a "
                  "letter first, at most 64",
                  name);
        return EXIT_USAGE;
    }
    if (write_all(dir, name, sink ? "sink" : "source", &err) < 0)
        return cli_fail(&err);
    printf("%s: a %s to begin with; `make check` in it builds and tests it\n",
           dir, sink ? "sink" : "source");
    return EXIT_FINE;
}
