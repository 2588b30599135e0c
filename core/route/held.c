/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a guard of deliver/ holds after it was decided, as a decision like any
 * other. Must not touch the outbox.
 */
#include <config.h>

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/judge.h"
#include "core/route/reason.h"

static bool is_held(const char *code)
{
    return !str_cmp0(code, REASON_BREAKER)
           || !str_cmp0(code, REASON_KILL_SWITCH)
           || !str_cmp0(code, REASON_ALREADY_REPORTED)
           || !str_cmp0(code, REASON_UNDELIVERABLE);
}

static int note(struct store *st, struct ticket *t, const char *code,
                const char *at, json_t *inputs, int64_t now, struct err *err)
{
    CLEANUP_FREE char *text = verdict_sentence(code, NULL, inputs);
    struct decision d = {
        .at = now,
        .ticket = t->key,
        .code = (char *)code,
        .rule_at = (char *)at,
        .text = text,
        .inputs = inputs,
    };

    if (str_cmp0(t->reason, code)) {
        str_replace(&t->reason, code);
        if (store_ticket_put(st, t, err) < 0)
            return -1;
    }
    return store_decision_put(st, &d, err);
}

int decide_held(struct store *st, const struct settings *s, struct ticket *t,
                const char *code, json_t *inputs, int64_t now, struct err *err)
{
    return note(st, t, code, s->guards.at, inputs, now, err);
}

int decide_released(struct store *st, struct ticket *t, const char *code,
                    int64_t now, struct err *err)
{
    CLEANUP_JSON json_t *inputs = NULL;

    if (!code || !is_held(t->reason) || is_held(code))
        return 0;
    inputs = json_object();
    return note(st, t, code, NULL, inputs, now, err);
}
