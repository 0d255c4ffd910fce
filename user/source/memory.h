/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the system says of its memory, for an allocation that the kernel has refused.
 */
#ifndef SHMTRACE_SOURCE_MEMORY_H
#define SHMTRACE_SOURCE_MEMORY_H

#include <stdint.h>

#include "ledger/refusal.h"

/*
 * As it is now. pid: whose memory cgroup, and those above it; the fullest of them is told.
 * huge_size: of which huge pages, in bytes; 0: those of default size. What cannot be read is not
 * known.
 */
void memory__read(struct memory_facts *facts, uint32_t pid, uint64_t huge_size);

/*
 * The line of /proc/PID/cgroup that tells the memory controller's, of version 2 or 1: 0, and its
 * path goes to `path`; -ENOENT: another line. Pure.
 */
int memory__parse_cgroup(const char *line, int *version, char *path, unsigned long path_size);

#endif
