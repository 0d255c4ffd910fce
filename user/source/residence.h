/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of a segment is in memory where a process has it mapped, from /proc/PID/smaps. That file
 * has the kernel walk all pages of all mappings of the process: it is for a few processes, on
 * demand, and no part of a snapshot.
 */
#ifndef SHMTRACE_SOURCE_RESIDENCE_H
#define SHMTRACE_SOURCE_RESIDENCE_H

#include <stddef.h>
#include <stdint.h>

struct residence_reader;

struct residence {
	uint32_t mappings; /* of segments with that id; more than expected: also of others */
	uint64_t bytes;	   /* of these, those that the process has touched and that are in memory */
	int64_t created_s; /* wall clock: when what is mapped was made; 0: not known (maps.h) */
};

/* 0 or -errno. */
int residence__open(struct residence_reader **reader);
void residence__close(struct residence_reader *reader);

/*
 * start_ns: of that process, as in processes.h. 0 or -errno: ENOENT and
 * ESRCH where it has ended, EACCES where we may not look.
 */
int residence__read(struct residence_reader *reader, uint32_t pid, uint64_t start_ns, int32_t id,
		    struct residence *residence);

/*
 * What a line of that file counts as in memory, in bytes: huge pages of hugetlbfs are not part of
 * Rss (fs/proc/task_mmu.c, smaps_hugetlb_range, 5.10 to 7.2). 0: of another line. Pure.
 */
uint64_t residence__parse_line(const char *line);

#endif
