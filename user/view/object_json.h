/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects and their holders as JSON, the same in every command: the members of types "object",
 * "attachment" and "user" in schema.json.
 */
#ifndef SHMTRACE_VIEW_OBJECT_JSON_H
#define SHMTRACE_VIEW_OBJECT_JSON_H

#include <stddef.h>

#include "base/json_writer.h"
#include "ledger/ledger.h"

#define OBJECT_JSON_BYTES 8192 /* no line is longer */

/*
 * One line each, into data, of which the length is returned, newline included. clock_offset_ns:
 * from CLOCK_MONOTONIC to CLOCK_REALTIME.
 */
size_t object_json__object(char data[OBJECT_JSON_BYTES], const struct ledger *ledger,
			   const struct object_info *object, long long clock_offset_ns);
/* mappings: of a segment; 0 of a set or queue. */
size_t object_json__holder(char data[OBJECT_JSON_BYTES], const struct object_info *object,
			   const struct process_info *holder, uint32_t mappings);

/* type and version: the caller goes on with members, and ends the object. */
void object_json__begin(struct json_writer *w, char data[OBJECT_JSON_BYTES], const char *type);

/* Which object it is, whose, and who made it: from "ipcns" to "container_by". */
void object_json__put_identity(struct json_writer *w, const struct ledger *ledger,
			       const struct object_info *object);

/* "state" and "known" */
void object_json__put_state(struct json_writer *w, const struct object_info *object);

/* RFC 3339, UTC, of CLOCK_MONOTONIC; null where ns is 0: not known. */
void object_json__put_time(struct json_writer *w, const char *key, uint64_t ns,
			   long long clock_offset_ns);

#endif
