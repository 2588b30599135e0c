/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A timeline, that of an attempt before it, a list of builds and a cursor
 * under libFuzzer: any JSON, or the text of a cursor. Must hold what the
 * headers promise: ids that are harmless in an address, names that may be
 * shown, no job twice in one attempt, a cursor that reads as it was written.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/azure-pipelines/build.h"
#include "plugins/azure-pipelines/cursor.h"
#include "plugins/azure-pipelines/names.h"
#include "plugins/azure-pipelines/timeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void is_id(const char *s)
{
    if (!*s || s[strspn(s, "0123456789abcdefABCDEF-")])
        BUG("an id that is none");
}

static void is_name(const char *s)
{
    if (strlen(s) > AZURE_NAME_MAX)
        BUG("a name that is too long");
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            BUG("a name with a control character");
}

static void look_at(const struct azure_timeline *t)
{
    if (t->nr > AZURE_JOBS_MAX || t->nr_earlier > AZURE_EARLIER_MAX)
        BUG("more than there may be");
    for (size_t i = 0; i < t->nr_earlier; i++)
        is_id(t->earlier[i]);
    for (size_t i = 0; i < t->nr; i++) {
        const struct azure_job *j = &t->jobs[i];

        is_id(j->id);
        is_name(j->key);
        is_name(j->job);
        if (j->variant)
            is_name(j->variant);
        if (j->attempt < 1 || j->issues.nr > AZURE_ISSUES_MAX)
            BUG("a job that cannot be");
        for (size_t k = 0; k < j->nr_tasks; k++)
            is_id(j->tasks[k].id);
        for (size_t k = 0; k < i; k++)
            if (t->jobs[k].attempt == j->attempt
                && !strcmp(t->jobs[k].key, j->key))
                BUG("a job twice");
    }
}

static void fuzz_timeline(const json_t *v)
{
    struct azure_timeline t = { 0 };

    azure_timeline_add(&t, v);
    look_at(&t);
    azure_timeline_add(&t, v);
    azure_timeline_add(&t, json_object_get(v, "earlier"));
    look_at(&t);
    azure_timeline_release(&t);
}

static void fuzz_builds(const json_t *v)
{
    const json_t *list = json_is_array(v) ? v : jx_arr(v, "value"), *one;
    size_t i;

    json_array_foreach(list, i, one) {
        struct azure_build b;

        if (azure_build_read(&b, one) == AZURE_BUILD
            && (!strchr(b.project, '/') || !*b.branch || !b.finished))
            BUG("a build of nothing");
        azure_build_release(&b);
    }
}

static void fuzz_cursor(const char *text)
{
    struct azure_cursor c, again;
    char *a, *b;

    azure_cursor_read(&c, text, "x");
    a = azure_cursor_text(&c, 0);
    azure_cursor_read(&again, a, "x");
    b = azure_cursor_text(&again, 0);
    if (strcmp(a, b) != 0)
        BUG("a cursor that changes");
    free(a);
    free(b);
    azure_cursor_release(&c);
    azure_cursor_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    json_t *v = jx_parse((const char *)p, n, NULL);
    char *text;

    if (!v)
        return 0;
    text = xmemdup0(p, n);
    fuzz_timeline(v);
    fuzz_builds(v);
    fuzz_cursor(text);
    free(text);
    json_decref(v);
    return 0;
}
