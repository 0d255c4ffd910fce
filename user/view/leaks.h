/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `shmtrace leaks`: what nobody uses, the largest first, and whose it was: as tables or as JSON
 * Lines.
 */
#ifndef SHMTRACE_VIEW_LEAKS_H
#define SHMTRACE_VIEW_LEAKS_H

#include <stdbool.h>
#include <stdio.h>

#include "ledger/ledger.h"
#include "view/listing.h"
#include "view/unused.h"

struct leaks_options {
	struct listing_options listing;
	struct unused_filter filter;
	bool unknown; /* also what is not proven */
	bool timed;   /* each report begins with its time */
};

/* The one behind the last has no name. */
extern const struct listing_column leaks__columns[];

/* found: whether anything is listed. 0 or -ENOMEM. Errors of writing stay on the stream. */
int leaks__print(const struct ledger *ledger, const struct leaks_options *options, FILE *out,
		 bool *found);

#endif
