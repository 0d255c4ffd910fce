/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own tables, /proc/sysvipc/{shm,sem,msg}, as the caller's IPC namespace shows them.
 */
#ifndef SHMTRACE_SOURCE_SYSVIPC_H
#define SHMTRACE_SOURCE_SYSVIPC_H

#include <stdint.h>

/*
 * Calls found for every object of that table ("shm", "sem", "msg") that has the key. 0 or -errno.
 */
int sysvipc__for_each_key(const char *table, uint32_t key, void (*found)(void *context, int id),
			  void *context);

#endif
