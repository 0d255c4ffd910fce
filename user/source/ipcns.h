/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The caller's own IPC namespace, as the kernel tells any process without BPF, and which one others
 * are in.
 */
#ifndef SHMTRACE_SOURCE_IPCNS_H
#define SHMTRACE_SOURCE_IPCNS_H

#include <stdint.h>

#include "event.h"

#define IPCNS_INIT_INO 0xefffffffU /* include/linux/proc_ns.h, PROC_IPC_INIT_INO */

/* Inode number of the namespace, 0 where /proc does not tell. */
uint32_t ipcns__inum(void);
/* That of a process; 0 also where it has ended, or may not be asked. */
uint32_t ipcns__of(uint32_t pid);

/*
 * Limits (/proc/sys/kernel) and their use (SHM_INFO, SEM_INFO, MSG_INFO: the kernel's own counters,
 * SHMALL in pages). 0 or -errno: a kernel without System V IPC answers ENOSYS.
 */
int ipcns__limits(struct ipc_limits *limits);

/*
 * The most that the kernel takes for SHMMNI, SEMMNI and MSGMNI (ipc/util.h, IPCMNI): 32768, or
 * 16777216 with ipcmni_extend on its command line (Linux 5.1).
 */
#define IPCNS_IDS_MAX	       32768U
#define IPCNS_IDS_MAX_EXTENDED 16777216U
uint32_t ipcns__ids_max(void);

#endif
