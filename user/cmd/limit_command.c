// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/limit_command.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descent.h"
#include "base/log.h"
#include "base/runner.h"
#include "source/ipcns.h"
#include "view/refusal_env.h"

#define WAIT_MS 2000

struct limit_command {
	struct runner *runner;
	struct descent *own; /* the runner, the command and all that it has started */
	pid_t pid;	     /* of the command, while it runs */
	uint32_t own_ipcns;
	uint64_t missed; /* refusals since the last run */
};

int limit_command__new(struct limit_command **result, const char *command, const sigset_t *mask)
{
	struct limit_command *self = calloc(1, sizeof(*self));
	int err;

	if (!self)
		return -ENOMEM;
	self->own_ipcns = ipcns__inum();
	err = runner__new(&self->runner, command, mask);
	if (err)
		goto failed;
	self->own = descent__new(runner__pid(self->runner));
	if (!self->own) {
		err = -ENOMEM;
		goto failed;
	}
	*result = self;
	return 0;
failed:
	limit_command__free(self);
	return err;
}

void limit_command__free(struct limit_command *self)
{
	if (!self)
		return;
	runner__free(self->runner);
	descent__free(self->own);
	free(self);
}

int limit_command__fd(const struct limit_command *self)
{
	return self ? runner__fd(self->runner) : -1;
}

void limit_command__reap(struct limit_command *self)
{
	if (self)
		runner__reap(self->runner);
}

static void say_end(const struct runner_report *report)
{
	const char *name;

	if (!report->status)
		return;
	if (!WIFSIGNALED(report->status)) {
		pr_warn("--on-limit: the command (%d) ended with status %d", report->pid,
			WEXITSTATUS(report->status));
		return;
	}
	name = sigabbrev_np(WTERMSIG(report->status));
	if (name)
		pr_warn("--on-limit: the command (%d) was killed by SIG%s", report->pid, name);
	else
		pr_warn("--on-limit: the command (%d) was killed by signal %d", report->pid,
			WTERMSIG(report->status));
}

void limit_command__check(struct limit_command *self)
{
	struct runner_report report;

	if (!self)
		return;
	do {
		runner__read(self->runner, &report);
		switch (report.news) {
		case RUNNER_NO_NEWS:
			break;
		case RUNNER_STARTED:
			self->pid = report.pid;
			break;
		case RUNNER_NOT_STARTED:
			pr_warn("--on-limit: cannot run /bin/sh: %s", strerror(-report.err));
			break;
		case RUNNER_ENDED:
			say_end(&report);
			break;
		case RUNNER_GONE:
			pr_warn("--on-limit: shmtrace's process that runs the command has ended; "
				"the command is run no more, start shmtrace again");
			break;
		}
	} while (report.news != RUNNER_NO_NEWS);
}

void limit_command__apply(struct limit_command *self, const struct event *event)
{
	const struct process_event *process = (const struct process_event *)event;

	if (event->type != EVENT_PROCESS)
		return;
	if (process->action == PROCESS_FORKED) {
		if (descent__forked(self->own, event->pid, process->child))
			pr_debug("out of memory: process %u is not known to be the command's own",
				 process->child);
	} else if (process->action == PROCESS_EXITED) {
		descent__ended(self->own, event->pid);
	}
}

static int run(struct limit_command *self, const struct view_refusal *view,
	       long long clock_offset_ns)
{
	const struct refusal_env env = {
		.missed = self->missed,
		.clock_offset_ns = clock_offset_ns,
		.own_ipcns = self->own_ipcns,
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
	char bytes[REFUSAL_ENV_MAX];
	struct buffer variables;

	buffer__init(&variables, bytes, sizeof(bytes));
	refusal__put_env(&variables, view, &env);
	return runner__run(self->runner, variables.data, variables.len);
}

void limit_command__refused(struct limit_command *self, const struct view_refusal *view,
			    long long clock_offset_ns)
{
	int err;

	if (descent__has(self->own, view->refusal->call->head.pid))
		return;
	limit_command__check(self);
	err = run(self, view, clock_offset_ns);
	if (!err) {
		self->missed = 0;
		return;
	}
	self->missed++;
	/* That it is gone is said once, by what its end of the socket tells. */
	if (err != -EBUSY && err != -EPIPE && err != -ECONNRESET)
		pr_warn("--on-limit: cannot run the command: %s", strerror(-err));
}

void limit_command__left_out(struct limit_command *self, const struct call_event *call)
{
	if (!descent__has(self->own, call->head.pid))
		self->missed++;
}

static long long now_ms(void)
{
	return clock__ns(CLOCK_MONOTONIC) / 1000000;
}

static bool is_stopped(int signal_fd)
{
	struct signalfd_siginfo info;
	bool stopped = false;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
		stopped |= info.ssi_signo != SIGCHLD;
	return stopped;
}

void limit_command__finish(struct limit_command *self, int signal_fd, bool quiet)
{
	const long long until = now_ms() + WAIT_MS;
	struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN}, {.events = POLLIN}};
	long long left = WAIT_MS;

	limit_command__check(self);
	while (runner__is_busy(self->runner) && left > 0) {
		fds[1].fd = runner__fd(self->runner);
		poll(fds, 2, left);
		if (fds[0].revents && is_stopped(signal_fd))
			break;
		limit_command__check(self);
		left = until - now_ms();
	}
	if (runner__is_busy(self->runner))
		pr_warn("--on-limit: the command (%d) still runs, and is left to itself",
			self->pid);
	if (self->missed && !quiet)
		pr_info("--on-limit: %llu failure%s since the last run, of which none was told",
			(unsigned long long)self->missed, self->missed == 1 ? "" : "s");
}
