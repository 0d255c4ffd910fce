/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What leaks, rm and why say, as JSON: the types "unused", "owner", "leaks" and "removal" of
 * schema.json.
 */
#ifndef SHMTRACE_VIEW_LEAKS_JSON_H
#define SHMTRACE_VIEW_LEAKS_JSON_H

#include "base/json_writer.h"
#include "view/object_json.h"
#include "view/unused.h"

/* Which object it is, whose, and in which state, with the evidence. */
void leaks_json__put_object(struct json_writer *w, const struct ledger *ledger,
			    const struct object_info *info);

/* When it was last used, and by whom: from "last_attach" to "other_pid". */
void leaks_json__put_past(struct json_writer *w, const struct object_info *info);

/* A second of the wall clock; 0 becomes null. */
void leaks_json__put_time(struct json_writer *w, const char *key, int64_t time_s);

/* One line each, into data, of which the length is returned, newline included. */
size_t leaks_json__unused(char data[OBJECT_JSON_BYTES], const struct ledger *ledger,
			  const struct object_info *info, int64_t now_s);
size_t leaks_json__owner(char data[OBJECT_JSON_BYTES], const struct unused_owner *owner);
size_t leaks_json__total(char data[OBJECT_JSON_BYTES], const struct unused *unused, int64_t now_s);

#endif
