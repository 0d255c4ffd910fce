// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/listing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"

void cmd_listing__init(struct listing_options *options)
{
	struct winsize size;

	*options = (struct listing_options){.sort = -1, .headings = true};
	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		options->width = size.ws_col;
}

static size_t parse_column(const struct argp_state *state, const char *option, const char *name,
			   size_t len, const struct listing_column *columns)
{
	int column = listing__find_column(columns, name, len);

	if (column < 0)
		argp_error(state, "%s: no column '%.*s'; see %s --help", option, (int)len, name,
			   state->name);
	return column;
}

static void parse_columns(const struct argp_state *state, const char *list,
			  const struct listing_column *columns, struct listing_options *options)
{
	options->n_columns = 0;
	for (const char *name = list;; name++) {
		size_t len = strcspn(name, ",");

		if (options->n_columns == LISTING_COLUMNS_MAX)
			argp_error(state, "-o: more than %d columns", LISTING_COLUMNS_MAX);
		options->columns[options->n_columns++] = parse_column(state, "-o", name, len,
								      columns);
		name += len;
		if (!*name)
			return;
	}
}

error_t cmd_listing__parse(int key, char *arg, struct argp_state *state,
			   const struct listing_column *columns, struct listing_options *options)
{
	switch (key) {
	case 'o':
		parse_columns(state, arg, columns, options);
		break;
	case 'x':
		options->sort = parse_column(state, "-x", arg, strlen(arg), columns);
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

char *cmd_listing__help(int key, const char *text, const struct listing_column *columns)
{
	size_t size = 0;
	char *help = NULL;
	FILE *out;

	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&help, &size);
	if (!out)
		return NULL;
	fputs("Columns:\n", out);
	for (size_t i = 0; columns[i].table.name; i++)
		fprintf(out, "  %-8s %s\n", columns[i].table.name, columns[i].help);
	fclose(out);
	return help;
}

void cmd_listing__report_unseen(const struct snapshot_report *report, bool all, bool sets)
{
	const char *hint = geteuid() ? "; run as root" : "";

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
	if (sets && report->sets_unreadable)
		pr_warn("semaphore sets whose last users may not be seen: %u%s",
			report->sets_unreadable, hint);
}

int cmd_listing__flush(void)
{
	int err;

	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	err = -errno;
	if (err != -EPIPE)
		pr_err("cannot write to standard output: %s", strerror(-err));
	return err ? err : -EIO;
}
