/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of leaks and rm alike: which of the objects that nobody uses are meant.
 */
#ifndef SHMTRACE_CMD_UNUSED_OPTIONS_H
#define SHMTRACE_CMD_UNUSED_OPTIONS_H

#include "cmd/cmd.h"
#include "view/unused.h"

enum { UNUSED_OPTION_MIN_AGE = CMD_OPTION_USAGE + 1, UNUSED_OPTION_MIN_SIZE };

/* Their lines in a table of argp, besides those of the kinds and namespaces. */
#define CMD_UNUSED_OPTIONS(group)                                            \
	{"min-age",                                                          \
	 UNUSED_OPTION_MIN_AGE,                                              \
	 "TIME",                                                             \
	 0,                                                                  \
	 "unused for as long as this: 30s, 10m, 2h, 7d",                     \
	 group},                                                             \
	{                                                                    \
		"min-size", UNUSED_OPTION_MIN_SIZE, "SIZE", 0,               \
			"segments of at least so many bytes: 64k, 1M", group \
	}

/* Takes those, the kinds, and -A. 0, or ARGP_ERR_UNKNOWN; what is wrong ends the program. */
error_t cmd_unused__parse(int key, char *arg, struct argp_state *state,
			  struct unused_filter *filter);

#endif
