// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmtrace ls: what exists now and who holds it. A snapshot into a ledger, the ledger as a table.
 */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/existing.h"
#include "cmd/listing.h"
#include "source/ipcns.h"
#include "view/ls.h"

static const struct argp_option argp_options[] = {
	{NULL, 0, NULL, 0, "What:", 1},
	CMD_KIND_OPTIONS(1, ""),
	{"all-namespaces", 'A', NULL, 0, "of all IPC namespaces, not of our own alone", 1},
	CMD_CONTAINER_OPTION(1, "made or held"),

	{NULL, 0, NULL, 0, "Output:", 2},
	CMD_LISTING_OPTIONS(2),
	CMD_HELP_OPTIONS,
	{}};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct ls_options *options = state->input;

	if (key == 'A') {
		options->ipcns = 0;
		return 0;
	}
	if (key == CMD_OPTION_CONTAINER) {
		options->container->pattern = cmd__container(state, arg);
		return 0;
	}
	if (!cmd__parse_kind(key, &options->kinds))
		return 0;
	return cmd_listing__parse(key, arg, state, ls__columns, &options->listing);
}

static char *help_filter(int key, const char *text, void *input)
{
	(void)input;
	return cmd_listing__help(key, text, ls__columns);
}

static int list(const struct ls_options *options)
{
	const struct existing_options existing = {};
	struct snapshot_report report;
	struct ledger *ledger;
	int err = existing__read(&ledger, &existing, &report);

	if (err)
		return existing__status(err);
	err = ls__print(ledger, options, stdout);
	if (err)
		pr_err("%s", strerror(-err));
	else
		err = existing__flush();
	if (!err || err == -EPIPE) {
		existing__report_unseen(&report, options->kinds, !options->ipcns);
		existing__report_container(options->container);
	}
	ledger__free(ledger);
	return existing__status(err);
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
	struct container_filter container = {};
	struct ls_options options = {.ipcns = ipcns__inum(), .container = &container};

	setlocale(LC_CTYPE, "");
	cmd_listing__init(&options.listing);
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &options);
	if (!options.kinds)
		options.kinds = OBJECT_KINDS_ALL;
	return list(&options);
}
