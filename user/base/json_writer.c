// SPDX-License-Identifier: GPL-2.0-only
/*
 * A member is written by one call, key and value together, so that no call can leave half of one
 * behind. Errors stay in the writer until json_writer__finish, which lets callers write a whole
 * object without a check in between.
 */
#include <string.h>

#include "base/escape.h"
#include "base/json_writer.h"

#define DEPTH_MAX 31

void json_writer__init(struct json_writer *w, char *data, size_t cap)
{
	buffer__init(&w->out, data, cap);
	w->depth = 0;
	w->filled = 0;
	w->arrays = 0;
	w->broken = false;
}

static void put_quoted(struct json_writer *w, const char *bytes, size_t len)
{
	char *to;

	/* The terminating NUL of escape__json lands where the closing quote comes. */
	buffer__put_char(&w->out, '"');
	to = buffer__reserve(&w->out, ESCAPE_JSON_MAX(len));
	if (!to)
		return;
	buffer__commit(&w->out, escape__json(to, bytes, len));
	buffer__put_char(&w->out, '"');
}

/* False where a member cannot stand. Keys are literals of ours, yet escaped like any string. */
static bool put_key(struct json_writer *w, const char *key)
{
	const bool in_array = w->arrays & 1u << w->depth;

	if (!w->depth || !key != in_array) {
		w->broken = true;
		return false;
	}
	if (w->filled & 1u << w->depth)
		buffer__put_char(&w->out, ',');
	w->filled |= 1u << w->depth;
	if (in_array)
		return true;
	put_quoted(w, key, strlen(key));
	buffer__put_char(&w->out, ':');
	return true;
}

static void begin(struct json_writer *w, const char *key, bool is_array)
{
	/* With nothing open there must be nothing written yet: one object a line. */
	if (w->depth == 0 ? key || w->out.len : w->depth == DEPTH_MAX || !put_key(w, key)) {
		w->broken = true;
		return;
	}
	buffer__put_char(&w->out, is_array ? '[' : '{');
	w->depth++;
	w->filled &= ~(1u << w->depth);
	w->arrays &= ~(1u << w->depth);
	w->arrays |= (uint32_t)is_array << w->depth;
}

void json_writer__begin(struct json_writer *w, const char *key)
{
	begin(w, key, false);
}

void json_writer__begin_array(struct json_writer *w, const char *key)
{
	if (!w->depth)
		w->broken = true;
	begin(w, key, true);
}

void json_writer__end(struct json_writer *w)
{
	if (!w->depth) {
		w->broken = true;
		return;
	}
	buffer__put_char(&w->out, w->arrays & 1u << w->depth ? ']' : '}');
	w->depth--;
}

void json_writer__string(struct json_writer *w, const char *key, const char *bytes, size_t len)
{
	if (put_key(w, key))
		put_quoted(w, bytes, len);
}

void json_writer__str(struct json_writer *w, const char *key, const char *str)
{
	if (str)
		json_writer__string(w, key, str, strlen(str));
	else
		json_writer__null(w, key);
}

void json_writer__u64(struct json_writer *w, const char *key, uint64_t value)
{
	if (put_key(w, key))
		buffer__put_u64(&w->out, value);
}

void json_writer__u64_or_null(struct json_writer *w, const char *key, bool known, uint64_t value)
{
	if (known)
		json_writer__u64(w, key, value);
	else
		json_writer__null(w, key);
}

void json_writer__s64(struct json_writer *w, const char *key, int64_t value)
{
	if (put_key(w, key))
		buffer__put_s64(&w->out, value);
}

void json_writer__bool(struct json_writer *w, const char *key, bool value)
{
	if (put_key(w, key))
		buffer__put_str(&w->out, value ? "true" : "false");
}

void json_writer__null(struct json_writer *w, const char *key)
{
	if (put_key(w, key))
		buffer__put_str(&w->out, "null");
}

size_t json_writer__finish(struct json_writer *w)
{
	buffer__put_char(&w->out, '\n');
	if (w->broken || w->depth || w->out.len <= 1 || w->out.overflow)
		return 0;
	return w->out.len;
}
