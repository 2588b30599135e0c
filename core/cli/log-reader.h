/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-reader: one path as one or several logs: plain, compressed, or an
 * archive of them. Runs in a child process: what it reads is hostile.
 */
#ifndef TOCSIN_CLI_LOG_READER_H
#define TOCSIN_CLI_LOG_READER_H

#include <stddef.h>

struct err;

struct log_reader {
    /* A log begins; its name is "a.log" or "a.zip!b.log". */
    void (*begin)(void *user, const char *name);
    void (*part)(void *user, const void *p, size_t n);
    void (*end)(void *user);
    void *user;
};

/* path "-" is stdin. -1 and err when it could not be read to its end; what
 * was read before is handed over all the same, end() included. */
int log_read(const char *path, const struct log_reader *r, struct err *err);

#endif
