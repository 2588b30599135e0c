/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * member: one worker as the core sees it: what it was given, what it said,
 * how it ended. Only for core/host.
 *
 *     queued → starting → working → (idle ⇄ busy) → closing → ended
 *
 * Whatever goes wrong first is the verdict; all later follows from it.
 */
#ifndef TOCSIN_HOST_MEMBER_H
#define TOCSIN_HOST_MEMBER_H

#include "core/base/strbuf.h"
#include "core/host/host.h"
#include "core/host/spawn.h"

enum member_state {
    MEMBER_QUEUED,
    MEMBER_STARTING, /* until open has returned */
    MEMBER_WORKING,  /* collect, observe */
    MEMBER_IDLE,     /* a sink that waits for deliveries */
    MEMBER_BUSY,     /* can_reach, deliver */
    MEMBER_CLOSING,
    MEMBER_ENDED,
};

struct op {
    bool deliver; /* else reach */
    int64_t id;
    json_t *payload; /* owner or notification */
    struct op *next;
};

struct member {
    char *name; /* of the instance */
    bool is_sink;
    bool describes; /* no instance: host_describe */
    int64_t deadline_s;
    int64_t pass_end_ms; /* monotonic; 0: none */
    int64_t memory;
    uint64_t output_max;
    char **env; /* names of the secrets' variables */
    size_t nr_env;
    bool keep_stdin; /* one of its options is "-" */
    char **redact;
    size_t nr_redact;
    struct host_events events;
    void *user;

    enum member_state state;
    bool alive;
    struct spawned proc;
    struct strbuf in, out; /* of the wire */
    size_t out_sent;       /* bytes of out */
    struct strbuf err_line;
    bool wire_eof, err_eof, closed;
    bool finish, kill;
    int64_t deadline_ms; /* monotonic; 0: none */
    uint64_t bytes_in, err_bytes;
    unsigned err_lines;
    bool out_of_memory; /* it said so itself */

    json_t *batch; /* frames put together, or NULL */
    size_t batch_bytes;
    int64_t batch_ms; /* when the first of them came */

    char *item;
    char *callback;   /* the one it is in, or NULL */
    char *last_error; /* the last line it logged as an error */
    struct op *queue, *current;
    json_t *described;

    bool judged;
    enum host_end how;
    char *verdict;
    bool blame_item; /* the item may have to do with it */
    struct member *next;
};

struct member *member_new(const char *name);
void member_free(struct member *m);

/* Starts the process; a failure is the verdict. */
void member_spawn(struct member *m, const char *self, int lock_fd);
/* Puts a frame (taken over) on its way. */
void member_send(struct member *m, json_t *frame);
/* The next of the queue, when it can be done now. */
void member_pump(struct member *m);
/* I/O that poll found. */
void member_read(struct member *m);
void member_write(struct member *m);
void member_read_stderr(struct member *m);
bool member_dead(const struct member *m);
/* Hands the gathered batch to the events. */
void member_flush(struct member *m);
/* Kills it if need be, waits, tells the events. */
void member_end(struct member *m);
/* What was asked after its end, or never came to its turn: RETRY. */
void member_answer_queue(struct member *m);

/* Sets the verdict if there is none yet. */
void member_judge(struct member *m, enum host_end how, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* " in collect at item …", new. */
char *member_where(const struct member *m);
void member_set_deadline(struct member *m, int64_t seconds);

/* frames.c: what a frame means. -1: nonsense, and err says why. */
int member_frame(struct member *m, json_t *frame, size_t bytes,
                 struct err *err);
void op_free(struct op *op);

#endif
