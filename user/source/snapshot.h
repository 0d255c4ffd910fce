/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exists now, as events: all processes, the segments that each has mapped, all objects of all
 * IPC namespaces, and who last operated on semaphores and queues. It needs /proc and no BPF; an
 * ordinary user gets what that user may see.
 *
 * The order: SNAPSHOT BEGIN; of each process its MAPPING_FOUND, then PROCESS_FOUND; of each
 * namespace that exists SNAPSHOT NAMESPACE, and where it can be read its OBJECT_FOUND, hidden
 * MAPPING_FOUND (below) and OBJECT_USED (of time 0: when that was is not known), and, of pid 0, the
 * CONTAINER that all its processes are in, then SNAPSHOT END;
 * at last SNAPSHOT END with namespace 0. mm is 0, or 1 << 32 and the pid of another process whose
 * address space it also is. Mappings are read before the tables: what was attached in between is in
 * a table, and not the other way round.
 *
 * A PROCESS_FOUND whose times are 0 says nothing of mappings: they may not be read (one without a
 * name is not even shown by /proc), or one of them may belong to one of several namespaces
 * (placing.h). A segment that has more mappings than were found gets a MAPPING_FOUND of pid 0 with
 * their number: somebody holds them, and nobody may call it unused. Who knows of processes already
 * gets it only where some cannot be seen.
 *
 * A pid that has been given again looks like the process that made or used an object: the kernel
 * keeps no start time beside it. That errs on the safe side, and calls used what is not.
 */
#ifndef SHMTRACE_SOURCE_SNAPSHOT_H
#define SHMTRACE_SOURCE_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "source/processes.h"

/* What was seen, and what could not be. */
struct snapshot_report {
	uint32_t processes;
	uint32_t processes_unreadable; /* whose mappings, or whose namespace, we may not read */
	bool processes_hidden;	       /* /proc does not show all of them: hidepid */
	bool processes_confined;       /* nor does it show those outside of our PID namespace */
	uint32_t namespaces;
	uint32_t namespaces_unreadable;
	uint32_t objects;
	uint32_t mappings;
	uint32_t mappings_hidden;    /* somebody's, but we may not see whose */
	uint32_t mappings_ambiguous; /* of a segment in one of several namespaces; not told */
	uint32_t mappings_unlisted;  /* of segments in namespaces that cannot be found; not told */
	uint32_t sets_unreadable;    /* whose last operators we may not read */
};

/* 0 to go on; what else it returns ends the snapshot. */
typedef int (*snapshot_handler)(void *context, const struct event *event);

/* 0, -errno, or what the handler returned. The report is filled in any case. */
int snapshot__read(snapshot_handler handler, void *context, struct snapshot_report *report);

/*
 * The same without a look at the mappings of any process: who holds a segment is not known, and
 * each that is attached has a MAPPING_FOUND of pid 0 with all its mappings. That takes less time,
 * and fewer rights. The report counts no mappings; unreadable are processes whose namespace is.
 */
int snapshot__read_tables(snapshot_handler handler, void *context, struct snapshot_report *report);

/* One of the two, for who knows of processes already; without mappings if it knows those too. */
int snapshot__read_known(snapshot_handler handler, void *context, struct snapshot_report *report,
			 bool tables_only, const struct process_knowledge *knowledge);

#endif
