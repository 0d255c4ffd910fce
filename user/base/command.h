/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command that is started in two steps, so that what watches it can be ready before its first
 * instruction.
 */
#ifndef SHMTRACE_BASE_COMMAND_H
#define SHMTRACE_BASE_COMMAND_H

#include <signal.h>
#include <sys/types.h>

struct command {
	pid_t pid;
	int gate_fd;  /* written to: go; closed: never mind */
	int error_fd; /* errno of an exec that failed */
};

/*
 * Forks; the child waits. Signals in `mask` are given back to the child as they were. 0 or -errno.
 */
int command__prepare(struct command *command, char *const argv[], const sigset_t *mask);

/* Lets it go. 0: it runs; -errno: it could not be started, and has ended. */
int command__go(struct command *command);

/* Ends a command that was prepared and never let go. */
void command__abandon(struct command *command);

/* The exit status as a shell gives it: the command's own, or 128 and the number of the signal. */
int command__exit_status(int wait_status);

/* What a shell returns for a command that cannot be started: 127 not found, 126 otherwise. */
int command__start_failure_status(int err);

#endif
