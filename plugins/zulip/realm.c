/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who we are, and what may be written here. Limits and rights are part of
 * what POST /register answers; the queue of events that it makes on the way is
 * given back.
 */
#include <config.h>

#include "plugins/zulip/realm.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/zulip/topic.h"

#define TOPIC_MAX 60 /* where an old server does not say */
#define BODY_MAX 10000
/* What no server has; a number beyond it is no limit of ours to keep. */
#define LENGTH_MAX 1000000

struct asking {
    struct zulip *z;
    void (*got)(void *user, const struct answer *answer);
    void *user;
};

static void end(struct asking *a, const struct answer *answer)
{
    a->got(a->user, answer);
    free(a);
}

static size_t length_in(const json_t *json, const char *key, size_t dflt)
{
    int64_t v = jx_int(json, key, (int64_t)dflt);

    return v > 10 && v < LENGTH_MAX ? (size_t)v : dflt;
}

static void on_given_back(void *user, const struct answer *answer)
{
    const struct answer fine = { .fault = FAULT_NONE, .code = "", .text = "" };

    (void)answer;
    end(user, &fine);
}

static void give_back(struct asking *a, const char *queue)
{
    CLEANUP_STRBUF struct strbuf form;
    struct call c = { .method = "DELETE",
                      .path = "/events",
                      .idempotent = true,
                      .asks = true,
                      .got = on_given_back,
                      .user = a };

    strbuf_init(&form, STRBUF_UNBOUNDED);
    form_add(&form, "queue_id", queue);
    c.query = form.buf;
    call(a->z, &c);
}

static void on_register(void *user, const struct answer *answer)
{
    struct asking *a = user;
    struct realm *r = &a->z->realm;
    const json_t *json = answer->json;
    const char *queue = jx_str(json, "queue_id");

    if (answer->fault) {
        end(a, answer);
        return;
    }
    r->feature_level = jx_int(json, "zulip_feature_level", 0);
    r->editing = jx_bool(json, "realm_allow_message_editing", true);
    r->edit_seconds =
        jx_int(json, "realm_message_content_edit_limit_seconds", 0);
    r->topic_max = length_in(json, "max_topic_length", TOPIC_MAX);
    r->body_max = length_in(json, "max_message_length", BODY_MAX);
    r->known = true;
    a->z->host->lengths(a->z->host, r->topic_max - TOPIC_RESERVE, r->body_max);
    if (queue)
        give_back(a, queue);
    else
        end(a, answer);
}

static void on_me(void *user, const struct answer *answer)
{
    struct asking *a = user;
    CLEANUP_STRBUF struct strbuf form;
    struct call c = { .method = "POST",
                      .path = "/register",
                      .idempotent = true,
                      .asks = true,
                      .got = on_register,
                      .user = a };
    struct answer odd = { .fault = FAULT_UNKNOWN,
                          .code = "",
                          .text = "a user without a number" };

    strbuf_init(&form, STRBUF_UNBOUNDED);
    a->z->realm.self = jx_int(answer->json, "user_id", 0);
    if (answer->fault || a->z->realm.self <= 0) {
        end(a, answer->fault ? answer : &odd);
        return;
    }
    form_add(&form, "event_types", "[\"realm\"]");
    form_add(&form, "fetch_event_types", "[\"realm\"]");
    c.query = form.buf;
    call(a->z, &c);
}

void realm_read(struct zulip *z,
                void (*got)(void *user, const struct answer *answer),
                void *user)
{
    struct asking *a = xcalloc(1, sizeof(*a));
    struct call c = { .path = "/users/me", .got = on_me, .user = a };

    a->z = z;
    a->got = got;
    a->user = user;
    call(z, &c);
}
