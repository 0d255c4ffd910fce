/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `trace --on-limit`: runs the user's command when a get is refused for want of something, with the
 * explanation in its environment. The trace never waits for it.
 */
#ifndef SHMTRACE_CMD_LIMIT_COMMAND_H
#define SHMTRACE_CMD_LIMIT_COMMAND_H

#include <signal.h>
#include <stdbool.h>

#include "event.h"
#include "view/refusal.h"

struct limit_command;

/*
 * To be called while the process has all its privileges, and no file descriptor that matters. mask:
 * what the command is to have as its signal mask. 0 or -errno.
 */
int limit_command__new(struct limit_command **self, const char *command, const sigset_t *mask);
/* Leaves a command that runs to itself. Also of NULL. */
void limit_command__free(struct limit_command *self);

/* Readable when limit_command__check has something to say; -1: never, or of NULL. */
int limit_command__fd(const struct limit_command *self);

/* Says what went wrong with the command. Also of NULL. */
void limit_command__check(struct limit_command *self);

/* To be called after a SIGCHLD. Also of NULL. */
void limit_command__reap(struct limit_command *self);

/* Of every event, before it is explained: which processes are the command's own. */
void limit_command__apply(struct limit_command *self, const struct event *event);

/*
 * A refusal for want of something: runs the command, unless the caller is one of the command's own
 * processes, or it runs already; then the next run is told. clock_offset_ns: as of struct view.
 */
void limit_command__refused(struct limit_command *self, const struct view_refusal *view,
			    long long clock_offset_ns);

/* One that was not explained, since it was like another. */
void limit_command__left_out(struct limit_command *self, const struct call_event *call);

/*
 * At the end: waits for a command that runs, for 2 seconds at most or until signal_fd has something
 * else than a SIGCHLD, and says, unless quiet, how many refusals no run was told of.
 */
void limit_command__finish(struct limit_command *self, int signal_fd, bool quiet);

#endif
