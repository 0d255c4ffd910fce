/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns that every table of objects has in common. Each takes them into its own list of
 * columns, in its own order. What `put` is handed begins with these: the list with a struct
 * object_list, each row with a struct object_info.
 */
#ifndef SHMTRACE_VIEW_OBJECT_COLUMNS_H
#define SHMTRACE_VIEW_OBJECT_COLUMNS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "ledger/ledger.h"
#include "view/cells.h"
#include "view/listing.h"

struct object_list {
	const struct ledger *ledger;
	bool utf8;
	bool bytes; /* exact numbers, no units */
	struct users users;
};

void object_column__put_kind(void *list, const void *row, struct buffer *out);
void object_column__put_id(void *list, const void *row, struct buffer *out);
void object_column__put_key(void *list, const void *row, struct buffer *out);
void object_column__put_owner(void *list, const void *row, struct buffer *out);
void object_column__put_uid(void *list, const void *row, struct buffer *out);
void object_column__put_gid(void *list, const void *row, struct buffer *out);
void object_column__put_perms(void *list, const void *row, struct buffer *out);
void object_column__put_size(void *list, const void *row, struct buffer *out);
void object_column__put_state(void *list, const void *row, struct buffer *out);
void object_column__put_creator(void *list, const void *row, struct buffer *out);
void object_column__put_container(void *list, const void *row, struct buffer *out);
void object_column__put_ipcns(void *list, const void *row, struct buffer *out);

uint64_t object_column__kind(const void *row);
uint64_t object_column__id(const void *row);
uint64_t object_column__key(const void *row);
uint64_t object_column__uid(const void *row);
uint64_t object_column__gid(const void *row);
uint64_t object_column__perms(const void *row);
uint64_t object_column__size(const void *row);
uint64_t object_column__creator(const void *row);
uint64_t object_column__ipcns(const void *row);

#define OBJECT_COLUMN(name, right, wraps, shown, help, what)                  \
	{                                                                     \
		{name, right, wraps}, shown, help, object_column__put_##what, \
			object_column__##what                                 \
	}

/* Which object it is and whose. */
#define OBJECT_COLUMNS                                                                         \
	OBJECT_COLUMN("KIND", false, false, SHOWN_ALWAYS, "shm, sem or msg", kind),            \
		OBJECT_COLUMN("ID", true, false, SHOWN_ALWAYS, "number of the object", id),    \
		OBJECT_COLUMN("KEY", false, false, SHOWN_ALWAYS, "0 is IPC_PRIVATE", key),     \
		{{"OWNER", false, false},                                                      \
		 SHOWN_ALWAYS,                                                                 \
		 "user that owns it",                                                          \
		 object_column__put_owner,                                                     \
		 NULL},                                                                        \
		OBJECT_COLUMN("UID", true, false, SHOWN_IF_CHOSEN, "OWNER as a number", uid),  \
		OBJECT_COLUMN("GID", true, false, SHOWN_IF_CHOSEN, "group that owns it", gid), \
		OBJECT_COLUMN("PERMS", true, false, SHOWN_IF_CHOSEN, "octal", perms),          \
		OBJECT_COLUMN("SIZE", true, false, SHOWN_ALWAYS, "bytes or semaphores", size)

#define OBJECT_COLUMN_STATE                                                  \
	{                                                                    \
		{"STATE", false, false}, SHOWN_ALWAYS, "see shmtrace-ls(1)", \
			object_column__put_state, NULL                       \
	}
#define OBJECT_COLUMN_CREATOR \
	OBJECT_COLUMN("CREATOR", false, true, SHOWN_ALWAYS, "process that made it", creator)
#define OBJECT_COLUMN_CONTAINER                                                                  \
	{                                                                                        \
		{"CONTAINER", false, false}, SHOWN_WITH_CONTAINER, "container or unit it is of", \
			object_column__put_container, NULL                                       \
	}
#define OBJECT_COLUMN_IPCNS \
	OBJECT_COLUMN("IPCNS", true, false, SHOWN_WITH_ALL, "IPC namespace", ipcns)

#endif
