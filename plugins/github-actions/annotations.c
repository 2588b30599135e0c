/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Annotations and steps of a job as lines of a log. Must not take a step that
 * was let fail for what the job failed of.
 */
#include <config.h>

#include "plugins/github-actions/annotations.h"

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-actions/outcome.h"

/* GitHub calls a job that ran out of its time cancelled; only an annotation
 * tells it from one that people or a newer push ended. */
#define OUT_OF_TIME "exceeded the maximum execution time"

static void add_line(struct strbuf *b, const char *before, const char *text)
{
    strbuf_adds(b, before);
    for (; *text; text++)
        strbuf_addc(b, *text == '\r' || *text == '\n' ? ' ' : *text);
    strbuf_addc(b, '\n');
}

static void add_steps(struct strbuf *b, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        const char *how = jx_str_or(v, "conclusion", "");
        CLEANUP_FREE char *before = NULL;

        if (!gha_is_red(gha_outcome(how)))
            continue;
        before = xasprintf("step %lld ended as %.20s: ",
                           (long long)jx_int(v, "number", 0), how);
        add_line(b, before, jx_str_or(v, "name", ""));
    }
}

/* An annotation's message may have many lines; each is one of the log. */
static void add_annotation(struct strbuf *b, const json_t *v)
{
    const char *text = jx_str_or(v, "message", "");
    const char *path = jx_str_or(v, "path", "");
    const char *mark =
        str_eq(jx_str(v, "annotation_level"), "failure")   ? "##[error]"
        : str_eq(jx_str(v, "annotation_level"), "warning") ? "##[warning]"
                                                           : "";

    if (*path && !str_eq(path, ".github"))
        strbuf_addf(b, "%s:%lld\n", path,
                    (long long)jx_int(v, "start_line", 0));
    strbuf_adds(b, mark);
    strbuf_adds(b, text);
    strbuf_addc(b, '\n');
}

#define EXITED "Process completed with exit code"

static bool is_exit(const json_t *annotation)
{
    return str_eq(jx_str(annotation, "annotation_level"), "failure")
           && !strncmp(jx_str_or(annotation, "message", ""), EXITED,
                       strlen(EXITED));
}

/* A step that its workflow lets fail counts as a success, and what it said is
 * annotated all the same. Annotations come step by step, and the job goes on
 * behind such a step: where more exit codes are told than steps failed, the
 * first of them are let. How many annotations that are. */
static size_t let_fail(const json_t *steps, const json_t *annotations)
{
    size_t failed = 0, exits = 0, i = 0;

    for (size_t k = 0; k < json_array_size(steps); k++)
        failed += gha_is_red(
            gha_outcome(jx_str_or(json_array_get(steps, k), "conclusion", "")));
    for (size_t k = 0; k < json_array_size(annotations); k++)
        exits += is_exit(json_array_get(annotations, k));
    for (; failed && exits > failed; i++)
        exits -= is_exit(json_array_get(annotations, i));
    return i;
}

void annotations_tell(struct strbuf *b, const json_t *steps,
                      const json_t *annotations)
{
    add_steps(b, steps);
    for (size_t i = let_fail(steps, annotations);
         i < json_array_size(annotations); i++)
        add_annotation(b, json_array_get(annotations, i));
}

char *annotations_out_of_time(const json_t *annotations)
{
    for (size_t i = 0; i < json_array_size(annotations); i++) {
        const char *text = jx_str(json_array_get(annotations, i), "message");
        struct strbuf b;

        if (!text || !strstr(text, OUT_OF_TIME))
            continue;
        strbuf_init(&b, ANNOTATIONS_MAX);
        add_line(&b, "##[error]", text);
        return strbuf_take(&b);
    }
    return NULL;
}
