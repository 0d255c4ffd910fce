/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns of `shmtrace ls`: those of objects, and who holds them.
 */
#ifndef SHMTRACE_VIEW_LS_COLUMNS_H
#define SHMTRACE_VIEW_LS_COLUMNS_H

#include "base/buffer.h"
#include "ledger/ledger.h"
#include "view/ls.h"
#include "view/object_columns.h"

struct ls_holder {
	struct process_info info;
	uint32_t mappings;
};

/* An object and what the columns need to know of it. */
struct ls_row {
	struct object_info info; /* first: columns are handed this */
	const struct ledger_object *object;
	uint32_t n_holders;
};

struct ls {
	struct object_list objects; /* first: columns are handed this */
	const struct ls_options *options;
	bool in_container;  /* one of the rows is */
	bool out_of_memory; /* something is missing in what was written */
	struct ls_row *rows;
	size_t n_rows, rows_cap;
	struct ls_holder *holders; /* of the row that is being written */
	size_t n_holders, holders_cap;
};

/* Into ls->holders, by name and pid. */
void ls__find_holders(struct ls *ls, const struct ls_row *row);

#endif
