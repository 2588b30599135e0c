/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tocsin-plugin.h: everything a Tocsin plugin may use.
 *
 * A plugin is a shared object with one exported symbol, tocsin_plugin_init,
 * made by TOCSIN_REGISTER_SOURCE or TOCSIN_REGISTER_SINK:
 *
 *     #include <tocsin-plugin.h>
 *
 *     static int hello_open(const struct tocsin_host *host, void **handle);
 *     static int hello_collect(void *handle, uint64_t op);
 *     static void hello_close(void *handle);
 *
 *     static const struct tocsin_source hello = {
 *         .name = "hello", .version = "1", .summary = "Says one run",
 *         .open = hello_open, .collect = hello_collect,
 *         .close = hello_close,
 *     };
 *     TOCSIN_REGISTER_SOURCE(hello)
 *
 *     cc -shared -fPIC $(pkg-config --cflags tocsin) -Wl,-z,defs hello.c \
 *        -o tocsin-hello.so
 *
 * LIFE. Each configured instance runs alone in a worker process of its own:
 * dlopen, tocsin_plugin_init, open, then for a source collect once, for a
 * sink observe once and deliver for each notification, then close. close is
 * called if and only if open returned TOCSIN_OK. All callbacks come on one
 * thread and never nest, but for the replies of host->http. A crash, an
 * endless loop or exit() in a plugin costs this instance its unfinished work
 * and nobody else anything.
 *
 * OPEN looks at its options, says what is wrong with them, and does nothing
 * else: it makes nothing, changes nothing and asks nobody. `tocsin check` has
 * every instance opened and closed. A line of host->log that begins with the
 * name of an option and a colon ("from: is no address") is shown at the place
 * where that option is written; each TOCSIN_LOG_ERROR is an error there, each
 * TOCSIN_LOG_WARN and each notice a warning. Requests begun in open are sent
 * with the first operation, and by check never.
 *
 * ASYNCHRONY. collect, observe and deliver start work and end it by calling
 * host->done(host, op, ...) exactly once, before they return or from any
 * later callback. A plugin that only reads files calls done before it
 * returns. To return anything but TOCSIN_OK from these is the same as done
 * with that status. When nothing is outstanding and done has not been
 * called, the instance is ended as TOCSIN_FATAL.
 *
 * STRINGS are UTF-8 where they can be; bytes that are not are replaced by
 * U+FFFD on their way. Strings and structs handed to the host are copied
 * before it returns. What the host hands out is its own, never to be freed: it
 * lives until close where nothing else is said (a notification until its done,
 * an owner and a reply until the callback returns). Times are seconds since
 * 1970-01-01 UTC, 0 for "not known".
 *
 * ERRORS. A service that returns int returns an enum tocsin_status where
 * nothing else is said: TOCSIN_OK, or TOCSIN_REJECT when what it was given is
 * no good. That was left out, the operators' log says why, and the plugin goes
 * on with the next. TOCSIN_FATAL: it was no time to call this (a log that is not
 * open, a snapshot inside a snapshot), and the instance will be ended.
 *
 * COMPATIBILITY. A plugin that was built with version N of this header is
 * loaded by every Tocsin of version N or later, as it is. For that, from
 * version 1 on, this header only grows, and a release in which it grew has the
 * next version:
 *
 *   - members are appended at the ends of structs, constants get new values.
 *     None is moved, removed or given another meaning. The loader copies the
 *     smaller of the two sizes and zeroes the rest; 0 and NULL mean the
 *     default that is described with a member.
 *   - a new callback is one that may be NULL, a new flag one that may be
 *     unset: what an old plugin does not have it need not have.
 *   - a plugin leaves alone what it does not know: a delivery, an error, an
 *     outcome, a key of fields that came later than it. A delivery that it
 *     does not know it ends with TOCSIN_REJECT.
 *   - what is deprecated says so here, with what to use in its place, and
 *     goes on working.
 *
 * TOCSIN_HAS(host, member) tells whether the host serves a member to this kind
 * of plugin; those of the other kind are NULL.
 */
#ifndef TOCSIN_PLUGIN_H
#define TOCSIN_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TOCSIN_API_VERSION 1

/* Logs that may be open at a time. */
#define TOCSIN_LOGS_MAX 64

/* What a callback returns and host->done is told. */
enum tocsin_status {
    TOCSIN_OK = 0,
    TOCSIN_RETRY = 1,  /* not now; the next pass tries again */
    TOCSIN_REJECT = 2, /* this item can never work; go on with the next */
    TOCSIN_FATAL = 3   /* stop this instance in this pass */
};

enum tocsin_level {
    TOCSIN_LOG_ERROR = 0,
    TOCSIN_LOG_WARN = 1,
    TOCSIN_LOG_INFO = 2,
    TOCSIN_LOG_DEBUG = 3
};

/* Only SUCCESS is green. FAILURE, TIMED_OUT and ABANDONED are red. The rest
 * say nothing about the project. */
enum tocsin_outcome {
    TOCSIN_OUTCOME_UNKNOWN = 0,
    TOCSIN_OUTCOME_SUCCESS = 1,
    TOCSIN_OUTCOME_FAILURE = 2,
    TOCSIN_OUTCOME_CANCELLED = 3,
    TOCSIN_OUTCOME_SKIPPED = 4,
    TOCSIN_OUTCOME_TIMED_OUT = 5,
    TOCSIN_OUTCOME_ABANDONED = 6
};

/* ---- options ---------------------------------------------------------- */

enum tocsin_option_type {
    TOCSIN_OPTION_STRING = 0,
    TOCSIN_OPTION_INT = 1,
    TOCSIN_OPTION_BOOL = 2,
    TOCSIN_OPTION_DURATION = 3, /* "6h"; read as seconds */
    TOCSIN_OPTION_SIZE = 4,     /* "64M"; read as bytes */
    TOCSIN_OPTION_PATH = 5,     /* relative ones: to the config file */
    TOCSIN_OPTION_URL = 6
};

#define TOCSIN_OPTION_REQUIRED UINT32_C(1)
/* Written as NAME_file or NAME_env in the configuration, never as NAME. */
#define TOCSIN_OPTION_SECRET UINT32_C(2)
/* A list in the configuration; one plain value is a list of one. */
#define TOCSIN_OPTION_REPEAT UINT32_C(4)

struct tocsin_option {
    const char *name; /* lower case, digits, _; none of the core's own, which
                       * docs/plugins.md lists */
    int32_t type;     /* enum tocsin_option_type */
    uint32_t flags;
    const char *default_value; /* as it would be written, or NULL */
    const char *help;          /* one sentence; must not be NULL */
    const char *values;        /* "a|b|c" when only these are allowed; of a URL
                                  these schemes */
};

/* ---- what a source says ----------------------------------------------- */

/* One finished attempt of one CI job, or of one bot task. */
struct tocsin_run {
    size_t _struct_size;    /* set by TOCSIN_RUN_INIT */
    const char *id;         /* stable and unique within this instance */
    const char *project;    /* owner/name of the repository; required */
    const char *project_id; /* the forge's numeric id, or NULL */
    const char *branch;     /* required, without refs/heads/ */
    const char *workflow;   /* "" or NULL: the only one */
    const char *job; /* the same name in every run of it; NULL: the only one */
    const char *variant; /* linux_64_python3.12; NULL if none */
    const char *commit;  /* full hash, or NULL */
    const char *url;     /* where people see it; http(s), or NULL */
    const char *trigger; /* push, schedule, dispatch, ...; NULL: not known. What
                          * begins with pull_request, pullRequest or
                          * merge_request is not kept: anybody can make one */
    int32_t attempt;     /* from 1 */
    int32_t outcome;     /* enum tocsin_outcome */
    int64_t created;     /* when its push came; orders the commits */
    int64_t started;
    int64_t finished; /* 0: as started, else as created, else now */
    /* 1: all jobs of this commit and workflow are handed over in this pass
     * or were before; 0: not known. Only a complete push proves by absence. */
    int32_t push_complete;
    /* 1 yes, 0 no, -1 not known: is branch the project's default one? */
    int32_t default_branch;
    /* Where people see a line of the log: a URL in which the host puts the
     * line's number for "{line}", or NULL. Numbers count from 1 behind
     * line_offset lines of the log; for lines before that, url serves. */
    const char *line_url;
    int64_t line_offset;
};
#define TOCSIN_RUN_INIT                                                        \
    {                                                                          \
        sizeof(struct tocsin_run), NULL, NULL, NULL, NULL, NULL, NULL, NULL,   \
            NULL, NULL, NULL, 1, TOCSIN_OUTCOME_UNKNOWN, 0, 0, 0, 0, -1, NULL, \
            0                                                                  \
    }

/* Something known of a project or a person.
 *
 *   subject          key             value (JSON)
 *   owner/name       owners          ["login", "@org/team", ...]
 *   owner/name       owners_pending  1790000000 (since when its owners are to
 *                                    be read and could not be: what would go
 *                                    to nobody waits for them)
 *   owner/name       codeowners      "text of the CODEOWNERS file"
 *   owner/name       default_branch  "main"
 *   owner/name       archived        true
 *   owner/name       renamed_to      "owner/new-name"
 *   owner/name       id              "123456" (numeric id of the repository)
 *   owner/name       descendants     42
 *   owner/name       outputs         ["package", ...]
 *   login:NAME       id              "123" (numeric id that NAME must have)
 *   login:NAME       current_id      "123" (numeric id that NAME has now)
 *   login:NAME       gone            true (left, or renamed away)
 *   package:NAME     feedstocks      ["owner/name", ...]
 *
 * value null withdraws the fact. A fact that is not repeated stands. */
struct tocsin_fact {
    size_t _struct_size;
    const char *subject;
    const char *key;
    const char *value; /* JSON text */
};
#define TOCSIN_FACT_INIT                                                       \
    {                                                                          \
        sizeof(struct tocsin_fact), NULL, NULL, NULL                           \
    }

/* One entry of a snapshot: something that stands at this moment. Its cause
 * is `text`, which the host classifies as it would a log. */
struct tocsin_entry {
    size_t _struct_size;
    const char *key;     /* stable across snapshots: project and task,
                          * never the version or a URL */
    const char *project; /* required */
    const char *branch;  /* NULL: the default branch */
    const char *task;    /* what the bot was at: "version",
                          * "migration:NAME"; the job of the ticket */
    const char *target;  /* the version or migration wanted, or NULL */
    const char *url;     /* the last try, or NULL */
    const char *text;    /* the error, of text_len bytes */
    size_t text_len;
    double attempts; /* tries so far; fractions are real */
    int64_t first;   /* first try, 0: not known */
    int64_t last;
    /* A category the source knows for certain ("bot/implausible-version"),
     * or NULL: the rules decide. With it comes `blame`. */
    const char *category;
    const char *blame;
};
#define TOCSIN_ENTRY_INIT                                                      \
    {                                                                          \
        sizeof(struct tocsin_entry), NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
            0, 0.0, 0, 0, NULL, NULL                                           \
    }

/* Something red that this source has seen and another one may know more of:
 * a check of which the log is elsewhere. It is kept, offered to all sources
 * that take leads (TOCSIN_SOURCE_LEADS) in the passes that follow until one of
 * them takes it, and forgotten after two weeks; to say it again changes
 * nothing. That nobody takes it is told the operators once a place. */
struct tocsin_lead {
    size_t _struct_size;
    const char *url;   /* of its page, http(s): the same text whenever it is the
                        * same thing; required */
    const char *place; /* what a source would have to read to know of it, as
                        * the beginning of that URL; required */
    const char *project; /* where it was seen; required */
};
#define TOCSIN_LEAD_INIT                                                       \
    {                                                                          \
        sizeof(struct tocsin_lead), NULL, NULL, NULL                           \
    }

/* ---- what a sink is told ---------------------------------------------- */

enum tocsin_delivery {
    TOCSIN_DELIVER_OPEN = 1,
    TOCSIN_DELIVER_UPDATE = 2, /* edit in place; tells nobody */
    TOCSIN_DELIVER_REMIND = 3,
    TOCSIN_DELIVER_RESOLVE = 4,
    TOCSIN_DELIVER_REOPEN = 5,
    TOCSIN_DELIVER_DIGEST = 6
};

struct tocsin_owner {
    size_t _struct_size;
    const char *name;           /* team, login, or "maintainers" */
    const char *const *persons; /* verified logins; NULL-terminated */
    const char *contacts;       /* JSON object: name of this sink, or of its
                                 * plugin → address or list of addresses */
    const char *ids;            /* JSON object: login → the numeric id that it
                                 * must have, of those that are known */
    /* Logins that were told of this ticket here before, now or in an earlier
     * episode, and "team NAME" of owners of whom no person is known; NULL: not
     * known. What comes back may have another owner. */
    const char *const *told;
};

struct tocsin_notification {
    size_t _struct_size;
    int32_t delivery;          /* enum tocsin_delivery */
    const char *ticket;        /* the ticket's key, stable for ever */
    const char *nonce;         /* of this intent; goes into the marker */
    const char *marker;        /* the text that must be found again */
    const char *project;       /* NULL when the ticket spans several */
    const char *title;         /* safe in this sink's format */
    const char *body;          /* ends with the marker */
    const char *fields;        /* JSON object: everything a machine wants;
                                * docs/plugins.md lists the names */
    const char *remote_id;     /* what an earlier receipt said, or NULL */
    const char *const *labels; /* NULL-terminated */
    const struct tocsin_owner *owner;
    /* What the last receipt of this ticket left pending, or NULL. */
    const char *pending;
    /* 1: this very delivery was begun before and nobody knows its end. */
    int32_t again;
    /* 1: not a word of it may be read on its way. */
    int32_t confidential;
    /* The remote_id of another one of this ticket that observe or a receipt
     * spoke of as a double: to be closed with this delivery. Or NULL. A sink
     * closes none that it is not given here; one that it may not close it says
     * so of (notice), and is not given again. */
    const char *double_id;
};

/* What done says of a delivery. */
struct tocsin_receipt {
    size_t _struct_size;
    const char *remote_id; /* required when the status is TOCSIN_OK */
    const char *url;       /* where people see it, or NULL */
    const char *text;      /* for operators: what was refused and why */
    int64_t retry_after;   /* seconds, with TOCSIN_RETRY; 0: default */
    int32_t adopted;       /* 1: the marker was there already */
    /* With TOCSIN_RETRY. 1: it may have taken effect all the same, nobody
     * can say; the host waits out its hold-off before the next try. */
    int32_t unknown;
    /* With TOCSIN_REJECT. 1: nobody can be told of this here (issues are
     * switched off, no access); the owner is told elsewhere, as if
     * can_reach had said no, and asked for again in a day. */
    int32_t elsewhere;
    /* With TOCSIN_RETRY: why it is held back on purpose, as a reason code
     * of docs/reasons.md ("already-reported"); text says what and where. */
    const char *held;
    int32_t duplicates; /* doubles of ours that were closed with it */
    /* With TOCSIN_OK: it stands, but some were not told as yet. The same
     * delivery comes again, with the same nonce and this text (of the sink's
     * own making), after a while: retry_after, or a back-off. */
    const char *pending;
    /* With TOCSIN_OK: who will never be told of it and why. Kept with the
     * ticket, and said to the operators. */
    const char *refused;
    /* For how many people nobody can say whether they were told, because a
     * connection or a process ended at the wrong moment. It is counted. */
    int32_t unsure;
    /* With TOCSIN_OK: remote_ids of others of this ticket, ours, that stand
     * open beside it; NULL-terminated, or NULL. */
    const char *const *doubles;
};
#define TOCSIN_RECEIPT_INIT                                                    \
    {                                                                          \
        sizeof(struct tocsin_receipt), NULL, NULL, NULL, 0, 0, 0, 0, NULL, 0,  \
            NULL, NULL, 0, NULL                                                \
    }

/* What a ticket looks like at the sink now, and what people did with it. */
struct tocsin_remote {
    size_t _struct_size;
    const char *ticket; /* from the marker */
    const char *remote_id;
    const char *url;
    const char *state;         /* open, completed, not_planned, duplicate,
                                * deleted; double: another one of ours of a
                                * ticket that stands elsewhere there */
    const char *const *labels; /* NULL-terminated, or NULL: not known */
    const char *by;            /* who changed the state: a login, or NULL for
                                * ourselves */
    int64_t changed;
    /* 1: to close and to reopen take several steps here, of which the one
     * that tells people is the last. Then this state is no receipt of a
     * delivery that was cut off: it is made again, with the same nonce. A
     * state that is as it was before says all the same that nobody was
     * told. */
    int32_t in_steps;
    /* With duplicate: the url of what it is one of, or NULL: not said. */
    const char *duplicate_of;
};
#define TOCSIN_REMOTE_INIT                                                     \
    {                                                                          \
        sizeof(struct tocsin_remote), NULL, NULL, NULL, NULL, NULL, NULL, 0,   \
            0, NULL                                                            \
    }

/* How much may be written, by the terms of whom the sink writes to. The host
 * keeps to it across passes: each request that changes something counts, each
 * try of it and each may_write that says yes, and a delivery for one at least.
 * What must wait is not given to deliver; one that needs more writes than are
 * left is told TOCSIN_HTTP_QUOTA in the middle and ends with TOCSIN_RETRY, or
 * with what is pending. Options named writes_per_minute and writes_per_hour let
 * people choose. */
struct tocsin_limits {
    size_t _struct_size;
    int64_t per_minute; /* writes; 0: no limit */
    int64_t per_hour;
};

/* How text must be written for this sink. The core escapes; the plugin sends
 * what it gets, byte for byte. */
struct tocsin_message_format {
    size_t _struct_size;
    const char *flavour; /* "github-markdown", "zulip-markdown",
                          * "plain", "html" */
    size_t title_max;    /* characters; 0: no limit */
    size_t body_max;
    const char *neutralise; /* more characters to break with U+200B */
};

/* ---- HTTP ------------------------------------------------------------- */

/* Why there is no reply of the server's. */
enum tocsin_http_error {
    TOCSIN_HTTP_OK = 0,          /* there is one: see status */
    TOCSIN_HTTP_CANCELLED = 1,   /* http_cancel, or the operation ended */
    TOCSIN_HTTP_REFUSED = 2,     /* not sent: no request that can be */
    TOCSIN_HTTP_UNREACHABLE = 3, /* name, connection, or it broke */
    TOCSIN_HTTP_TLS = 4,         /* certificate or handshake */
    TOCSIN_HTTP_TIMEOUT = 5,
    TOCSIN_HTTP_TRUNCATED = 6, /* broke in the middle of the body */
    TOCSIN_HTTP_TOO_LARGE = 7,
    TOCSIN_HTTP_REDIRECT = 8, /* too many, a loop, or not allowed */
    TOCSIN_HTTP_QUOTA = 9,    /* the server wants us to wait longer
                               * than a pass can: retry_after */
    TOCSIN_HTTP_BUDGET = 10,  /* this pass has no requests or no time
                               * left: end cleanly */
    TOCSIN_HTTP_STOPPED = 11, /* body_part said so */
    TOCSIN_HTTP_HELD = 12     /* a write of a sink, not sent: the kill switch
                                     * is on. See may_write */
};

struct tocsin_http_reply {
    size_t _struct_size;
    int32_t error;              /* enum tocsin_http_error */
    int32_t status;             /* HTTP status, 0 when there is none. 304:
                                 * nothing changed since http_keep */
    const char *error_text;     /* for operators, secrets cut out; or NULL */
    const char *url;            /* after redirects */
    const char *const *headers; /* "Name: value", NULL-terminated, in the
                                 * order they came; names as they came */
    const void *body;           /* decoded; lives until the callback returns;
                                 * empty when it was streamed */
    size_t body_len;
    int64_t retry_after; /* seconds, with TOCSIN_HTTP_QUOTA; a day at
                          * most, whatever the server says */
};

/* A request. All of it is copied before http() returns.
 *
 * The host adds User-Agent and Accept-Encoding, verifies TLS, follows
 * redirects (never with Authorization to another host, never from https to
 * http), keeps to the limits per host, waits where the server asks for it,
 * and repeats what is marked idempotent after a 429, a 5xx or a connection
 * fault, with back-off, unless part of the body was handed over already. */
struct tocsin_http_request {
    size_t _struct_size;
    const char *method;         /* NULL: GET */
    const char *url;            /* http(s), without user and password */
    const char *const *headers; /* "Name: value", NULL-terminated, or NULL */
    const void *body;
    size_t body_len;
    uint32_t flags;  /* TOCSIN_HTTP_… */
    size_t max_body; /* bytes, decoded; 0: the host's default */
    /* Required. Comes once for each request, never from inside http(). */
    void (*reply)(void *user, const struct tocsin_http_reply *reply);
    /* When not NULL the body of a 2xx reply is handed over here as it comes;
     * to return anything but TOCSIN_OK ends the transfer. */
    int (*body_part)(void *user, const void *p, size_t n);
    void *user;
};
/* To send it twice does no harm. GET and HEAD are so anyhow; say it of a
 * POST that only asks, such as a GraphQL query. */
#define TOCSIN_HTTP_IDEMPOTENT UINT32_C(1)
/* Ask only for what changed since the reply that http_keep was told of. */
#define TOCSIN_HTTP_CONDITIONAL UINT32_C(2)
/* Hand a 3xx over instead of following it. */
#define TOCSIN_HTTP_NO_REDIRECT UINT32_C(4)
/* Hand a failure over instead of repeating what is idempotent: to ask for
 * less is better than to ask again. */
#define TOCSIN_HTTP_NO_REPEAT UINT32_C(8)
/* It changes nothing, whatever its method is: a query, a token. All else but
 * GET and HEAD is a write of a sink. */
#define TOCSIN_HTTP_ASKS UINT32_C(16)

/* ---- services of the host --------------------------------------------- */

struct tocsin_host {
    size_t _struct_size;
    uint32_t _api_version;
    uint32_t _reserved;
    void *_private;

    /* Chatter for operators, secrets cut out. Level: enum tocsin_level. What is
     * said behind the first 200 lines of a pass, and behind the first 2000
     * bytes of one, is not kept. */
    void (*log)(const struct tocsin_host *host, int level, const char *text);

    /* Options as the table declares them, defaults applied. option_count: how
     * many values there are, 0 when not given. option: NULL when not given, or
     * of a name that the table has not. i: which of a repeatable one, else 0.
     * option_int also reads BOOL (1 or 0), DURATION (seconds) and SIZE (bytes);
     * dflt when not given. */
    size_t (*option_count)(const struct tocsin_host *host, const char *name);
    const char *(*option)(const struct tocsin_host *host, const char *name,
                          size_t i);
    int64_t (*option_int)(const struct tocsin_host *host, const char *name,
                          int64_t dflt);

    /* What the configuration calls this instance. */
    const char *(*instance)(const struct tocsin_host *host);
    /* The pass's clock, the same for the whole pass. */
    int64_t (*now)(const struct tocsin_host *host);
    /* Seconds that this instance has left in this pass. */
    int64_t (*time_left)(const struct tocsin_host *host);

    /* The cursor that the last pass of this instance left, or NULL; once there
     * was a set_cursor, what that was given, until the next one. */
    const char *(*cursor)(const struct tocsin_host *host);
    /* From now on the next pass goes on from here. Counts once everything
     * that was said before it is stored. At most 1536 KiB. */
    int (*set_cursor)(const struct tocsin_host *host, const char *cursor);

    /* Something the operators must know: a schema that changed, an input
     * that cannot be read. code is stable ("schema-drift"); told when it
     * changes and once a day, never once an item: at most 20 texts of one code
     * a pass. Sinks, too. */
    int (*notice)(const struct tocsin_host *host, const char *code,
                  const char *text);

    /* Ends the operation. receipt: for deliveries, else NULL; that of an
     * observe that ends in TOCSIN_RETRY may name retry_after: the sink is left
     * alone for so long, across passes. */
    void (*done)(const struct tocsin_host *host, uint64_t op, int status,
                 const struct tocsin_receipt *receipt);

    /* Starts a request; its reply comes later, always, also after cancel.
     * *id, for http_cancel; id may be NULL. TOCSIN_REJECT: request itself is
     * unusable, and no reply comes. */
    int (*http)(const struct tocsin_host *host,
                const struct tocsin_http_request *request, uint64_t *id);
    void (*http_cancel)(const struct tocsin_host *host, uint64_t id);
    /* All that the reply to url said is handed over: from the next pass on a
     * conditional request for it is answered 304 until it changes. Stored
     * together with what was said before it. Of a sink: for the rest of the
     * pass. */
    int (*http_keep)(const struct tocsin_host *host, const char *url);

    /* -- sources -- */

    /* The projects with open incidents, to be read again. */
    size_t (*interest_count)(const struct tocsin_host *host);
    const char *(*interest)(const struct tocsin_host *host, size_t i);

    /* To be called before an item (a log, a file, a page) is touched.
     * TOCSIN_REJECT: it killed a worker twice; leave it and go on. A request
     * and a log belong to the item that they were begun in: the host names
     * it again by itself before their callbacks and pieces. */
    int (*item)(const struct tocsin_host *host, const char *id);

    /* A run without a log. */
    int (*run)(const struct tocsin_host *host, const struct tocsin_run *run);
    /* A run with its log, given in any number of pieces and classified as
     * it comes. Several may be open, each by the number in *log; at most
     * TOCSIN_LOGS_MAX. `format` is a hint ("azure-pipelines"), NULL: found
     * out. An unknown outcome is taken from the log. log_end emits the run:
     * `run` as it is known by now, or NULL when nothing changed. log_drop
     * forgets the log and emits nothing. */
    int (*log_begin)(const struct tocsin_host *host,
                     const struct tocsin_run *run, const char *format,
                     uint64_t *log);
    int (*log_write)(const struct tocsin_host *host, uint64_t log,
                     const void *p, size_t n);
    int (*log_end)(const struct tocsin_host *host, uint64_t log,
                   const struct tocsin_run *run);
    void (*log_drop)(const struct tocsin_host *host, uint64_t log);
    /* What is written to the log from now on is a part of its own: its lines
     * count from 1 in links by line_url, and the run's line_url does not
     * serve. line_url: NULL: the run's url serves. */
    int (*log_part)(const struct tocsin_host *host, uint64_t log,
                    const char *line_url);
    /* Line `line` of what is written to the log, from 1, begins a step of the
     * job that ended so: what it says is told from what made the job fail. A
     * step that failed and was let (`continue-on-error`) is a success. To be
     * said before that line is written to its end, in order; what lies before
     * the first is of no step. Not together with log_part. */
    int (*log_step)(const struct tocsin_host *host, uint64_t log, int64_t line,
                    int outcome);
    /* To be asked when all of a log is written, before log_end: 1 when no
     * rule knows why the run is red, and the host has no green log of its job
     * to read it against. Then it is worth while to hand over the job's last
     * green run with its log, and after that the red one with its log once
     * more: it takes the place of what was said first. Else 0. */
    int (*log_unknown)(const struct tocsin_host *host, uint64_t log);

    int (*fact)(const struct tocsin_host *host, const struct tocsin_fact *fact);

    /* A snapshot: begin, entries, end. complete: 1 only when everything was
     * read and valid; why says what was missing otherwise. */
    int (*snapshot_begin)(const struct tocsin_host *host, const char *name,
                          int64_t taken);
    int (*snapshot_entry)(const struct tocsin_host *host,
                          const struct tocsin_entry *entry);
    int (*snapshot_end)(const struct tocsin_host *host, int complete,
                        const char *why);

    /* text without secrets, as the host cuts them out of all else that it is
     * given: for what a source keeps in its cursor, which the host may not
     * touch. Lives until the next call. NULL for a sink. */
    const char *(*redact)(const struct tocsin_host *host, const char *text);

    int (*lead)(const struct tocsin_host *host, const struct tocsin_lead *lead);
    /* Leads of all sources that nobody has taken: their URLs. None without
     * TOCSIN_SOURCE_LEADS. They are text of others': what is not exactly of
     * what this instance reads is left alone. */
    size_t (*lead_count)(const struct tocsin_host *host);
    const char *(*lead_url)(const struct tocsin_host *host, size_t i);
    /* It is of what this instance reads: from now on it looks after it itself,
     * and nobody is offered it again. To be called behind the set_cursor that
     * remembers it, before done. */
    int (*lead_take)(const struct tocsin_host *host, const char *url);

    /* -- sinks -- */

    /* What this sink has told and the core still looks after: tickets that
     * are open there, that were closed in the last 90 days, and those of
     * which nobody knows. A look at these is what observe is for. */
    size_t (*standing_count)(const struct tocsin_host *host);
    /* out: with its _struct_size; 0 when i is too large. state is open or
     * completed; remote_id may be NULL. Strings live until close. */
    int (*standing)(const struct tocsin_host *host, size_t i,
                    struct tocsin_remote *out);
    /* In open or observe: the longest title and body that the server takes,
     * in characters, instead of those of the plugin's format; 0: as there.
     * Options title_max and body_max that people set stand. */
    int (*lengths)(const struct tocsin_host *host, size_t title_max,
                   size_t body_max);
    int (*remote)(const struct tocsin_host *host,
                  const struct tocsin_remote *remote);

    /* 1: the configuration lets it have what is confidential. A sink that
     * could not keep it so says that in open, before there is any. */
    int (*confidential)(const struct tocsin_host *host);
    /* To be asked before each write that does not go through http(), which
     * asks by itself: 0 while the kill switch is on, or while the limits of
     * the sink allow no more. What is not done then is said with the receipt:
     * TOCSIN_RETRY and held "kill-switch" where nothing was told as yet,
     * TOCSIN_OK and what is pending where something was. A delivery that ends
     * otherwise without being done is taken for held. */
    int (*may_write)(const struct tocsin_host *host);
};

/* True when the host is new enough to know member and serves it. */
#define TOCSIN_HAS(host, member)                                               \
    ((host)->_struct_size                                                      \
         >= offsetof(struct tocsin_host, member) + sizeof((host)->member)      \
     && (host)->member != NULL)

/* ---- what a plugin is ------------------------------------------------- */

enum tocsin_kind { TOCSIN_KIND_SOURCE = 1, TOCSIN_KIND_SINK = 2 };

/* The sink reaches nobody beyond this machine: it may be used while Tocsin
 * is not armed. */
#define TOCSIN_SINK_LOCAL UINT32_C(1)
/* What it is told stays confidential. */
#define TOCSIN_SINK_CONFIDENTIAL UINT32_C(2)
/* It brings facts and no runs. It is started when the other sources are done,
 * and interest is the projects with open incidents of all sources, those of
 * this pass among them. While it fails, what has no owner waits for it. */
#define TOCSIN_SOURCE_FACTS UINT32_C(1)
/* It knows more of some leads: it is offered them. */
#define TOCSIN_SOURCE_LEADS UINT32_C(2)

struct tocsin_source {
    size_t _struct_size; /* these three: set by the macro */
    uint32_t _api_version;
    uint32_t _kind;
    uint32_t flags;   /* TOCSIN_SOURCE_… */
    const char *name; /* a-z, 0-9, -; unique; required */
    const char *version;
    const char *summary; /* one line for `tocsin plugin list` */
    const struct tocsin_option *options;
    size_t nr_options;
    size_t option_size; /* set by the macro */
    /* Required. TOCSIN_OK and a handle, or why not. */
    int (*open)(const struct tocsin_host *host, void **handle);
    /* Required. */
    int (*collect)(void *handle, uint64_t op);
    void (*close)(void *handle);
};

struct tocsin_sink {
    size_t _struct_size;
    uint32_t _api_version;
    uint32_t _kind;
    uint32_t flags; /* TOCSIN_SINK_… */
    const char *name;
    const char *version;
    const char *summary;
    const struct tocsin_option *options;
    size_t nr_options;
    size_t option_size;
    const struct tocsin_message_format *format; /* NULL: plain text */
    const struct tocsin_limits *limits;         /* NULL: none */
    /* Required. */
    int (*open)(const struct tocsin_host *host, void **handle);
    /* Says with host->remote how each of its tickets stands, then done.
     * NULL: nothing is ever seen. */
    int (*observe)(void *handle, uint64_t op);
    /* 1 when a message for owner could go somewhere, 0 when not. NULL: 1. */
    int (*can_reach)(void *handle, const struct tocsin_owner *owner);
    /* Required. One at a time. n lives until done. */
    int (*deliver)(void *handle, uint64_t op,
                   const struct tocsin_notification *n);
    void (*close)(void *handle);
};

/* The common head of both, for the loader. */
struct tocsin_plugin_head {
    size_t _struct_size;
    uint32_t _api_version;
    uint32_t _kind;
};

#if defined(__GNUC__)
#define TOCSIN_EXPORT __attribute__((visibility("default")))
#else
#define TOCSIN_EXPORT
#endif

#ifdef __cplusplus
#define TOCSIN_PLUGIN_LINKAGE extern "C"
#else
#define TOCSIN_PLUGIN_LINKAGE extern
#endif

#define TOCSIN_REGISTER_(type, kind, plugin)                                   \
    TOCSIN_PLUGIN_LINKAGE TOCSIN_EXPORT const struct tocsin_plugin_head *      \
    tocsin_plugin_init(void);                                                  \
    const struct tocsin_plugin_head *tocsin_plugin_init(void)                  \
    {                                                                          \
        static struct type copy;                                               \
        copy = plugin;                                                         \
        copy._struct_size = sizeof(copy);                                      \
        copy._api_version = TOCSIN_API_VERSION;                                \
        copy._kind = kind;                                                     \
        copy.option_size = sizeof(struct tocsin_option);                       \
        return (const struct tocsin_plugin_head *)(const void *)&copy;         \
    }

#define TOCSIN_REGISTER_SOURCE(plugin)                                         \
    TOCSIN_REGISTER_(tocsin_source, TOCSIN_KIND_SOURCE, plugin)
#define TOCSIN_REGISTER_SINK(plugin)                                           \
    TOCSIN_REGISTER_(tocsin_sink, TOCSIN_KIND_SINK, plugin)

#ifdef __cplusplus
}
#endif

#endif
