/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which IPC namespace a mapped segment belongs to. /proc/PID/maps tells its id and the key it was
 * made with, and these may be equal in several namespaces. Mostly it is the namespace of the
 * process, but a process that attaches and then calls unshare or setns takes its attachments along.
 *
 * The rule, for all mappings of one id together:
 * 1. A row of a namespace's table fits when its key is that of the mapping, or when it is marked
 *    for removal (the kernel has cleared the key).
 * 2. All go to their process's own namespace where a row there fits all of them, and no namespace
 *    that has the id gets more mappings than its nattch, or, when nothing is hidden from us, fewer.
 * 3. Otherwise each is looked at: the size of what is mapped (/proc/PID/map_files) and, where the
 *    kernel tells it, the second of its creation must be those of exactly one row that fits and
 *    whose nattch is not used up. With none it is in no namespace that we know. What is no longer
 *    there was at home.
 * 4. Where that may not be looked at, or does not tell: a row of the own namespace that fits, if
 *    all that would go there are no more than its nattch; the only row that fits, likewise.
 * 5. What is left is not placed. Where no row fits it belongs to a namespace that we cannot see.
 *
 * So a wrong place takes two processes that have exchanged attachments of equal id and key between
 * two namespaces, or attachments that are hidden from us.
 */
#ifndef SHMTRACE_SOURCE_PLACING_H
#define SHMTRACE_SOURCE_PLACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct placing_row {
	int32_t id;
	uint32_t ipcns;
	uint32_t key;
	bool marked;
	uint32_t nattch;
	uint64_t size;	  /* bytes */
	int64_t changed;  /* seconds: created, or changed later */
	uint32_t placed;  /* result: mappings */
	uint32_t certain; /* of these, by what they are; starts as 0 */
};

enum placing_result {
	PLACED = 0,
	PLACED_AMBIGUOUS, /* rows fit, but which of them could not be told */
	PLACED_NOWHERE,	  /* no row fits */
};

struct placing_mapping {
	int32_t id;
	uint32_t key;
	uint32_t own; /* inode number of the process's namespace; 0: not known */
	enum placing_result result;
	uint32_t ipcns; /* result: where PLACED, else 0 */
};

struct placing {
	struct placing_row *rows;
	size_t n_rows;
	struct placing_mapping *mappings; /* their order is kept */
	size_t n_mappings;
	bool all_seen; /* every process's mappings and every namespace's rows are here */
	/*
	 * Of the mapping with that index; created 0: not known. 0, -ENOENT: it is gone, other
	 * -errno: not allowed.
	 */
	int (*identify)(void *context, size_t mapping, uint64_t *size, int64_t *created);
	void *context;
};

/* Sorts the rows. 0 or -ENOMEM. */
int placing__run(struct placing *placing);

#endif
