/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What truth.c collects before it writes lines: namespaces, their segments, and the mappings of
 * each process, see mappings.c.
 */
#ifndef SHMTRACE_STORM_TRUTH_H
#define SHMTRACE_STORM_TRUTH_H

#include "storm.h"

struct attached {
	uint32_t tag; /* namespace of the segment, by the size of its file */
	int32_t id, pid;
	uint32_t vm;
	uint32_t count; /* mappings */
	uint64_t size;	/* bytes of the segment */
};

/* A growing array: `rows` of `size` bytes each. */
struct rows {
	void *rows;
	size_t count, room;
};

void *rows__add(struct rows *rows, size_t size); /* zeroed; exits when there is no memory */

/* Appends struct attached of one process, one for each of its segments. 0 or -errno. */
int mappings__read(int32_t pid, uint32_t vm, struct rows *attached);

#endif
