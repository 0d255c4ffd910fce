// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace top: the live ledger, on a screen or printed again and again.
 */
#include <argp.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/privileges.h"
#include "base/signals.h"
#include "cmd/cmd.h"
#include "cmd/top.h"
#include "view/call.h"

#define NS_PER_S	1000000000ULL
#define NS_PER_MS	1000000ULL
#define INTERVAL_NS	(2 * NS_PER_S)
#define RECONCILE_NS	(30 * NS_PER_S)
#define SETTLE_ATTEMPTS 5
#define COMPARE_SHARE	50 /* comparing takes at most one part of so many of a processor */

enum {
	OPTION_SORT = 256,
	OPTION_COLOR,
	OPTION_HOOKS,
	OPTION_BUFFER,
	OPTION_RECONCILE,
	OPTION_READ_ONLY,
	OPTION_DEBUG,
	OPTION_USAGE,
};

static const struct argp_option argp_options[] = {
	{"batch", 'b', NULL, 0, "text, one report after the other, instead of the screen", 0},
	{"delay", 'd', "SECONDS", 0, "time between looks or reports (default 2)", 0},
	{"iterations", 'n', "TIMES", 0, "end after so many looks or reports", 0},
	{"json", 'J', NULL, 0, "JSON, one object a line, instead of the screen", 0},
	{"sort", OPTION_SORT, "KEY", 0,
	 "processes by bytes, attached, calls, failed, leaked or pid", 0},
	{"color", OPTION_COLOR, "WHEN", 0,
	 "colours of the screen: auto, always or never; auto heeds NO_COLOR", 0},
	{"pid", 'p', "PID", 0, "only this process", 0},
	CMD_CONTAINER_OPTION(0, "only what is"),
	{"reconcile", OPTION_RECONCILE, "SECONDS", 0,
	 "compare with the kernel's tables this often (default 30, with system call hooks before "
	 "each report), or never",
	 0},
	{"read-only", OPTION_READ_ONLY, NULL, 0, "the screen removes nothing", 0},
	{"hooks", OPTION_HOOKS, "SET", 0, "auto, functions or syscalls", 0},
	{"buffer", OPTION_BUFFER, "SIZE", 0, "ring buffer to the kernel (default 8M)", 0},
	{"debug", OPTION_DEBUG, NULL, 0, "say what is tried, and what is corrected", 0},
	{"help", 'h', NULL, 0, "print this help", -1},
	{"usage", OPTION_USAGE, NULL, OPTION_HIDDEN, NULL, -1},
	{}};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	static const char *const colors[] = {"auto", "always", "never", NULL};
	struct top *top = state->input;
	uint64_t value = 0;

	switch (key) {
	case 'b':
		top->batch = true;
		break;
	case 'd':
		cmd__check(state, "-d", arg, parse__seconds(arg, &top->interval_ns));
		if (top->interval_ns < NS_PER_MS)
			argp_error(state, "-d: '%s' is too short", arg);
		break;
	case 'n':
		cmd__check(state, "-n", arg, parse__u64(arg, 1, UINT64_MAX, &top->times));
		break;
	case 'J':
		top->json = true;
		break;
	case 'p':
		cmd__check(state, "-p", arg, parse__u64(arg, 1, PARSE_PID_MAX, &value));
		top->view.pid = value;
		break;
	case CMD_OPTION_CONTAINER:
		top->view.container.pattern = cmd__container(state, arg);
		break;
	case OPTION_SORT:
		top->view.sort = cmd__word(state, "--sort", arg, ledger_sort_names);
		break;
	case OPTION_COLOR:
		top->color = cmd__word(state, "--color", arg, colors);
		break;
	case OPTION_RECONCILE:
		top->reconcile_never = !strcmp(arg, "never");
		if (!top->reconcile_never)
			cmd__check(state, "--reconcile", arg,
				   parse__seconds(arg, &top->reconcile_ns));
		break;
	case OPTION_READ_ONLY:
		top->read_only = true;
		break;
	case OPTION_HOOKS:
		top->source_options.hooks = cmd__hooks(state, arg);
		break;
	case OPTION_BUFFER:
		top->source_options.buffer = cmd__buffer(state, arg);
		break;
	case OPTION_DEBUG:
		log__set_level(LOG_DEBUG);
		break;
	case 'h':
		cmd__print_help(state);
		break;
	case OPTION_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument is taken: '%s'", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int apply(void *context, const struct event *event)
{
	struct top *top = context;
	int err = ledger__apply(top->ledger, event);

	if (!err)
		err = containers__see(top->containers, top->ledger, event);
	if (err)
		top->err = err;
	if (event->type == EVENT_CALL || event->type == EVENT_CALL_LIMITS) {
		top->calls++;
		top->failed += call__errno((const struct call_event *)event) != 0;
	}
	if (top->explainer && !err)
		explainer__apply(top->explainer, event);
	return err;
}

static void expect(void *context, const struct event *event)
{
	struct top *top = context;

	ledger__expect(top->ledger, event);
}

int top__consume(struct top *top)
{
	int n = bpf_source__consume(top->source);

	return n < 0 ? n : top->err;
}

/* Everything that is in the ring. */
static int consume_all(struct top *top)
{
	int n;

	do
		n = bpf_source__consume(top->source);
	while (n > 0 && !top->err);
	return n < 0 ? n : top->err;
}

/* What the kernel counted but could not say in the ring: the last losses, and programs not run. */
static void note_losses(struct top *top)
{
	unsigned long long lost[CALL_COUNT];
	struct lost_event event = {.head = {.type = EVENT_LOST}};

	bpf_source__lost(top->source, lost);
	for (int i = 0; i < CALL_COUNT; i++)
		event.calls[i] = lost[i];

	event.ledger = bpf_source__lost_ledger(top->source);
	ledger__apply(top->ledger, &event.head);
}

/*
 * Reads the kernel's tables until nothing happened to what was read while it was read, at most a
 * few times: on a busy machine the next round will settle the rest.
 */
static int reconcile(struct top *top)
{
	const uint64_t began_ns = clock__ns(CLOCK_PROCESS_CPUTIME_ID);
	struct snapshot_report report = {};
	uint64_t drift = ledger__drift(top->ledger);
	int err = 0;

	for (int i = 0; i < SETTLE_ATTEMPTS; i++) {
		err = consume_all(top);
		if (!err)
			err = live_snapshot__read(top->live, apply, top, &report);
		if (!err)
			err = consume_all(top);
		note_losses(top);
		if (err || ledger__is_exact(top->ledger))
			break;
	}
	if (ledger__drift(top->ledger) != drift)
		pr_debug("reconciled: %llu corrections",
			 (unsigned long long)(ledger__drift(top->ledger) - drift));
	top->compared_ns = clock__ns(CLOCK_MONOTONIC);
	top->next_reconcile_ns = top->compared_ns + top->reconcile_ns;
	top->compare_cost_ns = clock__ns(CLOCK_PROCESS_CPUTIME_ID) - began_ns;
	return err;
}

/*
 * What system call hooks do not show is found by comparing. A report is right when it is written;
 * the screen stays cheap: of 32,000 objects and 2,000 processes a comparison takes 20 ms.
 */
static bool needs_comparing(const struct top *top, uint64_t now)
{
	if (top->reconcile_never || bpf_source__mappings_observed(top->source))
		return false;
	return !top->terminal || now - top->compared_ns >= COMPARE_SHARE * top->compare_cost_ns;
}

static bool needs_reconciling(const struct top *top, uint64_t now)
{
	if (top->reconcile_never)
		return false;
	return !ledger__is_exact(top->ledger) ||
	       (top->reconcile_ns && now >= top->next_reconcile_ns);
}

int top__reconcile_if_needed(struct top *top, uint64_t now)
{
	if (!needs_reconciling(top, now))
		return 0;
	live_snapshot__forget(top->live);
	return reconcile(top);
}

int top__settle(struct top *top, uint64_t now)
{
	int err = consume_all(top);

	/* Losses after which nothing came: no record in the ring says so. */
	note_losses(top);
	if (!err)
		err = top__reconcile_if_needed(top, now);
	if (!err && needs_comparing(top, now))
		err = reconcile(top);
	return err;
}

void top__count(struct top *top)
{
	/* Of now: after a look that took long the next ones do not crowd. */
	const uint64_t now = clock__ns(CLOCK_MONOTONIC);

	top->print_now = false;
	if (++top->printed == top->times)
		top->done = true;
	while (top->next_print_ns <= now)
		top->next_print_ns += top->interval_ns;
}

static int print(struct top *top)
{
	int err;

	top->view.now_ns = clock__ns(CLOCK_MONOTONIC);
	top->view.clock_offset_ns = (long long)(clock__ns(CLOCK_REALTIME) - top->view.now_ns);
	err = top->json ? ledger_view__print_json(&top->view, top->ledger)
			: ledger_view__print_text(&top->view, top->ledger);
	if (!err && (fflush(top->view.out) || ferror(top->view.out)))
		err = -errno;
	return err;
}

static void handle_signals(struct top *top)
{
	struct signalfd_siginfo info;

	while (read(top->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			top->print_now = true;
		else if (top->done)
			top->abandoned = true;
		else
			top->done = true;
	}
}

static bool await_output(void *context, int fd)
{
	struct top *top = context;
	struct pollfd fds[] = {{.fd = fd, .events = POLLOUT},
			       {.fd = top->signal_fd, .events = POLLIN}};

	while (!top->abandoned) {
		if (poll(fds, 2, -1) <= 0)
			continue;
		if (fds[0].revents)
			return true;
		handle_signals(top);
	}
	return false;
}

static int follow(struct top *top)
{
	int err = 0;

	while (!top->done && !err) {
		struct pollfd fds[2] = {{.fd = top->signal_fd, .events = POLLIN},
					{.events = POLLIN}};
		int timeout = bpf_source__pause_ms(top->source, &fds[1].fd);
		uint64_t now;

		if (poll(fds, 2, timeout) > 0 && fds[0].revents)
			handle_signals(top);
		now = clock__ns(CLOCK_MONOTONIC);
		if (top->print_now || now >= top->next_print_ns) {
			/* What had happened by now is in the report. */
			err = top__settle(top, now);
			if (!err)
				err = print(top);
			top__count(top);
			continue;
		}
		err = top__consume(top);
		if (!err)
			err = top__reconcile_if_needed(top, now);
	}
	return err;
}

static int open_signals(struct top *top)
{
	static const int of_reports[] = {SIGUSR1, 0};
	static const int of_screen[] = {SIGUSR1, SIGWINCH, SIGTSTP, SIGCONT, 0};

	top->signal_fd = signals__open(top->terminal ? of_screen : of_reports, NULL);
	return top->signal_fd < 0 ? top->signal_fd : 0;
}

static int open_output(struct top *top)
{
	int err;

	top->output.await = await_output;
	top->output.context = top;
	err = output__open(&top->output, stdout);
	if (err)
		pr_err("out of memory");
	top->view.out = top->output.stream;
	return err;
}

/* Before anything else: it costs nothing, and is what most often is wrong. */
static int open_screen(struct top *top)
{
	char why[256] = "";
	int err;

	if (top->batch || top->json)
		return EXIT_DONE;
	err = terminal__open(&top->terminal, top->color, why, sizeof(why));
	if (err)
		pr_err("%s", why);
	return err == -ENOTTY ? EXIT_USAGE : err ? EXIT_FAILED : EXIT_DONE;
}

/* Why calls fail is kept for the screen alone: a report says how many. */
static int open_failures(struct top *top)
{
	if (!top->terminal)
		return 0;
	top->failures = failures__new(!strcmp(nl_langinfo(CODESET), "UTF-8"));
	if (top->failures)
		top->explainer = explainer__new(failures__view(top->failures), top->ledger, NULL);
	return top->explainer ? 0 : -ENOMEM;
}

static int run(struct top *top)
{
	char why[512] = "";
	struct ledger_options ledger_options = {};
	int err;

	top->source_options.cgroups = containers__by_id();
	top->containers = containers__new(top->source_options.cgroups);
	if (!top->containers) {
		pr_err("out of memory");
		return EXIT_FAILED;
	}
	/* Before the first event. */
	err = privileges__raise_priority();
	if (err)
		pr_debug("cannot raise the priority: %s", strerror(-err));
	err = bpf_source__open(&top->source, &top->source_options, apply, top, why, sizeof(why));
	if (err) {
		pr_err("%s", why);
		return err == -EPERM || err == -ENOTSUP ? EXIT_NOT_ALLOWED : EXIT_FAILED;
	}
	ledger_options.mappings_observed = bpf_source__mappings_observed(top->source);
	top->ledger = ledger__new(&ledger_options);
	if (!top->ledger || open_failures(top)) {
		pr_err("out of memory");
		return EXIT_FAILED;
	}

	pr_info("watching by %s hooks%s",
		ledger_options.mappings_observed ? "function" : "system call",
		ledger_options.mappings_observed ? "" : "; what they do not show is inferred");
	err = privileges__drop(top->terminal && !top->read_only ? PRIVILEGES_REMOVING
								: PRIVILEGES_READING);
	if (err)
		pr_debug("cannot drop privileges: %s", strerror(-err));
	/* The hooks are on since, and the ring holds what happens: there is no gap. */
	err = live_snapshot__new(&top->live, top->source);
	if (!err)
		err = live_snapshot__read(top->live, apply, top, &(struct snapshot_report){});
	if (!err)
		err = consume_all(top);
	if (!err && !ledger__is_exact(top->ledger))
		err = reconcile(top);
	top->next_reconcile_ns = clock__ns(CLOCK_MONOTONIC) + top->reconcile_ns;
	top->next_print_ns = clock__ns(CLOCK_MONOTONIC) + top->interval_ns;
	if (!err)
		err = top->terminal ? top__run_screen(top) : follow(top);
	if (err && err != -EPIPE) {
		pr_err("cannot %s: %s",
		       ferror(top->output.stream) ? "write to standard output" : "go on",
		       strerror(-err));
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

int cmd_top(int argc, char *argv[])
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_option,
		.doc = "Shows who has made, holds and has left what: namespaces with their limits, "
		       "processes, objects. On a terminal it is a screen, whose keys F1 shows. "
		       "SIGUSR1: look, or print a report, at once.",
	};
	struct top top = {
		.source_options = {.calls = BPF_SOURCE_CALLS_CONTROL,
				   .buffer = BPF_SOURCE_BUFFER_DEFAULT,
				   .ledger = true,
				   .ahead = expect},
		.interval_ns = INTERVAL_NS,
		.reconcile_ns = RECONCILE_NS,
		.signal_fd = -1,
	};
	int status;

	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &top);
	setlocale(LC_CTYPE, "");
	status = open_output(&top) ? EXIT_FAILED : open_screen(&top);
	if (status == EXIT_DONE)
		status = open_signals(&top) ? EXIT_FAILED : run(&top);
	terminal__close(top.terminal);
	output__close(&top.output);
	explainer__free(top.explainer);
	failures__free(top.failures);
	live_snapshot__free(top.live);
	bpf_source__close(top.source);
	containers__free(top.containers);
	ledger__free(top.ledger);
	if (top.signal_fd >= 0)
		close(top.signal_fd);
	return status;
}
