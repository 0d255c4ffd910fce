/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger at one moment: as JSON Lines, and as text tables.
 */
#ifndef SHMTRACE_VIEW_LEDGER_H
#define SHMTRACE_VIEW_LEDGER_H

#include <stdbool.h>
#include <stdio.h>

#include "ledger/ledger.h"
#include "view/container_view.h"

/* What the rows of processes are sorted by, largest first. */
enum ledger_sort { SORT_BYTES, SORT_ATTACHED, SORT_CALLS, SORT_FAILED, SORT_LEAKED, SORT_PID };

/* "bytes", "attached", …, NULL at the end. */
extern const char *const ledger_sort_names[];

struct ledger_view {
	FILE *out;
	enum ledger_sort sort;
	uint32_t pid;			   /* only this process and what it made or holds; 0: all */
	struct container_filter container; /* only what is in it */
	long long clock_offset_ns;	   /* from CLOCK_MONOTONIC to CLOCK_REALTIME */
	uint64_t now_ns;		   /* CLOCK_MONOTONIC */
};

/* 0 or -ENOMEM. Errors of writing stay on the stream. */
int ledger_view__print_json(const struct ledger_view *view, const struct ledger *ledger);
int ledger_view__print_text(const struct ledger_view *view, const struct ledger *ledger);

/* "in-use", "orphan"; static. */
const char *object_state__name(enum object_state state);
/* "observed", or "inferred" where it was there before we came; static. */
const char *object_known__name(bool observed);
/* "shm", "sem", "msg"; static. */
const char *object_kind__name(uint32_t kind);

#endif
