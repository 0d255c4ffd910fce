/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns of `shmtrace leaks`: some of those of ls, and what leaks alone says.
 */
#ifndef SHMTRACE_VIEW_LEAKS_COLUMNS_H
#define SHMTRACE_VIEW_LEAKS_COLUMNS_H

#include "view/ls_columns.h"

/* What the columns need to know. */
struct leaks {
	struct ls ls; /* first: columns are handed this */
	const struct ledger *ledger;
	int64_t now_s;
};

/* NULL behind the last. */
const struct ls_column *leaks__column(size_t column);

#endif
