/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All IPC namespaces that can be found: those of running threads, and those that are kept by a
 * mount, as container engines do. What keeps a namespace only by an open file, or only by segments
 * of it that are still attached, cannot be found so.
 */
#ifndef SHMTRACE_SOURCE_NAMESPACES_H
#define SHMTRACE_SOURCE_NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/objects.h"
#include "source/processes.h"

struct ipc_namespace {
	uint32_t inum;
	char *mount;  /* NULL: not mounted, or not looked for */
	uint32_t tid; /* a thread that is in it; 0: processes or mounts lead there */
	bool tried;   /* to be read */
	int err;      /* 0, or why it could not be read; ENOENT: it has ended */
	struct object_table table;
};

struct namespaces {
	struct ipc_namespace *list;
	size_t count;
	size_t cap;
};

/*
 * Reads the objects of each. The calling thread stays in its own namespace: another one goes into
 * the others. 0 or -errno; namespaces__free also after an error.
 */
int namespaces__read(struct namespaces *namespaces, const struct processes *processes, int proc_fd,
		     const struct process_knowledge *knowledge);
void namespaces__free(struct namespaces *namespaces);

/*
 * Moves the calling thread, and no other, into that namespace. 0 or -errno: ENOENT where it cannot
 * be found any more.
 */
int namespaces__enter(uint32_t inum);

/*
 * A line of /proc/self/mountinfo: the namespace that is mounted there, 0: none. The path, without
 * its escapes, goes to `path` (mountinfo_len + 1 bytes are enough).
 */
uint32_t namespaces__parse_mount(const char *line, char *path);

#endif
