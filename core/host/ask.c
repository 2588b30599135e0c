/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question to a worker of its own, that is waited for: what a plugin is,
 * what kept failures are by the rules of today, whether a heartbeat was
 * taken. Whoever asks does nothing else meanwhile, so host_step must not.
 */
#include <config.h>

#include "core/host/host-private.h"

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define DESCRIBE_SECONDS 10
#define AGAIN_SECONDS 120
#define BEAT_SECONDS 30
#define ASK_MEMORY ((int64_t)512 << 20)

/* New, or NULL and err. */
static json_t *describe_file(struct host *h, const char *file, struct err *err)
{
    json_t *known = json_object_get(h->described, file);
    struct member *m;

    if (known)
        return json_incref(known);
    if (plugin_check_trusted(file, err) < 0)
        return NULL;
    log_debug("host", "%s is asked what it is", io_basename(file));
    m = host_new_member(h, io_basename(file));
    m->describes = true;
    m->deadline_s = DESCRIBE_SECONDS;
    m->memory = ASK_MEMORY;
    member_send(m, json_pack("{s:s, s:s}", "t", "describe", "plugin", file));
    host_run_alone(h, m);
    known = json_incref(m->described);
    if (known && m->judged) {
        json_decref(known);
        known = NULL;
    }
    if (known)
        json_object_set(h->described, file, known);
    else
        err_set(err, ERR_PLUGIN, "%s",
                m->verdict ? m->verdict : "it said nothing of itself");
    member_free(m);
    return known;
}

json_t *host_describe(struct host *h, const char *name, struct err *err)
{
    CLEANUP_FREE char *file = plugin_find(&h->path, name, err);

    return file ? describe_file(h, file, err) : NULL;
}

json_t *host_classify_again(struct host *h, const json_t *rules,
                            const json_t *ignore, const json_t *runs,
                            struct err *err)
{
    struct member *m = host_new_member(h, "classify again");
    json_t *answer;

    m->describes = true;
    m->deadline_s = AGAIN_SECONDS;
    m->memory = ASK_MEMORY;
    member_send(m, json_pack("{s:s, s:O, s:O, s:O}", "t", "again", "rules",
                             rules, "ignore", ignore, "runs", runs));
    host_run_alone(h, m);
    answer = m->judged ? NULL : json_incref(m->described);
    if (!answer)
        err_set(err, ERR_PLUGIN,
                "what is stored could not be classified "
                "again: %s",
                m->verdict ? m->verdict : "no answer");
    member_free(m);
    return answer;
}

int host_beat(struct host *h, const char *url, struct err *err)
{
    static const struct http_settings none;
    const struct http_settings *s = h->http ? h->http : &none;
    struct member *m = host_new_member(h, "heartbeat");
    json_t *conf = json_object();
    int rc = 0;

    jx_set_str(conf, "ca_file", s->ca_file);
    m->describes = true;
    m->deadline_s = BEAT_SECONDS;
    m->memory = ASK_MEMORY;
    member_send(
        m, json_pack("{s:s, s:s, s:o}", "t", "beat", "url", url, "http", conf));
    host_run_alone(h, m);
    if (m->judged || !m->described)
        rc = err_set(err, ERR_IO, "%s", m->verdict ? m->verdict : "no answer");
    member_free(m);
    return rc;
}

struct listing {
    struct host *h;
    json_t *list;
};

static void list_file(void *user, const char *file, const char *name,
                      bool hidden)
{
    struct listing *l = user;
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *d = NULL;

    if (hidden)
        err_set(&err, ERR_CONFIG,
                "%s: hidden by another tocsin-%s.so earlier in the path", file,
                name);
    else
        d = describe_file(l->h, file, &err);
    if (!d) {
        d = json_object();
        jx_set_str(d, "name", name);
        jx_set_str(d, "file", file);
        jx_set_str(d, "error", err_msg(&err));
    }
    json_array_append_new(l->list, d);
}

json_t *host_list(struct host *h)
{
    struct listing l = { h, json_array() };

    plugin_scan(&h->path, list_file, &l);
    return l.list;
}
