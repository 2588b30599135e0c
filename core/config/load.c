/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files into settings: the main file, what it includes, the shipped rules.
 * Must go on after a mistake: people want all of them at once.
 */
#include <config.h>

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/config/loading.h"

#define INCLUDE_DEPTH_MAX 16
#define FILES_MAX 4096
#define STATE_DEFAULT "sqlite:/var/lib/tocsin/tocsin.db"

/* A file that is being read, and the one that includes it. */
struct frame {
    const char *path;
    dev_t dev;
    ino_t ino;
    int depth;
    const struct frame *up;
};

static void loading_init(struct loading *l, struct problems *pb,
                         const char *path)
{
    static const char *const group_by[] = { "project", "branch", "kind" };

    memset(l, 0, sizeof(*l));
    l->reader.pb = pb;
    l->reader.user = l;
    l->shipped_rules = true;
    l->digest = digest_new();
    l->s.path = xstrdup(path);
    policy_init(&l->s.policy);
    route_init(&l->s.root);
    route_init(&l->s.fallback);
    route_init(&l->s.digests.route);
    l->s.digests.at_least = 3;
    l->s.digests.habits.digest_at = 8 * 60;
    l->s.digests.habits.digest_on = 1;
    l->s.root.digest = 0;
    l->s.root.id = xstrdup("routes");
    l->s.root.at = xstrdup(path);
    l->s.root.group_by = xcalloc(ARRAY_SIZE(group_by), sizeof(char *));
    for (size_t i = 0; i < ARRAY_SIZE(group_by); i++)
        l->s.root.group_by[l->s.root.nr_group_by++] = xstrdup(group_by[i]);
    l->s.pass_deadline = 50 * MINUTE;
    l->s.guards = (struct guards){
        .at_least = 20, .times = 3, .days = 14, .approval = 2 * DAY
    };
    l->s.keep_runs = 90 * DAY;
    l->s.keep_history = 400 * DAY;
}

/* Frees all but the settings themselves. */
static void loading_release(struct loading *l)
{
    struct name *n, *tmp;

    texts_free(l->include, l->nr_include);
    texts_free(l->disable, l->nr_disable);
    for (size_t i = 0; i < l->nr_docs; i++)
        document_free(l->docs[i]);
    free(l->docs);
    HASH_ITER(hh, l->names, n, tmp)
    {
        HASH_DEL(l->names, n);
        free(n->key);
        free(n);
    }
    free(l->refs);
    for (size_t i = 0; i < l->nr_rules; i++)
        json_decref(l->rules[i].rule);
    free(l->rules);
}

/* ---- one file ----------------------------------------------------------- */

/* Keys that say one thing for all files, said in two. */
static void check_once(struct loading *l, const struct node *root)
{
    if (root->kind != NODE_MAP)
        return;
    for (size_t i = 0; i < root->nr; i++) {
        const struct key *k = section_key(&file_section, root->keys[i]->text);

        if (k && !(k->flags & KEY_GATHERS))
            name_define(l, SCOPE_TOP, "key", root->keys[i]);
    }
}

static void check_shipped(struct loading *l, const struct node *root)
{
    if (root->kind != NODE_MAP)
        return;
    for (size_t i = 0; i < root->nr; i++) {
        const struct key *k = section_key(&file_section, root->keys[i]->text);

        if (k && !(k->flags & KEY_SHIPPED))
            node_error(&l->reader, root->keys[i],
                       "\"%s\": a shipped file holds rules: and ignore: only",
                       k->name);
    }
}

static void check_main(struct loading *l, const struct node *root)
{
    if (root->kind != NODE_MAP)
        return;
    for (size_t i = 0; i < file_section.nr; i++) {
        const struct key *k = &file_section.keys[i];

        if (k->flags & KEY_MAIN && !node_get(root, k->name))
            node_error(&l->reader, root, "%s needs \"%s\"", file_section.what,
                       k->name);
    }
}

/* Reports at the place that includes the file, or for the file itself. */
static void file_problem(struct loading *l, const struct node *from,
                         const char *path, const char *text)
{
    size_t n = strlen(path);

    if (from)
        node_error(&l->reader, from, "%s%s%s",
                   str_starts(text, path) ? "" : path,
                   str_starts(text, path) ? "" : ": ", text);
    else if (str_starts(text, path) && !strncmp(text + n, ": ", 2))
        problems_error(l->reader.pb, path, 0, 0, "%s", text + n + 2);
    else
        problems_error(l->reader.pb, path, 0, 0, "%s", text);
    l->broken = true;
}

/* Whether the file may be read: ours, and not being read or read before. */
static int check_file(struct loading *l, const char *path,
                      const struct node *from, struct frame *me)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *id = NULL;
    struct node key = { .file = path };
    struct stat st;

    if (stat(path, &st) < 0)
        err_errno(&err, ERR_CONFIG, "%s", path);
    else if (!S_ISREG(st.st_mode))
        err_set(&err, ERR_CONFIG, "%s: not a regular file", path);
    /* Shipped files are as trusted as the program that lies beside them. */
    else if (!l->shipped)
        io_check_trusted(path, IO_TRUST_WRITE, &err);
    if (err.code) {
        file_problem(l, from, path, err_msg(&err));
        return -1;
    }
    me->dev = st.st_dev;
    me->ino = st.st_ino;
    for (const struct frame *f = me->up; f; f = f->up)
        if (f->dev == st.st_dev && f->ino == st.st_ino) {
            node_error(&l->reader, from, "include: %s includes itself%s", path,
                       f == me->up ? "" : " in a circle");
            return -1;
        }
    id = xasprintf("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    if (name_known(l, SCOPE_FILE, id)) {
        if (from)
            node_error(&l->reader, from, "include: %s is read already", path);
        else
            file_problem(l, NULL, path,
                         "shipped rules are read without an "
                         "include, and this file is included");
        return -1;
    }
    key.text = id;
    name_define(l, SCOPE_FILE, "file", &key);
    return 0;
}

static void take_document(struct loading *l, struct document *d, bool is_main)
{
    ALLOC_GROW(l->docs, l->nr_docs + 1, l->alloc_docs);
    l->docs[l->nr_docs++] = d;
    digest_field(l->digest, d->bytes);
    if (l->shipped)
        check_shipped(l, d->root);
    else
        check_once(l, d->root);
    if (is_main)
        check_main(l, d->root);
    l->version = 1;
    section_read(&l->reader, &file_section, d->root, l);
}

static void read_includes(struct loading *l, const struct node *root,
                          const struct frame *me);

static void read_file(struct loading *l, const char *path,
                      const struct node *from, const struct frame *up)
{
    struct frame me = { .path = path,
                        .up = up,
                        .depth = up ? up->depth + 1 : 0 };
    struct document *d;

    if (me.depth > INCLUDE_DEPTH_MAX || l->nr_docs >= FILES_MAX) {
        file_problem(l, from, path, "too many includes");
        return;
    }
    if (check_file(l, path, from, &me) < 0)
        return;
    d = document_read(path, l->reader.pb);
    if (!d) {
        l->broken = true;
        return;
    }
    take_document(l, d, !up && !l->shipped);
    if (!l->shipped)
        read_includes(l, d->root, &me);
}

/* ---- includes ----------------------------------------------------------- */

/* dir with everything that glob(3) would take for a wildcard escaped. */
static char *glob_pattern(const char *dir, const char *pattern)
{
    CLEANUP_STRBUF struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    if (pattern[0] != '/' && strcmp(dir, ".")) {
        for (const char *p = dir; *p; p++) {
            if (strchr("*?[]\\", *p))
                strbuf_addc(&b, '\\');
            strbuf_addc(&b, *p);
        }
        if (!str_ends(dir, "/"))
            strbuf_addc(&b, '/');
    }
    strbuf_adds(&b, pattern);
    return strbuf_take(&b);
}

/* glob(3) met a folder: one that is not there matches nothing. */
static int glob_trouble(const char *path, int error)
{
    (void)path;
    return error != ENOENT && error != ENOTDIR;
}

static void read_include(struct loading *l, const struct node *n,
                         const struct frame *me)
{
    CLEANUP_FREE char *dir = io_dirname(me->path);
    CLEANUP_FREE char *pattern = glob_pattern(dir, n->text);
    glob_t found = { 0 };
    int ret = glob(pattern, 0, glob_trouble, &found);

    if (ret == GLOB_NOMATCH)
        node_error(&l->reader, n, "include: there is no file \"%s\"", n->text);
    else if (ret)
        node_error(&l->reader, n, "include: cannot look for \"%s\"", n->text);
    if (ret)
        l->broken = true;
    for (size_t i = 0; !ret && i < found.gl_pathc; i++)
        read_file(l, found.gl_pathv[i], n, me);
    globfree(&found);
}

static void read_includes(struct loading *l, const struct node *root,
                          const struct frame *me)
{
    const struct node *n = node_get(root, "include");

    if (!n)
        return;
    if (n->kind == NODE_SCALAR && *n->text)
        read_include(l, n, me);
    for (size_t i = 0; n->kind == NODE_LIST && i < n->nr; i++)
        if (n->items[i]->kind == NODE_SCALAR && *n->items[i]->text)
            read_include(l, n->items[i], me);
}

/* A folder without rules is a broken installation, and said to be one. */
static void read_shipped(struct loading *l, const char *data_dir)
{
    CLEANUP_FREE char *rules = io_join(data_dir, "rules");
    CLEANUP_FREE char *pattern = glob_pattern(rules, "*.yaml");
    glob_t found = { 0 };

    l->shipped = true;
    if (glob(pattern, 0, NULL, &found))
        problems_error(l->reader.pb, rules, 0, 0,
                       "the shipped rules are not here (TOCSIN_DATA_DIR "
                       "names another folder; shipped_rules: false does "
                       "without)");
    else
        for (size_t i = 0; i < found.gl_pathc; i++)
            read_file(l, found.gl_pathv[i], NULL, NULL);
    globfree(&found);
    l->shipped = false;
}

/* ---- the whole ---------------------------------------------------------- */

static const struct node *top(const struct loading *l, const char *key)
{
    for (size_t i = 0; i < l->nr_docs; i++) {
        const struct node *n = node_get(l->docs[i]->root, key);

        if (n)
            return n;
    }
    return NULL;
}

static void resolve(char **path, const struct node *n)
{
    char *joined;

    if (!*path || !n)
        return;
    joined = node_path(n, *path);
    free(*path);
    *path = joined;
}

static void check_folder(struct loading *l, const char *key, const char *path,
                         const struct node *n)
{
    struct stat st;

    if (path && (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)))
        node_error(&l->reader, n, "%s: there is no folder %s", key, path);
}

/* Without it every request would fail, in each pass and one by one. */
static void resolve_ca_file(struct loading *l)
{
    const struct node *http = top(l, "http");
    const struct node *n = http ? node_get(http, "ca_file") : NULL;

    resolve(&l->s.http.ca_file, n);
    if (n && l->s.http.ca_file && access(l->s.http.ca_file, R_OK) < 0)
        node_error(&l->reader, n, "ca_file: %s cannot be read: %s",
                   l->s.http.ca_file, strerror(errno));
}

/* Relative paths are relative to the file they are written in. */
static void resolve_paths(struct loading *l)
{
    const struct node *n = top(l, "plugin_path");

    for (size_t i = 0; i < l->s.nr_plugin_path; i++) {
        resolve(&l->s.plugin_path[i], n);
        check_folder(l, "plugin_path", l->s.plugin_path[i],
                     n->kind == NODE_LIST && i < n->nr ? n->items[i] : n);
    }
    resolve_ca_file(l);
    resolve(&l->s.metrics, top(l, "metrics"));
    resolve(&l->s.heartbeat_file, top(l, "heartbeat_file"));
    n = top(l, "guards");
    resolve(&l->s.guards.kill_switch, n ? node_get(n, "kill_switch") : NULL);
    n = top(l, "templates");
    resolve(&l->s.templates, n);
    check_folder(l, "templates", l->s.templates, n);
    if (l->s.state && str_starts(l->s.state, "sqlite:")) {
        char *path = xstrdup(l->s.state + 7);

        resolve(&path, top(l, "state"));
        free(l->s.state);
        l->s.state = xasprintf("sqlite:%s", path);
        free(path);
    }
    if (!l->s.state)
        l->s.state = xstrdup(STATE_DEFAULT);
}

/* For what only shows outside of the files. */
static void keep_places(struct loading *l)
{
    static const char *const keys[] = { "state", "metrics", "heartbeat_file" };

    l->s.at = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const struct node *n = top(l, keys[i]);
        CLEANUP_FREE char *at = n ? node_place(n) : NULL;

        jx_set_str(l->s.at, keys[i], at);
    }
}

static void default_operators(struct settings *s)
{
    if (s->operators_owner || s->operators_via || !s->has_fallback)
        return;
    s->operators_owner = xstrdup0(s->fallback.owner);
    s->operators_via = xcalloc(s->fallback.nr_via + 1, sizeof(char *));
    for (size_t i = 0; i < s->fallback.nr_via; i++)
        s->operators_via[s->nr_operators_via++] = xstrdup(s->fallback.via[i]);
}

/* Takes the settings out of l. */
static struct settings *loading_end(struct loading *l)
{
    struct settings *s = xmalloc(sizeof(*s));
    char hex[65];

    digest_end(l->digest, hex);
    l->s.digest = xstrdup(hex);
    *s = l->s;
    loading_release(l);
    return s;
}

/* Once all files are read. */
static struct settings *complete(struct loading *l)
{
    rules_merge(l);
    l->s.rules_digest = rules_digest(&l->s);
    refs_check(l);
    resolve_paths(l);
    keep_places(l);
    policy_defaults(&l->s.policy);
    default_operators(&l->s);
    if (l->s.fallback.digest < 0)
        l->s.fallback.digest = WEEK;
    if (l->s.fallback.wait < 0)
        l->s.fallback.wait = DAY;
    return loading_end(l);
}

struct settings *settings_read(const char *path, struct problems *pb)
{
    struct loading l;

    loading_init(&l, pb, path);
    read_file(&l, path, NULL, NULL);
    if (l.shipped_rules && l.nr_docs)
        read_shipped(&l, settings_data_dir());
    return complete(&l);
}

struct settings *settings_parse(const char *name, const char *p, size_t n,
                                struct problems *pb)
{
    struct loading l;
    struct document *d = document_parse(name, p, n, pb);

    loading_init(&l, pb, name);
    if (d)
        take_document(&l, d, true);
    else
        l.broken = true;
    return complete(&l);
}

struct settings *settings_load(const char *path, struct problems *pb)
{
    size_t before = pb->errors;
    struct settings *s = settings_read(path, pb);

    if (pb->errors == before)
        return s;
    settings_free(s);
    return NULL;
}

int settings_load_rules(const char *data_dir, json_t **rules, json_t **ignore,
                        struct problems *pb)
{
    size_t before = pb->errors;
    struct loading l;
    struct settings *s;

    loading_init(&l, pb, data_dir);
    read_shipped(&l, data_dir);
    rules_merge(&l);
    s = loading_end(&l);
    if (pb->errors == before) {
        *rules = json_incref(s->rules);
        *ignore = json_incref(s->ignore);
    }
    settings_free(s);
    return pb->errors == before ? 0 : -1;
}
