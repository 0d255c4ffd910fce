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
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/cmd.h"
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
	{"output", 'o', "COL[,COL]", 0, "these columns, see below", 2},
	{"sort", 'x', "COL", 0, "in the order of this column", 2},
	{"bytes", 'b', NULL, 0, "exact numbers of bytes", 2},
	{"json", 'J', NULL, 0, "JSON, one object a line, with all members", 2},
	{"raw", 'r', NULL, 0, "one blank between columns, none inside them", 2},
	{"noheadings", 'n', NULL, 0, "no line of headings", 2},
	{"help", 'h', NULL, 0, "print this help", -1},
	{"usage", OPTION_USAGE, NULL, OPTION_HIDDEN, NULL, -1},
	{}};

static size_t parse_column(struct argp_state *state, const char *option, const char *name,
			   size_t len)
{
	int column = ls__find_column(name, len);

	if (column < 0)
		argp_error(state, "%s: no column '%.*s'; see shmtrace ls --help", option, (int)len,
			   name);
	return column;
}

static void parse_columns(struct argp_state *state, const char *list, struct ls_options *options)
{
	options->n_columns = 0;
	for (const char *name = list;; name++) {
		size_t len = strcspn(name, ",");

		if (options->n_columns == LS_COLUMNS_MAX)
			argp_error(state, "-o: more than %d columns", LS_COLUMNS_MAX);
		options->columns[options->n_columns++] = parse_column(state, "-o", name, len);
		name += len;
		if (!*name)
			return;
	}
}

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
		parse_columns(state, arg, options);
		break;
	case 'x':
		options->sort = parse_column(state, "-x", arg, strlen(arg));
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

/* The list of columns, behind the options. argp frees what this returns. */
static char *help_filter(int key, const char *text, void *input)
{
	size_t size = 0;
	char *help = NULL;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&help, &size);
	if (!out)
		return NULL;
	fputs("Columns:\n", out);
	for (size_t i = 0; ls__column_name(i); i++)
		fprintf(out, "  %-8s %s\n", ls__column_name(i), ls__column_help(i));
	fclose(out);
	return help;
}

static int apply(void *context, const struct event *event)
{
	return ledger__apply(context, event);
}

/* What is missing, or stands there without its holders, because somebody's /proc is closed to us.
 */
static void report_unseen(const struct snapshot_report *report, const struct ls_options *options)
{
	const char *hint = geteuid() ? "; run as root" : "";
	bool all = !options->ipcns;

	if (report->mappings_hidden)
		pr_warn("attachments whose holders may not be seen: %u%s", report->mappings_hidden,
			hint);
	if (all && report->processes_unreadable)
		pr_warn("processes whose IPC namespace may not be seen: %u%s",
			report->processes_unreadable, hint);
	if (all && report->processes_hidden)
		pr_warn("/proc does not show all processes, nor their IPC namespaces: it is "
			"mounted with hidepid%s",
			hint);
	if (all && report->namespaces_unreadable)
		pr_warn("IPC namespaces that may not be entered and are missing: %u of %u%s",
			report->namespaces_unreadable, report->namespaces, hint);
	if (report->mappings_ambiguous)
		pr_warn("attachments that may be of several IPC namespaces and are missing: %u%s",
			report->mappings_ambiguous, hint);
	if (report->mappings_unlisted)
		pr_warn("attachments of segments in IPC namespaces that cannot be found: %u%s",
			report->mappings_unlisted, hint);
	if (options->kinds & 1u << OBJECT_SEM && report->sets_unreadable)
		pr_warn("semaphore sets whose last users may not be seen: %u%s",
			report->sets_unreadable, hint);
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
	if (!err && (fflush(stdout) || ferror(stdout)) && errno != EPIPE) {
		pr_err("cannot write to standard output: %s", strerror(errno));
		err = -EIO;
	} else if (err == -ENOMEM) {
		pr_err("out of memory");
	}
	if (!err)
		report_unseen(&report, options);
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
