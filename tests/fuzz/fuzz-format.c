/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kind, tools, steps and outcome under libFuzzer: any bytes as a log. What is
 * said must hold together, whatever marks stand in it.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/classify/clean.h"
#include "core/classify/format.h"
#include "core/tocsin-plugin.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void look(struct format *f, const struct line *l)
{
    int step = f->step, failed = f->failed_step;
    int64_t failed_line = f->failed_line;
    bool told = f->told_failed;

    if (str_starts(l->text, "told "))
        format_tell(f, l->nr, l->text[5] - '0');
    format_line(f, l->nr);
    format_mark(f, l);
    for (size_t i = 0; format_literal(i); i++)
        if (strstr(l->text, format_literal(i)))
            format_literal_seen(f, i, l);
    if (f->step < step || f->step > step + 1)
        BUG("from step %d to %d in one line", step, f->step);
    if (failed >= 0 && told == f->told_failed
        && (f->failed_step != failed || f->failed_line != failed_line)
        && (f->doubted_step != failed || f->doubted_line != failed_line))
        BUG("another step failed first, afterwards");
    if (f->failed_step > f->step || f->failed_line > l->nr
        || f->step_line > l->nr || f->ended_line > l->nr)
        BUG("something of line %d is known before it came", (int)l->nr);
}

static void on_chunk(void *user, const struct chunk *ch)
{
    for (size_t i = ch->fresh; i < ch->nr; i++) {
        struct line l = chunk_line(ch, i);

        look(user, &l);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct format f;
    struct cleaner *cl = cleaner_new(on_chunk, &f);
    const char *name;
    int outcome;

    format_init(&f);
    cleaner_feed(cl, p, n);
    cleaner_end(cl);
    format_end(&f, cleaner_lines(cl));
    if (f.doubted_step >= 0 && f.failed_step < 0)
        BUG("a step failed, and none did");
    name = format_name(cleaner_seen(cl));
    outcome = format_outcome(&f);
    if (!format_knows(name) || !format_is(&f, name, name))
        BUG("a format that no rule can name: %s", name);
    if (strcmp(format_tool(&f), "none")
        && !format_is(&f, name, format_tool(&f)))
        BUG("a tool that is none of the log's: %s", format_tool(&f));
    if (outcome < TOCSIN_OUTCOME_UNKNOWN || outcome > TOCSIN_OUTCOME_ABANDONED)
        BUG("no outcome: %d", outcome);
    cleaner_free(cl);
    format_release(&f);
    return 0;
}
