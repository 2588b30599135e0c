/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Facts that come as tables of all projects: what is archived, default
 * branches, which feedstock makes which package, how many need it. Must not
 * take a table that cannot be read for an empty one.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/feedstocks/feedstocks.h"

#define TABLE_CAP ((size_t)64 << 20)
#define OUTPUT_CAP ((size_t)1 << 20)
#define ROWS_MAX 500000
#define NODES_MAX 200000
#define LINKS_MAX 4000000
#define DESCENDANTS_STEPS 400000000 /* a hostile graph ends there */

/* ---- all_feedstocks.json ---------------------------------------------- */

static json_t *record_of(json_t *table, const char *subject)
{
    json_t *record = json_object_get(table, subject);

    if (!record) {
        record = json_object();
        json_object_set_new(table, subject, record);
    }
    return record;
}

static void list_names(struct feedstocks *f, json_t *table, const json_t *list,
                       const char *which, json_t *archived)
{
    const json_t *v;
    size_t i;

    if (!json_is_array(list)) {
        fs_odd(f, FS_SCHEMA, "all_feedstocks.json: $.%s: wanted a list", which);
        return;
    }
    json_array_foreach(list, i, v) {
        const char *name = json_string_value(v);

        if (!name || !fs_name_ok(name)) {
            fs_odd(f, FS_SCHEMA,
                   "all_feedstocks.json: $.%s[%zu]: no name of "
                   "a feedstock",
                   which, i);
        } else {
            CLEANUP_FREE char *project = fs_project(f, name);

            json_object_set(record_of(table, project), "archived", archived);
        }
    }
}

static bool branch_is_plain(const char *s)
{
    if (!s || !*s || strlen(s) > 200)
        return false;
    for (const unsigned char *p = (const unsigned char *)s; *p; p++)
        if (*p <= ' ' || *p == 0x7f)
            return false;
    return true;
}

static void list_branches(struct feedstocks *f, json_t *table, json_t *branches)
{
    const char *name;
    json_t *v;

    if (!branches || json_is_null(branches))
        return;
    if (!json_is_object(branches))
        fs_odd(f, FS_SCHEMA,
               "all_feedstocks.json: $.default_branches: "
               "wanted an object");
    json_object_foreach(branches, name, v) {
        if (!fs_name_ok(name) || !branch_is_plain(json_string_value(v))) {
            fs_odd(f, FS_SCHEMA,
                   "all_feedstocks.json: $.default_branches: "
                   "wanted {feedstock: branch}");
        } else {
            CLEANUP_FREE char *project = fs_project(f, name);

            json_object_set(record_of(table, project), "default_branch", v);
        }
    }
}

static enum tree_got lists_read(const struct feedstocks *f, const char *path,
                                json_t **doc, struct err *err)
{
    CLEANUP_FREE char *text = NULL;
    size_t n = 0;

    if (!path)
        return tree_json(f->data, FS_LISTS, TABLE_CAP, doc, NULL, err);
    text = io_read_file(path, TABLE_CAP, &n, err);
    *doc = text ? jx_parse(text, n, err) : NULL;
    if (text && !*doc)
        err_wrap(err, "%s", path);
    return *doc ? TREE_OK : TREE_BAD;
}

void lists_collect(struct feedstocks *f, const char *path)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    CLEANUP_JSON json_t *yes = json_true();
    CLEANUP_JSON json_t *no = json_null();
    json_t *table;

    if (!path && !f->data)
        return;
    switch (lists_read(f, path, &doc, &err)) {
    case TREE_OK:
        break;
    case TREE_BAD:
        fs_error(f, &err);
        fs_table_keep(f, "feedstocks");
        return;
    case TREE_MISSING:
        fs_table_keep(f, "feedstocks");
        return;
    }
    table = json_object();
    list_names(f, table, json_object_get(doc, "active"), "active", no);
    list_names(f, table, json_object_get(doc, "archived"), "archived", yes);
    list_branches(f, table, json_object_get(doc, "default_branches"));
    fs_table(f, "feedstocks", table);
}

/* ---- outputs ---------------------------------------------------------- */

struct outputs {
    struct feedstocks *f;
    struct tree *t;
    json_t *table;
    size_t rows;
    bool changed, whole;
};

static void output_add(struct outputs *o, const char *package,
                       const char *feedstock)
{
    CLEANUP_FREE char *subject = NULL;
    CLEANUP_FREE char *project = NULL;
    json_t *record, *list;

    if (!fs_name_ok(feedstock) || strlen(package) > 200 || !*package) {
        fs_odd(o->f, FS_SCHEMA,
               "outputs: no names of a package and a "
               "feedstock");
        return;
    }
    if (o->rows++ == ROWS_MAX) {
        fs_odd(o->f, FS_UNREADABLE, "outputs: too many");
        o->whole = false;
    }
    if (o->rows > ROWS_MAX)
        return;
    subject = xasprintf("package:%s", package);
    project = fs_project(o->f, feedstock);
    record = record_of(o->table, subject);
    list = json_object_get(record, "feedstocks");
    if (!list)
        json_object_set_new(record, "feedstocks", list = json_array());
    json_array_append_new(list, json_string(project));
    record = record_of(o->table, project);
    list = json_object_get(record, "outputs");
    if (!list)
        json_object_set_new(record, "outputs", list = json_array());
    json_array_append_new(list, json_string(package));
}

static bool package_is_plain(const char *s)
{
    for (const unsigned char *p = (const unsigned char *)s; *p; p++)
        if (*p <= ' ' || *p == 0x7f)
            return false;
    return *s != '\0';
}

/* {"feedstocks": [..]} or the list itself, or a set. */
static void output_value(struct outputs *o, const char *package, json_t *v)
{
    json_t *list = tree_elements(v), *name;
    size_t i;

    if (!list)
        list = tree_elements(json_object_get(v, "feedstocks"));
    if (!list || !package_is_plain(package)) {
        fs_odd(o->f, FS_SCHEMA, "outputs: wanted package and feedstocks");
        return;
    }
    json_array_foreach(list, i, name) {
        if (json_is_string(name))
            output_add(o, package, json_string_value(name));
        else
            fs_odd(o->f, FS_SCHEMA, "outputs: %s: wanted a list of names",
                   package);
    }
}

/* output<TAB>feedstock,feedstock */
static void outputs_tsv(struct outputs *o, char *text)
{
    char *save = NULL;

    for (char *line = strtok_r(text, "\r\n", &save); line;
         line = strtok_r(NULL, "\r\n", &save)) {
        char *tab = strchr(line, '\t'), *names = NULL;

        if (!tab || strncmp(line, "output\t", 7) == 0 || *line == '#') {
            if (!tab && *line != '#')
                fs_odd(o->f, FS_SCHEMA, "outputs: a line without a tab");
            continue;
        }
        *tab = '\0';
        tab[1 + strcspn(tab + 1, "\t")] = '\0';
        for (char *name = strtok_r(tab + 1, ", ", &names); name;
             name = strtok_r(NULL, ", ", &names)) {
            if (package_is_plain(line))
                output_add(o, line, name);
        }
    }
}

static int output_changed(void *user, const char *path, const char *name,
                          int64_t changed)
{
    struct outputs *o = user;

    (void)path;
    (void)name;
    o->changed = o->changed || changed >= o->f->skip_before;
    return o->changed;
}

static int output_file(void *user, const char *path, const char *name,
                       int64_t changed)
{
    struct outputs *o = user;
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;

    (void)changed;
    if (tree_json(o->t, path, OUTPUT_CAP, &doc, NULL, &err) == TREE_OK) {
        output_value(o, name, doc);
        return 0;
    }
    fs_odd(o->f, FS_UNREADABLE, "%s", err.msg ? err.msg : path);
    o->whole = false;
    return 0;
}

static void output_odd(void *user, const char *path, const char *what)
{
    struct outputs *o = user;

    fs_odd(o->f, FS_UNREADABLE, "%s: %s", path, what);
    o->whole = false;
}

/* A checkout of feedstock-outputs: outputs/x/y/z/NAME.json. */
static bool outputs_folder(struct outputs *o, const char *path)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    const char *dir = "outputs";
    enum tree_got got;

    o->t = tree_open(path, &err);
    if (!o->t) {
        fs_odd(o->f, FS_UNREADABLE, "%s", err_msg(&err));
        return false;
    }
    got = tree_walk(o->t, dir, ".json", output_changed, NULL, o, &err);
    if (got == TREE_MISSING)
        got =
            tree_walk(o->t, dir = ".", ".json", output_changed, NULL, o, &err);
    if (got == TREE_OK && o->changed)
        got = tree_walk(o->t, dir, ".json", output_file, output_odd, o, &err);
    if (got == TREE_BAD)
        fs_odd(o->f, FS_UNREADABLE, "%s", err_msg(&err));
    tree_free(o->t);
    return got == TREE_OK && o->changed;
}

static bool outputs_one_file(struct outputs *o, const char *path)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *text = NULL;
    CLEANUP_JSON json_t *doc = NULL;
    const char *package;
    size_t n = 0;
    json_t *v;

    text = io_read_file(path, TABLE_CAP, &n, &err);
    if (text && str_ends(path, ".json")) {
        doc = jx_parse(text, n, &err);
        if (doc && !json_is_object(doc))
            err_set(&err, ERR_INPUT, "wanted an object");
    } else if (text) {
        outputs_tsv(o, text);
        return true;
    }
    if (!json_is_object(doc)) {
        fs_odd(o->f, FS_UNREADABLE, "%s: %s", path, err_msg(&err));
        return false;
    }
    json_object_foreach(doc, package, v)
        output_value(o, package, v);
    return true;
}

void outputs_fetched(struct feedstocks *f)
{
    struct outputs o = { f, NULL, json_object(), 0, false, true };
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    const char *package;
    json_t *v;

    switch (tree_json(f->data, FS_OUTPUTS, TABLE_CAP, &doc, NULL, &err)) {
    case TREE_OK:
        if (!json_is_object(doc))
            fs_odd(f, FS_SCHEMA, "%s: $: wanted an object", FS_OUTPUTS);
        json_object_foreach(doc, package, v)
            output_value(&o, package, v);
        break;
    case TREE_BAD:
        fs_error(f, &err);
        break;
    case TREE_MISSING:
        break;
    }
    if (json_is_object(doc) && o.whole) {
        fs_table(f, "outputs", o.table);
        return;
    }
    json_decref(o.table);
    fs_table_keep(f, "outputs");
}

void outputs_collect(struct feedstocks *f, const char *path)
{
    struct outputs o = { f, NULL, json_object(), 0, false, true };
    struct stat st;
    bool said;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        said = outputs_folder(&o, path);
    else if (stat(path, &st) == 0 && st.st_ctim.tv_sec < f->skip_before)
        said = false;
    else
        said = outputs_one_file(&o, path);
    if (said && o.whole) {
        fs_table(f, "outputs", o.table);
        return;
    }
    json_decref(o.table);
    fs_table_keep(f, "outputs");
}

/* ---- graph ------------------------------------------------------------ */

struct graph {
    const char **names;
    size_t nr;
    json_t *index;        /* {name: number} */
    uint32_t *first, *to; /* the links of node i: to[first[i]..] */
    uint32_t *mark, *stack;
    uint64_t steps;
};

static bool graph_nodes(struct graph *g, const json_t *doc)
{
    const json_t *nodes = json_object_get(doc, "nodes"), *v;
    size_t i;

    if (!json_is_array(nodes) || json_array_size(nodes) > NODES_MAX)
        return false;
    g->index = json_object();
    g->names = xcalloc(json_array_size(nodes) + 1, sizeof(*g->names));
    json_array_foreach(nodes, i, v) {
        const char *name = jx_str(v, "id");

        if (!name || !fs_name_ok(name))
            return false;
        if (!json_object_get(g->index, name)) {
            jx_set_int(g->index, name, (int64_t)g->nr);
            g->names[g->nr++] = name;
        }
    }
    return true;
}

static int64_t graph_end(const struct graph *g, const json_t *link,
                         const char *which)
{
    const char *name = jx_str(link, which);

    return name ? jx_int(g->index, name, -1) : -1;
}

/* Counts, then fills: two passes over the list give flat arrays. */
static bool graph_links(struct graph *g, const json_t *doc)
{
    const json_t *links = json_object_get(doc, "links"), *v;
    uint32_t *fill;
    size_t i;

    if (!links)
        links = json_object_get(doc, "edges");
    if (!json_is_array(links) || json_array_size(links) > LINKS_MAX)
        return false;
    g->first = xcalloc(g->nr + 2, sizeof(*g->first));
    g->to = xcalloc(json_array_size(links) + 1, sizeof(*g->to));
    fill = xcalloc(g->nr + 2, sizeof(*fill));
    json_array_foreach(links, i, v)
        if (graph_end(g, v, "source") >= 0 && graph_end(g, v, "target") >= 0)
            g->first[graph_end(g, v, "source") + 1]++;
    for (i = 0; i < g->nr; i++)
        g->first[i + 1] += g->first[i];
    json_array_foreach(links, i, v) {
        int64_t from = graph_end(g, v, "source");
        int64_t to = graph_end(g, v, "target");

        if (from >= 0 && to >= 0)
            g->to[g->first[from] + fill[from]++] = (uint32_t)to;
    }
    free(fill);
    return true;
}

/* How many nodes can be reached from start, itself not counted. */
static int64_t graph_reach(struct graph *g, uint32_t start)
{
    size_t top = 0;
    int64_t count = 0;

    g->mark[start] = start + 1;
    g->stack[top++] = start;
    while (top) {
        uint32_t at = g->stack[--top];

        for (uint32_t k = g->first[at]; k < g->first[at + 1]; k++) {
            uint32_t next = g->to[k];

            g->steps++;
            if (g->mark[next] == start + 1)
                continue;
            g->mark[next] = start + 1;
            g->stack[top++] = next;
            count++;
        }
        if (g->steps > DESCENDANTS_STEPS)
            return -1;
    }
    return count;
}

static bool graph_table(struct feedstocks *f, struct graph *g, json_t *table)
{
    g->mark = xcalloc(g->nr + 1, sizeof(*g->mark));
    g->stack = xcalloc(g->nr + 1, sizeof(*g->stack));
    for (size_t i = 0; i < g->nr; i++) {
        CLEANUP_FREE char *project = fs_project(f, g->names[i]);
        int64_t count = graph_reach(g, (uint32_t)i);

        if (count < 0)
            return false;
        jx_set_int(record_of(table, project), "descendants", count);
    }
    return true;
}

/* doc: NULL, and err says why. */
static void graph_say(struct feedstocks *f, const char *path, const json_t *doc,
                      const struct err *err)
{
    json_t *table = json_object();
    struct graph g = { 0 };
    bool fine = false;

    if (!doc)
        fs_odd(f, FS_UNREADABLE, "%s: %s", path, err_msg(err));
    else if (!graph_nodes(&g, doc) || !graph_links(&g, doc))
        fs_odd(f, FS_SCHEMA, "%s: wanted lists of nodes and links", path);
    else if (!(fine = graph_table(f, &g, table)))
        fs_odd(f, FS_UNREADABLE, "%s: too large a graph", path);
    if (fine)
        fs_table(f, "graph", table);
    else
        json_decref(table);
    json_decref(g.index);
    free(g.names);
    free(g.first);
    free(g.to);
    free(g.mark);
    free(g.stack);
}

void graph_collect(struct feedstocks *f, const char *path)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    CLEANUP_FREE char *text = NULL;
    struct stat st;
    size_t n = 0;

    fs_table_keep(f, "graph");
    if (stat(path, &st) == 0 && st.st_ctim.tv_sec < f->skip_before)
        return;
    text = io_read_file(path, TABLE_CAP, &n, &err);
    doc = text ? jx_parse(text, n, &err) : NULL;
    graph_say(f, path, doc, &err);
}

void graph_fetched(struct feedstocks *f)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;

    fs_table_keep(f, "graph");
    if (!tree_has_word(f->data, FS_GRAPH))
        return;
    switch (tree_json(f->data, FS_GRAPH, TABLE_CAP, &doc, NULL, &err)) {
    case TREE_OK:
        graph_say(f, FS_GRAPH, doc, NULL);
        break;
    case TREE_MISSING:
        fs_odd(f, FS_UNREADABLE, "%s: there is no such file", FS_GRAPH);
        break;
    case TREE_BAD:
        fs_error(f, &err);
        break;
    }
}
