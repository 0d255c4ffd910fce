/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one way messages reach standard error: "shmtrace: what, on what: why; what to do". Text that
 * comes from another process must be escaped by the caller (base/escape.h).
 */
#ifndef SHMTRACE_BASE_LOG_H
#define SHMTRACE_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Messages above this level are dropped. Starts as LOG_INFO. */
void log__set_level(enum log_level level);
bool log__enabled(enum log_level level);

/*
 * true: messages are kept, since a screen is up that they would spoil; false: what was kept is
 * printed, the latest LOG_HELD_MAX at most.
 */
#define LOG_HELD_MAX 32
void log__hold(bool hold);
/* The latest that was kept since it was last asked for, without "shmtrace: "; NULL: none. */
const char *log__held(void);

void log__print(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define pr_err(...)   log__print(LOG_ERROR, __VA_ARGS__)
#define pr_warn(...)  log__print(LOG_WARN, __VA_ARGS__)
#define pr_info(...)  log__print(LOG_INFO, __VA_ARGS__)
#define pr_debug(...) log__print(LOG_DEBUG, __VA_ARGS__)

#endif
