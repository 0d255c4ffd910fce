/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All objects of one IPC namespace, with the kernel's SHM_STAT_ANY, SEM_STAT_ANY and MSG_STAT_ANY
 * (Linux 4.17): what /proc/sysvipc shows, to anybody as that does, without the way through text.
 */
#ifndef SHMTRACE_SOURCE_OBJECTS_H
#define SHMTRACE_SOURCE_OBJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"

struct object_row {
	uint32_t kind; /* enum object_kind */
	int32_t id;
	uint32_t key; /* 0 once marked for removal */
	uint32_t mode;
	uint32_t uid, gid;
	uint64_t size;	  /* bytes; semaphores; 0 */
	uint32_t nattch;  /* segments: mappings */
	uint32_t waiting; /* sets that no live process was the last to use: sleep on it */
	uint32_t creator; /* segments: pid in our own pid namespace, 0: not visible there */
	int64_t changed;  /* seconds of the wall clock: created, or changed by IPC_SET */
	struct object_past past;
};

/* The process that last operated on a semaphore, last sent to or last received from a queue. */
struct object_use {
	uint32_t kind;
	int32_t id;
	uint32_t pid;
};

struct object_table {
	uint64_t time_ns; /* CLOCK_MONOTONIC: before reading began */
	struct object_row *rows;
	size_t n_rows, rows_cap;
	struct object_use *uses;
	size_t n_uses, uses_cap;
	uint32_t sets_unreadable; /* sets whose last operators were not read, see below */
	struct ipc_limits limits; /* all 0: not known */
};

/*
 * Of the calling thread's namespace. Last operators of a set need read permission on it, and a
 * call for each semaphore: behind OBJECTS_SEMAPHORES_MAX of them they are not read any more.
 * 0 or -errno: ENOSYS without System V IPC. objects__free also after an error.
 */
#define OBJECTS_SEMAPHORES_MAX (1u << 20)
int objects__read(struct object_table *table);
void objects__free(struct object_table *table);

/* Processes that sleep until a value of the set changes. -errno: may not be read, or has gone. */
int64_t objects__count_waiting(int32_t id, uint64_t semaphores);

/* For who reads them in another way; a pid of 0 or less is nobody's. 0 or -ENOMEM. */
int objects__add_row(struct object_table *table, const struct object_row *row);
int objects__add_use(struct object_table *table, uint32_t kind, int32_t id, int32_t pid);

#endif
