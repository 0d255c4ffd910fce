// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace limits: how full each limit is, and who fills it. A snapshot into a ledger, its
 * namespaces as a table; again and again where that is wanted.
 */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/parse.h"
#include "base/vector.h"
#include "cmd/cmd.h"
#include "cmd/listing.h"
#include "ledger/ledger.h"
#include "source/ipcns.h"
#include "source/snapshot.h"
#include "view/limit_list.h"

#define NS_PER_S    1000000000ULL
#define NS_PER_MS   1000000ULL
#define INTERVAL_NS (2 * NS_PER_S)
#define ABOVE	    80

#define KINDS_ALL (1u << OBJECT_SHM | 1u << OBJECT_SEM | 1u << OBJECT_MSG)

enum { OPTION_IPCNS = 256, OPTION_EXIT_CODE, OPTION_ABOVE, OPTION_USAGE };

struct limits {
	struct limit_list_options options;
	bool all, one; /* namespaces: -A, --ipcns */
	bool exit_code;
	uint64_t interval_ns; /* 0: one report */
	uint64_t times;	      /* 0: without end */
	struct trend *trend;
	struct ledger *ledger; /* of the report that is being made */
	struct limit_place *places;
	size_t n_places, places_cap;
	int signal_fd;
	uint64_t printed; /* reports */
	bool found;	  /* in one of them */
};

static const struct argp_option argp_options[] = {
	{NULL, 0, NULL, 0, "What:", 1},
	{"shmems", 'm', NULL, 0, "of shared memory segments", 1},
	{"semaphores", 's', NULL, 0, "of semaphore sets", 1},
	{"queues", 'q', NULL, 0, "of message queues", 1},
	{"all-namespaces", 'A', NULL, 0, "of all IPC namespaces, not of our own alone", 1},
	{"ipcns", OPTION_IPCNS, "INUM", 0, "of this IPC namespace", 1},

	{NULL, 0, NULL, 0, "Again and again:", 2},
	{"delay", 'd', "SECONDS", 0, "time between reports", 2},
	{"iterations", 'c', "TIMES", 0, "end after so many reports (without -d: every 2 seconds)",
	 2},

	{NULL, 0, NULL, 0, "Output:", 3},
	CMD_LISTING_OPTIONS(3),

	{NULL, 0, NULL, 0, "Too full:", 4},
	{"above", OPTION_ABOVE, "PERCENT", 0,
	 "used above this: say what to do about it (default 80)", 4},
	{"exit-code", OPTION_EXIT_CODE, NULL, 0, "end with 4 where one is", 4},
	{"help", 'h', NULL, 0, "print this help", -1},
	{"usage", OPTION_USAGE, NULL, OPTION_HIDDEN, NULL, -1},
	{}};

static void parse_ipcns(const struct argp_state *state, const char *arg, struct limits *limits)
{
	uint64_t value = 0;

	cmd__check(state, "--ipcns", arg, parse__u64(arg, 1, UINT32_MAX, &value));
	limits->options.ipcns = value;
	limits->one = true;
}

static void parse_delay(const struct argp_state *state, const char *arg, struct limits *limits)
{
	cmd__check(state, "-d", arg, parse__seconds(arg, &limits->interval_ns));
	if (limits->interval_ns < NS_PER_MS)
		argp_error(state, "-d: '%s' is too short", arg);
}

static void parse_above(const struct argp_state *state, const char *arg, struct limits *limits)
{
	uint64_t value = 0;

	cmd__check(state, "--above", arg, parse__u64(arg, 0, 100, &value));
	limits->options.above = value;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct limits *limits = state->input;

	switch (key) {
	case 'm':
		limits->options.kinds |= 1u << OBJECT_SHM;
		break;
	case 's':
		limits->options.kinds |= 1u << OBJECT_SEM;
		break;
	case 'q':
		limits->options.kinds |= 1u << OBJECT_MSG;
		break;
	case 'A':
		limits->all = true;
		break;
	case OPTION_IPCNS:
		parse_ipcns(state, arg, limits);
		break;
	case 'd':
		parse_delay(state, arg, limits);
		break;
	case 'c':
		cmd__check(state, "-c", arg, parse__u64(arg, 1, UINT64_MAX, &limits->times));
		break;
	case OPTION_ABOVE:
		parse_above(state, arg, limits);
		break;
	case OPTION_EXIT_CODE:
		limits->exit_code = true;
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
	case ARGP_KEY_END:
		if (limits->all && limits->one)
			argp_error(state, "-A and --ipcns exclude each other");
		/* fall through */
	default:
		return cmd_listing__parse(key, arg, state, limit_list__columns,
					  &limits->options.listing);
	}
	return 0;
}

static char *help_filter(int key, const char *text, void *input)
{
	(void)input;
	return cmd_listing__help(key, text, limit_list__columns);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* The process with the lowest number in each other namespace: mostly the one that lives longest. */
static int note_place(struct limits *limits, const struct event *process)
{
	struct limit_place *places;

	if (!process->ipcns || process->ipcns == limits->options.own)
		return 0;
	for (size_t i = 0; i < limits->n_places; i++)
		if (limits->places[i].ipcns == process->ipcns)
			return 0;
	places = vector__room(limits->places, limits->n_places, &limits->places_cap,
			      sizeof(*places));
	if (!places)
		return -ENOMEM;
	limits->places = places;
	places[limits->n_places++] = (struct limit_place){.ipcns = process->ipcns,
							  .pid = process->pid};
	return 0;
}

static int apply(void *context, const struct event *event)
{
	struct limits *limits = context;
	int err = event->type == EVENT_PROCESS ? note_place(limits, event) : 0;

	return err ? err : ledger__apply(limits->ledger, event);
}

static int print(struct limits *limits, const struct snapshot_report *seen)
{
	const struct limit_list_options *options = &limits->options;
	struct limit_report report = {
		.ledger = limits->ledger,
		.places = limits->places,
		.n_places = limits->n_places,
		.trend = limits->trend,
		.now_ns = clock_ns(CLOCK_MONOTONIC),
	};
	int err;

	report.clock_offset_ns = (long long)(clock_ns(CLOCK_REALTIME) - report.now_ns);
	err = limit_list__print(&report, options, stdout);
	if (err) {
		pr_err("%s", strerror(-err));
		return err;
	}
	limits->found |= report.found;
	err = cmd_listing__flush();
	if (err)
		return err;
	/* That is the same in every report. */
	if (!limits->printed++)
		cmd_listing__report_unseen(seen, options->ipcns != options->own,
					   options->kinds & 1u << OBJECT_SEM);
	if (report.n_namespaces)
		return 0;
	pr_err("cannot find ipc:[%u]: no process or mount that we may see leads there%s; see "
	       "shmtrace limits -A",
	       options->ipcns, geteuid() ? "; run as root" : "");
	return -ENOENT;
}

static int make_report(struct limits *limits)
{
	const struct ledger_options ledger_options = {.mappings_observed = true};
	struct snapshot_report seen;
	int err;

	limits->n_places = 0;
	limits->ledger = ledger__new(&ledger_options);
	if (!limits->ledger) {
		pr_err("out of memory");
		return -ENOMEM;
	}
	/* Who has it attached does not matter here. */
	err = snapshot__read_tables(apply, limits, &seen);
	if (err)
		pr_err("cannot read what exists: %s", strerror(-err));
	else
		err = print(limits, &seen);
	ledger__free(limits->ledger);
	limits->ledger = NULL;
	return err;
}

/* Until then, or until a signal. False: a signal came. */
static bool wait_until(const struct limits *limits, uint64_t until_ns)
{
	struct pollfd fd = {.fd = limits->signal_fd, .events = POLLIN};
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	while (now < until_ns) {
		uint64_t rest_ms = (until_ns - now + NS_PER_MS - 1) / NS_PER_MS;

		if (poll(&fd, 1, rest_ms < 3600000 ? rest_ms : 3600000) > 0)
			return false;
		now = clock_ns(CLOCK_MONOTONIC);
	}
	return true;
}

static int open_signals(struct limits *limits)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	limits->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (limits->signal_fd >= 0)
		return 0;
	pr_err("cannot wait for signals: %s", strerror(errno));
	return -errno;
}

static int follow(struct limits *limits)
{
	const struct listing_options *listing = &limits->options.listing;
	uint64_t next_ns = clock_ns(CLOCK_MONOTONIC);
	int err = open_signals(limits);

	limits->trend = trend__new();
	if (!err && !limits->trend) {
		pr_err("out of memory");
		err = -ENOMEM;
	}
	for (uint64_t i = 1; !err; i++) {
		err = make_report(limits);
		if (err || i == limits->times)
			break;
		do
			next_ns += limits->interval_ns;
		while (next_ns <= clock_ns(CLOCK_MONOTONIC));
		if (!wait_until(limits, next_ns))
			break;
		/* For people, a report is told from the next. */
		if (!listing->json && !listing->raw && listing->headings)
			putchar('\n');
	}
	return err;
}

int cmd_limits(int argc, char *argv[])
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_option,
		.doc = "Shows the limits of System V IPC, how much of each is used, and who uses "
		       "it. "
		       "Needs no BPF; an ordinary user sees what that user may see.\v",
		.help_filter = help_filter,
	};
	struct limits limits = {.options = {.own = ipcns__inum(), .above = ABOVE}, .signal_fd = -1};
	struct limit_list_options *options = &limits.options;
	int err;

	setlocale(LC_CTYPE, "");
	cmd_listing__init(&options->listing);
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &limits);
	if (!options->kinds)
		options->kinds = KINDS_ALL;
	if (!limits.all && !limits.one)
		options->ipcns = options->own;
	if (limits.times && !limits.interval_ns)
		limits.interval_ns = INTERVAL_NS;
	options->live = limits.interval_ns;
	options->ids_max = ipcns__ids_max();
	err = options->live ? follow(&limits) : make_report(&limits);
	trend__free(limits.trend);
	free(limits.places);
	if (limits.signal_fd >= 0)
		close(limits.signal_fd);
	if (err && err != -EPIPE)
		return err == -ENOSYS ? EXIT_NOT_ALLOWED : EXIT_FAILED;
	return limits.exit_code && limits.found ? EXIT_FOUND : EXIT_DONE;
}
