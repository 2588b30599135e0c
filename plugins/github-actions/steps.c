/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A step begins with "##[group]Run ...", or with "Post job cleanup." when it
 * cleans up; what it runs may print such lines, too (a composite action
 * does). So each step, in order, gets the first such line that is within its
 * time, to the second that the API knows. In the second in which a step fails,
 * none begins before it has said so.
 */
#include <config.h>

#include "plugins/github-actions/steps.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-actions/outcome.h"

#define STEPS_MAX 1000 /* the runner makes no more */
#define DATE_LEN 19    /* 2026-02-13T21:37:10 */

static int64_t time_of(const json_t *v, const char *key)
{
    const char *text = jx_str(v, key);
    int64_t t = 0;

    return text && when_parse(text, &t) == 0 ? t : 0;
}

static bool ran(const json_t *v)
{
    return !str_eq(jx_str(v, "conclusion"), "skipped")
           && time_of(v, "started_at");
}

static bool failed(const json_t *v)
{
    const char *how = jx_str(v, "conclusion");

    return str_eq(how, "failure") || str_eq(how, "timed_out");
}

/* In a job that none failed in, the one in which its time ended. */
static bool was_cut(const json_t *v)
{
    return str_eq(jx_str(v, "conclusion"), "cancelled");
}

static void add_step(struct steps *s, const json_t *v)
{
    struct step *st = &s->steps[s->nr];

    st->number = jx_int(v, "number", 0);
    st->started = time_of(v, "started_at");
    st->completed = time_of(v, "completed_at");
    if (!st->completed)
        st->completed = INT64_MAX - 1;
    st->outcome = gha_outcome(jx_str(v, "conclusion"));
    st->post = str_starts(jx_str_or(v, "name", ""), "Post ");
    s->nr++;
}

void steps_begin(struct steps *s, const json_t *list)
{
    size_t n = json_is_array(list) ? json_array_size(list) : 0;
    bool found = false, cut = false;

    memset(s, 0, sizeof(*s));
    s->offset = -1;
    if (n > STEPS_MAX)
        n = 0;
    s->steps = xcalloc(n + 1, sizeof(*s->steps));
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(list, i);

        if (!ran(v))
            continue;
        if (!found && failed(v)) {
            found = true;
            s->failing = s->nr;
        } else if (!found && !cut && was_cut(v)) {
            cut = true;
            s->failing = s->nr;
        }
        add_step(s, v);
    }
    found = found || cut;
    if (!found)
        s->failing = s->nr;
    /* The first one, "Set up job", is where the log begins. */
    if (s->nr && s->steps[0].number == 1) {
        s->at = 1;
        if (found && !s->failing)
            s->offset = 0;
    }
}

/* ---- lines --------------------------------------------------------------- */

static int64_t line_time(const char *line, size_t n)
{
    char date[DATE_LEN + 2];
    int64_t t = 0;

    if (n < DATE_LEN + 1)
        return 0;
    memcpy(date, line, DATE_LEN);
    memcpy(date + DATE_LEN, "Z", 2);
    return when_parse(date, &t) == 0 ? t : 0;
}

static void say(const struct steps *s)
{
    if (s->found)
        s->found(s->user, s->lines + 1, s->steps[s->at].outcome);
}

/* Whether at t the step before may yet go on. */
static bool is_failing_yet(const struct steps *s, int64_t t)
{
    return s->at && s->at - 1 == s->failing && !s->error
           && t <= s->steps[s->at - 1].completed;
}

static void look_at(struct steps *s)
{
    const char *line = s->line, *text;
    size_t n = s->len;
    int64_t t;
    bool post;

    if (n >= 3 && !memcmp(line, "\xef\xbb\xbf", 3)) {
        line += 3;
        n -= 3;
    }
    text = memchr(line, ' ', n);
    if (!text)
        return;
    text++;
    s->error |= !strncmp(text, "##[error]", 9);
    post = !strncmp(text, "Post job cleanup.", 17);
    if (!post && strncmp(text, "##[group]Run ", 13) != 0)
        return;
    t = line_time(line, n);
    while (t && s->at < s->nr && t > s->steps[s->at].completed + 1)
        s->at++;
    if (!t || s->at >= s->nr || s->steps[s->at].post != post
        || t < s->steps[s->at].started || is_failing_yet(s, t))
        return;
    if (s->at == s->failing)
        s->offset = s->lines;
    say(s);
    s->error = false;
    s->at++;
}

void steps_feed(struct steps *s, const char *p, size_t n)
{
    const char *end = p + n;

    if (s->failing >= s->nr)
        return;
    if (!s->begun && s->at && s->found)
        s->found(s->user, 1, s->steps[0].outcome);
    s->begun = true;
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t part = (size_t)((nl ? nl : end) - p);
        size_t room = sizeof(s->line) - 1 - s->len;

        memcpy(s->line + s->len, p, part < room ? part : room);
        s->len += part < room ? part : room;
        if (!nl)
            return;
        s->line[s->len] = '\0';
        look_at(s);
        s->len = 0;
        s->lines++;
        p = nl + 1;
    }
}

int64_t steps_offset(const struct steps *s)
{
    return s->offset;
}

int64_t steps_failing(const struct steps *s)
{
    return s->failing < s->nr ? s->steps[s->failing].number : 0;
}

void steps_release(struct steps *s)
{
    free(s->steps);
    memset(s, 0, sizeof(*s));
}
