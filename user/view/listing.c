// SPDX-License-Identifier: GPL-2.0-only
#include "view/listing.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROW_BYTES  (1u << 18) /* all cells of one row: more than ten thousand holders */
#define CELL_BYTES 512	      /* what rows are compared by, where it is a cell */

bool listing__utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

int listing__find_column(const struct listing_column *columns, const char *name, size_t len)
{
	for (size_t i = 0; columns[i].table.name; i++)
		if (strlen(columns[i].table.name) == len &&
		    !strncasecmp(columns[i].table.name, name, len))
			return i;
	return -1;
}

/* A row's place before sorting keeps equal rows in their order. */
struct sorted {
	const struct listing *listing;
	const char *row;
};

static int compare_cells(const struct listing *listing, const struct listing_column *column,
			 const void *a, const void *b)
{
	char text[2][CELL_BYTES];

	for (int i = 0; i < 2; i++) {
		struct buffer cell;

		buffer__init(&cell, text[i], CELL_BYTES - 1);
		column->put(listing->list, i ? b : a, &cell);
		text[i][cell.len] = '\0';
	}
	return strcmp(text[0], text[1]);
}

static int compare_rows(const void *first, const void *second)
{
	const struct sorted *a = first, *b = second;
	const struct listing *listing = a->listing;
	const struct listing_column *column = &listing->columns[listing->options->sort];
	int order;

	if (column->value) {
		uint64_t p = column->value(a->row), q = column->value(b->row);

		order = (p > q) - (p < q);
	} else {
		order = compare_cells(listing, column, a->row, b->row);
	}
	return order ? order : (a->row > b->row) - (a->row < b->row);
}

int listing__sort(const struct listing *listing)
{
	const size_t size = listing->row_size;
	struct sorted *sorted;
	char *rows;

	if (listing->options->sort < 0 || !listing->n_rows)
		return 0;
	sorted = calloc(listing->n_rows, sizeof(*sorted));
	rows = malloc(listing->n_rows * size);
	if (!sorted || !rows) {
		free(sorted);
		free(rows);
		return -ENOMEM;
	}
	memcpy(rows, listing->rows, listing->n_rows * size);
	for (size_t i = 0; i < listing->n_rows; i++)
		sorted[i] = (struct sorted){.listing = listing, .row = rows + i * size};
	qsort(sorted, listing->n_rows, sizeof(*sorted), compare_rows);
	for (size_t i = 0; i < listing->n_rows; i++)
		memcpy((char *)listing->rows + i * size, sorted[i].row, size);
	free(sorted);
	free(rows);
	return 0;
}

/* Numbers of the columns that are shown; their count. */
static size_t choose_columns(const struct listing *listing, size_t chosen[LISTING_COLUMNS_MAX])
{
	const struct listing_options *options = listing->options;
	size_t count = 0;

	if (options->n_columns) {
		memcpy(chosen, options->columns, options->n_columns * sizeof(*chosen));
		return options->n_columns;
	}
	for (size_t i = 0; listing->columns[i].table.name; i++)
		if (listing->columns[i].shown & listing->shown)
			chosen[count++] = i;
	return count;
}

static int add_row(const struct listing *listing, struct table *table, const void *row,
		   const size_t chosen[], size_t n_chosen, char *text)
{
	const char *cells[LISTING_COLUMNS_MAX];
	struct buffer out;

	buffer__init(&out, text, ROW_BYTES);
	for (size_t i = 0; i < n_chosen; i++) {
		cells[i] = text + out.len;
		listing->columns[chosen[i]].put(listing->list, row, &out);
		buffer__put_char(&out, '\0');
	}
	return out.overflow ? -ENOMEM : table__add(table, cells);
}

int listing__print(const struct listing *listing, FILE *out)
{
	const struct table_options options = {
		.raw = listing->options->raw,
		.headings = listing->options->headings,
		.width = listing->options->width,
		.utf8 = listing->utf8,
	};
	struct table_column shown[LISTING_COLUMNS_MAX];
	size_t chosen[LISTING_COLUMNS_MAX];
	size_t n_chosen = choose_columns(listing, chosen);
	char *text = malloc(ROW_BYTES);
	struct table *table;
	int err = 0;

	for (size_t i = 0; i < n_chosen; i++)
		shown[i] = listing->columns[chosen[i]].table;
	table = table__new(shown, n_chosen, &options);
	if (!table || !text)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < listing->n_rows; i++)
		err = add_row(listing, table, (char *)listing->rows + i * listing->row_size, chosen,
			      n_chosen, text);
	if (!err)
		table__print(table, out);
	table__free(table);
	free(text);
	return err;
}
