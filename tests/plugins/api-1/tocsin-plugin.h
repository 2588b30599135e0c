/* SPDX-License-Identifier: BSD-3-Clause */
/* Version 1 of the header, without its comments. Never changed once it is
 * released: plugins that were built with it are still to be loaded. */
#ifndef TOCSIN_PLUGIN_H
#define TOCSIN_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TOCSIN_API_VERSION 1

#define TOCSIN_LOGS_MAX 64

enum tocsin_status {
    TOCSIN_OK = 0,
    TOCSIN_RETRY = 1,
    TOCSIN_REJECT = 2,
    TOCSIN_FATAL = 3
};

enum tocsin_level {
    TOCSIN_LOG_ERROR = 0,
    TOCSIN_LOG_WARN = 1,
    TOCSIN_LOG_INFO = 2,
    TOCSIN_LOG_DEBUG = 3
};

enum tocsin_outcome {
    TOCSIN_OUTCOME_UNKNOWN = 0,
    TOCSIN_OUTCOME_SUCCESS = 1,
    TOCSIN_OUTCOME_FAILURE = 2,
    TOCSIN_OUTCOME_CANCELLED = 3,
    TOCSIN_OUTCOME_SKIPPED = 4,
    TOCSIN_OUTCOME_TIMED_OUT = 5,
    TOCSIN_OUTCOME_ABANDONED = 6
};

enum tocsin_option_type {
    TOCSIN_OPTION_STRING = 0,
    TOCSIN_OPTION_INT = 1,
    TOCSIN_OPTION_BOOL = 2,
    TOCSIN_OPTION_DURATION = 3,
    TOCSIN_OPTION_SIZE = 4,
    TOCSIN_OPTION_PATH = 5,
    TOCSIN_OPTION_URL = 6
};

#define TOCSIN_OPTION_REQUIRED UINT32_C(1)

#define TOCSIN_OPTION_SECRET UINT32_C(2)

#define TOCSIN_OPTION_REPEAT UINT32_C(4)

struct tocsin_option {
    const char *name;
    int32_t type;
    uint32_t flags;
    const char *default_value;
    const char *help;
    const char *values;
};

struct tocsin_run {
    size_t _struct_size;
    const char *id;
    const char *project;
    const char *project_id;
    const char *branch;
    const char *workflow;
    const char *job;
    const char *variant;
    const char *commit;
    const char *url;
    const char *trigger;
    int32_t attempt;
    int32_t outcome;
    int64_t created;
    int64_t started;
    int64_t finished;
    int32_t push_complete;
    int32_t default_branch;
    const char *line_url;
    int64_t line_offset;
};
#define TOCSIN_RUN_INIT                                                        \
    {                                                                          \
        sizeof(struct tocsin_run), NULL, NULL, NULL, NULL, NULL, NULL, NULL,   \
            NULL, NULL, NULL, 1, TOCSIN_OUTCOME_UNKNOWN, 0, 0, 0, 0, -1, NULL, \
            0                                                                  \
    }

struct tocsin_fact {
    size_t _struct_size;
    const char *subject;
    const char *key;
    const char *value;
};
#define TOCSIN_FACT_INIT                                                       \
    {                                                                          \
        sizeof(struct tocsin_fact), NULL, NULL, NULL                           \
    }

struct tocsin_entry {
    size_t _struct_size;
    const char *key;
    const char *project;
    const char *branch;
    const char *task;
    const char *target;
    const char *url;
    const char *text;
    size_t text_len;
    double attempts;
    int64_t first;
    int64_t last;
    const char *category;
    const char *blame;
};
#define TOCSIN_ENTRY_INIT                                                      \
    {                                                                          \
        sizeof(struct tocsin_entry), NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
            0, 0.0, 0, 0, NULL, NULL                                           \
    }

struct tocsin_lead {
    size_t _struct_size;
    const char *url;
    const char *place;
    const char *project;
};
#define TOCSIN_LEAD_INIT                                                       \
    {                                                                          \
        sizeof(struct tocsin_lead), NULL, NULL, NULL                           \
    }

enum tocsin_delivery {
    TOCSIN_DELIVER_OPEN = 1,
    TOCSIN_DELIVER_UPDATE = 2,
    TOCSIN_DELIVER_REMIND = 3,
    TOCSIN_DELIVER_RESOLVE = 4,
    TOCSIN_DELIVER_REOPEN = 5,
    TOCSIN_DELIVER_DIGEST = 6
};

struct tocsin_owner {
    size_t _struct_size;
    const char *name;
    const char *const *persons;
    const char *contacts;
    const char *ids;
    const char *const *told;
};

struct tocsin_notification {
    size_t _struct_size;
    int32_t delivery;
    const char *ticket;
    const char *nonce;
    const char *marker;
    const char *project;
    const char *title;
    const char *body;
    const char *fields;
    const char *remote_id;
    const char *const *labels;
    const struct tocsin_owner *owner;
    const char *pending;
    int32_t again;
    int32_t confidential;
    const char *double_id;
};

struct tocsin_receipt {
    size_t _struct_size;
    const char *remote_id;
    const char *url;
    const char *text;
    int64_t retry_after;
    int32_t adopted;
    int32_t unknown;
    int32_t elsewhere;
    const char *held;
    int32_t duplicates;
    const char *pending;
    const char *refused;
    int32_t unsure;
    const char *const *doubles;
};
#define TOCSIN_RECEIPT_INIT                                                    \
    {                                                                          \
        sizeof(struct tocsin_receipt), NULL, NULL, NULL, 0, 0, 0, 0, NULL, 0,  \
            NULL, NULL, 0, NULL                                                \
    }

struct tocsin_remote {
    size_t _struct_size;
    const char *ticket;
    const char *remote_id;
    const char *url;
    const char *state;
    const char *const *labels;
    const char *by;
    int64_t changed;
    int32_t in_steps;
    const char *duplicate_of;
};
#define TOCSIN_REMOTE_INIT                                                     \
    {                                                                          \
        sizeof(struct tocsin_remote), NULL, NULL, NULL, NULL, NULL, NULL, 0,   \
            0, NULL                                                            \
    }

struct tocsin_limits {
    size_t _struct_size;
    int64_t per_minute;
    int64_t per_hour;
};

struct tocsin_message_format {
    size_t _struct_size;
    const char *flavour;
    size_t title_max;
    size_t body_max;
    const char *neutralise;
};

enum tocsin_http_error {
    TOCSIN_HTTP_OK = 0,
    TOCSIN_HTTP_CANCELLED = 1,
    TOCSIN_HTTP_REFUSED = 2,
    TOCSIN_HTTP_UNREACHABLE = 3,
    TOCSIN_HTTP_TLS = 4,
    TOCSIN_HTTP_TIMEOUT = 5,
    TOCSIN_HTTP_TRUNCATED = 6,
    TOCSIN_HTTP_TOO_LARGE = 7,
    TOCSIN_HTTP_REDIRECT = 8,
    TOCSIN_HTTP_QUOTA = 9,
    TOCSIN_HTTP_BUDGET = 10,
    TOCSIN_HTTP_STOPPED = 11,
    TOCSIN_HTTP_HELD = 12
};

struct tocsin_http_reply {
    size_t _struct_size;
    int32_t error;
    int32_t status;
    const char *error_text;
    const char *url;
    const char *const *headers;
    const void *body;
    size_t body_len;
    int64_t retry_after;
};

struct tocsin_http_request {
    size_t _struct_size;
    const char *method;
    const char *url;
    const char *const *headers;
    const void *body;
    size_t body_len;
    uint32_t flags;
    size_t max_body;
    void (*reply)(void *user, const struct tocsin_http_reply *reply);
    int (*body_part)(void *user, const void *p, size_t n);
    void *user;
};

#define TOCSIN_HTTP_IDEMPOTENT UINT32_C(1)

#define TOCSIN_HTTP_CONDITIONAL UINT32_C(2)

#define TOCSIN_HTTP_NO_REDIRECT UINT32_C(4)

#define TOCSIN_HTTP_NO_REPEAT UINT32_C(8)

#define TOCSIN_HTTP_ASKS UINT32_C(16)

struct tocsin_host {
    size_t _struct_size;
    uint32_t _api_version;
    uint32_t _reserved;
    void *_private;
    void (*log)(const struct tocsin_host *host, int level, const char *text);
    size_t (*option_count)(const struct tocsin_host *host, const char *name);
    const char *(*option)(const struct tocsin_host *host, const char *name,
                          size_t i);
    int64_t (*option_int)(const struct tocsin_host *host, const char *name,
                          int64_t dflt);
    const char *(*instance)(const struct tocsin_host *host);
    int64_t (*now)(const struct tocsin_host *host);
    int64_t (*time_left)(const struct tocsin_host *host);
    const char *(*cursor)(const struct tocsin_host *host);
    int (*set_cursor)(const struct tocsin_host *host, const char *cursor);
    int (*notice)(const struct tocsin_host *host, const char *code,
                  const char *text);
    void (*done)(const struct tocsin_host *host, uint64_t op, int status,
                 const struct tocsin_receipt *receipt);
    int (*http)(const struct tocsin_host *host,
                const struct tocsin_http_request *request, uint64_t *id);
    void (*http_cancel)(const struct tocsin_host *host, uint64_t id);
    int (*http_keep)(const struct tocsin_host *host, const char *url);
    size_t (*interest_count)(const struct tocsin_host *host);
    const char *(*interest)(const struct tocsin_host *host, size_t i);
    int (*item)(const struct tocsin_host *host, const char *id);
    int (*run)(const struct tocsin_host *host, const struct tocsin_run *run);
    int (*log_begin)(const struct tocsin_host *host,
                     const struct tocsin_run *run, const char *format,
                     uint64_t *log);
    int (*log_write)(const struct tocsin_host *host, uint64_t log,
                     const void *p, size_t n);
    int (*log_end)(const struct tocsin_host *host, uint64_t log,
                   const struct tocsin_run *run);
    void (*log_drop)(const struct tocsin_host *host, uint64_t log);
    int (*log_part)(const struct tocsin_host *host, uint64_t log,
                    const char *line_url);
    int (*log_step)(const struct tocsin_host *host, uint64_t log, int64_t line,
                    int outcome);
    int (*log_unknown)(const struct tocsin_host *host, uint64_t log);
    int (*fact)(const struct tocsin_host *host, const struct tocsin_fact *fact);
    int (*snapshot_begin)(const struct tocsin_host *host, const char *name,
                          int64_t taken);
    int (*snapshot_entry)(const struct tocsin_host *host,
                          const struct tocsin_entry *entry);
    int (*snapshot_end)(const struct tocsin_host *host, int complete,
                        const char *why);
    const char *(*redact)(const struct tocsin_host *host, const char *text);
    int (*lead)(const struct tocsin_host *host, const struct tocsin_lead *lead);
    size_t (*lead_count)(const struct tocsin_host *host);
    const char *(*lead_url)(const struct tocsin_host *host, size_t i);
    int (*lead_take)(const struct tocsin_host *host, const char *url);
    size_t (*standing_count)(const struct tocsin_host *host);
    int (*standing)(const struct tocsin_host *host, size_t i,
                    struct tocsin_remote *out);
    int (*lengths)(const struct tocsin_host *host, size_t title_max,
                   size_t body_max);
    int (*remote)(const struct tocsin_host *host,
                  const struct tocsin_remote *remote);
    int (*confidential)(const struct tocsin_host *host);
    int (*may_write)(const struct tocsin_host *host);
};

#define TOCSIN_HAS(host, member)                                               \
    ((host)->_struct_size                                                      \
         >= offsetof(struct tocsin_host, member) + sizeof((host)->member)      \
     && (host)->member != NULL)

enum tocsin_kind { TOCSIN_KIND_SOURCE = 1, TOCSIN_KIND_SINK = 2 };

#define TOCSIN_SINK_LOCAL UINT32_C(1)

#define TOCSIN_SINK_CONFIDENTIAL UINT32_C(2)

#define TOCSIN_SOURCE_FACTS UINT32_C(1)

#define TOCSIN_SOURCE_LEADS UINT32_C(2)

struct tocsin_source {
    size_t _struct_size;
    uint32_t _api_version;
    uint32_t _kind;
    uint32_t flags;
    const char *name;
    const char *version;
    const char *summary;
    const struct tocsin_option *options;
    size_t nr_options;
    size_t option_size;
    int (*open)(const struct tocsin_host *host, void **handle);
    int (*collect)(void *handle, uint64_t op);
    void (*close)(void *handle);
};

struct tocsin_sink {
    size_t _struct_size;
    uint32_t _api_version;
    uint32_t _kind;
    uint32_t flags;
    const char *name;
    const char *version;
    const char *summary;
    const struct tocsin_option *options;
    size_t nr_options;
    size_t option_size;
    const struct tocsin_message_format *format;
    const struct tocsin_limits *limits;
    int (*open)(const struct tocsin_host *host, void **handle);
    int (*observe)(void *handle, uint64_t op);
    int (*can_reach)(void *handle, const struct tocsin_owner *owner);
    int (*deliver)(void *handle, uint64_t op,
                   const struct tocsin_notification *n);
    void (*close)(void *handle);
};

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
