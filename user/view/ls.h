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
#include "view/container_view.h"
#include "view/listing.h"

struct ls_options {
	unsigned int kinds;		    /* bits by enum object_kind */
	uint32_t ipcns;			    /* inode number; 0: all namespaces */
	struct container_filter *container; /* NULL: all */
	struct listing_options listing;
};

/* The one behind the last has no name. */
extern const struct listing_column ls__columns[];

/* 0 or -ENOMEM. Errors of writing stay on the stream. */
int ls__print(const struct ledger *ledger, const struct ls_options *options, FILE *out);

#endif
