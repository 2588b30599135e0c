/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Puts a run together from what is said of its log. It makes up nothing but
 * an id and, at last, a job's name; a log without a project stays unread.
 */
#include <config.h>

#include "plugins/logs/belong.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "plugins/logs/names.h"

static const char *either(const char *s, const char *otherwise)
{
    return s != NULL ? s : otherwise;
}

static void take_options(struct logs_belong *b, const struct logs_defaults *d)
{
    struct tocsin_run *r = &b->run;
    r->project = d->project;
    r->branch = d->branch;
    r->workflow = d->workflow;
    r->job = d->job;
    r->variant = d->variant;
    r->commit = d->commit;
    r->outcome = d->outcome;
    r->push_complete = d->push_complete;
    b->format = d->format;
}

#define NAME_CHARS                                                             \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* Folders may have names that no repository has; control characters are not
 * mended but refused, see belong_check. */
static void mend_name(char *name)
{
    if (name == NULL || logs_has_control(name))
        return;
    for (char *s = name; *(s += strspn(s, NAME_CHARS)) != '\0'; s++)
        *s = '-';
}

static void take_pattern(struct logs_belong *b, const struct logs_defaults *d,
                         const struct logs_pattern *pattern,
                         const struct logs_place *place)
{
    CLEANUP_FREE char *member =
        place->member != NULL ? xasprintf("/%s", place->member) : xstrdup("");
    CLEANUP_FREE char *path = xasprintf("%s%s", place->rel, member);
    if (pattern == NULL || !logs_pattern_match(pattern, path, b->values))
        return;
    struct tocsin_run *r = &b->run;
    char **v = b->values;
    mend_name(v[FIELD_OWNER]);
    mend_name(v[FIELD_PROJECT]);
    const char *owner = either(v[FIELD_OWNER], d->owner);
    if (v[FIELD_PROJECT] != NULL && owner != NULL)
        r->project = b->project = xasprintf("%s/%s", owner, v[FIELD_PROJECT]);
    r->branch = either(v[FIELD_BRANCH], r->branch);
    r->workflow = either(v[FIELD_WORKFLOW], r->workflow);
    r->job = either(v[FIELD_JOB], r->job);
    r->variant = either(v[FIELD_VARIANT], r->variant);
    r->commit = either(v[FIELD_COMMIT], r->commit);
    if (v[FIELD_ATTEMPT] != NULL && atol(v[FIELD_ATTEMPT]) > 0
        && atol(v[FIELD_ATTEMPT]) < INT32_MAX)
        r->attempt = (int32_t)atol(v[FIELD_ATTEMPT]);
}

static void take_sidecar(struct logs_belong *b, const struct logs_sidecar *s)
{
    struct tocsin_run *r = &b->run;
    const struct tocsin_run *o = &s->run;
    r->id = either(o->id, r->id);
    r->project = either(o->project, r->project);
    r->project_id = either(o->project_id, r->project_id);
    r->branch = either(o->branch, r->branch);
    r->workflow = either(o->workflow, r->workflow);
    r->job = either(o->job, r->job);
    r->variant = either(o->variant, r->variant);
    r->commit = either(o->commit, r->commit);
    r->url = either(o->url, r->url);
    r->trigger = either(o->trigger, r->trigger);
    r->created = o->created ? o->created : r->created;
    r->started = o->started ? o->started : r->started;
    r->finished = o->finished ? o->finished : r->finished;
    r->attempt = s->has_attempt ? o->attempt : r->attempt;
    r->outcome = s->has_outcome ? o->outcome : r->outcome;
    r->push_complete = s->has_complete ? o->push_complete : r->push_complete;
    r->default_branch = s->has_default ? o->default_branch : r->default_branch;
    b->format = either(s->format, b->format);
}

/* Jobs of one run are one push, also where nobody knows its commit. */
static void take_commit(struct logs_belong *b)
{
    if (b->run.commit == NULL && b->values[FIELD_RUN] != NULL)
        b->run.commit = b->commit = xasprintf("run-%s", b->values[FIELD_RUN]);
}

static void take_id(struct logs_belong *b, const struct logs_place *place)
{
    bool own = place->inner != NULL && place->inner->run.id != NULL;
    if (b->run.id != NULL && (own || !place->many))
        return;
    struct digest *d = digest_new();
    char hex[33];
    digest_field(d, either(b->run.id, place->path));
    digest_field(d, place->member);
    digest_end128(d, hex);
    b->run.id = b->id = xstrdup(hex);
}

/* Where one file holds several logs, what tells them apart is their name. */
static void take_job(struct logs_belong *b, const struct logs_place *place)
{
    bool own = b->values[FIELD_JOB] != NULL
               || (place->inner != NULL && place->inner->run.job != NULL);
    if (b->run.job != NULL && (own || !place->many))
        return;
    const char *name = either(place->member, place->path);
    CLEANUP_FREE char *stem = place->member_job != NULL
                                  ? xstrdup(place->member_job)
                                  : logs_stem(name);
    b->run.job = b->job = logs_escape(stem);
}

static void take_times(struct tocsin_run *r, int64_t mtime)
{
    if (r->finished == 0)
        r->finished = mtime > 0 ? mtime : 0;
    if (r->created == 0)
        r->created = r->started ? r->started : r->finished;
}

static bool is_project(const char *s)
{
    size_t owner = strspn(s, NAME_CHARS);
    const char *name = s + owner + 1;
    return owner > 0 && s[owner] == '/' && *name != '\0'
           && name[strspn(name, NAME_CHARS)] == '\0';
}

static int belong_check(const struct tocsin_run *r, struct err *err)
{
    const char *const names[] = { r->project, r->branch,  r->workflow,
                                  r->job,     r->variant, r->commit };
    if (r->project == NULL)
        return err_set(err, ERR_INPUT,
                       "nothing says which project it is of: "
                       "not a sidecar, not the pattern, not the option "
                       "project");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (names[i] != NULL && logs_has_control(names[i]))
            return err_set(err, ERR_INPUT,
                           "a control character in what it "
                           "belongs to");
    if (!is_project(r->project)) {
        CLEANUP_FREE char *safe = logs_escape(r->project);
        return err_set(err, ERR_INPUT, "project \"%s\" is not owner/name",
                       safe);
    }
    return 0;
}

int logs_belong(struct logs_belong *b, const struct logs_defaults *d,
                const struct logs_pattern *pattern,
                const struct logs_place *place, struct err *err)
{
    *b = (struct logs_belong){ .run = TOCSIN_RUN_INIT };
    take_options(b, d);
    take_pattern(b, d, pattern, place);
    if (place->outer != NULL)
        take_sidecar(b, place->outer);
    if (place->inner != NULL)
        take_sidecar(b, place->inner);
    take_commit(b);
    take_id(b, place);
    take_job(b, place);
    take_times(&b->run, place->mtime);
    if (b->run.default_branch < 0 && d->default_branch != NULL)
        b->run.default_branch = strcmp(b->run.branch, d->default_branch) == 0;
    return belong_check(&b->run, err);
}

void logs_belong_release(struct logs_belong *b)
{
    for (int i = 0; i < NR_FIELDS; i++)
        free(b->values[i]);
    free(b->project);
    free(b->id);
    free(b->job);
    free(b->commit);
}
