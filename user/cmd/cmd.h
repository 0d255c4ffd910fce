/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands: each reads its options, wires a source to a view, and decides the exit status.
 */
#ifndef SHMTRACE_CMD_CMD_H
#define SHMTRACE_CMD_CMD_H

#include <argp.h>

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_ALLOWED = 3, /* by this kernel or these privileges; `doctor` says why */
	EXIT_FOUND = 4,	      /* with --exit-code: something was found */
};

struct command_info {
	const char *name;
	const char *summary; /* for `shmtrace --help` */
	/* argv[0] is "shmtrace NAME". Returns the exit status. */
	int (*run)(int argc, char *argv[]);
};

/* The help of a command, from its option table, to standard output. Ends the program. */
void cmd__print_help(const struct argp_state *state);

int cmd_trace(int argc, char *argv[]);
int cmd_top(int argc, char *argv[]);
int cmd_ls(int argc, char *argv[]);
int cmd_doctor(int argc, char *argv[]);

#endif
