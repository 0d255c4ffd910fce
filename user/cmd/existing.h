/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exists now, in a ledger: how ls, limits, leaks, why and rm begin, how they end, and what
 * each has to say of what it could not see.
 */
#ifndef SHMTRACE_CMD_EXISTING_H
#define SHMTRACE_CMD_EXISTING_H

#include <stdbool.h>

#include "ledger/ledger.h"
#include "source/snapshot.h"
#include "view/container_view.h"

struct existing_options {
	bool tables_only; /* who has what attached does not matter: snapshot__read_tables */
	bool keep_past;	  /* ledger_options.keep_past */
	/* Is shown each event before the ledger has it. 0 or -errno. NULL: not wanted. */
	snapshot_handler each;
	void *context;
};

/*
 * A ledger of a snapshot, which the caller frees. 0, or -errno after a message; then *ledger is
 * NULL. -ENOSYS: this kernel has no System V IPC.
 */
int existing__read(struct ledger **ledger, const struct existing_options *options,
		   struct snapshot_report *report);

/*
 * 0, or -ENOENT after a message: that IPC namespace was not found. ipcns: inode number; 0, all of
 * them, always is.
 */
int existing__check_namespace(const struct ledger *ledger, uint32_t ipcns);

/*
 * What is missing, or stands there without its holders, because somebody's /proc is closed to us.
 * kinds: bits by enum object_kind. all: of all namespaces, not of our own alone.
 */
void existing__report_unseen(const struct snapshot_report *report, unsigned int kinds, bool all);

/* What --container has left out or not found. filter: NULL where it was not given. */
void existing__report_container(const struct container_filter *filter);

/* 0, or -errno: standard output could not be written, which has been said. -EPIPE needs no word. */
int existing__flush(void);

/* The exit status of what these return. A closed pipe is no failure. */
int existing__status(int err);

#endif
