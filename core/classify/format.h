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
    int failed_step;     /* first that said so, -1: none did */
    int64_t failed_line; /* where it said so */
    int64_t error_line;  /* last one that the CI marked as an error, or 0 */
    int64_t ended_line;  /* last marker of any kind */
    int strong, weak;    /* enum tocsin_outcome: of the CI, of tools */
};

void format_init(struct format *f);
/* The literals that format_literal_seen wants to hear of; NULL at the end. */
const char *format_literal(size_t i);
/* Whether to hear of literal i once is as good as to hear of it often. */
bool format_once(size_t i);
void format_literal_seen(struct format *f, size_t i, const struct line *l);
/* A tool that is known to speak in the log; NULL, or no tool: nothing. */
void format_hear(struct format *f, const char *tool);
/* Marks: before the rules look at the line. */
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
