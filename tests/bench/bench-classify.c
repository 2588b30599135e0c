/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast one process classifies a log that is in memory, beside the least
 * that can be done with it:
 *
 *     tests/bench/bench-classify RULES LOG [brute]
 *
 * RULES: a JSON file {"rules": [...], "ignore": [...]}. One line a figure.
 * Seconds are of CPU; of several rounds the quickest counts.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/clean.h"
#include "core/classify/rule.h"

#define ROUNDS 5
#define PART ((size_t)65536)

static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool read_file(const char *path, struct strbuf *b)
{
    FILE *f = fopen(path, "rb");
    char part[PART];
    size_t n;

    strbuf_init(b, STRBUF_UNBOUNDED);
    if (!f)
        return false;
    while ((n = fread(part, 1, sizeof(part), f)))
        strbuf_add(b, part, n);
    fclose(f);
    return true;
}

static size_t volatile sink;

static void count_lines(const struct strbuf *log, void *user)
{
    const char *p = log->buf, *end = log->buf + log->len;
    size_t nr = 0;

    (void)user;
    while ((p = memchr(p, '\n', (size_t)(end - p)))) {
        nr++;
        p++;
    }
    sink = nr;
}

static void no_chunk(void *user, const struct chunk *ch)
{
    (void)user;
    sink = ch->nr;
}

static void clean(const struct strbuf *log, void *user)
{
    struct cleaner *cl = cleaner_new(no_chunk, NULL);

    (void)user;
    for (size_t i = 0; i < log->len; i += PART)
        cleaner_feed(cl, log->buf + i,
                     log->len - i < PART ? log->len - i : PART);
    cleaner_end(cl);
    cleaner_free(cl);
}

static void classify(const struct strbuf *log, void *user)
{
    struct classify_options o = { 0 };
    struct classifier *c = classifier_new(user, &o);
    json_t *result;

    for (size_t i = 0; i < log->len; i += PART)
        classifier_feed(c, log->buf + i,
                        log->len - i < PART ? log->len - i : PART);
    result = classifier_finish(c);
    sink = json_array_size(json_object_get(result, "failures"));
    json_decref(result);
    classifier_free(c);
}

static double tell(const char *name, const struct strbuf *log, int rounds,
                   void (*work)(const struct strbuf *log, void *user),
                   void *user)
{
    double best = 1e9;

    for (int i = 0; i < rounds; i++) {
        double t = cpu();

        work(log, user);
        t = cpu() - t;
        best = t < best ? t : best;
    }
    printf("%s %.6f\n", name, best);
    return best;
}

int main(int argc, char **argv)
{
    struct strbuf text, log;
    struct err err CLEANUP_ERR = ERR_INIT;
    struct ruleset *rs;
    json_t *rules;
    double t;

    if (argc < 3 || !read_file(argv[1], &text) || !read_file(argv[2], &log))
        return 2;
    rules = jx_parse(text.buf, text.len, &err);
    if (!rules)
        BUG("%s", err_msg(&err));
    t = cpu();
    rs = ruleset_new(jx_arr(rules, "rules"), jx_arr(rules, "ignore"), &err);
    if (!rs)
        BUG("%s", err_msg(&err));
    printf("load %.6f\nrules %zu\nliterals %u\nbytes %zu\n", cpu() - t, rs->nr,
           literals_words(rs->literals), log.len);
    tell("memchr", &log, ROUNDS, count_lines, NULL);
    tell("clean", &log, ROUNDS, clean, NULL);
    rs->brute = argc > 3;
    tell(rs->brute ? "brute" : "classify", &log, rs->brute ? 1 : ROUNDS,
         classify, rs);
    ruleset_free(rs);
    json_decref(rules);
    strbuf_release(&text);
    strbuf_release(&log);
    return 0;
}
