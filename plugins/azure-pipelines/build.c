/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One build. Which repository it is of decides who hears of it: what is not
 * clear is left out.
 */
#include <config.h>

#include "plugins/azure-pipelines/build.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "plugins/azure-pipelines/names.h"
#include "plugins/azure-pipelines/outcome.h"

#define SAYS_MAX ((size_t)16 << 10)
#define PROJECT_MAX 200

static int64_t time_of(const json_t *v, const char *key)
{
    const char *text = jx_str(v, key);
    int64_t t = 0;

    return text && when_parse(text, &t) == 0 && t > 0 ? t : 0;
}

static bool is_project(const char *s)
{
    static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
    const char *slash = strchr(s, '/');

    return slash && slash != s && slash[1] && !strchr(slash + 1, '/')
           && *s != '-' && !strstr(s, "..") && strlen(s) <= PROJECT_MAX
           && !s[strspn(s, ok)];
}

/* Repositories elsewhere have owner/name for an id; those of Azure's own
 * lie in a project of Azure's. New, or NULL. */
static char *project_of(const json_t *build)
{
    const json_t *repository = jx_obj(build, "repository");
    const char *type = jx_str_or(repository, "type", "");
    char *name;

    if (!strcmp(type, "TfsGit"))
        name =
            xasprintf("%s/%s", jx_str_or(jx_obj(build, "project"), "name", ""),
                      jx_str_or(repository, "name", ""));
    else if (!strcmp(type, "GitHub") || !strcmp(type, "GitHubEnterprise")
             || !strcmp(type, "Bitbucket"))
        name = xstrdup(jx_str_or(repository, "id", ""));
    else
        return NULL;
    if (is_project(name))
        return name;
    free(name);
    return NULL;
}

static char *commit_of(const json_t *build)
{
    const char *commit = jx_str_or(build, "sourceVersion", "");

    if (strlen(commit) != 40 || commit[strspn(commit, "0123456789abcdef")])
        return NULL;
    return xstrdup(commit);
}

/* A pipeline that cannot be read has no jobs, and says so here. */
static char *says_of(const json_t *build)
{
    struct strbuf b;
    const json_t *v;
    size_t i;

    strbuf_init(&b, SAYS_MAX);
    json_array_foreach(jx_arr(build, "validationResults"), i, v)
        if (str_eq(jx_str(v, "result"), "error") && jx_str(v, "message"))
            strbuf_addf(&b, "##[error]%s\n", jx_str(v, "message"));
    if (b.len)
        return strbuf_take(&b);
    strbuf_release(&b);
    return NULL;
}

enum azure_kind azure_build_read(struct azure_build *b, const json_t *v)
{
    const char *branch = azure_branch(jx_str(v, "sourceBranch"));
    const char *trigger = azure_trigger(jx_str(v, "reason"));
    const char *result = jx_str_or(v, "result", "");

    *b = (struct azure_build){ .id = jx_int(v, "id", 0) };
    if (b->id <= 0)
        return AZURE_ODD;
    b->finished = time_of(v, "finishTime");
    if (!str_eq(jx_str(v, "status"), "completed") || !b->finished)
        return AZURE_RUNNING;
    if (!branch || !trigger || !strcmp(trigger, "pull_request"))
        return AZURE_NO_BRANCH;
    b->project = project_of(v);
    if (!b->project)
        return AZURE_ODD;
    b->branch = xstrdup(branch);
    b->workflow = azure_name(jx_str(jx_obj(v, "definition"), "name"));
    b->definition = jx_int(jx_obj(v, "definition"), "id", 0);
    b->commit = commit_of(v);
    b->trigger = trigger;
    b->queued = time_of(v, "queueTime");
    b->started = time_of(v, "startTime");
    b->failed = !strcmp(result, "failed");
    b->green = !strcmp(result, "succeeded");
    b->says = says_of(v);
    return AZURE_BUILD;
}

void azure_build_release(struct azure_build *b)
{
    free(b->project);
    free(b->branch);
    free(b->workflow);
    free(b->commit);
    free(b->says);
    *b = (struct azure_build){ .id = 0 };
}
