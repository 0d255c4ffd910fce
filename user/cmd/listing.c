// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/listing.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/cmd.h"

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
	case ARGP_KEY_ARG:
		argp_error(state, "no argument is taken: '%s'", arg);
		break;
	default:
		return cmd__parse_help(key, state);
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
		fprintf(out, "  %-9s %s\n", columns[i].table.name, columns[i].help);
	fclose(out);
	return help;
}
