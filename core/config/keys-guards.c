/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys under http and guards: how the outside world is met.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/config/keys.h"

/* ---- http --------------------------------------------------------------- */

/* As curl's --connect-to: HOST1:PORT1:HOST2:PORT2. */
static char *connect_to_wrong(const char *text)
{
    int colons = 0;

    for (const char *s = text; *s; s++) {
        colons += *s == ':';
        if (*s <= ' ' || *s == 0x7f)
            return xstrdup("no host:port:host:port");
    }
    return colons < 3 ? xstrdup("no host:port:host:port") : NULL;
}

static char *contact_wrong(const char *text)
{
    if (!*text)
        return xstrdup("empty");
    for (; *text; text++)
        if (*text < ' ' || *text > '~' || strchr("()\\", *text))
            return xstrdup("not plain ASCII without ( ) and \\");
    return NULL;
}

static const struct key http_keys[] = {
    TEXT(loading, "contact", s.http.contact,
         "who runs this, for the User-Agent: a URL or an address",
         .wrong = contact_wrong),
    TEXT(loading, "ca_file", s.http.ca_file,
         "certificates to trust instead of the system's", .wrong = not_empty),
    { .name = "connect_to",
      .kind = VALUE_TEXTS,
      .offset = offsetof(struct loading, s.http.connect_to),
      .nr_offset = offsetof(struct loading, s.http.nr_connect_to),
      .help = "host:port:host:port: connects elsewhere, as curl's",
      .wrong = connect_to_wrong },
    VALUE(loading, COUNT, "parallel", s.http.parallel,
          "requests at a time to one host"),
    VALUE(loading, COUNT, "requests", s.http.requests,
          "requests of one instance in a pass", .flags = KEY_UNLIMITED),
    VALUE(loading, DURATION, "connect_timeout", s.http.connect_timeout,
          "for a connection"),
    VALUE(loading, DURATION, "idle_timeout", s.http.idle_timeout,
          "without a byte"),
    VALUE(loading, DURATION, "timeout", s.http.timeout, "for all of it"),
    VALUE(loading, SIZE, "max_body", s.http.max_body,
          "largest reply, unpacked"),
    VALUE(loading, COUNT, "tries", s.http.tries,
          "of a request that may be repeated"),
    VALUE(loading, DURATION, "wait_max", s.http.wait_max,
          "a server may make us wait so long within a pass"),
};
const struct section http_section = {
    .name = "http",
    .what = "http",
    KEYS(http_keys),
};

/* ---- guards ------------------------------------------------------------- */

static void breaker_done(struct reader *r, void *into, const struct node *n)
{
    struct guards *g = &((struct loading *)into)->s.guards;

    if (node_get(n, "times") && g->times < 1)
        node_error(r, node_get(n, "times"),
                   "times: less than the busiest day is no limit that a day "
                   "could keep; at least 1");
    if (node_get(n, "approval") && g->approval <= 0)
        node_error(r, node_get(n, "approval"),
                   "approval: one that ends at once approves nothing");
}

static const struct key breaker_keys[] = {
    VALUE(loading, COUNT, "at_least", s.guards.at_least,
          "writes of a kind that a pass may always do", .flags = KEY_UNLIMITED),
    VALUE(loading, COUNT, "times", s.guards.times,
          "... or so many times as many as on the busiest day ..."),
    VALUE(loading, COUNT, "days", s.guards.days, "... of so many"),
    VALUE(loading, DURATION, "approval", s.guards.approval,
          "what tocsin approve says holds so long"),
};
static const struct section breaker_section = {
    .name = "breaker",
    .what = "the breaker",
    KEYS(breaker_keys),
    .done = breaker_done,
};

static void guards_done(struct reader *r, void *into, const struct node *n)
{
    struct guards *g = &((struct loading *)into)->s.guards;

    (void)r;
    free(g->at);
    g->at = node_at(n);
}

static const struct key guards_keys[] = {
    SAME("breaker", breaker_section,
         "a pass that would write too much waits for a word"),
    TEXT(loading, "kill_switch", s.guards.kill_switch,
         "a file: while it is there nothing is written", .wrong = not_empty),
};
const struct section guards_section = {
    .name = "guards",
    .what = "guards",
    KEYS(guards_keys),
    .done = guards_done,
};
