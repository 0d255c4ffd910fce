/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What cells of several tables are made of: names of users, sizes and ages for people, other
 * processes' bytes.
 */
#ifndef SHMTRACE_VIEW_CELLS_H
#define SHMTRACE_VIEW_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Each user is asked for once. All 0 is empty. */
struct user_names {
	struct user_name *list;
	size_t count, cap;
};

/* "" where the user has no name, or memory has run out. Belongs to names, until the next call. */
const char *user_names__get(struct user_names *names, uint32_t uid);
void user_names__free(struct user_names *names);

/* The name, or the number of a user that has none; escaped. */
void cell__put_user(struct buffer *out, struct user_names *names, uint32_t uid, bool utf8);

/* Safe for a terminal (base/escape.h). */
void cell__put_escaped(struct buffer *out, const char *bytes, bool utf8);

/* "56B", "1.5M": three digits are enough for people. */
void cell__put_bytes(struct buffer *out, uint64_t bytes);

/* "12s", "3m", "2h", "17d": whole units, the rest is cut off. */
void cell__put_age(struct buffer *out, uint64_t seconds);

/* "2026-11-24 13:39:18" of a second of the wall clock, local time. */
void cell__put_time(struct buffer *out, int64_t time_s);

#endif
