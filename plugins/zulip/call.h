/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * call: a request to Zulip, and what its answer means. Zulip says what went
 * wrong by `code`; its text is in the bot's language and proves nothing.
 */
#ifndef TOCSIN_PLUGINS_ZULIP_CALL_H
#define TOCSIN_PLUGINS_ZULIP_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/strbuf.h"
#include "plugins/zulip/zulip.h"

enum fault {
    FAULT_NONE,
    FAULT_NOT_SENT,   /* nothing was made: no time, no budget, the
                       * kill switch */
    FAULT_LIMIT,      /* nothing was made: too many requests */
    FAULT_UNKNOWN,    /* no answer, or a server in trouble: it may
                       * have been made */
    FAULT_CREDENTIAL, /* nothing will work in this pass */
    FAULT_NO_CHANNEL,
    FAULT_THERE_ALREADY, /* a reaction that is there, or is not */
    FAULT_DENIED         /* by a right, a setting, or because there is
                                 * no such thing */
};

struct answer {
    const json_t *json; /* borrowed; NULL where there is none */
    enum fault fault;
    const char *code; /* Zulip's, "" where there is none */
    const char *text; /* for operators */
    int64_t wait;     /* seconds, with FAULT_LIMIT; 0: not said */
};

struct call {
    const char *method; /* NULL: GET */
    const char *path;   /* "/messages" */
    const char *query;  /* or the body where there is a method; a form,
                         * or NULL */
    bool idempotent;
    bool asks; /* nothing that people see is changed by it */
    void (*got)(void *user, const struct answer *answer);
    void *user;
};

/* got comes once, later. */
void call(struct zulip *z, const struct call *c);

/* Adds name=value to a form, escaped. */
void form_add(struct strbuf *form, const char *name, const char *value);
void form_add_int(struct strbuf *form, const char *name, int64_t value);
void form_add_json(struct strbuf *form, const char *name, json_t *taken);

#endif
