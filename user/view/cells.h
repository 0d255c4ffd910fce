/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the cells of several tables have in common: sizes and times for people, names of users,
 * other processes' bytes.
 */
#ifndef SHMTRACE_VIEW_CELLS_H
#define SHMTRACE_VIEW_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* "56B", "1.5M": three digits are enough for people. */
void cells__put_bytes(struct buffer *out, uint64_t bytes);

/* "12s", "3m", "2h", "17d": whole units, the rest is cut off. */
void cells__put_age(struct buffer *out, uint64_t seconds);

/* "2026-11-24 13:39:18" of a second of the wall clock, local time. */
void cells__put_time(struct buffer *out, int64_t time_s);

/* "1 object", "3 queues" */
void cells__put_count(struct buffer *out, uint64_t count, const char *what);

/* "0x0052e2c1", as ipcs prints it. */
void cells__put_key(struct buffer *out, uint32_t key);

/* NUL-terminated bytes of somebody else, safe to print (base/escape.h). */
void cells__put_escaped(struct buffer *out, const char *bytes, bool utf8);

/* "httpd[4388]", as in system logs; comm "": the number alone, in its brackets. */
void cells__put_process(struct buffer *out, const char *comm, uint32_t pid, bool utf8);

/* Names that were looked up. Begins as all 0. */
struct users {
	struct user *list;
	size_t count, cap;
};

void users__free(struct users *users);

/* The user's name, or the number where there is none. */
void cells__put_user(struct buffer *out, struct users *users, uint32_t uid, bool utf8);

#endif
