/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All processes, and the segments that are mapped in the address space of each.
 */
#ifndef SHMTRACE_SOURCE_READINGS_H
#define SHMTRACE_SOURCE_READINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/maps.h"
#include "source/processes.h"

struct reading {
	size_t space;	     /* index of the process whose address space it is, mostly its own */
	size_t first, count; /* of readings.mappings; those of the same space have the same */
	uint64_t from_ns, to_ns; /* CLOCK_MONOTONIC */
	int err;		 /* of reading the mappings; ENOENT: it has ended */
};

struct readings {
	struct processes processes;
	struct reading *list; /* of each process */
	struct segment_mapping *mappings;
	size_t n_mappings, cap;
	struct maps_reader *maps;
	uint32_t n_read;
	uint32_t n_unreadable; /* whose mappings, or whose namespace, we may not read */
	bool hidden;	       /* /proc does not show all processes */
};

/*
 * proc_fd: /proc, which must outlive it. with_mappings: false leaves out the mappings, and each
 * process has a space of its own. 0 or -errno; readings__free also after an error.
 */
int readings__read(struct readings *readings, int proc_fd, bool with_mappings,
		   const struct process_knowledge *knowledge);
void readings__free(struct readings *readings);

#endif
