/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `shmtrace limits`: the limits of each namespace of a ledger, as a table with what to do below it,
 * or as JSON Lines.
 */
#ifndef SHMTRACE_VIEW_LIMIT_LIST_H
#define SHMTRACE_VIEW_LIMIT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ledger/ledger.h"
#include "view/listing.h"
#include "view/trend.h"

/* A process in a namespace, for those who want to enter it. */
struct limit_place {
	uint32_t ipcns;
	uint32_t pid;
};

struct limit_list_options {
	unsigned int kinds; /* bits by enum object_kind */
	uint32_t ipcns;	    /* inode number; 0: all namespaces */
	uint32_t own;	    /* our namespace */
	uint32_t ids_max;   /* ipcns__ids_max */
	uint32_t above;	    /* percent that is too much */
	bool live;	    /* reports follow one another */
	struct listing_options listing;
};

/* What one report is made of. */
struct limit_report {
	const struct ledger *ledger;
	const struct limit_place *places;
	size_t n_places;
	struct trend *trend;	   /* NULL: there is no report before */
	uint64_t now_ns;	   /* CLOCK_MONOTONIC */
	long long clock_offset_ns; /* from CLOCK_MONOTONIC to CLOCK_REALTIME */
	bool found;		   /* out: a limit is used above the percentage */
	size_t n_namespaces;	   /* out: that were shown; of 0 nothing is printed */
};

/* The one behind the last has no name. */
extern const struct listing_column limit_list__columns[];

/* 0 or -ENOMEM. Errors of writing stay on the stream. */
int limit_list__print(struct limit_report *report, const struct limit_list_options *options,
		      FILE *out);

/*
 * More than `above` percent of it is used: of 100, use has to be larger than the limit, which it is
 * where that was lowered. Of a limit of 0 any use is.
 */
bool limit_list__is_above(uint64_t used, uint64_t limit, uint32_t above);

#endif
