/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns of `shmtrace leaks`: those of objects, and what leaks alone says of each.
 */
#ifndef SHMTRACE_VIEW_LEAKS_COLUMNS_H
#define SHMTRACE_VIEW_LEAKS_COLUMNS_H

#include "view/object_columns.h"

/* What the columns need to know. */
struct leaks {
	struct object_list objects; /* first: columns are handed this */
	int64_t now_s;
	struct object_info *rows;
	size_t n_rows;
};

#endif
