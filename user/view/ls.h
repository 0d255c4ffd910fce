/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `shmtrace ls`: the objects of a ledger, as a table or as JSON Lines.
 */
#ifndef SHMTRACE_VIEW_LS_H
#define SHMTRACE_VIEW_LS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ledger/ledger.h"

#define LS_COLUMNS     13 /* that there are */
#define LS_COLUMNS_MAX 32 /* that may be chosen */

struct ls_options {
	unsigned int kinds; /* bits by enum object_kind */
	uint32_t ipcns;	    /* inode number; 0: all namespaces */
	size_t columns[LS_COLUMNS_MAX];
	size_t n_columns; /* 0: those of default */
	int sort;	  /* column; -1: by namespace, kind and id */
	bool json;	  /* all members, columns do not matter */
	bool raw;
	bool headings;
	bool bytes;   /* exact sizes, no units */
	size_t width; /* of the terminal; 0: none */
};

/* 0 or -ENOMEM. Errors of writing stay on the stream. */
int ls__print(const struct ledger *ledger, const struct ls_options *options, FILE *out);

/* Columns by number, from 0 on; NULL behind the last. Static. */
const char *ls__column_name(size_t column);
const char *ls__column_help(size_t column);

/* Number of the column, in either case; -1: there is none. name need not end with NUL. */
int ls__find_column(const char *name, size_t len);

#endif
