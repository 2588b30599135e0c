/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The plan of an archive. Member names are hostile: they are compared and
 * said, and never used to open anything.
 */
#include <config.h>

#include "plugins/logs/members.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "plugins/logs/names.h"
#include "plugins/logs/sidecar.h"

/* All sidecars of one archive together. */
#define SIDECARS_MAX ((size_t)8 << 20)

static void plan_fault(struct logs_plan *p, const char *why)
{
    if (p->fault == NULL)
        p->fault = xstrdup(why);
}

static void plan_keep_text(struct logs_plan *p, struct logs_member *m,
                           struct logs_stream *s)
{
    m->text = xmalloc(LOGS_SIDECAR_MAX + 1);
    for (size_t n; m->len <= LOGS_SIDECAR_MAX
                   && (n = logs_stream_read(s, m->text + m->len,
                                            LOGS_SIDECAR_MAX + 1 - m->len))
                          > 0;)
        m->len += n;
    p->kept += m->len;
    if (m->len <= LOGS_SIDECAR_MAX && p->kept <= SIDECARS_MAX)
        return;
    plan_fault(p, "its sidecars are too large; some are not used");
    free(m->text);
    m->text = NULL;
    m->kind = MEMBER_OTHER;
}

static bool is_hidden(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash != NULL ? slash + 1 : name;
    return base[0] == '.' || base[0] == '\0' || str_starts(name, "__MACOSX/");
}

static enum member_kind kind_of(struct logs_stream *s, const char *name)
{
    if (archive_entry_filetype(s->entry) != AE_IFREG || is_hidden(name)
        || archive_entry_hardlink(s->entry) != NULL)
        return MEMBER_OTHER;
    return logs_is_json(name) ? MEMBER_SIDECAR : MEMBER_LOG;
}

static void plan_add(struct logs_plan *p, struct logs_stream *s)
{
    const char *raw = archive_entry_pathname(s->entry);
    if (raw == NULL)
        raw = archive_entry_pathname_utf8(s->entry);
    ALLOC_GROW(p->m, p->nr + 1, p->alloc);
    struct logs_member *m = &p->m[p->nr++];
    *m = (struct logs_member){ .name = raw != NULL
                                           ? logs_tame(raw)
                                           : xasprintf("member-%zu", p->nr),
                               .step = -1 };
    m->kind = kind_of(s, m->name);
    if (archive_entry_mtime_is_set(s->entry))
        m->mtime = archive_entry_mtime(s->entry);
    if (m->kind == MEMBER_SIDECAR)
        plan_keep_text(p, m, s);
}

/* ---- Actions archives ---- */

/* "job/N_step.txt" or "job/system.txt": the job's length, else 0. */
static size_t step_folder(const struct logs_member *m, long *step)
{
    const char *slash = strchr(m->name, '/');
    const char *rest;
    size_t len;
    if (m->kind != MEMBER_LOG || slash == NULL || strchr(slash + 1, '/'))
        return 0;
    *step = -1;
    if (strcmp(slash + 1, "system.txt") != 0
        && !logs_numbered(slash + 1, step, &rest, &len))
        return 0;
    return (size_t)(slash - m->name);
}

static bool whole_job(struct logs_member *m)
{
    long n;
    const char *job;
    size_t len;
    if (m->kind != MEMBER_LOG || strchr(m->name, '/') != NULL
        || !logs_numbered(m->name, &n, &job, &len))
        return false;
    if (m->job == NULL)
        m->job = xstrndup(job, len);
    return true;
}

static bool has_whole(struct logs_member *const *whole, size_t nr,
                      const char *dir, size_t len)
{
    for (size_t i = 0; i < nr; i++)
        if (logs_same_job(dir, len, whole[i]->job, strlen(whole[i]->job)))
            return true;
    return false;
}

static void mark_step(struct logs_member *m, struct logs_member *const *whole,
                      size_t nr, bool actions)
{
    long step;
    size_t len = step_folder(m, &step);
    if (len == 0)
        return;
    if (has_whole(whole, nr, m->name, len)) {
        m->kind = MEMBER_COPY;
    } else if (actions && step < 0) {
        m->kind = MEMBER_OTHER; /* system.txt */
    } else if (actions) {
        m->kind = MEMBER_STEP;
        m->step = step;
        m->group = xstrndup(m->name, len);
    }
}

/* A zip in which everything has one of the two shapes. */
static bool looks_like_actions(const struct logs_plan *p)
{
    bool any = false;
    for (size_t i = 0; i < p->nr; i++) {
        long step;
        struct logs_member *m = &p->m[i];
        if (m->kind != MEMBER_LOG || whole_job(m))
            continue;
        if (step_folder(m, &step) == 0)
            return false;
        any = true;
    }
    return any;
}

static void plan_drop_copies(struct logs_plan *p)
{
    CLEANUP_FREE struct logs_member **whole =
        xcalloc(p->nr + 1, sizeof(*whole));
    size_t nr = 0;
    for (size_t i = 0; i < p->nr; i++)
        if (whole_job(&p->m[i]))
            whole[nr++] = &p->m[i];
    bool actions = looks_like_actions(p);
    for (size_t i = 0; i < p->nr; i++)
        mark_step(&p->m[i], whole, nr, actions);
}

void logs_plan_make(struct logs_plan *p, struct logs_stream *s)
{
    *p = (struct logs_plan){ .nr = 0 };
    do {
        if ((int64_t)p->nr >= s->limits->max_members) {
            plan_fault(p, "has more members than max_members; the rest is "
                          "not read");
            break;
        }
        plan_add(p, s);
    } while (logs_stream_next(s) == 1);
    if (s->fault != NULL)
        plan_fault(p, s->fault);
    if ((archive_format(s->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP)
        plan_drop_copies(p);
}

struct logs_member *logs_plan_sidecar(const struct logs_plan *p,
                                      const char *name)
{
    size_t len = strlen(name);
    for (;;) {
        for (size_t i = 0; i < p->nr; i++)
            if (p->m[i].kind == MEMBER_SIDECAR
                && strlen(p->m[i].name) == len + strlen(".json")
                && strncmp(p->m[i].name, name, len) == 0)
                return &p->m[i];
        size_t shorter = logs_strip(name, len);
        if (shorter == len)
            return NULL;
        len = shorter;
    }
}

size_t *logs_plan_steps(const struct logs_plan *p, const char *group,
                        size_t *nr)
{
    size_t *found = xcalloc(p->nr + 1, sizeof(*found));
    size_t n = 0;
    for (size_t i = 0; i < p->nr; i++) {
        if (p->m[i].kind != MEMBER_STEP || strcmp(p->m[i].group, group) != 0)
            continue;
        size_t k = n++;
        for (; k > 0 && p->m[found[k - 1]].step > p->m[i].step; k--)
            found[k] = found[k - 1];
        found[k] = i;
    }
    *nr = n;
    return found;
}

void logs_plan_release(struct logs_plan *p)
{
    for (size_t i = 0; i < p->nr; i++) {
        free(p->m[i].name);
        free(p->m[i].job);
        free(p->m[i].group);
        free(p->m[i].text);
    }
    free(p->m);
    free(p->fault);
    *p = (struct logs_plan){ .nr = 0 };
}
