/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Removes objects, each only after the kernel has said once more, directly before, that it is still
 * the object that was listed and that it is still unused.
 *
 * A segment is pinned meanwhile: as long as we have it attached it cannot go, so its id cannot
 * become another's, and its attach count says whether anybody else has come. Sets and queues cannot
 * be pinned: between the last look and the removal there is the time of one system call.
 */
#ifndef SHMTRACE_SOURCE_REMOVAL_H
#define SHMTRACE_SOURCE_REMOVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

enum removal_result {
	REMOVAL_POSSIBLE, /* nothing was done, since only that was asked */
	REMOVAL_DONE,
	REMOVAL_MARKED, /* a segment that goes with its last detach: somebody has it attached */
	REMOVAL_KEPT,	/* see the reason */
	REMOVAL_GONE,	/* it does not exist any more */
	REMOVAL_FAILED, /* the kernel refused: see err */
};

enum removal_reason {
	REASON_NONE,
	REASON_ATTACHED,     /* by others: count mappings */
	REASON_CREATOR_RUNS, /* or a process that has its number */
	REASON_WAITED_ON,    /* count processes sleep on the set */
	REASON_MARKED,	     /* for removal, already */
	REASON_ANOTHER,	     /* the id is another object's, or owner, mode or size have changed */
	REASON_USED,	     /* since it was listed */
	REASON_TOO_NEW,	     /* changed in a second that was not over when it was listed */
	REASON_ATTACHED_BEFORE,	   /* of MARKED: with force, count mappings */
	REASON_ATTACHED_MEANWHILE, /* of MARKED: between the last look and the removal, count */
};

struct removal {
	/* As it was listed. */
	uint32_t ipcns;
	uint32_t kind; /* enum object_kind */
	int32_t id;
	uint32_t key;
	uint32_t mode;
	uint32_t uid, gid;
	uint32_t creator; /* pid, of segments; 0: not visible to us */
	uint64_t size;
	struct object_past past;
	bool force; /* also where it is in use; but never another one */

	/* What became of it. */
	enum removal_result result;
	enum removal_reason reason;
	int err; /* -errno, of FAILED */
	uint32_t count;
	uint64_t messages; /* of a queue, at the last look */
};

/* The clock by which the kernel notes times in its objects: seconds, late by up to a tick. */
int64_t removal__clock(void);

/*
 * One after the other, in the namespace of each, which a thread of ours enters where it is not our
 * own. listed_s: removal__clock() from before they were listed; what has a time since then cannot
 * be told from what has taken its place. dry: looks and removes nothing. Each has
 * a result afterwards.
 */
void removal__run(struct removal *list, size_t count, int64_t listed_s, bool dry);

/* Some of its times lie in a second that was not over at listed_s: REASON_TOO_NEW. */
bool removal__is_too_new(const struct removal *removal, int64_t listed_s);

#endif
