/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exists now, in a ledger: the start of ls, leaks and rm, and what each has to say of what it
 * could not see.
 */
#ifndef SHMTRACE_CMD_EXISTING_H
#define SHMTRACE_CMD_EXISTING_H

#include <stdbool.h>

#include "ledger/ledger.h"
#include "source/snapshot.h"

/*
 * A ledger of a snapshot, which the caller frees. NULL: it failed, which has been said, and *status
 * is the exit status.
 */
struct ledger *existing__read(struct snapshot_report *report, int *status);

/*
 * What is missing, or stands there without its holders, because somebody's /proc is closed to us.
 * kinds: bits by enum object_kind. all: of all namespaces, not of our own alone.
 */
void existing__report_unseen(const struct snapshot_report *report, unsigned int kinds, bool all);

/* 0, or -EIO: what was printed could not be written, which has been said. A closed pipe is no
 * error. */
int existing__flush(void);

#endif
