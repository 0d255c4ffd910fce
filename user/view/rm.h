/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `shmtrace rm`: what would be removed, or what became of each object, a line each.
 */
#ifndef SHMTRACE_VIEW_RM_H
#define SHMTRACE_VIEW_RM_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"
#include "ledger/ledger.h"
#include "source/removal.h"

/* An object that was chosen, as the ledger had it and as the kernel has answered. */
struct rm_row {
	struct object_info info;
	struct removal removal;
	bool named; /* by the command line, not found as an orphan */
	/* Not tried at all, for a reason that is not the kernel's. */
	enum rm_refusal {
		RM_TRIED,
		RM_IN_USE,    /* named, and somebody uses it */
		RM_LAST_USER, /* an orphan whose last user runs */
	} refusal;
};

struct rm_counts {
	size_t removed; /* or would be */
	size_t marked;	/* or would be: go with their last detach */
	size_t kept;	/* and were to be removed */
	size_t skipped; /* orphans that are left alone, and others that are gone already */
	uint64_t bytes; /* of segments removed, or that would be */
};

struct rm_view {
	FILE *out;
	const struct ledger *ledger;
	bool json;
	bool dry;
	bool utf8;
	bool bytes;	 /* exact sizes */
	bool namespaces; /* each object with its own */
	bool no_hints;	 /* without the options of `rm` that would do it all the same */
};

/* What became of one, and its part in the counts. Errors of writing stay on the stream. */
void rm_view__print(const struct rm_view *view, const struct rm_row *row, struct rm_counts *counts);

/*
 * In a line without the object, "removed" or "kept: used since it was listed", say: what became of
 * it, and why. Whether it is removed.
 */
bool rm_view__put_outcome(struct buffer *out, const struct rm_view *view, const struct rm_row *row);

/*
 * What rm is to do with an object: named by the command line, by force or not, or found as an
 * orphan. It does not look, nor remove.
 */
void rm_view__choose(struct rm_row *row, const struct ledger *ledger,
		     const struct object_info *info, bool named, bool force);

/* What a row has become. */
enum rm_outcome {
	RM_WOULD_REMOVE,
	RM_WOULD_MARK,
	RM_REMOVED,
	RM_MARKED,
	RM_KEPT,
	RM_SKIPPED,
	RM_GONE,
	RM_FAILED
};

enum rm_outcome rm_view__outcome(const struct rm_row *row);

/* Why it has, in words: "in use by httpd[99]"; nothing where it does not need a word. */
void rm_view__put_reason(struct buffer *out, const struct rm_view *view, const struct rm_row *row);

/* "in use by httpd[99], postgres[4121] and 3 more", or that its creator runs. */
void rm_view__put_use(struct buffer *out, const struct ledger *ledger,
		      const struct object_info *info, bool utf8);

/* The last line. unknown: objects that nobody is known to use and that are not proven unused. */
void rm_view__print_end(const struct rm_view *view, const struct rm_counts *counts, size_t unknown);

#endif
