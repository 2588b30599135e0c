/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * services-private: what services.c, report.c and the files of single services
 * share; nobody else.
 */
#ifndef TOCSIN_HOST_SERVICES_PRIVATE_H
#define TOCSIN_HOST_SERVICES_PRIVATE_H

#include <stdbool.h>

#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/classify/classify.h"
#include "core/host/services.h"

/* A text for people; longer ones are cut, visibly. */
#define TEXT_MAX ((size_t)4096)

enum list {
    LIST_RUNS,
    LIST_FACTS,
    LIST_SNAPSHOTS,
    LIST_NOTICES,
    LIST_VALIDATORS,
    LIST_LEADS,
    LIST_TAKEN,
    NR_LISTS,
};
extern const char *const list_names[NR_LISTS];

struct services {
    struct tocsin_host host;
    int fd;
    const json_t *start;
    json_t *options; /* {name: [text]} */
    bool is_sink;
    int level;
    size_t log_lines;
    char **redact; /* exact values */
    size_t nr_redact;
    struct redactor *redactor; /* of them; only for whole texts */

    /* The batch being gathered: elements as JSON text, with commas. */
    struct strbuf lists[NR_LISTS];
    size_t gathered; /* bytes */
    int64_t flushed_ms;
    char *cursor;
    bool cursor_changed;
    json_t *remotes;
    bool observed;    /* lengths come too late */
    json_t *told;     /* notices of a sink */
    json_t *standing; /* [[ticket, remote_id, state]] of a sink */
    json_t *leads;    /* [url] offered to a source */
    json_t *offered;  /* {url: true}: the same */

    json_t *skip; /* {item: true} */
    char *item;
    char *redacted; /* what the plugin asked for last */
    struct ruleset *rules;
    bool baselines; /* some are kept: it is worth asking */
    struct open_log *logs;
    size_t nr_logs;
    uint64_t last_log;
    char *snapshot;
    int64_t end_ms;  /* monotonic: when the core ends us; 0 */
    json_t *notices; /* {code: count} */

    struct known *known;         /* validators that are stored */
    struct web *web;             /* HTTP; made when first asked for */
    struct rehearsal *rehearsal; /* instead of it, or NULL */

    uint64_t op;
    bool in_op, done;
    int status;
    json_t *receipt;
    char *broken; /* the first breach */

    /* Of this operation, see writes.c. */
    int64_t more_writes; /* than one, that may leave; -1: any number */
    bool wrote;
    bool held;  /* a write: the kill switch is on */
    bool paced; /* a write: it would have been one too many */
};

struct services *services_of(const struct tocsin_host *host);
/* When enough is gathered, or the last flush is so long ago. */
void services_flush_if_due(struct services *s, int64_t ms);
/* Sets key to text, redacted and cut; nothing when it is NULL. */
void services_set_text(const struct services *s, json_t *obj, const char *key,
                       const char *text);
/* A JSON array of NULL-terminated strings, null for NULL. New. */
json_t *services_list(const char *const *list);
void services_break(struct services *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Copies a struct that begins with its size; -1 when the size is absurd. */
int services_copy(void *to, size_t size, const void *from);

/* A batch goes out after so long. */
#define GATHER_MS 500

/* report.c: what sources and sinks say. */
void report_init(struct services *s);
void report_release(struct services *s);
/* The callback is over: what it left open is closed. */
void report_end(struct services *s);
/* Says what was left out and why; TOCSIN_REJECT. */
int report_refuse(struct services *s, const char *what, const char *why);
bool report_is_url(const char *text);
/* A name that may be passed on: of usable length, without control
 * characters. */
bool report_is_name(const char *text);
bool report_is_project(const char *text);
/* A name is what a thing is known by: it is refused, not cut. Nothing as
 * short as "main" is a secret. */
bool report_holds_secret(const struct services *s, const char *name);
/* Sets key to text if it is a name. */
void report_set_name(json_t *v, const char *key, const char *text);
/* Takes v over into the batch. enum tocsin_status. */
int report_gather(struct services *s, enum list which, json_t *v,
                  const char *what);
/* Copies, checks and makes JSON of it: new, NULL when it was refused. */
json_t *report_run(struct services *s, const struct tocsin_run *given,
                   int *outcome);
/* New, NULL when the rules do not compile. */
struct classifier *report_classifier(struct services *s, const char *format,
                                     int outcome, const struct baseline *green);

/* position.c: where a source is. */
void position_init(struct services *s);
void position_release(struct services *s);
/* From here on it is item that we are at; may be NULL. */
void position_enter(struct services *s, const char *item);

/* snapshots.c */
void snapshots_init(struct services *s);
/* One that was not ended: without its end part the core throws it away. */
void snapshots_end(struct services *s);

/* remotes.c: what stands at a sink. */
void remotes_init(struct services *s);
/* [[ticket, remote_id, state]]: more of it. */
void remotes_standing(struct services *s, json_t *rows);

/* leads.c: what one source hands on to another. */
void leads_init(struct services *s);

/* writes.c: the kill switch, and how much may be written. */
void writes_init(struct services *s);
/* Whether a write may leave now, and then it is counted: 0, HTTP_HELD or the
 * seconds to wait. One that may not is remembered. */
int64_t writes_may(struct services *s);
/* The operation is over: what a write that was held made of its outcome. */
void writes_end(struct services *s);

/* logs.c: logs in pieces. */
void logs_init(struct services *s);
/* Forgets those that were not ended, and says so. */
void logs_end(struct services *s);

#endif
