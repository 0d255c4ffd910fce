// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace ls: what exists now and who holds it. A snapshot into a ledger, the ledger as a table.
 */
#include <argp.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/existing.h"
#include "ledger/ledger.h"
#include "source/ipcns.h"
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
	{"output", 'o', "COL[,COL]", 0, "these columns, see below", 2},
	{"sort", 'x', "COL", 0, "in the order of this column", 2},
	{"bytes", 'b', NULL, 0, "exact numbers of bytes", 2},
	{"json", 'J', NULL, 0, "JSON, one object a line, with all members", 2},
	{"raw", 'r', NULL, 0, "one blank between columns, none inside them", 2},
	{"noheadings", 'n', NULL, 0, "no line of headings", 2},
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
	case 'o':
		options->n_columns = cmd__columns(state, "-o", arg, ls__find_column,
						  options->columns, LS_COLUMNS_MAX);
		break;
	case 'x':
		options->sort = cmd__column(state, "-x", arg, strlen(arg), ls__find_column);
		break;
	case 'b':
		options->bytes = true;
		break;
	case 'J':
		options->json = true;
		break;
	case 'r':
		options->raw = true;
		break;
	case 'n':
		options->headings = false;
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
		if (options->json && options->n_columns)
			argp_error(state, "-J has all members: -o does not go with it");
		if (options->json && options->raw)
			argp_error(state, "-J and -r exclude each other");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static char *help_filter(int key, const char *text, void *input)
{
	(void)input;
	return cmd__column_help(key, text, ls__column_name, ls__column_help);
}

static int list(const struct ls_options *options)
{
	struct snapshot_report report;
	int err, status = EXIT_DONE;
	struct ledger *ledger = existing__read(&report, &status);

	if (!ledger)
		return status;
	err = ls__print(ledger, options, stdout);
	if (err)
		pr_err("out of memory");
	else
		err = existing__flush();
	if (!err)
		existing__report_unseen(&report, options->kinds, !options->ipcns);
	ledger__free(ledger);
	return err ? EXIT_FAILED : EXIT_DONE;
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
	struct ls_options options = {.sort = -1, .headings = true, .ipcns = ipcns__inum()};
	struct winsize size;

	setlocale(LC_CTYPE, "");
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &options);
	if (!options.kinds)
		options.kinds = KINDS_ALL;
	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		options.width = size.ws_col;
	return list(&options);
}
