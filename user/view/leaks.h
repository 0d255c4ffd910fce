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
#include "view/ls.h"
#include "view/unused.h"

struct leaks_options {
	struct ls_options table; /* columns are those below; kinds, ipcns and sort do not count */
	struct unused_filter filter;
	bool unknown; /* also what is not proven */
	bool timed;   /* each report begins with its time */
};

/* found: whether anything is listed. 0 or -ENOMEM. Errors of writing stay on the stream. */
int leaks__print(const struct ledger *ledger, const struct leaks_options *options, FILE *out,
		 bool *found);

/* Columns by number, from 0 on; NULL behind the last. Static. */
const char *leaks__column_name(size_t column);
const char *leaks__column_help(size_t column);
/* Number of the column, in either case; -1: there is none. name need not end with NUL. */
int leaks__find_column(const char *name, size_t len);

#endif
