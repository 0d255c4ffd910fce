/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A view prints the stream of events. It changes nothing but its own state and its output.
 */
#ifndef SHMTRACE_VIEW_VIEW_H
#define SHMTRACE_VIEW_VIEW_H

#include <stdbool.h>

#include "event.h"

/* What is known at the end of a trace. Calls by enum call_id. */
struct view_totals {
	unsigned long long calls;  /* received */
	unsigned long long failed; /* of these, with an error */
	unsigned long long lost[CALL_COUNT];
	unsigned long long elapsed_ns;
};

/*
 * Loss at one place of the stream: differences since the last report.
 */
struct view_loss {
	unsigned long long time_ns; /* CLOCK_MONOTONIC of the report */
	unsigned long long calls[CALL_COUNT];
};

struct view_leak;	/* view/leak.h */
struct view_refusal;	/* view/refusal.h */
struct view_suppressed; /* view/refusal.h */
struct view;

/*
 * Each of these may fail only in writing; the error then stays on the stream (ferror), and the
 * caller looks there after it has flushed.
 */
struct view_ops {
	void (*begin)(struct view *view);
	/* call->head.type is EVENT_CALL or EVENT_CALL_LIMITS. */
	void (*call)(struct view *view, const struct call_event *call);
	void (*lost)(struct view *view, const struct view_loss *loss);
	/* NULL: not shown. */
	void (*leak)(struct view *view, const struct view_leak *leak);
	/* Behind its call, or NULL: not shown. */
	void (*refusal)(struct view *view, const struct view_refusal *refusal);
	void (*suppressed)(struct view *view, const struct view_suppressed *suppressed);
	void (*end)(struct view *view, const struct view_totals *totals);
	void (*free)(struct view *view);
};

/*
 * Base of every view. clock_offset_ns is what must be added to CLOCK_MONOTONIC to get
 * CLOCK_REALTIME; the caller keeps it current (the wall clock may be set, the machine may sleep).
 */
struct view {
	const struct view_ops *ops;
	long long clock_offset_ns;
};

#endif
