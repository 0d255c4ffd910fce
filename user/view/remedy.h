/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What to do about a limit that is hit or nearly so: commands to type, the harmless ones first. A
 * pure function of numbers; it changes nothing, and asks nobody.
 */
#ifndef SHMTRACE_VIEW_REMEDY_H
#define SHMTRACE_VIEW_REMEDY_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "ledger/usage.h"

#define REMEDY_COMMAND_BYTES 320 /* rm with USAGE_ORPHAN_IDS objects */
#define REMEDY_LINE_BYTES    512
#define REMEDY_LINES	     3

/* Whose limits they are. */
struct remedy_place {
	uint32_t ipcns;	  /* inode number; 0: our own IPC namespace */
	uint32_t pid;	  /* a process in the other one, as nsenter(1) needs it; 0: not known */
	uint32_t ids_max; /* ipcns__ids_max */
};

/* Commands of plain ASCII for a shell; "": there is none. */
struct remedy {
	char look[REMEDY_COMMAND_BYTES]; /* shows what nothing uses, or seems not to be used */
	/*
	 * Says what nothing uses, and can remove it. Segments are found by rm itself; of sets and
	 * queues only the ledger has seen who made and used them, so they are named.
	 */
	char remove[REMEDY_COMMAND_BYTES];
	char raise[REMEDY_COMMAND_BYTES]; /* sets raise_to */
	uint64_t raise_to;		  /* 0: it cannot be raised */
	/* The same for people, in order of preference. */
	size_t n_lines;
	char lines[REMEDY_LINES][REMEDY_LINE_BYTES];
};

/*
 * usage: who fills it; NULL: not known. wanted: what a call has asked for and not got, in the unit
 * of the limit, 0: not known. The value to raise to is twice the limit or its use, whichever is
 * larger, enough for what was wanted, and no more than the kernel takes. What must be done inside
 * another namespace begins with `nsenter -t PID -i`; where no pid is known the line says so.
 */
void remedy__find(struct remedy *remedy, enum ipc_limit limit, const struct ipc_limits *limits,
		  const struct usage *usage, const struct remedy_place *place, uint64_t wanted);

#endif
