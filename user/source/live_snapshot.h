/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot of /proc while the hooks are on: it names the address space of each process as the
 * events do.
 */
#ifndef SHMTRACE_SOURCE_LIVE_SNAPSHOT_H
#define SHMTRACE_SOURCE_LIVE_SNAPSHOT_H

#include "source/bpf.h"
#include "source/snapshot.h"

/*
 * As snapshot__read. Nothing is taken from the ring meanwhile: what happens is applied afterwards,
 * by the time that each record and each event carries.
 */
int live_snapshot__read(const struct bpf_source *source, snapshot_handler handler, void *context,
			struct snapshot_report *report);

#endif
