/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The latest failed gets and why they failed, as many as FAILURES_MAX. A view as the explainer
 * writes to it.
 */
#ifndef SHMTRACE_VIEW_FAILURES_H
#define SHMTRACE_VIEW_FAILURES_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "ledger/usage.h"
#include "ledger/refusal.h"
#include "view/view.h"

#define FAILURES_MAX 1000

/* One that was explained, and how many alike came behind it. */
struct failure {
	uint64_t number;  /* 1 is the first since the start */
	uint64_t time_ns; /* CLOCK_MONOTONIC, of the first one */
	uint64_t last_ns; /* of the last one */
	uint64_t count;
	uint32_t pid, uid, ipcns;
	uint32_t call; /* enum call_id; CALL_COUNT: of several kinds, nothing else is known */
	int error;
	enum refusal_cause cause; /* by the numbers of the call alone */
	enum ipc_limit limit;
	char comm[EVENT_COMM_LEN + 1];
	const char *call_text; /* "shmget(…) = -1 ENOSPC (…)" */
	const char *why;       /* lines, each with its newline, escaped */
	unsigned int references;
	char text[]; /* both of the above */
};

struct failures;

/* NULL: out of memory. */
struct failures *failures__new(bool utf8);
void failures__free(struct failures *failures);

/* What the explainer writes to. Belongs to failures. */
struct view *failures__view(struct failures *failures);

/* Those that are kept, 0 is the oldest. */
size_t failures__count(const struct failures *failures);
struct failure *failures__at(const struct failures *failures, size_t index);

/* Keeps it beyond its place here. */
void failure__hold(struct failure *failure);
void failure__release(struct failure *failure);

#endif
