/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot of /proc while the hooks are on: it names the address space of each process as the
 * events do.
 */
#ifndef SHMTRACE_SOURCE_LIVE_SNAPSHOT_H
#define SHMTRACE_SOURCE_LIVE_SNAPSHOT_H

#include "source/bpf.h"
#include "source/snapshot.h"

struct live_snapshot;

/* The source must outlive it. 0 or -ENOMEM. */
int live_snapshot__new(struct live_snapshot **live, const struct bpf_source *source);
void live_snapshot__free(struct live_snapshot *live); /* also of NULL */

/* The next reading builds upon none of those before: see spaces.h. */
void live_snapshot__forget(struct live_snapshot *live);

/*
 * As snapshot__read. Nothing is taken from the ring meanwhile: what happens is applied afterwards,
 * by the time that each record and each event carries.
 */
int live_snapshot__read(struct live_snapshot *live, snapshot_handler handler, void *context,
			struct snapshot_report *report);

#endif
