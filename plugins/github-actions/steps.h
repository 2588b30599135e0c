/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * steps: the steps of a job as the API says them, and where in the log of the
 * whole job each begins. GitHub numbers the lines of each step for itself
 * (…/job/ID#step:4:17), the log that it hands out has no mark between them but
 * the times. What the API calls a step's conclusion is what came of it for the
 * job: of one that failed under `continue-on-error` it is "success".
 *
 *     steps_begin(&s, jx_arr(job, "steps"));
 *     s.found = found;                // may stay NULL
 *     steps_feed(&s, p, n);           // any number of pieces
 *     int64_t offset = steps_offset(&s);
 *     steps_release(&s);
 */
#ifndef TOCSIN_PLUGINS_GHA_STEPS_H
#define TOCSIN_PLUGINS_GHA_STEPS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a line only what says when it is and whether a step begins is looked
 * at. */
#define STEPS_LINE 64

struct step {
    int64_t number, started, completed;
    int outcome; /* enum tocsin_outcome */
    bool post;   /* cleans up behind another one */
};

struct steps {
    struct step *steps; /* those that ran, in order */
    size_t nr;
    size_t at;      /* the next one to find */
    size_t failing; /* nr: none */
    int64_t lines;  /* whole ones so far */
    int64_t offset;
    bool begun, error; /* error: the step has said that something is wrong */
    /* A step begins with that line, from 1, before steps_feed() is given more
     * than what it is in. */
    void (*found)(void *user, int64_t line, int outcome);
    void *user;
    char line[STEPS_LINE];
    size_t len;
};

/* list: may be NULL or anything. */
void steps_begin(struct steps *s, const json_t *list);
void steps_feed(struct steps *s, const char *p, size_t n);
/* Lines before the first one of the failing step; -1: not known. */
int64_t steps_offset(const struct steps *s);
/* The failing step's number, 0: not known. */
int64_t steps_failing(const struct steps *s);
void steps_release(struct steps *s);

#endif
