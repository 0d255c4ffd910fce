// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace limits: how full each limit is, and who fills it. A snapshot into a ledger, its
 * namespaces as a table; again and again where that is wanted.
 */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/vector.h"
#include "cmd/cmd.h"
#include "cmd/existing.h"
#include "cmd/listing.h"
#include "cmd/repeat.h"
#include "source/ipcns.h"
#include "view/limit_list.h"

#define NS_PER_S    1000000000ULL
#define NS_PER_MS   1000000ULL
#define INTERVAL_NS (2 * NS_PER_S)
#define ABOVE	    80

enum { OPTION_IPCNS = 256, OPTION_EXIT_CODE, OPTION_ABOVE };

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
	uint64_t printed; /* reports */
	bool found;	  /* in one of them */
};

static const struct argp_option argp_options[] = {
	{NULL, 0, NULL, 0, "What:", 1},
	CMD_KIND_OPTIONS(1, "of "),
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
	CMD_HELP_OPTIONS,
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
	case ARGP_KEY_END:
		if (limits->all && limits->one)
			argp_error(state, "-A and --ipcns exclude each other");
		/* fall through */
	default:
		if (!cmd__parse_kind(key, &limits->options.kinds))
			return 0;
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

/* The process with the lowest number in each other namespace: mostly the one that lives longest. */
static int note_place(void *context, const struct event *process)
{
	struct limits *limits = context;
	struct limit_place *places;

	if (process->type != EVENT_PROCESS || !process->ipcns ||
	    process->ipcns == limits->options.own)
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

static int print(struct limits *limits, const struct snapshot_report *seen)
{
	const struct limit_list_options *options = &limits->options;
	struct limit_report report = {
		.ledger = limits->ledger,
		.places = limits->places,
		.n_places = limits->n_places,
		.trend = limits->trend,
		.now_ns = clock__ns(CLOCK_MONOTONIC),
	};
	int err;

	report.clock_offset_ns = (long long)(clock__ns(CLOCK_REALTIME) - report.now_ns);
	err = limit_list__print(&report, options, stdout);
	if (err) {
		pr_err("%s", strerror(-err));
		return err;
	}
	limits->found |= report.found;
	err = existing__flush();
	if (err)
		return err;
	/* That is the same in every report. */
	if (!limits->printed++)
		existing__report_unseen(seen, options->kinds, options->ipcns != options->own);
	if (report.n_namespaces)
		return 0;
	pr_err("cannot find ipc:[%u]: no process or mount that we may see leads there%s; see "
	       "shmtrace limits -A",
	       options->ipcns, geteuid() ? "; run as root" : "");
	return -ENOENT;
}

static int make_report(struct limits *limits)
{
	const struct existing_options existing = {
		.tables_only = true, .each = note_place, .context = limits};
	struct snapshot_report seen;
	int err;

	limits->n_places = 0;
	err = existing__read(&limits->ledger, &existing, &seen);
	if (!err)
		err = print(limits, &seen);
	ledger__free(limits->ledger);
	limits->ledger = NULL;
	return err;
}

static int follow(struct limits *limits)
{
	const struct listing_options *listing = &limits->options.listing;
	struct repeat repeat;
	int err = repeat__begin(&repeat, limits->interval_ns);

	limits->trend = trend__new();
	if (!err && !limits->trend) {
		pr_err("out of memory");
		err = -ENOMEM;
	}
	for (uint64_t i = 1; !err; i++) {
		err = make_report(limits);
		if (err || i == limits->times || !repeat__wait(&repeat))
			break;
		/* For people, a report is told from the next. */
		if (!listing->json && !listing->raw && listing->headings)
			putchar('\n');
	}
	repeat__end(&repeat);
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
	struct limits limits = {.options = {.own = ipcns__inum(), .above = ABOVE}};
	struct limit_list_options *options = &limits.options;
	int err, status;

	setlocale(LC_CTYPE, "");
	cmd_listing__init(&options->listing);
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &limits);
	if (!options->kinds)
		options->kinds = OBJECT_KINDS_ALL;
	if (!limits.all && !limits.one)
		options->ipcns = options->own;
	if (limits.times && !limits.interval_ns)
		limits.interval_ns = INTERVAL_NS;
	options->live = limits.interval_ns;
	options->ids_max = ipcns__ids_max();
	err = options->live ? follow(&limits) : make_report(&limits);
	trend__free(limits.trend);
	free(limits.places);
	status = existing__status(err);
	return !status && limits.exit_code && limits.found ? EXIT_FOUND : status;
}
