// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace ls: what exists now and who holds it. A snapshot into a ledger, the ledger as a table.
 */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/listing.h"
#include "ledger/ledger.h"
#include "source/ipcns.h"
#include "source/snapshot.h"
#include "view/ls.h"

#define KINDS_ALL (1u << OBJECT_SHM | 1u << OBJECT_SEM | 1u << OBJECT_MSG)

enum { OPTION_USAGE = 256 };

static const struct argp_option argp_options[] = {
	{NULL, 0, NULL, 0, "What:", 1},
	{"shmems", 'm', NULL, 0, "shared memory segments", 1},
	{"semaphores", 's', NULL, 0, "semaphore sets", 1},
	{"queues", 'q', NULL, 0, "message queues", 1},
	{"all-namespaces", 'A', NULL, 0, "of all IPC namespaces, not of our own alone", 1},

	{NULL, 0, NULL, 0, "Output:", 2},
	CMD_LISTING_OPTIONS(2),
	{"help", 'h', NULL, 0, "print this help", -1},
	{"usage", OPTION_USAGE, NULL, OPTION_HIDDEN, NULL, -1},
	{}};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct ls_options *options = state->input;

	switch (key) {
	case 'm':
		options->kinds |= 1u << OBJECT_SHM;
		break;
	case 's':
		options->kinds |= 1u << OBJECT_SEM;
		break;
	case 'q':
		options->kinds |= 1u << OBJECT_MSG;
		break;
	case 'A':
		options->ipcns = 0;
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
		return cmd_listing__parse(key, arg, state, ls__columns, &options->listing);
	}
	return 0;
}

static char *help_filter(int key, const char *text, void *input)
{
	(void)input;
	return cmd_listing__help(key, text, ls__columns);
}

static int apply(void *context, const struct event *event)
{
	return ledger__apply(context, event);
}

static int list(const struct ls_options *options)
{
	const struct ledger_options ledger_options = {.mappings_observed = true};
	struct ledger *ledger = ledger__new(&ledger_options);
	struct snapshot_report report;
	int err;

	if (!ledger) {
		pr_err("out of memory");
		return EXIT_FAILED;
	}
	err = snapshot__read(apply, ledger, &report);
	if (err)
		pr_err("cannot read what exists: %s", strerror(-err));
	else
		err = ls__print(ledger, options, stdout);
	if (err == -ENOMEM)
		pr_err("out of memory");
	if (!err)
		err = cmd_listing__flush();
	if (err == -EPIPE)
		err = 0;
	if (!err)
		cmd_listing__report_unseen(&report, !options->ipcns,
					   options->kinds & 1u << OBJECT_SEM);
	ledger__free(ledger);
	return err == -ENOSYS ? EXIT_NOT_ALLOWED : err ? EXIT_FAILED : EXIT_DONE;
}

int cmd_ls(int argc, char *argv[])
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse_option,
		.doc = "Shows the System V IPC objects that exist, who made them and who holds "
		       "them. "
		       "Needs no BPF; an ordinary user sees what that user may see.\v",
		.help_filter = help_filter,
	};
	struct ls_options options = {.ipcns = ipcns__inum()};

	setlocale(LC_CTYPE, "");
	cmd_listing__init(&options.listing);
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &options);
	if (!options.kinds)
		options.kinds = KINDS_ALL;
	return list(&options);
}
