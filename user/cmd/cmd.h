/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands: each reads its options, wires a source to a view, and decides the exit status.
 */
#ifndef SHMTRACE_CMD_CMD_H
#define SHMTRACE_CMD_CMD_H

#include <argp.h>

#include "source/hooks.h"

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

/* All of them; the first is run where none is named. Ended by one without a name. */
extern const struct command_info commands[];

/* NULL: there is none of that name. */
const struct command_info *command__find(const char *name);

/* The help of a command, from its option table, to standard output. Ends the program. */
void cmd__print_help(const struct argp_state *state);

/*
 * Lines in the tables of argp of commands that show objects, and the functions that take them: 0,
 * or ARGP_ERR_UNKNOWN. of: what the command has to say before the kind.
 */
enum {
	CMD_OPTION_USAGE = 0x1000, /* above those of each command */
	CMD_OPTION_CONTAINER = 0x2000,
};

#define CMD_KIND_OPTIONS(group, of)                                       \
	{"shmems", 'm', NULL, 0, of "shared memory segments", group},     \
		{"semaphores", 's', NULL, 0, of "semaphore sets", group}, \
	{                                                                 \
		"queues", 'q', NULL, 0, of "message queues", group        \
	}

/* kinds: bits by enum object_kind. */
error_t cmd__parse_kind(int key, unsigned int *kinds);

#define CMD_CONTAINER_OPTION(group, what)                                                    \
	{                                                                                    \
		"container", CMD_OPTION_CONTAINER, "NAME", 0,                                \
			what " in this container (its name, or the beginning of its id) or " \
			     "systemd unit",                                                 \
			group                                                                \
	}

#define CMD_HELP_OPTIONS                                                 \
	{"help", 'h', NULL, 0, "print this help", -1},                   \
	{                                                                \
		"usage", CMD_OPTION_USAGE, NULL, OPTION_HIDDEN, NULL, -1 \
	}

error_t cmd__parse_help(int key, struct argp_state *state);

/*
 * Values of options. Where one is not valid the program ends with the status for wrong usage, and a
 * message that names the option and the text.
 */
/* err is what base/parse.h returned for it. */
void cmd__check(const struct argp_state *state, const char *option, const char *text, int err);
/* Its index in words, whose end is NULL. */
unsigned int cmd__word(const struct argp_state *state, const char *option, const char *text,
		       const char *const words[]);
enum hook_set cmd__hooks(const struct argp_state *state, const char *text);
/* A user of -u, by name or number. */
uint32_t cmd__user(const struct argp_state *state, const char *text);
/* What --container names: a pattern of container__matches. */
const char *cmd__container(const struct argp_state *state, const char *text);
/* Bytes. */
size_t cmd__buffer(const struct argp_state *state, const char *text);

int cmd_trace(int argc, char *argv[]);
int cmd_top(int argc, char *argv[]);
int cmd_ls(int argc, char *argv[]);
int cmd_limits(int argc, char *argv[]);
int cmd_leaks(int argc, char *argv[]);
int cmd_why(int argc, char *argv[]);
int cmd_rm(int argc, char *argv[]);
int cmd_doctor(int argc, char *argv[]);

#endif
