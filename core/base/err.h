/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * err: why a call failed, as a code and a message fit to print as it stands.
 *
 *     struct err err = ERR_INIT;
 *     if (store_open(&st, path, &err) < 0)
 *         log_error("%s", err.msg);
 *     err_release(&err);
 *
 * A call that returns 0 leaves its err untouched. A call that returns -1 has
 * set it exactly once, next to the cause; callers add context with
 * err_wrap() on the way up. Messages hold no newline at the end and no
 * secrets. err may be NULL everywhere: the caller does not care.
 */
#ifndef TOCSIN_BASE_ERR_H
#define TOCSIN_BASE_ERR_H

enum err_code {
    ERR_NONE = 0,
    ERR_USAGE,    /* the command line */
    ERR_CONFIG,   /* a file that people write */
    ERR_INPUT,    /* data from outside: a log, a reply, a snapshot */
    ERR_IO,       /* the operating system said no */
    ERR_STORE,    /* the state cannot be read or written */
    ERR_VERSION,  /* newer or older than we understand */
    ERR_BUSY,     /* another pass holds the lock */
    ERR_LIMIT,    /* a cap was reached */
    ERR_REMOTE,   /* a server, or the way to it */
    ERR_PLUGIN,   /* a plugin broke its contract */
    ERR_INTERNAL, /* ours */
};

struct err {
    enum err_code code;
    char *msg; /* owned; NULL while code is ERR_NONE */
};

#define ERR_INIT                                                               \
    {                                                                          \
        ERR_NONE, (char *)0                                                    \
    }

/* Sets code and message; returns -1 so that `return err_set(...)` reads well.
 * A message that is already there is replaced. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* As err_set with ": strerror(errno)" appended. */
int err_errno(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "context: " before the message. Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void err_release(struct err *err);
/* The message, or "no error" — never NULL. */
const char *err_msg(const struct err *err);

#define CLEANUP_ERR __attribute__((cleanup(err_release)))

/* For the impossible: prints file:line and aborts. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
void bug_at(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), noreturn));

#endif
