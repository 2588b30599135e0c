/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace: follows Python tracebacks, so that a rule that matches the line of
 * the exception also knows where it came from.
 */
#ifndef TOCSIN_CLASSIFY_TRACE_H
#define TOCSIN_CLASSIFY_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lines after which a traceback without an end is forgotten. */
#define TRACE_LINES_MAX 400
#define TRACE_FRAME_MAX 160

struct trace {
    bool active;
    int64_t since;
    int depth;                   /* of what kind the frame kept is */
    char frame[TRACE_FRAME_MAX]; /* "file.py:function" of the innermost
                                  * own frame, else of the innermost */
};

/* True when this line is the exception that ends a traceback: its frame is
 * then in t->frame until the next line. */
bool trace_line(struct trace *t, const char *s, size_t n, int64_t nr);

/* Whether pytest shows an exception in this line: "E   ValueError: bad". */
bool trace_shown(const char *s, size_t n);
/* Whether this line says that the program got over the exception before it. */
bool trace_handled(const char *s);

/* A line without one of these changes nothing while no traceback is
 * active. */
extern const char *const trace_triggers[];

#endif
