/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes one JSON object on one line into memory of the caller. Either the whole line comes out,
 * and is valid JSON, or nothing: json_writer__finish returns 0 for a line that was too long, and
 * for calls that do not make one object.
 */
#ifndef SHMTRACE_BASE_JSON_WRITER_H
#define SHMTRACE_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct json_writer {
	struct buffer out;
	unsigned int depth; /* objects open */
	uint32_t filled;    /* bit per depth: has a member, the next one needs a comma */
	uint32_t arrays;    /* bit per depth: an array, whose members have no key */
	bool broken;	    /* the calls did not make one object */
};

void json_writer__init(struct json_writer *w, char *data, size_t cap);

/*
 * The outermost object and the members of arrays have no key (NULL), all others have one: a literal
 * of ours, printable ASCII without quote and backslash, which is not escaped.
 */
void json_writer__begin(struct json_writer *w, const char *key);
void json_writer__begin_array(struct json_writer *w, const char *key);
/* The object or array that was begun last. At most 31 may be open. */
void json_writer__end(struct json_writer *w);

/*
 * The key of a member, and what separates it from the one before; false where it cannot stand.
 * Here, so that the length of a literal is known when it is compiled: lines have more keys than
 * values.
 */
static inline bool json_writer__key(struct json_writer *w, const char *key)
{
	const uint32_t level = 1u << w->depth;
	const size_t len = key ? strlen(key) : 0;
	char *to;

	if (!w->depth || !key != !!(w->arrays & level)) {
		w->broken = true;
		return false;
	}
	to = buffer__reserve(&w->out, len + 4);
	if (!to)
		return false;
	*to = ',';
	to += !!(w->filled & level);
	w->filled |= level;
	if (key) {
		*to++ = '"';
		memcpy(to, key, len);
		to += len;
		*to++ = '"';
		*to++ = ':';
	}
	w->out.len = to - w->out.data;
	return true;
}

/* The value of a string: up to len bytes or the first NUL, in any encoding (escape__json). */
void json_writer__quote(struct json_writer *w, const char *bytes, size_t len);

static inline void json_writer__string(struct json_writer *w, const char *key, const char *bytes,
				       size_t len)
{
	if (json_writer__key(w, key))
		json_writer__quote(w, bytes, len);
}

static inline void json_writer__null(struct json_writer *w, const char *key)
{
	if (json_writer__key(w, key))
		buffer__put_str(&w->out, "null");
}

/* NUL-terminated; NULL becomes null. */
static inline void json_writer__str(struct json_writer *w, const char *key, const char *str)
{
	if (str)
		json_writer__string(w, key, str, strlen(str));
	else
		json_writer__null(w, key);
}

/* NUL-terminated, and of ours: as a key. */
static inline void json_writer__word(struct json_writer *w, const char *key, const char *word)
{
	const size_t len = strlen(word);
	char *to;

	if (!json_writer__key(w, key))
		return;
	to = buffer__reserve(&w->out, len + 2);
	if (!to)
		return;
	*to = '"';
	memcpy(to + 1, word, len);
	to[len + 1] = '"';
	buffer__commit(&w->out, len + 2);
}

static inline void json_writer__u64(struct json_writer *w, const char *key, uint64_t value)
{
	if (json_writer__key(w, key))
		buffer__put_u64(&w->out, value);
}

static inline void json_writer__s64(struct json_writer *w, const char *key, int64_t value)
{
	if (json_writer__key(w, key))
		buffer__put_s64(&w->out, value);
}

/* null where it is not known. */
void json_writer__u64_or_null(struct json_writer *w, const char *key, bool known, uint64_t value);
void json_writer__bool(struct json_writer *w, const char *key, bool value);

/* Length of the line at out.data, newline included; 0: there is none, see above. */
size_t json_writer__finish(struct json_writer *w);

#endif
