/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast limits fill: what their use was over the last minute, or over the time since the reading
 * before where that is longer. Pure: times are the caller's.
 */
#ifndef SHMTRACE_VIEW_TREND_H
#define SHMTRACE_VIEW_TREND_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/usage.h"

#define TREND_NS 60000000000ULL

struct trend;

struct trend_change {
	int64_t amount; /* by which the use has grown, in the unit of the limit */
	uint64_t ns;	/* in this time; 0: there was one reading only */
};

/* NULL: out of memory. */
struct trend *trend__new(void);
void trend__free(struct trend *trend);

/* A reading, later than those before; *change is since then. 0 or -ENOMEM. */
int trend__add(struct trend *trend, uint32_t ipcns, enum ipc_limit limit, uint64_t time_ns,
	       uint64_t used, struct trend_change *change);

/* Forgets all limits without a reading at that time: their namespaces have ended. */
void trend__forget(struct trend *trend, uint64_t time_ns);

/* Seconds until `room` more are used, rounded down. False: it does not grow. */
bool trend__full_in(const struct trend_change *change, uint64_t room, uint64_t *seconds);

#endif
