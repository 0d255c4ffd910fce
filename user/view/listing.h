/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of any kind as a table whose columns the user chooses. One array of columns drives names,
 * help, alignment, cells and order.
 */
#ifndef SHMTRACE_VIEW_LISTING_H
#define SHMTRACE_VIEW_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "view/table.h"

#define LISTING_COLUMNS_MAX 32 /* that may be chosen */

enum listing_shown {
	SHOWN_IF_CHOSEN = 0,
	SHOWN_ALWAYS = 1,
	SHOWN_WITH_ALL = 2,	  /* where rows are of several namespaces */
	SHOWN_WITH_TIME = 4,	  /* where reports follow one another */
	SHOWN_WITH_CONTAINER = 8, /* where something is in a container */
};

struct listing_column {
	struct table_column table;
	enum listing_shown shown; /* where no columns are chosen */
	const char *help;
	/* list: what the rows have in common, see struct listing. */
	void (*put)(void *list, const void *row, struct buffer *out);
	/* What rows are ordered by; NULL: by their cells. */
	uint64_t (*value)(const void *row);
};

/* What the command line says of a table. */
struct listing_options {
	size_t columns[LISTING_COLUMNS_MAX];
	size_t n_columns; /* 0: those of default */
	int sort;	  /* column; -1: as the rows come */
	bool json;	  /* all members, columns do not matter */
	bool raw;
	bool headings;
	bool bytes;   /* exact sizes, no units */
	size_t width; /* of the terminal; 0: none */
};

struct listing {
	const struct listing_column *columns; /* the one behind the last has no name */
	const struct listing_options *options;
	unsigned int shown; /* bits of enum listing_shown */
	bool utf8;
	void *list; /* for `put` */
	void *rows;
	size_t n_rows, row_size;
};

/* Number of the column, in either case; -1: there is none. name need not end with NUL. */
int listing__find_column(const struct listing_column *columns, const char *name, size_t len);

/* Puts the rows into the order of options->sort; equal ones stay as they were. 0 or -ENOMEM. */
int listing__sort(const struct listing *listing);

/* 0 or -ENOMEM. Errors of writing stay on the stream. */
int listing__print(const struct listing *listing, FILE *out);

/* Is the locale's encoding UTF-8? */
bool listing__utf8(void);

#endif
