// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace leaks: what nobody uses any more. A snapshot into a ledger, once or again and again.
 */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/parse.h"
#include "cmd/cmd.h"
#include "cmd/existing.h"
#include "cmd/listing.h"
#include "cmd/repeat.h"
#include "cmd/unused_options.h"
#include "source/ipcns.h"
#include "view/leaks.h"

#define INTERVAL_LEAST 100000000ULL /* ns: a snapshot takes its time */

enum { OPTION_UNKNOWN = 256, OPTION_EXIT_CODE };

struct leaks_command {
	struct leaks_options view;
	uint64_t interval_ns; /* 0: one report */
	bool exit_code;
	bool found; /* by the last report */
};

static const struct argp_option argp_options[] = {
	{NULL, 0, NULL, 0, "What:", 1},
	CMD_KIND_OPTIONS(1, ""),
	{"all-namespaces", 'A', NULL, 0, "of all IPC namespaces, not of our own alone", 1},
	CMD_UNUSED_OPTIONS(1),
	CMD_CONTAINER_OPTION(1, "made"),
	{"unknown", OPTION_UNKNOWN, NULL, 0, "also what may be unused, and is not proven", 1},

	{NULL, 0, NULL, 0, "Output:", 2},
	{"watch", 'w', "SECONDS", 0, "again and again, until interrupted", 2},
	CMD_LISTING_OPTIONS_WITH(2, " and seconds", "objects alone: "),
	{"exit-code", OPTION_EXIT_CODE, NULL, 0, "end with 4 when something was found", 2},
	CMD_HELP_OPTIONS,
	{}};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct leaks_command *command = state->input;

	switch (key) {
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
	default:
		if (!cmd_unused__parse(key, arg, state, &command->view.filter))
			return 0;
		return cmd_listing__parse(key, arg, state, leaks__columns, &command->view.listing);
	}
	return 0;
}

static char *help_filter(int key, const char *text, void *input)
{
	(void)input;
	return cmd_listing__help(key, text, leaks__columns);
}

/* 0 or -errno after a message. unseen: also says what could not be seen. */
static int report(struct leaks_command *command, bool unseen)
{
	const struct existing_options existing = {.keep_past = true};
	struct leaks_options *view = &command->view;
	struct snapshot_report snapshot;
	struct ledger *ledger;
	int err = existing__read(&ledger, &existing, &snapshot);

	if (err)
		return err;
	view->filter.now_s = time(NULL);
	view->filter.container->passed = view->filter.container->unknown = 0;
	err = leaks__print(ledger, view, stdout, &command->found);
	if (err)
		pr_err("%s", strerror(-err));
	else
		err = existing__flush();
	if (unseen && (!err || err == -EPIPE)) {
		existing__report_unseen(&snapshot, view->filter.kinds, !view->filter.ipcns);
		existing__report_container(view->filter.container);
	}
	ledger__free(ledger);
	return err;
}

static int watch(struct leaks_command *command)
{
	const struct listing_options *listing = &command->view.listing;
	struct repeat repeat;
	int err = repeat__begin(&repeat, command->interval_ns);

	if (err)
		return err;
	/* What cannot be seen stays so, and is said once. */
	err = report(command, true);
	while (!err && repeat__wait(&repeat)) {
		if (!listing->json && !listing->raw)
			putchar('\n');
		err = report(command, false);
	}
	repeat__end(&repeat);
	return err;
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
	struct container_filter container = {};
	struct leaks_command command = {
		.view = {.filter = {.ipcns = ipcns__inum(), .container = &container}},
	};
	int status;

	setlocale(LC_CTYPE, "");
	cmd_listing__init(&command.view.listing);
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &command);
	if (!command.view.filter.kinds)
		command.view.filter.kinds = OBJECT_KINDS_ALL;
	status = existing__status(command.interval_ns ? watch(&command) : report(&command, true));
	return !status && command.exit_code && command.found ? EXIT_FOUND : status;
}
