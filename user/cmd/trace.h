/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of `trace` share: the stream (trace.c), and what it waits for (trace_wait.c).
 */
#ifndef SHMTRACE_CMD_TRACE_H
#define SHMTRACE_CMD_TRACE_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/command.h"
#include "base/output.h"
#include "cmd/explainer.h"
#include "cmd/limit_command.h"
#include "cmd/trace_ledger.h"
#include "cmd/trace_options.h"
#include "source/bpf.h"
#include "view/view.h"

struct trace {
	struct trace_options options;
	struct bpf_source *source;
	struct view *view;
	struct trace_ledger *ledger;	     /* NULL: nothing asked for needs it */
	struct explainer *explainer;	     /* NULL: not asked for */
	struct limit_command *limit_command; /* NULL: not asked for */
	int err;
	struct output output;
	char *out_buffer;
	int signal_fd;
	struct pollfd *pid_fds; /* of -p */
	size_t pids_alive;
	struct command command;
	bool command_runs;
	int command_status; /* exit status, valid once it has ended */
	bool interrupted;
	bool done;	/* no more calls are wanted */
	bool stopped;	/* by a signal */
	bool abandoned; /* nor is what was captured, where nobody reads it */

	uint64_t started_ns;
	struct view_totals totals;
	unsigned long long unplaced; /* calls whose container is not known, with --container */
};

/* SIGCHLD is among them; what was blocked before goes to *before, for the command. 0 or -errno. */
int trace_wait__open_signals(struct trace *trace, sigset_t *before);

/* The processes of -p: the trace ends with the last of them. 0 or -errno, and it has been said. */
int trace_wait__open_pids(struct trace *trace);

/* Until there are events, or likely to be; meanwhile signals are handled, and processes end. */
void trace_wait__for_events(struct trace *trace);

/* As output.await; context: the trace. */
bool trace_wait__for_output(void *context, int fd);

/*
 * Until the command has ended. Signals are still handed on; a second one leaves the command to
 * itself.
 */
void trace_wait__for_command(struct trace *trace);

#endif
