/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands that print a table of a snapshot share: options, and the list of columns
 * in their help.
 */
#ifndef SHMTRACE_CMD_LISTING_H
#define SHMTRACE_CMD_LISTING_H

#include <argp.h>

#include "view/listing.h"

/*
 * Their lines in a table of argp. bytes_and, raw_of: what a command adds to the words of -b, and
 * puts before those of -r.
 */
#define CMD_LISTING_OPTIONS_WITH(group, bytes_and, raw_of)                                          \
	{"output", 'o', "COL[,COL]", 0, "these columns, see below", group},                         \
		{"sort", 'x', "COL", 0, "in the order of this column", group},                      \
		{"bytes", 'b', NULL, 0, "exact numbers of bytes" bytes_and, group},                 \
		{"json", 'J', NULL, 0, "JSON, one object a line, with all members", group},         \
		{"raw", 'r', NULL, 0, raw_of "one blank between columns, none inside them", group}, \
	{                                                                                           \
		"noheadings", 'n', NULL, 0, "no line of headings", group                            \
	}
#define CMD_LISTING_OPTIONS(group) CMD_LISTING_OPTIONS_WITH(group, "", "")

/* Where no option is given; it asks for the width of a terminal on standard output. */
void cmd_listing__init(struct listing_options *options);

/*
 * Takes those options, those of help, ARGP_KEY_END for what excludes what, and ARGP_KEY_ARG, as no
 * argument is taken. 0, or ARGP_ERR_UNKNOWN. What is wrong ends the program (cmd/cmd.h).
 */
error_t cmd_listing__parse(int key, char *arg, struct argp_state *state,
			   const struct listing_column *columns, struct listing_options *options);

/* For argp's help_filter: the list of columns, behind the options. argp frees what this returns. */
char *cmd_listing__help(int key, const char *text, const struct listing_column *columns);

#endif
