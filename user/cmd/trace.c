// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace trace: the live stream.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/command.h"
#include "base/log.h"
#include "base/privileges.h"
#include "cmd/cmd.h"
#include "cmd/explainer.h"
#include "cmd/limit_command.h"
#include "cmd/trace.h"
#include "source/bpf.h"
#include "source/containers.h"
#include "view/call.h"
#include "view/json.h"
#include "view/loss.h"
#include "view/summary.h"
#include "view/text.h"

#define OUTPUT_BUFFER (1UL << 16)

#define BUSY 256 /* events of one look: then there is no time for anything else */

#define NS_PER_S 1000000000ULL

/* Says what was lost since it was last said. now: totals, by enum call_id. */
static void report_loss(struct trace *trace, uint64_t time_ns,
			const unsigned long long now[CALL_COUNT])
{
	struct view_loss loss = {.time_ns = time_ns};
	bool any = false;

	for (int i = 0; i < CALL_COUNT; i++) {
		/* Two CPUs may report in either order: totals never go back. */
		if (now[i] <= trace->totals.lost[i])
			continue;
		loss.calls[i] = now[i] - trace->totals.lost[i];
		trace->totals.lost[i] = now[i];
		any = true;
	}
	if (any)
		trace->view->ops->lost(trace->view, &loss);
}

static void handle_lost(struct trace *trace, const struct lost_event *lost)
{
	unsigned long long totals[CALL_COUNT];

	for (int i = 0; i < CALL_COUNT; i++)
		totals[i] = lost->calls[i];
	report_loss(trace, lost->head.time_ns, totals);
}

/*
 * All filters but this one run in the kernel. What the kernel knows is a cgroup, and only of
 * version 2; which cgroups are of a container is for the user side to say, as they come and go.
 */
static bool is_in_container(struct trace *trace, const struct call_event *call)
{
	const struct container *container;

	if (!trace->options.container)
		return true;
	container = trace_ledger__container(trace->ledger, call->head.pid);
	trace->unplaced += !container;
	return container && container__matches(container, trace->options.container);
}

static void handle_call(struct trace *trace, const struct call_event *call)
{
	if (!is_in_container(trace, call))
		return;
	trace->totals.calls++;
	trace->totals.failed += call__errno(call) != 0;
	/* What was left out before it: behind the call stands nothing but its own explanation. */
	if (trace->explainer && call__errno(call))
		explainer__tick(trace->explainer, call->head.time_ns);
	trace->view->ops->call(trace->view, call);
	if (trace->totals.calls == trace->options.count)
		trace->done = true;
	if (trace->explainer)
		explainer__apply(trace->explainer, &call->head);
}

static int handle_event(void *context, const struct event *event)
{
	struct trace *trace = context;

	if (trace->done)
		return 0;
	if (trace->ledger)
		trace->err = trace_ledger__apply(trace->ledger, event);
	if (trace->err)
		return trace->err;
	if (trace->limit_command)
		limit_command__apply(trace->limit_command, event);
	if (event->type == EVENT_CALL || event->type == EVENT_CALL_LIMITS)
		handle_call(trace, (const struct call_event *)event);
	else if (event->type == EVENT_LOST)
		handle_lost(trace, (const struct lost_event *)event);
	return 0;
}

/* 0 to go on; -errno where the output takes no more. */
static int flush(struct trace *trace)
{
	if (fflush(trace->output.stream) || ferror(trace->output.stream))
		return errno ? -errno : -EIO;
	return 0;
}

/* Returns the number of events, or -errno. */
static int consume(struct trace *trace)
{
	int n, err;

	trace->view->clock_offset_ns = (long long)(clock__ns(CLOCK_REALTIME) -
						   clock__ns(CLOCK_MONOTONIC));
	n = bpf_source__consume(trace->source);
	if (trace->err)
		return trace->err;
	if (n > 0) {
		err = flush(trace);
		if (err)
			return err;
	}
	return n;
}

/* n: events that the last look found. 0 or -errno. */
static int look_after_ledger(struct trace *trace, int n)
{
	const uint64_t now_ns = clock__ns(CLOCK_MONOTONIC);
	bool said = false;
	int err = 0;

	if (trace->ledger && n < BUSY)
		err = trace_ledger__tick(trace->ledger, now_ns, n == 0, &said);
	if (trace->explainer)
		said |= explainer__tick(trace->explainer, now_ns);
	if (!err && said)
		err = flush(trace);
	return err;
}

static int follow(struct trace *trace)
{
	while (!trace->done) {
		int n = consume(trace);

		if (n < 0)
			return n;

		if (trace->done)
			break;
		n = look_after_ledger(trace, n);
		if (n < 0)
			return n;
		trace_wait__for_events(trace);
		if (trace->options.duration_ns &&
		    clock__ns(CLOCK_MONOTONIC) - trace->started_ns >= trace->options.duration_ns)
			trace->done = true;
	}
	return 0;
}

/* What was captured before the hooks came off is still printed, and what was lost is said. */
static int drain(struct trace *trace)
{
	unsigned long long lost[CALL_COUNT];
	const bool enough = trace->options.count && trace->totals.calls >= trace->options.count;
	int n;

	bpf_source__stop(trace->source);
	trace->totals.elapsed_ns = clock__ns(CLOCK_MONOTONIC) - trace->started_ns;
	trace->done = enough;
	do {
		n = consume(trace);
		if (n < 0)
			return n;
	} while (n);
	if (!enough) {
		bpf_source__lost(trace->source, lost);
		report_loss(trace, clock__ns(CLOCK_MONOTONIC), lost);
	}
	if (trace->ledger) {
		n = trace_ledger__finish(trace->ledger, clock__ns(CLOCK_MONOTONIC));
		if (n < 0)
			pr_debug("cannot read what is left: %s", strerror(-n));
	}
	if (trace->explainer)
		explainer__finish(trace->explainer);
	trace->view->ops->end(trace->view, &trace->totals);
	return flush(trace);
}

static void print_closing(const struct trace *trace)
{
	const struct view_totals *totals = &trace->totals;
	unsigned long long unfollowed = bpf_source__unfollowed(trace->source);

	if (unfollowed)
		pr_warn("%llu descendants of the command could not be followed", unfollowed);
	if (trace->unplaced)
		pr_warn("calls that --container leaves out, since their processes had ended, or "
			"are not "
			"visible in this PID namespace, and nobody could see where they were: %llu",
			trace->unplaced);
	if (!trace->options.quiet)
		pr_info("%llu call%s, %llu failed, %llu lost, in %.1f s", totals->calls,
			totals->calls == 1 ? "" : "s", totals->failed, loss__total(totals->lost),
			(double)totals->elapsed_ns / NS_PER_S);
}

static const char *output_name(const struct trace *trace)
{
	return trace->options.output ? trace->options.output : "standard output";
}

/* A reader that has had enough is no error. */
static int output_status(const struct trace *trace, int err)
{
	if (!err || err == -EPIPE)
		return EXIT_DONE;
	pr_err("cannot write to %s: %s", output_name(trace), strerror(-err));
	return EXIT_FAILED;
}

static void print_opening(const struct trace *trace)
{
	enum hook_way way = hooks__main_way(bpf_source__hooks(trace->source));

	if (!trace->options.quiet)
		pr_info("tracing by %s%s",
			way == WAY_TRACEPOINT ? "system call hooks" : "function hooks",
			way == WAY_TRACEPOINT ? "; 32-bit callers are not seen" : "");
}

static int run(struct trace *trace)
{
	int err, status;

	trace->started_ns = clock__ns(CLOCK_MONOTONIC);
	trace->view->clock_offset_ns = (long long)(clock__ns(CLOCK_REALTIME) -
						   clock__ns(CLOCK_MONOTONIC));
	if (trace->options.command) {
		err = command__go(&trace->command);
		if (err) {
			pr_err("cannot start %s: %s", trace->options.command[0], strerror(-err));
			waitpid(trace->command.pid, NULL, 0);
			return command__start_failure_status(err);
		}
		trace->command_runs = true;
	}
	trace->view->ops->begin(trace->view);
	err = flush(trace);
	if (!err)
		err = follow(trace);
	if (!err)
		err = drain(trace);
	else
		bpf_source__stop(trace->source);
	status = output_status(trace, err);
	if (status == EXIT_DONE && !err)
		print_closing(trace);
	if (trace->options.command) {
		trace_wait__for_command(trace);
		status = trace->command_status;
	}
	return status;
}

/* With the signals of before: who opens a pipe waits for its reader. */
static FILE *open_file(const char *path, const sigset_t *before)
{
	sigset_t blocked;
	FILE *file;

	sigprocmask(SIG_SETMASK, before, &blocked);
	file = fopen(path, "we");
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	return file;
}

static int open_output(struct trace *trace, const sigset_t *before)
{
	const char *path = trace->options.output;
	FILE *sink = path ? open_file(path, before) : stdout;

	if (!sink) {
		pr_err("cannot open %s: %s", path, strerror(errno));
		return -errno;
	}
	trace->output.await = trace_wait__for_output;
	trace->output.context = trace;
	if (output__open(&trace->output, sink)) {
		pr_err("out of memory");
		return -ENOMEM;
	}
	/* Given no memory glibc would ignore the size, and write a page at a time. */
	trace->out_buffer = malloc(OUTPUT_BUFFER);
	if (trace->out_buffer)
		setvbuf(trace->output.stream, trace->out_buffer, _IOFBF, OUTPUT_BUFFER);
	return 0;
}

static bool use_color(const struct trace *trace)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (trace->options.color != COLOR_AUTO)
		return trace->options.color == COLOR_ALWAYS;
	return isatty(fileno(trace->output.sink)) && !(no_color && *no_color) &&
	       !(term && !strcmp(term, "dumb"));
}

static int open_view(struct trace *trace)
{
	const struct trace_options *options = &trace->options;

	if (options->summary)
		trace->view = summary_view__new(trace->output.stream, options->json);
	else if (options->json)
		trace->view = json_view__new(trace->output.stream);
	else
		trace->view = text_view__new(trace->output.stream, use_color(trace),
					     !options->quiet);
	if (!trace->view)
		pr_err("out of memory");
	return trace->view ? 0 : -ENOMEM;
}

static void expect(void *context, const struct event *event)
{
	struct trace *trace = context;

	trace_ledger__expect(trace->ledger, event);
}

static int open_source(struct trace *trace)
{
	char why[512] = "";
	int err;

	if (trace->options.command)
		trace->options.source.root = trace->command.pid;
	if (trace->options.source.ledger)
		trace->options.source.ahead = expect;
	trace->options.source.cgroups = trace->options.source.ledger && containers__by_id();
	err = bpf_source__open(&trace->source, &trace->options.source, handle_event, trace, why,
			       sizeof(why));
	if (err)
		pr_err("%s", why);
	return err;
}

/* The hooks are on, and the ring holds what happens meanwhile. */
static int start_ledger(struct trace *trace)
{
	if (!trace->options.source.ledger)
		return 0;
	trace->ledger = trace_ledger__new(trace->options.leaks ? trace->view : NULL,
					  &trace->options.source, trace->options.container,
					  bpf_source__mappings_observed(trace->source));
	if (!trace->ledger)
		return -ENOMEM;
	if (trace->options.explain) {
		trace->explainer = explainer__new(trace->view, trace_ledger__get(trace->ledger),
						  trace->limit_command);
		if (!trace->explainer)
			return -ENOMEM;
	}
	return trace_ledger__start(trace->ledger, trace->source);
}

static void clean_up(struct trace *trace)
{
	if (trace->view)
		trace->view->ops->free(trace->view);
	/* Readers see the end now: taking the hooks off takes the kernel up to some seconds. */
	output__close(&trace->output);
	free(trace->out_buffer);
	explainer__free(trace->explainer);
	trace_ledger__free(trace->ledger);
	bpf_source__close(trace->source);
	for (size_t i = 0; trace->pid_fds && i < trace->options.source.n_pids; i++)
		if (trace->pid_fds[i].fd > 0)
			close(trace->pid_fds[i].fd);
	free(trace->pid_fds);
	/* Last, as it may take a while. */
	if (trace->limit_command)
		limit_command__finish(trace->limit_command, trace->signal_fd, trace->options.quiet);
	limit_command__free(trace->limit_command);
	if (trace->signal_fd >= 0)
		close(trace->signal_fd);
}

/* While there is no output, no BPF and no command that it would inherit, and all privileges. */
static int start_limit_command(struct trace *trace, const sigset_t *mask)
{
	int err = 0;

	if (trace->options.on_limit)
		err = limit_command__new(&trace->limit_command, trace->options.on_limit, mask);
	if (err)
		pr_err("--on-limit: cannot make a process for the command: %s", strerror(-err));
	return err;
}

/* Everything up to the first event, in the order in which it can fail most cheaply. */
static int start(struct trace *trace)
{
	sigset_t before;
	int err;

	err = trace_wait__open_signals(trace, &before);
	if (err || start_limit_command(trace, &before) || trace_wait__open_pids(trace) ||
	    open_output(trace, &before) || open_view(trace))
		return EXIT_FAILED;
	if (trace->options.command) {
		err = command__prepare(&trace->command, trace->options.command, &before);
		if (err) {
			pr_err("cannot start %s: %s", trace->options.command[0], strerror(-err));
			return EXIT_FAILED;
		}
	}
	/* Before the first event. */
	err = privileges__raise_priority();
	if (err)
		pr_debug("cannot raise the priority: %s", strerror(-err));
	err = open_source(trace);
	if (err) {
		if (trace->options.command)
			command__abandon(&trace->command);
		return err == -EPERM || err == -ENOTSUP ? EXIT_NOT_ALLOWED : EXIT_FAILED;
	}
	err = start_ledger(trace);
	if (err) {
		pr_err("cannot read what exists already: %s", strerror(-err));
		if (trace->options.command)
			command__abandon(&trace->command);
		return EXIT_FAILED;
	}
	print_opening(trace);
	err = privileges__drop(trace->ledger ? PRIVILEGES_READING : PRIVILEGES_COUNTING);
	if (err)
		pr_debug("cannot drop privileges: %s", strerror(-err));
	return EXIT_DONE;
}

int cmd_trace(int argc, char *argv[])
{
	struct trace *trace = calloc(1, sizeof(*trace));
	int status;

	if (!trace) {
		pr_err("out of memory");
		return EXIT_FAILED;
	}
	trace->signal_fd = -1;
	trace_options__parse(&trace->options, argc, argv);
	/* Names may have any byte; how wide they are is the locale's matter, and nothing else. */
	setlocale(LC_CTYPE, "");
	status = start(trace);
	if (status == EXIT_DONE)
		status = run(trace);
	clean_up(trace);
	free(trace);
	return status;
}
