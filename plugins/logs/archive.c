/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The logs inside an archive: single ones, and the steps of a job as one.
 * Must not unpack to disk, nor keep a member in memory.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "plugins/logs/logs.h"
#include "plugins/logs/members.h"
#include "plugins/logs/sidecar.h"

static ssize_t member_pull(void *user, void *p, size_t n)
{
    size_t got = logs_stream_read(user, p, n);
    return (ssize_t)got;
}

/* A packed log inside an archive, "build.log.gz" in a tar. */
static bool is_packed(const char *name)
{
    return str_ends(name, ".gz") || str_ends(name, ".bz2")
           || str_ends(name, ".xz") || str_ends(name, ".zst");
}

static void logs_emit_packed(struct logs *l, const struct logs_place *place,
                             struct logs_stream *outer)
{
    struct logs_stream *s = xmalloc(sizeof(*s));
    logs_stream_open(s, member_pull, outer, -1, false, &l->limits);
    logs_emit(l, place, logs_stream_next(s) == 1 ? s : NULL, NULL, NULL);
    if (s->fault != NULL && outer->fault == NULL)
        logs_place_trouble(l, "damaged", place, s->fault);
    logs_stream_close(s);
    free(s);
}

/* -1 and err; the sidecar of name inside the archive, if there is one. */
static int member_sidecar(struct logs_plan *plan, const char *name,
                          struct logs_sidecar *out, bool *has, struct err *err)
{
    struct logs_member *m = logs_plan_sidecar(plan, name);
    *has = m != NULL;
    if (m == NULL)
        return 0;
    m->used = true;
    return logs_sidecar_parse(out, m->text, m->len, err);
}

struct member_job {
    struct logs *l;
    struct logs_plan *plan;
    struct logs_place place; /* of the archive */
    int fd;
};

static void logs_steps(struct logs *l, const struct logs_place *place,
                       void *user, int64_t *done);

static void logs_member(struct member_job *j, const char *name, const char *job,
                        int64_t mtime, struct logs_stream *s)
{
    struct logs *l = j->l;
    struct err err CLEANUP_ERR = ERR_INIT;
    struct logs_sidecar inner;
    bool has;
    struct logs_place place = j->place;
    place.member = name;
    place.member_job = job;
    place.mtime = mtime ? mtime : place.mtime;
    CLEANUP_FREE char *item = logs_place_name(&place);
    if (!logs_item(l, item))
        return;
    if (member_sidecar(j->plan, name, &inner, &has, &err) < 0) {
        logs_place_trouble(l, "sidecar", &place, err_msg(&err));
        return;
    }
    place.inner = has ? &inner : NULL;
    if (s == NULL)
        logs_emit(l, &place, NULL, logs_steps, j);
    else if (is_packed(name))
        logs_emit_packed(l, &place, s);
    else
        logs_emit(l, &place, s, NULL, NULL);
    if (has)
        logs_sidecar_release(&inner);
}

/* Goes to member number `index` of the archive, from its start. */
static bool stream_to(struct logs_stream *s, size_t index)
{
    for (size_t i = 0; i <= index; i++)
        if (logs_stream_next(s) != 1)
            return false;
    return true;
}

/* The steps of one job, one after the other, as one log. */
static void logs_steps(struct logs *l, const struct logs_place *place,
                       void *user, int64_t *done)
{
    struct member_job *j = user;
    size_t nr;
    CLEANUP_FREE size_t *steps = logs_plan_steps(j->plan, place->member, &nr);
    struct logs_stream *s = xmalloc(sizeof(*s));
    for (size_t i = 0; i < nr && *done < l->limits.max_size; i++) {
        lseek(j->fd, 0, SEEK_SET);
        logs_stream_open(s, NULL, NULL, j->fd, true, &l->limits);
        if (stream_to(s, steps[i]))
            logs_copy(l, s, place, done);
        if (s->fault != NULL)
            logs_place_trouble(l, "damaged", place, s->fault);
        logs_stream_close(s);
    }
    free(s);
}

static void logs_member_groups(struct member_job *j)
{
    for (size_t i = 0; i < j->plan->nr && j->l->status == TOCSIN_OK; i++) {
        struct logs_member *m = &j->plan->m[i];
        if (m->kind != MEMBER_STEP)
            continue;
        bool first = true;
        for (size_t k = 0; k < i && first; k++)
            first = j->plan->m[k].kind != MEMBER_STEP
                    || strcmp(j->plan->m[k].group, m->group) != 0;
        if (first)
            logs_member(j, m->group, m->group, m->mtime, NULL);
    }
}

/* A sidecar in the archive without its log: a run that needs none. */
static void logs_member_lone(struct member_job *j)
{
    for (size_t i = 0; i < j->plan->nr && j->l->status == TOCSIN_OK; i++) {
        struct logs_member *m = &j->plan->m[i];
        if (m->kind != MEMBER_SIDECAR || m->used)
            continue;
        struct err err CLEANUP_ERR = ERR_INIT;
        struct logs_sidecar inner;
        struct logs_place place = j->place;
        place.member = m->name;
        if (logs_sidecar_parse(&inner, m->text, m->len, &err) < 0) {
            logs_place_trouble(j->l, "sidecar", &place, err_msg(&err));
            continue;
        }
        place.inner = &inner;
        place.mtime = m->mtime ? m->mtime : place.mtime;
        struct logs_belong b;
        if (!inner.has_outcome)
            logs_place_trouble(j->l, "sidecar", &place,
                               "no log beside it and no \"outcome\" in it");
        else if (logs_belong(&b, &j->l->defaults, j->l->pattern, &place, &err)
                 < 0)
            logs_place_trouble(j->l, "unassigned", &place, err_msg(&err));
        else
            logs_answer(j->l, j->l->host->run(j->l->host, &b.run));
        if (inner.has_outcome)
            logs_belong_release(&b);
        logs_sidecar_release(&inner);
    }
}

static void logs_member_singles(struct member_job *j)
{
    struct logs *l = j->l;
    struct logs_stream *s = xmalloc(sizeof(*s));
    lseek(j->fd, 0, SEEK_SET);
    logs_stream_open(s, NULL, NULL, j->fd, true, &l->limits);
    for (size_t i = 0; i < j->plan->nr && l->status == TOCSIN_OK; i++) {
        if (logs_stream_next(s) != 1)
            break;
        struct logs_member *m = &j->plan->m[i];
        if (m->kind == MEMBER_LOG)
            logs_member(j, m->name, m->job, m->mtime, s);
    }
    if (s->fault != NULL)
        logs_place_trouble(l, "damaged", &j->place, s->fault);
    logs_stream_close(s);
    free(s);
}

void logs_archive(struct logs *l, struct logs_place *place,
                  struct logs_stream *s, int fd)
{
    struct logs_plan plan;
    logs_plan_make(&plan, s);
    place->many = true;
    struct member_job j = { .l = l, .plan = &plan, .place = *place, .fd = fd };
    logs_member_singles(&j);
    logs_member_groups(&j);
    logs_member_lone(&j);
    if (plan.fault != NULL && s->fault == NULL)
        logs_place_trouble(l, "too-large", place, plan.fault);
    logs_plan_release(&plan);
}
