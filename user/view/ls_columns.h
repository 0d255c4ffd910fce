/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns of `shmtrace ls`: what view/ls.c prints, and in which order. Other tables of objects
 * take theirs from here, and add their own.
 */
#ifndef SHMTRACE_VIEW_LS_COLUMNS_H
#define SHMTRACE_VIEW_LS_COLUMNS_H

#include "base/buffer.h"
#include "ledger/ledger.h"
#include "view/cells.h"
#include "view/ls.h"
#include "view/table.h"

struct ls_holder {
	struct process_info info;
	uint32_t mappings;
};

/* An object and what the columns need to know of it. */
struct ls_row {
	struct object_info info;
	const struct ledger_object *object;
	uint32_t n_holders;
};

struct ls {
	const struct ls_options *options;
	bool utf8;
	bool out_of_memory; /* something is missing in what was written */
	struct ls_row *rows;
	size_t n_rows, rows_cap;
	struct user_names users;
	struct ls_holder *holders; /* of the row that is being written */
	size_t n_holders, holders_cap;
};

/* Where no columns are chosen. */
enum ls_shown { LS_IF_CHOSEN, LS_WITH_ALL /* namespaces */, LS_ALWAYS };

struct ls_column {
	struct table_column table;
	enum ls_shown shown;
	const char *help;
	void (*put)(struct ls *ls, const struct ls_row *row, struct buffer *out);
	/* What rows are ordered by; NULL: by their cells. */
	uint64_t (*value)(const struct ls_row *row);
};

extern const struct ls_column ls_columns[LS_COLUMNS];

/* Where none of a name exists: NULL. In either case; name need not end with NUL. */
const struct ls_column *ls__column(const char *name, size_t len);

/* All rows, with these columns, at most LS_COLUMNS_MAX. 0 or -ENOMEM. */
int ls__print_table(struct ls *ls, const struct ls_column *const columns[], size_t n_columns,
		    FILE *out);

/* Into ls->holders, by name and pid. */
void ls__find_holders(struct ls *ls, const struct ls_row *row);

#endif
