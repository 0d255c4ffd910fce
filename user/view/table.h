/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of text: columns as wide as they need, the last ones cut where the terminal ends. Small
 * enough to be our own: libsmartcols, which would do it, has no static library to link with.
 */
#ifndef SHMTRACE_VIEW_TABLE_H
#define SHMTRACE_VIEW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table_column {
	const char *name;
	bool right; /* aligned to the right, as numbers are */
	bool cut;   /* may be cut where the line is longer than the terminal */
};

struct table_options {
	bool raw; /* one blank between cells; a blank inside as \x20, an empty cell as - */
	bool headings;
	size_t width; /* columns of the terminal; 0: lines are never cut */
	bool utf8;
};

struct table;

/* columns must live as long as the table. NULL: out of memory. */
struct table *table__new(const struct table_column *columns, size_t n_columns,
			 const struct table_options *options);
void table__free(struct table *table);

/* One row, a string for each column, which is copied and must be safe to print. 0 or -ENOMEM. */
int table__add(struct table *table, const char *const cells[]);

/* Errors of writing stay on the stream. */
void table__print(const struct table *table, FILE *out);

#endif
