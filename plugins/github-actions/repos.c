/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which repositories are read, and in which order: those with open incidents
 * first, then on from where the last pass stopped.
 */
#include <config.h>

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/mem.h"
#include "plugins/github-actions/gha.h"

#define FILE_MAX ((size_t)16 << 20)

bool gha_accepts(char *const *globs, const char *text)
{
    if (!globs[0])
        return true;
    for (size_t i = 0; globs[i]; i++)
        if (fnmatch(globs[i], text, 0) == 0)
            return true;
    return false;
}

void gha_split(const char *name, char **owner, const char **repo)
{
    const char *slash = strchr(name, '/');

    *owner = xstrndup(name, (size_t)(slash - name));
    *repo = slash + 1;
}

struct repo *repos_add(struct gha *g, const char *name)
{
    struct repo *r = xcalloc(1, sizeof(*r));

    r->g = g;
    r->name = xstrdup(name);
    r->place = g->nr_repos;
    unread_not(g, name, NULL);
    ALLOC_GROW(g->repos, g->nr_repos + 1, g->alloc_repos);
    g->repos[g->nr_repos++] = r;
    return r;
}

/* ---- of the options ------------------------------------------------------ */

static void add_glob(struct gha *g, const char *glob)
{
    size_t n = 0;

    while (g->globs && g->globs[n])
        n++;
    g->globs = xrealloc(g->globs, (n + 2) * sizeof(*g->globs));
    g->globs[n] = xstrdup(glob);
    g->globs[n + 1] = NULL;
}

/* One of repositories whose owner is known. */
static bool is_glob(const char *name)
{
    const char *slash = strchr(name, '/');
    CLEANUP_FREE char *of =
        slash ? xasprintf("%.*s/x", (int)(slash - name), name) : NULL;

    return of && api_repository_fine(of) && strpbrk(slash, "*?[")
           && !strchr(slash + 1, '/');
}

static bool add_named(struct gha *g, const char *text, const char *where)
{
    const char *org = g->host->option(g->host, "organization", 0);
    CLEANUP_FREE char *name = strchr(text, '/') || !org
                                  ? xstrdup(text)
                                  : xasprintf("%s/%s", org, text);
    CLEANUP_FREE char *why = NULL;

    if (api_repository_fine(name)) {
        repos_add(g, name);
        return true;
    }
    if (is_glob(name)) {
        add_glob(g, name);
        return true;
    }
    why = xasprintf("%s: \"%.100s\" is no repository: owner/name, or a name "
                    "of the organization; the name may be a pattern",
                    where, text);
    g->host->log(g->host, TOCSIN_LOG_ERROR, why);
    return false;
}

/* One a line; # begins a comment. */
static bool add_file(struct gha *g, const char *path)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *text = io_read_file(path, FILE_MAX, NULL, &err);
    char *save = NULL;
    bool fine = text != NULL;

    if (!text)
        g->host->log(g->host, TOCSIN_LOG_ERROR, err_msg(&err));
    for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && fine;
         line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " \t");
        line[strcspn(line, " \t\r#")] = '\0';
        if (*line)
            fine = add_named(g, line, path);
    }
    return fine;
}

static int by_name(const void *a, const void *b)
{
    return strcasecmp((*(struct repo *const *)a)->name,
                      (*(struct repo *const *)b)->name);
}

/* Each once. */
static void sort_names(struct gha *g)
{
    size_t nr = 0;

    if (!g->nr_repos)
        return;
    qsort(g->repos, g->nr_repos, sizeof(struct repo *), by_name);
    for (size_t i = 0; i < g->nr_repos; i++)
        if (nr && !by_name(&g->repos[nr - 1], &g->repos[i]))
            repo_free(g->repos[i]);
        else
            g->repos[nr++] = g->repos[i];
    g->nr_repos = nr;
}

static int by_order(const void *a, const void *b)
{
    const struct repo *ra = *(struct repo *const *)a;
    const struct repo *rb = *(struct repo *const *)b;
    const char *next = cursor_next(&ra->g->cursor);
    bool late_a = next && strcmp(ra->name, next) < 0;
    bool late_b = next && strcmp(rb->name, next) < 0;

    if (ra->interest != rb->interest)
        return ra->interest ? -1 : 1;
    if (late_a != late_b)
        return late_a ? 1 : -1;
    return strcmp(ra->name, rb->name);
}

/* g->repos is sorted by name. */
static void mark_interest(struct gha *g)
{
    for (size_t i = 0; i < g->host->interest_count(g->host); i++) {
        struct repo wanted = {
            .name = (char *)(uintptr_t)g->host->interest(g->host, i),
        };
        struct repo *key = &wanted, **found;

        found = g->nr_repos ? bsearch(&key, g->repos, g->nr_repos,
                                      sizeof(struct repo *), by_name)
                            : NULL;
        if (found)
            (*found)->interest = true;
    }
}

bool repos_list(struct gha *g)
{
    const struct tocsin_host *host = g->host;
    const char *path = host->option(host, "repositories_file", 0);

    for (size_t i = 0; i < host->option_count(host, "repositories"); i++)
        if (!add_named(g, host->option(host, "repositories", i),
                       "repositories"))
            return false;
    return !path || add_file(g, path);
}

void repos_ready(struct gha *g)
{
    sort_names(g);
    mark_interest(g);
    if (g->nr_repos)
        qsort(g->repos, g->nr_repos, sizeof(struct repo *), by_order);
    for (size_t i = 0; i < g->nr_repos; i++)
        g->repos[i]->place = i;
}

/* One more at a time for each that is done: with few requests left, some are
 * read whole and not all of them by half. */
static size_t at_a_time(const struct gha *g)
{
    return g->done_repos < GHA_REPOS ? g->done_repos + 1 : GHA_REPOS;
}

void repos_go_on(struct gha *g)
{
    while (g->busy_repos < at_a_time(g) && g->next_repo < g->nr_repos
           && !api_is_over(&g->api)) {
        g->busy_repos++;
        repo_start(g->repos[g->next_repo++]);
    }
}

void repos_free(struct gha *g)
{
    for (size_t i = 0; i < g->nr_repos; i++)
        if (g->repos[i])
            repo_free(g->repos[i]);
    free(g->repos);
    g->repos = NULL;
    for (size_t i = 0; g->globs && g->globs[i]; i++)
        free(g->globs[i]);
    free(g->globs);
    g->globs = NULL;
    g->nr_repos = g->alloc_repos = g->next_repo = 0;
}
