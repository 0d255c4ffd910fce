/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is in which container, told to a ledger beside the events that it gets anyway, and only of
 * processes that have to do with System V IPC: of a machine's many others nothing is read.
 *
 * Where all of cgroups is version 2, the kernel says in each event which cgroup its process is in,
 * and a container is known however short the process lived, as long as its cgroup is there. By
 * version 1, and in mixtures, /proc/PID/cgroup is read when a process is first met: one that has
 * ended by then is in its parent's container, or nobody knows.
 */
#ifndef SHMTRACE_SOURCE_CONTAINERS_H
#define SHMTRACE_SOURCE_CONTAINERS_H

#include "base/container.h"
#include "ledger/ledger.h"
#include "source/processes.h"

struct containers;

/*
 * by_id: events have event.cgroup; takes the rights that opening the file system takes, so it is
 * made before these are given up. NULL: out of memory.
 */
struct containers *containers__new(bool by_id);
void containers__free(struct containers *containers); /* also of NULL */

/* This machine has version 2 alone: bpf_source_options.cgroups should be set. */
bool containers__by_id(void);

/*
 * To be called with each event that the ledger has just taken: applies an EVENT_CONTAINER to it
 * where that is news. 0 or -ENOMEM.
 */
int containers__see(struct containers *containers, struct ledger *ledger,
		    const struct event *event);

/*
 * The container of a process, by /proc. proc_fd: /proc. start_ns: of the process meant, 0: not
 * known. False: it has ended, or is another.
 */
bool containers__read(int proc_fd, uint32_t pid, uint64_t start_ns, struct container *container);

/*
 * The one container or unit that all those processes are in whose IPC namespace that is; ourselves
 * left out, as we may have come from elsewhere. False: they are in several, or there are none.
 */
bool containers__of_namespace(int proc_fd, const struct processes *processes, uint32_t ipcns,
			      struct container *container);

/*
 * The cgroup whose id has that low half (its inode number: since 5.5, fs/kernfs/mount.c), by a
 * descriptor of a file system of version 2. False: it is not there any more, or it takes
 * CAP_DAC_READ_SEARCH.
 */
bool containers__resolve(int cgroup2_fd, uint32_t id, struct container *container);

#endif
