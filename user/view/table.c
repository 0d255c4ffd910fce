// SPDX-License-Identifier: GPL-2.0-only
#include "view/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

struct table {
	const struct table_column *columns;
	size_t n_columns;
	struct table_options options;
	char *text; /* all cells, each with its NUL */
	size_t len, cap;
	size_t *widths; /* of each column */
};

struct table *table__new(const struct table_column *columns, size_t n_columns,
			 const struct table_options *options)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns = columns;
	table->n_columns = n_columns;
	table->options = *options;
	table->widths = calloc(n_columns + 1, sizeof(*table->widths));
	if (!table->widths) {
		free(table);
		return NULL;
	}
	for (size_t i = 0; i < n_columns && options->headings; i++)
		table->widths[i] = strlen(columns[i].name);
	return table;
}

void table__free(struct table *table)
{
	if (!table)
		return;
	free(table->text);
	free(table->widths);
	free(table);
}

static int add_cell(struct table *table, const char *cell)
{
	size_t len = strlen(cell) + 1;

	if (table->cap - table->len < len) {
		size_t cap = (table->len + len) * 2;
		char *text = realloc(table->text, cap);

		if (!text)
			return -ENOMEM;
		table->text = text;
		table->cap = cap;
	}
	memcpy(table->text + table->len, cell, len);
	table->len += len;
	return 0;
}

int table__add(struct table *table, const char *const cells[])
{
	size_t start = table->len;

	for (size_t i = 0; i < table->n_columns; i++) {
		size_t width = escape__width(cells[i], table->options.utf8);

		if (add_cell(table, cells[i])) {
			table->len = start; /* no half row */
			return -ENOMEM;
		}
		if (table->widths[i] < width)
			table->widths[i] = width;
	}
	return 0;
}

static void put_padding(FILE *out, size_t count)
{
	while (count--)
		putc_unlocked(' ', out);
}

static void put_raw(FILE *out, const char *cell)
{
	if (!*cell)
		putc_unlocked('-', out);
	for (; *cell; cell++)
		if (*cell == ' ')
			fputs_unlocked("\\x20", out);
		else
			putc_unlocked(*cell, out);
}

/* The longest start of the cell that leaves room for a mark, by whole characters. */
static void put_cut(FILE *out, const char *cell, size_t width, bool utf8)
{
	size_t len = strlen(cell);
	char text[len + 1];

	memcpy(text, cell, len + 1);
	while (len && escape__width(text, utf8) >= width) {
		do
			len--;
		while (utf8 && len && (text[len] & 0xc0) == 0x80);
		text[len] = '\0';
	}
	fputs_unlocked(text, out);
	putc_unlocked('+', out);
}

/* What may be cut, from the last column on, gives way; but its name is left. */
static void fit(const struct table *table, size_t widths[])
{
	size_t total = table->n_columns - 1;

	for (size_t i = 0; i < table->n_columns; i++)
		total += widths[i] = table->widths[i];
	if (!table->options.width)
		return;
	for (size_t i = table->n_columns; i-- > 0 && total > table->options.width;) {
		size_t least = strlen(table->columns[i].name);
		size_t excess = total - table->options.width;

		if (!table->columns[i].cut || widths[i] <= least)
			continue;
		if (excess > widths[i] - least)
			excess = widths[i] - least;
		widths[i] -= excess;
		total -= excess;
	}
}

/* blanks: those due before the next text, so that none stand at the end of a line. */
static void print_cell(const struct table *table, size_t i, size_t room, const char *cell,
		       size_t *blanks, FILE *out)
{
	const struct table_column *column = &table->columns[i];
	size_t width = escape__width(cell, table->options.utf8);
	size_t padding = width < room ? room - width : 0;

	if (column->right)
		*blanks += padding;
	if (*cell) {
		put_padding(out, *blanks);
		*blanks = 0;
	}
	if (width > room)
		put_cut(out, cell, room, table->options.utf8);
	else
		fputs_unlocked(cell, out);
	if (!column->right)
		*blanks += padding;
}

static void print_row(const struct table *table, const size_t widths[], const char *const cells[],
		      FILE *out)
{
	size_t blanks = 0;

	for (size_t i = 0; i < table->n_columns; i++) {
		if (table->options.raw) {
			put_padding(out, i > 0);
			put_raw(out, cells[i]);
		} else {
			blanks += i > 0;
			print_cell(table, i, widths[i], cells[i], &blanks, out);
		}
	}
	putc_unlocked('\n', out);
}

void table__print(const struct table *table, FILE *out)
{
	size_t widths[table->n_columns];
	const char *cells[table->n_columns];

	if (!table->n_columns)
		return;
	fit(table, widths);
	for (size_t i = 0; i < table->n_columns; i++)
		cells[i] = table->columns[i].name;
	if (table->options.headings)
		print_row(table, widths, cells, out);
	for (const char *cell = table->text; cell && cell < table->text + table->len;) {
		for (size_t i = 0; i < table->n_columns; i++) {
			cells[i] = cell;
			cell += strlen(cell) + 1;
		}
		print_row(table, widths, cells, out);
	}
}
