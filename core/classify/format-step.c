/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which step a line is of, and which step failed the job. A step may fail and
 * the job go on (`continue-on-error`): the log says of both that they failed.
 * The source may know better; else what ran behind them tells.
 */
#include <config.h>

#include "core/classify/format.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/tocsin-plugin.h"

/* No job has more steps. */
#define TOLD_MAX ((size_t)1000)
/* When so many steps of the job's own work ran behind one that failed, it did
 * not fail the job. */
#define ORDINARY_STEPS 3

/* ---- where they are ------------------------------------------------------ */

static void begin(struct format *f, int64_t line, bool script)
{
    f->step++;
    f->step_line = line;
    f->in_script = script;
}

static void note_stage(struct format *f, int64_t line)
{
    f->stages[f->nr_stages++ % STAGES_MAX] =
        (struct stage){ line, f->step, f->in_script };
}

/* What its mark says, the name of a step that starts here; else NULL. */
static const char *starts(const struct line *l)
{
    static const char section[] = "Starting: ", group[] = "Run ";

    if (l->mark == MARK_GROUP && !strncmp(l->text, group, sizeof(group) - 1))
        return l->text + sizeof(group) - 1;
    if (l->mark == MARK_SECTION
        && !strncmp(l->text, section, sizeof(section) - 1))
        return l->text + sizeof(section) - 1;
    return NULL;
}

struct format format_at(const struct format *f, int64_t nr)
{
    struct format then = *f;

    then.step = 0;
    then.in_script = false;
    for (size_t i = f->nr_stages; i > 0 && i + STAGES_MAX > f->nr_stages; i--) {
        const struct stage *s = &f->stages[(i - 1) % STAGES_MAX];

        if (s->line > nr)
            continue;
        then.step = s->step;
        then.in_script = s->in_script;
        break;
    }
    return then;
}

/* ---- which one failed ---------------------------------------------------- */

static void blame(struct format *f, int step, int64_t line)
{
    f->failed_step = step;
    f->failed_line = line;
    f->ordinary = 0;
}

void format_failed(struct format *f, int64_t line)
{
    if (f->failed_step < 0)
        blame(f, f->step, line);
}

/* What jobs do however they went: look around, keep what is left, tell people,
 * clean up. Steps are named by what they run, or by people. */
static bool is_aftermath(const char *name)
{
    static const char *const words[] = {
        "always",     "annotat", "archive", "artifact", "cache",   "cancel",
        "cat",        "clean",   "codecov", "collect",  "comment", "coverall",
        "debug",      "delete",  "df",      "dmesg",    "docker",  "down",
        "dump",       "du",      "fail",    "final",    "find",    "free",
        "journalctl", "junit",   "kill",    "kubectl",  "log",     "ls",
        "mail",       "notif",   "post",    "print",    "ps",      "publish",
        "remove",     "report",  "result",  "rm",       "save",    "shellcheck",
        "show",       "slack",   "stop",    "store",    "summar",  "tail",
        "tear",       "tmate",   "upload",  "zip",
    };
    const char *at = name;

    for (; *at; at++) {
        if (at > name && isalpha((unsigned char)at[-1]))
            continue;
        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
            size_t n = strlen(words[i]);

            /* a short one is a whole word */
            if (!strncasecmp(at, words[i], n)
                && (n > 3 || !isalpha((unsigned char)at[n])))
                return true;
        }
    }
    return false;
}

/* Another step behind the one that failed. Where the job failed only what is
 * done however it went follows; composite actions have steps of their own, so
 * from the first of that kind on, all is. */
static void goes_on(struct format *f, const char *name)
{
    if (f->failed_step < 0 || f->ordinary < 0 || f->told_failed)
        return;
    if (is_aftermath(name)) {
        f->ordinary = -1;
        return;
    }
    if (++f->ordinary < ORDINARY_STEPS)
        return;
    f->doubted_step = f->failed_step;
    f->doubted_line = f->failed_line;
    f->failed_step = -1;
}

void format_mark(struct format *f, const struct line *l)
{
    const char *name = starts(l);

    if (name) {
        goes_on(f, name);
        if (l->nr != f->step_line)
            begin(f, l->nr, false);
        f->in_script = l->mark == MARK_GROUP;
    } else if (l->mark == MARK_ENDGROUP) {
        f->in_script = false;
    } else if (l->mark == MARK_ERROR) {
        f->error_line = l->nr;
        return;
    } else {
        return;
    }
    note_stage(f, l->nr);
}

/* ---- what the source knows ----------------------------------------------- */

void format_tell(struct format *f, int64_t line, int outcome)
{
    size_t n = f->nr_told;

    if (n == TOLD_MAX || line < 1 || (n && line <= f->told[n - 1].line))
        return;
    ALLOC_GROW(f->told, n + 1, f->alloc_told);
    f->told[f->nr_told++] = (struct told){ line, outcome };
}

static bool is_bad(int outcome)
{
    return outcome != TOCSIN_OUTCOME_UNKNOWN
           && outcome != TOCSIN_OUTCOME_SUCCESS
           && outcome != TOCSIN_OUTCOME_SKIPPED;
}

/* A step that failed is over: not each says so. */
static void end_told(struct format *f, int64_t last)
{
    if (f->told_bad)
        format_failed(f, last);
    f->told_bad = false;
}

static void begin_told(struct format *f, const struct told *t)
{
    end_told(f, t->line - 1);
    f->told_bad = is_bad(t->outcome);
    if (f->told_bad && !f->told_failed) {
        /* whatever failed before, this is what the job failed of */
        f->told_failed = true;
        f->failed_step = f->doubted_step = -1;
    }
    if (t->line == f->step_line)
        return;
    begin(f, t->line, false);
    note_stage(f, t->line);
}

bool format_begins(const struct format *f, int64_t nr)
{
    return f->at_told < f->nr_told && f->told[f->at_told].line <= nr;
}

void format_line(struct format *f, int64_t nr)
{
    while (format_begins(f, nr))
        begin_told(f, &f->told[f->at_told++]);
}

bool format_end(struct format *f, int64_t lines)
{
    format_line(f, lines);
    end_told(f, lines);
    if (f->failed_step >= 0 || f->doubted_step < 0)
        return false;
    blame(f, f->doubted_step, f->doubted_line);
    return true;
}
