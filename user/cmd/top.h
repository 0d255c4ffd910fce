/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two faces of `top`, reports and the screen, share: the source, the ledger, and when they
 * are compared with the kernel.
 */
#ifndef SHMTRACE_CMD_TOP_H
#define SHMTRACE_CMD_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/output.h"
#include "cmd/explainer.h"
#include "source/bpf.h"
#include "source/containers.h"
#include "source/live_snapshot.h"
#include "view/failures.h"
#include "view/ledger.h"
#include "view/terminal.h"

struct top {
	struct bpf_source_options source_options;
	struct ledger_view view;
	struct output output; /* of reports */
	bool batch;
	bool json;
	enum terminal_color color;
	uint64_t interval_ns;
	uint64_t times;	       /* 0: no limit */
	uint64_t reconcile_ns; /* 0: only at the start and after a loss */
	bool reconcile_never;
	bool read_only; /* the screen removes nothing */
	struct bpf_source *source;
	struct ledger *ledger;
	struct containers *containers;
	struct live_snapshot *live;
	/* Of the screen; NULL, and counted for nobody, without it. */
	struct terminal *terminal;
	struct failures *failures;
	struct explainer *explainer;
	uint64_t calls, failed;
	int signal_fd;
	bool done, print_now;
	bool abandoned; /* what is not written yet, where nobody reads it */
	uint64_t next_print_ns, next_reconcile_ns;
	uint64_t compared_ns, compare_cost_ns; /* the last time, and the processor time of it */
	uint64_t printed;
	int err;
};

/* What is in the ring now. 0 or -errno, as all of these. */
int top__consume(struct top *top);

/* If it is time for that, or something was lost. */
int top__reconcile_if_needed(struct top *top, uint64_t now);

/*
 * To be called before the ledger is shown: takes everything that is in the ring, counts what was
 * lost, and compares with the kernel if that is due, or if much is inferred.
 */
int top__settle(struct top *top, uint64_t now);

/* One time of -n is over; when the next one is due. */
void top__count(struct top *top);

/*
 * Removes an orphan, proven again to be what was shown and unused; text says in a line what became
 * of it. The ledger is up to date afterwards. 0, or -errno where top cannot go on.
 */
int top__remove(struct top *top, const struct object_info *shown, char *text, size_t size);

/* The screen, until it is left or a signal ends it. The terminal is open, and is not stopped when
 * this fails. */
int top__run_screen(struct top *top);

#endif
