/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All objects of one IPC namespace as BPF reads them out of the kernel's tables: four times as fast
 * as objects.h, and without a way into the namespace.
 */
#ifndef SHMTRACE_SOURCE_TABLES_H
#define SHMTRACE_SOURCE_TABLES_H

#include "source/bpf.h"
#include "source/objects.h"

/*
 * ns: of a task_record of a moment ago, with its inode number. When objects were last used is left
 * out. 0 or -errno, where objects__read may do: this kernel cannot be asked so, or the namespace
 * has ended. objects__free also after an error.
 */
int tables__read(const struct bpf_source *source, uint64_t ns, uint32_t ipcns,
		 struct object_table *table);

#endif
