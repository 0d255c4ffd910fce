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

/* The outermost object and the members of arrays have no key (NULL), all others have one. */
void json_writer__begin(struct json_writer *w, const char *key);
void json_writer__begin_array(struct json_writer *w, const char *key);
/* The object or array that was begun last. At most 31 may be open. */
void json_writer__end(struct json_writer *w);

/* Up to len bytes or the first NUL, in any encoding (escape__json). */
void json_writer__string(struct json_writer *w, const char *key, const char *bytes, size_t len);
/* NUL-terminated; NULL becomes null. */
void json_writer__str(struct json_writer *w, const char *key, const char *str);
void json_writer__u64(struct json_writer *w, const char *key, uint64_t value);
/* null where it is not known. */
void json_writer__u64_or_null(struct json_writer *w, const char *key, bool known, uint64_t value);
void json_writer__s64(struct json_writer *w, const char *key, int64_t value);
void json_writer__bool(struct json_writer *w, const char *key, bool value);
void json_writer__null(struct json_writer *w, const char *key);

/* Length of the line at out.data, newline included; 0: there is none, see above. */
size_t json_writer__finish(struct json_writer *w);

#endif
