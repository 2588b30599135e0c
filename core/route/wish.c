/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What people ask for with a label, and the silences that come of it and of
 * closing: the ticket snoozed, its cause or its project left alone. Must not
 * end a silence that was not begun here.
 */
#include <config.h>

#include "core/route/feedback.h"

#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/route/judge.h"

#define SNOOZE_LABEL "tocsin: snooze"
#define SNOOZE_DEFAULT (30 * DAY)
#define SNOOZE_MAX (366 * DAY)
#define WRONG_LABEL "tocsin: wrong"
/* These two are about the project, not the ticket they stand on. */
#define OFF_LABEL "tocsin: off"
#define DIGEST_LABEL "tocsin: digest"

/* The seconds of "tocsin: snooze", "tocsin: snooze 90d"; 0: no such label.
 * A length that cannot be read is the default one: it means "not now". */
static int64_t snooze_of(const json_t *labels)
{
    int64_t longest = 0;
    size_t i;
    json_t *v;

    json_array_foreach(labels, i, v) {
        const char *s = json_string_value(v);
        int64_t t;

        if (!s || strncasecmp(s, SNOOZE_LABEL, strlen(SNOOZE_LABEL)))
            continue;
        s += strlen(SNOOZE_LABEL);
        if (*s && *s != ' ')
            continue;
        s += strspn(s, " ");
        if (!*s || when_parse_duration(s, &t) < 0 || t <= 0)
            t = SNOOZE_DEFAULT;
        if (t > SNOOZE_MAX)
            t = SNOOZE_MAX;
        if (t > longest)
            longest = t;
    }
    return longest;
}

static bool has_label(const json_t *labels, const char *label)
{
    size_t i;
    json_t *v;

    json_array_foreach(labels, i, v) {
        if (json_is_string(v) && !strcasecmp(json_string_value(v), label))
            return true;
    }
    return false;
}

static int standing_add(void *user, struct incident *i)
{
    struct standing_of *s = user;

    json_array_append_new(s->fingerprints, json_string(i->fingerprint));
    if (i->last_red_commit)
        jx_append_str(s->commits, i->last_red_commit);
    return 0;
}

int standing_of(struct feedback *f, struct standing_of *s)
{
    struct incident_query q = { .ticket = f->t.key, .unresolved_only = true };

    s->fingerprints = json_array();
    s->commits = json_array();
    return store_incident_each(f->st, &q, standing_add, s, f->err);
}

int silence_end(struct feedback *f, const char *from)
{
    json_t *ids = feedback_member(feedback_human(f), "silences");
    int64_t id = jx_int(ids, from, 0);

    json_object_del(ids, from);
    return id ? store_silence_expire(f->st, id, f->now, f->err) : 0;
}

int silence_begin(struct feedback *f, const char *from, int64_t seconds,
                  bool causes)
{
    json_t *ids = feedback_member(feedback_human(f), "silences");
    struct standing_of s = { NULL, NULL };
    struct silence rec = { 0 };
    const char *by = jx_str_or(f->remote, "by", "a person");
    bool off = !strcmp(from, "off");
    int rc = 0;

    if (silence_end(f, from) < 0)
        return -1;
    rec.match = json_object();
    jx_set_str(rec.match, "from", from);
    /* a cause in a project, whatever ticket it comes back in; or all of it */
    if ((causes || off) && f->t.project) {
        json_object_set_new(rec.match, "project",
                            json_pack("[s]", f->t.project));
        if (f->t.branch && !off)
            json_object_set_new(rec.match, "branch",
                                json_pack("[s]", f->t.branch));
    } else {
        json_object_set_new(rec.match, "ticket", json_pack("[s]", f->t.key));
    }
    if (causes) {
        rc = standing_of(f, &s);
        if (json_array_size(s.fingerprints))
            json_object_set(rec.match, "fingerprint", s.fingerprints);
        else
            rc = rc < 0 ? rc : 1; /* nothing stands: nothing to do */
    }
    rec.author = xasprintf("%s at %s", by, f->sink);
    rec.comment = xasprintf("%s of ticket %.8s", from, f->t.key);
    rec.starts = rec.created = f->now;
    rec.ends = seconds ? f->now + seconds : 0;
    if (!rc)
        rc = store_silence_put(f->st, &rec, f->err);
    if (!rc)
        jx_set_int(ids, from, rec.id);
    silence_release(&rec);
    json_decref(s.fingerprints);
    json_decref(s.commits);
    return rc < 0 ? -1 : 0;
}

/* Put on or taken off. */
static bool label_moved(const json_t *before, const json_t *labels,
                        const char *label, bool *is)
{
    *is = has_label(labels, label);
    return *is != has_label(before, label);
}

/* What people want of a whole project: nothing, or digests. */
static int see_wishes(struct feedback *f, const json_t *before,
                      const json_t *labels)
{
    CLEANUP_JSON json_t *digest = NULL;
    bool is;

    if (label_moved(before, labels, OFF_LABEL, &is)
        && (is ? silence_begin(f, "off", 0, false) : silence_end(f, "off")) < 0)
        return -1;
    if (!label_moved(before, labels, DIGEST_LABEL, &is) || !f->t.project)
        return 0;
    digest = is ? json_string("digest") : json_null();
    return store_fact_put(
        f->st,
        &(struct fact){ f->sink, f->t.project, FACT_TELL, digest, f->now },
        NULL, f->err);
}

int see_labels(struct feedback *f, const json_t *before, const json_t *labels)
{
    int64_t was = snooze_of(before), is = snooze_of(labels);
    bool was_wrong = has_label(before, WRONG_LABEL);
    bool is_wrong = has_label(labels, WRONG_LABEL);

    if (see_wishes(f, before, labels) < 0)
        return -1;
    if (is && is != was) {
        jx_set_int(feedback_human(f), "snooze_until", f->now + is);
        if (silence_begin(f, "snooze", is, false) < 0)
            return -1;
    } else if (!is && was) {
        json_object_del(feedback_human(f), "snooze_until");
        if (silence_end(f, "snooze") < 0)
            return -1;
    }
    if (is_wrong == was_wrong)
        return 0;
    jx_set_bool(feedback_human(f), "wrong", is_wrong);
    /* One of them did; owners that come later did not. */
    json_object_set(feedback_human(f), "markers", f->t.persons);
    return is_wrong ? silence_begin(f, "wrong", 0, true)
                    : silence_end(f, "wrong");
}
