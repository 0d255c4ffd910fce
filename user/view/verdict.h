/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether an object may be removed: what `rm` would do with it, in one sentence. There is no other
 * judgement than that of the ledger's states and of a removal that only looked.
 */
#ifndef SHMTRACE_VIEW_VERDICT_H
#define SHMTRACE_VIEW_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "view/rm.h"

enum verdict {
	VERDICT_SAFE,	 /* proven unused: `rm` removes it without its being named */
	VERDICT_IN_USE,	 /* `rm` keeps it without --force */
	VERDICT_MARKED,	 /* for removal: there is nothing left to do */
	VERDICT_UNKNOWN, /* not proven unused: `rm` removes it only by name */
	VERDICT_GONE,	 /* it was removed while it was looked at */
};

/* What speaks for it. */
struct verdict_case {
	/* By rm_view__choose, named unless it is an orphan; where it was not refused, after
	   removal__run with `dry`. */
	const struct rm_row *row;
	const struct ledger *ledger;
	uint32_t holders; /* processes that are known to have it attached, or to use it */
	uint32_t hidden;  /* mappings of processes that may not be seen */
	bool utf8;
};

#define VERDICT_BYTES 2048 /* is room enough for the sentence, and for the command */

/* "safe", "in-use", "marked", "unknown", "gone"; static. */
const char *verdict__name(enum verdict verdict);

enum verdict verdict__of(const struct verdict_case *c);

/* "safe to remove: not attached; creator 4388 has ended", escaped. */
void verdict__put_sentence(struct buffer *out, const struct verdict_case *c);

/*
 * "shmtrace rm --yes shm:32769", which removes it; nothing where it should stay. own: the caller's
 * IPC namespace.
 */
void verdict__put_command(struct buffer *out, const struct verdict_case *c, uint32_t own);

#endif
