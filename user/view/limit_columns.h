/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One limit of one namespace, and what is said of it: as cells, and as JSON.
 */
#ifndef SHMTRACE_VIEW_LIMIT_COLUMNS_H
#define SHMTRACE_VIEW_LIMIT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ledger/usage.h"
#include "view/cells.h"
#include "view/limit_list.h"
#include "view/remedy.h"
#include "view/trend.h"

struct limit_row {
	uint32_t ipcns;
	enum ipc_limit limit;
	bool has_use; /* else it bounds one object, and all below but `value` is 0 */
	uint64_t value, used;
	struct usage usage;
	struct trend_change change;
	bool above;
	struct remedy remedy; /* where it is above */
};

struct limit_list {
	const struct limit_list_options *options;
	struct limit_report *report;
	bool utf8;
	int err; /* -ENOMEM: something is missing in what was written */
	struct limit_row *rows;
	size_t n_rows, rows_cap;
	struct users users;
};

/* What is left; 0 where more is used than the limit. */
uint64_t limit_row__free(const struct limit_row *row);

/* Bounds that no machine's memory reaches: the kernel's default, or what was meant so. */
bool limit_row__is_unlimited(const struct limit_row *row);

/* Tenths of a percent, rounded down. False: of a limit of 0, or of one object. */
bool limit_row__permille(const struct limit_row *row, uint64_t *permille);

/* Of one of its creators; where that is not known, of the whole namespace. NULL: not known. */
const struct container *limit_row__container(const struct limit_list *list,
					     const struct limit_row *row,
					     const struct usage_holder *holder);

/* The limit, and the creators behind it, a line each. */
void limit_row__print_json(const struct limit_list *list, const struct limit_row *row, FILE *out);

#endif
