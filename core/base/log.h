/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log: chatter for operators, on stderr, as "tocsin: [component:] message".
 *
 * A pass in which all went well prints nothing. Level info shows with -v,
 * debug with -vv or for one component with -D NAME. Control characters in a
 * message are shown as \xNN: a log must not drive somebody's terminal.
 * errno is preserved.
 */
#ifndef TOCSIN_BASE_LOG_H
#define TOCSIN_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
void log_enable(const char *component); /* -D NAME */
int log_wants(enum log_level level, const char *component);
void log_at(enum log_level level, const char *component, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(...) log_at(LOG_ERROR, NULL, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, NULL, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, NULL, __VA_ARGS__)
#define log_debug(component, ...) log_at(LOG_DEBUG, component, __VA_ARGS__)

#endif
