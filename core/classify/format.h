/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * format: what kind of log this is, which tools speak in it, where its steps
 * are and how it ended.
 */
#ifndef TOCSIN_CLASSIFY_FORMAT_H
#define TOCSIN_CLASSIFY_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/classify/clean.h"

/* So many of the last steps and listings are remembered. */
#define STAGES_MAX 48

struct format {
    unsigned tools;    /* bits of format.c's tool table */
    bool in_script;    /* inside the listing of a step's script */
    int step;          /* counted from 0 */
    int64_t step_line; /* where it starts */
    struct stage {
        int64_t line; /* from here on */
        int step;
        bool in_script;
    } stages[STAGES_MAX]; /* a ring */
    size_t nr_stages;
    int failed_step;     /* of which the job failed, -1: none is known */
    int64_t failed_line; /* where it said so, or ended */
    int ordinary;        /* steps behind it that look as if the job went on,
                          * -1: none will */
    int doubted_step;    /* failed, and the job went on, as it seems */
    int64_t doubted_line;
    struct told {
        int64_t line;
        int outcome;
    } * told; /* by the source: from this line on it is a step that ended so */
    size_t nr_told, alloc_told, at_told;
    bool told_bad;      /* of the step that it is in */
    bool told_failed;   /* of this one or one before */
    int64_t error_line; /* last one that the CI marked as an error, or 0 */
    int64_t ended_line; /* last marker of any kind */
    int strong, weak;   /* enum tocsin_outcome: of the CI, of tools */
};

void format_init(struct format *f);
void format_release(struct format *f);
/* What the source knows, before the line goes by: a step begins there, and
 * ended so. One that failed and was let is a success. */
void format_tell(struct format *f, int64_t line, int outcome);
/* Whether the source knows of a step that begins there, or before. */
bool format_begins(const struct format *f, int64_t nr);
/* Line nr is next. */
void format_line(struct format *f, int64_t nr);
/* The step that it is in says that it failed. */
void format_failed(struct format *f, int64_t line);
/* The log is over. True: it was the step that was doubted, after all. */
bool format_end(struct format *f, int64_t lines);
/* The literals that format_literal_seen wants to hear of; NULL at the end. */
const char *format_literal(size_t i);
/* Whether to hear of literal i once is as good as to hear of it often. */
bool format_once(size_t i);
void format_literal_seen(struct format *f, size_t i, const struct line *l);
/* A tool that is known to speak in the log; NULL, or no tool: nothing. */
void format_hear(struct format *f, const char *tool);
/* Where steps start: before the rules look at the line. */
void format_mark(struct format *f, const struct line *l);

/* As it was when line nr went by, where that is among the last STAGES_MAX
 * lines. */
struct format format_at(const struct format *f, int64_t nr);

const char *format_name(unsigned seen); /* enum seen */
const char *format_tool(const struct format *f);
int format_outcome(const struct format *f);
/* Whether a rule's `in:` word names this log's format or a tool in it. */
bool format_is(const struct format *f, const char *format, const char *word);
/* Whether word can stand in `in:`. */
bool format_knows(const char *word);

#endif
