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

void json_writer__quote(struct json_writer *w, const char *bytes, size_t len)
{
	char *to = buffer__reserve(&w->out, ESCAPE_JSON_MAX(len) + 1);

	if (!to)
		return;
	/* The terminating NUL of escape__json lands where the closing quote comes. */
	*to = '"';
	len = escape__json(to + 1, bytes, len);
	to[len + 1] = '"';
	buffer__commit(&w->out, len + 2);
}

static void begin(struct json_writer *w, const char *key, bool is_array)
{
	/* With nothing open there must be nothing written yet: one object a line. */
	if (w->depth == 0 ? key || w->out.len
			  : w->depth == DEPTH_MAX || !json_writer__key(w, key)) {
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

void json_writer__u64_or_null(struct json_writer *w, const char *key, bool known, uint64_t value)
{
	if (known)
		json_writer__u64(w, key, value);
	else
		json_writer__null(w, key);
}

void json_writer__bool(struct json_writer *w, const char *key, bool value)
{
	if (json_writer__key(w, key))
		buffer__put_str(&w->out, value ? "true" : "false");
}

size_t json_writer__finish(struct json_writer *w)
{
	buffer__put_char(&w->out, '\n');
	if (w->broken || w->depth || w->out.len <= 1 || w->out.overflow)
		return 0;
	return w->out.len;
}
