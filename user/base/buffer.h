/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text put together in memory of fixed size, without printf and without allocation: one line of
 * output is built here and written at once. What does not fit is never written in part: the buffer
 * is marked as overflown and takes nothing more.
 */
#ifndef SHMTRACE_BASE_BUFFER_H
#define SHMTRACE_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buffer {
	char *data; /* not NUL-terminated */
	size_t len;
	size_t cap;
	bool overflow;
};

static inline void buffer__init(struct buffer *b, char *data, size_t cap)
{
	*b = (struct buffer){.data = data, .cap = cap};
}

/* Where the next len bytes go; NULL where they do not fit. buffer__commit makes them count. */
static inline char *buffer__reserve(struct buffer *b, size_t len)
{
	if (b->overflow || len > b->cap - b->len) {
		b->overflow = true;
		return NULL;
	}
	return b->data + b->len;
}

static inline void buffer__commit(struct buffer *b, size_t len)
{
	b->len += len;
}

static inline void buffer__put(struct buffer *b, const char *bytes, size_t len)
{
	char *to = buffer__reserve(b, len);

	if (!to)
		return;
	memcpy(to, bytes, len);
	b->len += len;
}

/* Inline, so that the length of a literal is known when it is compiled. */
static inline void buffer__put_str(struct buffer *b, const char *str)
{
	buffer__put(b, str, strlen(str));
}

static inline void buffer__put_char(struct buffer *b, char c)
{
	char *to = buffer__reserve(b, 1);

	if (!to)
		return;
	*to = c;
	b->len++;
}

void buffer__put_spaces(struct buffer *b, size_t count);
void buffer__put_u64(struct buffer *b, uint64_t value);
void buffer__put_s64(struct buffer *b, int64_t value);
/* With zeros in front up to `digits` digits; at most 20. */
void buffer__put_digits(struct buffer *b, uint64_t value, unsigned int digits);

#endif
