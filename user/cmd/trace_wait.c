// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `trace` waits for: events, signals, its command, the processes of -p, the time that is up,
 * readers of its output.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "cmd/cmd.h"
#include "cmd/trace.h"

#define NS_PER_MS 1000000ULL

static void handle_command_end(struct trace *trace)
{
	int status;

	if (!trace->command_runs || waitpid(trace->command.pid, &status, WNOHANG) <= 0)
		return;
	trace->command_runs = false;
	trace->command_status = command__exit_status(status);
	trace->done = true;
}

/*
 * Ctrl-C reaches the command through its terminal; from elsewhere it is handed on. The command
 * decides whether it ends, and the trace with it; a second signal ends the trace alone.
 */
static void handle_stop(struct trace *trace, const struct signalfd_siginfo *info)
{
	if (trace->command_runs && !trace->interrupted) {
		if (info->ssi_code != SI_KERNEL)
			kill(trace->command.pid, info->ssi_signo);
	} else {
		trace->abandoned = trace->stopped;
		trace->stopped = trace->done = true;
	}
	trace->interrupted = true;
}

static void handle_signals(struct trace *trace)
{
	struct signalfd_siginfo info;

	while (read(trace->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD) {
			handle_stop(trace, &info);
			continue;
		}
		handle_command_end(trace);
		limit_command__reap(trace->limit_command);
	}
}

/* No longer than until the time is up. */
static int limit_timeout_ms(const struct trace *trace, int timeout)
{
	uint64_t elapsed, limit = trace->options.duration_ns;

	if (limit) {
		uint64_t left;

		elapsed = clock__ns(CLOCK_MONOTONIC) - trace->started_ns;
		left = elapsed < limit ? (limit - elapsed + NS_PER_MS - 1) / NS_PER_MS : 0;
		if (left < (uint64_t)timeout)
			timeout = left;
	}
	return timeout;
}

void trace_wait__for_events(struct trace *trace)
{
	const size_t n_pids = trace->options.source.n_pids;
	struct pollfd fds[3 + TRACE_PIDS_MAX] = {
		{.fd = trace->signal_fd, .events = POLLIN},
		{.events = POLLIN},
		{.fd = limit_command__fd(trace->limit_command), .events = POLLIN},
	};
	int timeout = bpf_source__pause_ms(trace->source, &fds[1].fd);

	memcpy(fds + 3, trace->pid_fds, n_pids * sizeof(*fds));
	if (poll(fds, 3 + n_pids, limit_timeout_ms(trace, timeout)) <= 0)
		return;
	if (fds[0].revents)
		handle_signals(trace);
	if (fds[2].revents)
		limit_command__check(trace->limit_command);
	for (size_t i = 0; i < n_pids; i++) {
		if (!fds[3 + i].revents)
			continue;
		close(trace->pid_fds[i].fd);
		trace->pid_fds[i].fd = -1;
		if (--trace->pids_alive == 0)
			trace->done = true;
	}
}

bool trace_wait__for_output(void *context, int fd)
{
	struct trace *trace = context;
	struct pollfd fds[] = {{.fd = fd, .events = POLLOUT},
			       {.fd = trace->signal_fd, .events = POLLIN}};

	while (!trace->abandoned) {
		if (poll(fds, 2, -1) <= 0)
			continue;
		if (fds[0].revents)
			return true;
		handle_signals(trace);
	}
	return false;
}

void trace_wait__for_command(struct trace *trace)
{
	struct pollfd fd = {.fd = trace->signal_fd, .events = POLLIN};

	trace->done = false;
	handle_command_end(trace);
	if (trace->command_runs && !trace->options.quiet)
		pr_info("the trace has ended; waiting for %s", trace->options.command[0]);
	while (trace->command_runs && !trace->done)
		if (poll(&fd, 1, -1) > 0)
			handle_signals(trace);
	if (trace->command_runs)
		trace->command_status = EXIT_FAILED;
}

int trace_wait__open_signals(struct trace *trace, sigset_t *before)
{
	trace->signal_fd = signals__open((const int[]){SIGCHLD, 0}, before);
	return trace->signal_fd < 0 ? trace->signal_fd : 0;
}

int trace_wait__open_pids(struct trace *trace)
{
	const struct bpf_source_options *source = &trace->options.source;

	trace->pid_fds = calloc(source->n_pids + 1, sizeof(*trace->pid_fds));
	if (!trace->pid_fds) {
		pr_err("out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < source->n_pids; i++) {
		int fd = syscall(SYS_pidfd_open, (pid_t)source->pids[i], 0);

		if (fd < 0) {
			int err = -errno;

			pr_err("cannot trace process %u: %s", source->pids[i],
			       err == -EINVAL ? "that is a thread of another process"
					      : strerror(-err));
			return err;
		}
		trace->pid_fds[i] = (struct pollfd){.fd = fd, .events = POLLIN};
		trace->pids_alive++;
	}
	return 0;
}
