// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace leaks: what nobody uses any more. A snapshot into a ledger, once or again and again.
 */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/parse.h"
#include "cmd/cmd.h"
#include "cmd/existing.h"
#include "cmd/listing.h"
#include "source/ipcns.h"
#include "view/leaks.h"

#define NS_PER_S       1000000000ULL
#define NS_PER_MS      1000000ULL
#define DAY_MS	       86400000
#define INTERVAL_LEAST (100 * NS_PER_MS) /* a snapshot takes its time */

enum {
	OPTION_MIN_AGE = 256,
	OPTION_MIN_SIZE,
	OPTION_UNKNOWN,
	OPTION_EXIT_CODE,
	OPTION_USAGE,
};

struct leaks_command {
	struct leaks_options view;
	uint64_t interval_ns; /* 0: one report */
	bool exit_code;
	bool found; /* by the last report */
};

static const struct argp_option argp_options[] = {
	{NULL, 0, NULL, 0, "What:", 1},
	{"shmems", 'm', NULL, 0, "shared memory segments", 1},
	{"semaphores", 's', NULL, 0, "semaphore sets", 1},
	{"queues", 'q', NULL, 0, "message queues", 1},
	{"all-namespaces", 'A', NULL, 0, "of all IPC namespaces, not of our own alone", 1},
	{"min-age", OPTION_MIN_AGE, "TIME", 0, "unused for as long as this: 30s, 10m, 2h, 7d", 1},
	{"min-size", OPTION_MIN_SIZE, "SIZE", 0, "segments of at least so many bytes: 64k, 1M", 1},
	{"unknown", OPTION_UNKNOWN, NULL, 0, "also what may be unused, and is not proven", 1},

	{NULL, 0, NULL, 0, "Output:", 2},
	{"watch", 'w', "SECONDS", 0, "again and again, until interrupted", 2},
	CMD_LISTING_OPTIONS_WITH(2, " and seconds", "objects alone: "),
	{"exit-code", OPTION_EXIT_CODE, NULL, 0, "end with 4 when something was found", 2},
	{"help", 'h', NULL, 0, "print this help", -1},
	{"usage", OPTION_USAGE, NULL, OPTION_HIDDEN, NULL, -1},
	{}};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct leaks_command *command = state->input;
	struct unused_filter *filter = &command->view.filter;
	uint64_t ns = 0;

	switch (key) {
	case 'm':
		filter->kinds |= 1u << OBJECT_SHM;
		break;
	case 's':
		filter->kinds |= 1u << OBJECT_SEM;
		break;
	case 'q':
		filter->kinds |= 1u << OBJECT_MSG;
		break;
	case 'A':
		filter->ipcns = 0;
		break;
	case OPTION_MIN_AGE:
		cmd__check(state, "--min-age", arg, parse__seconds(arg, &ns));
		filter->min_age_s = (ns + NS_PER_S - 1) / NS_PER_S;
		break;
	case OPTION_MIN_SIZE:
		cmd__check(state, "--min-size", arg, parse__size(arg, &filter->min_size));
		break;
	case OPTION_UNKNOWN:
		command->view.unknown = true;
		break;
	case 'w':
		cmd__check(state, "-w", arg, parse__seconds(arg, &command->interval_ns));
		if (command->interval_ns < INTERVAL_LEAST)
			argp_error(state, "-w: '%s' is too short", arg);
		command->view.timed = true;
		break;
	case OPTION_EXIT_CODE:
		command->exit_code = true;
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
		return cmd_listing__parse(key, arg, state, leaks__columns, &command->view.listing);
	}
	return 0;
}

static char *help_filter(int key, const char *text, void *input)
{
	(void)input;
	return cmd_listing__help(key, text, leaks__columns);
}

/* The exit status. unseen: also says what could not be seen. */
static int report(struct leaks_command *command, bool unseen)
{
	struct snapshot_report snapshot;
	int err, status = EXIT_DONE;
	struct ledger *ledger = existing__read(&snapshot, &status);

	if (!ledger)
		return status;
	command->view.filter.now_s = time(NULL);
	err = leaks__print(ledger, &command->view, stdout, &command->found);
	if (err)
		pr_err("out of memory");
	else
		err = existing__flush();
	if (!err && unseen)
		existing__report_unseen(&snapshot, command->view.filter.kinds,
					!command->view.filter.ipcns);
	ledger__free(ledger);
	return err ? EXIT_FAILED : EXIT_DONE;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* False: it is to end. */
static bool wait_until(int signal_fd, uint64_t due_ns)
{
	struct pollfd fd = {.fd = signal_fd, .events = POLLIN};
	uint64_t now;

	while ((now = now_ns()) < due_ns) {
		uint64_t left_ms = (due_ns - now) / NS_PER_MS + 1;

		/* A day at a time, as poll(2) counts in an int. */
		if (poll(&fd, 1, left_ms < DAY_MS ? left_ms : DAY_MS) > 0)
			return false;
	}
	return poll(&fd, 1, 0) <= 0;
}

static int watch(struct leaks_command *command)
{
	uint64_t due_ns = now_ns();
	int signal_fd = open_signals(), status;
	bool first = true;

	if (signal_fd < 0) {
		pr_err("cannot wait for signals: %s", strerror(errno));
		return EXIT_FAILED;
	}
	do {
		if (!first && !command->view.listing.json && !command->view.listing.raw)
			putchar('\n');
		/* What cannot be seen stays so, and is said once. */
		status = report(command, first);
		first = false;
		due_ns += command->interval_ns;
		if (due_ns < now_ns())
			due_ns = now_ns();
	} while (!status && !ferror(stdout) && wait_until(signal_fd, due_ns));
	close(signal_fd);
	return status;
}

int cmd_leaks(int argc, char *argv[])
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_option,
		.doc = "Shows the System V IPC objects that nobody uses any more, the largest "
		       "first, what says so, and whose they were. Needs no BPF. "
		       "'shmtrace rm' removes them.\v",
		.help_filter = help_filter,
	};
	struct leaks_command command = {
		.view = {.filter = {.ipcns = ipcns__inum()}},
	};
	int status;

	setlocale(LC_CTYPE, "");
	cmd_listing__init(&command.view.listing);
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &command);
	if (!command.view.filter.kinds)
		command.view.filter.kinds = UNUSED_KINDS_ALL;
	status = command.interval_ns ? watch(&command) : report(&command, true);
	return !status && command.exit_code && command.found ? EXIT_FOUND : status;
}
