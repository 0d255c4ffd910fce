// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collects the objects that are wanted, orders them, and writes each as a row or as lines of JSON.
 */
#include "view/ls.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "view/ls_columns.h"
#include "view/object_json.h"

#define ROW_BYTES (1u << 18) /* all cells of one row: more than ten thousand holders */

static bool count_holder(void *context, const struct ledger_process *process, uint32_t mappings)
{
	struct ls_row *row = context;

	(void)process;
	(void)mappings;
	row->n_holders++;
	return true;
}

static bool keep_object(void *context, const struct ledger_object *object)
{
	struct ls *ls = context;
	const struct ls_options *options = ls->options;
	struct ls_row row = {.object = object}, *rows;

	ledger__object_info(object, &row.info);
	if (!(options->kinds & 1u << row.info.kind) ||
	    (options->ipcns && row.info.ipcns != options->ipcns))
		return true;
	ledger__for_each_holder(object, count_holder, &row);
	rows = vector__room(ls->rows, ls->n_rows, &ls->rows_cap, sizeof(*rows));
	if (!rows) {
		ls->out_of_memory = true;
		return false;
	}
	ls->rows = rows;
	rows[ls->n_rows++] = row;
	return true;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_cells(struct ls *ls, const struct ls_column *column, const struct ls_row *a,
			 const struct ls_row *b)
{
	char text[2][256];

	for (int i = 0; i < 2; i++) {
		struct buffer cell;

		buffer__init(&cell, text[i], sizeof(text[i]) - 1);
		column->put(ls, i ? b : a, &cell);
		text[i][cell.len] = '\0';
	}
	return strcmp(text[0], text[1]);
}

static int compare_rows(const void *first, const void *second, void *context)
{
	const struct ls_row *a = first, *b = second;
	struct ls *ls = context;
	int order = 0;

	if (ls->options->sort >= 0) {
		const struct ls_column *column = &ls_columns[ls->options->sort];

		order = column->value ? compare_numbers(column->value(a), column->value(b))
				      : compare_cells(ls, column, a, b);
	}
	if (!order)
		order = compare_numbers(a->info.ipcns, b->info.ipcns);
	if (!order)
		order = compare_numbers(a->info.kind, b->info.kind);
	return order ? order : compare_numbers(a->info.id, b->info.id);
}

/* The columns that are shown; their count. */
static size_t choose_columns(const struct ls_options *options,
			     const struct ls_column *chosen[LS_COLUMNS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < options->n_columns; i++)
		chosen[count++] = &ls_columns[options->columns[i]];
	for (size_t i = 0; i < LS_COLUMNS && !options->n_columns; i++)
		if (ls_columns[i].shown == LS_ALWAYS ||
		    (ls_columns[i].shown == LS_WITH_ALL && !options->ipcns))
			chosen[count++] = &ls_columns[i];
	return count;
}

static int add_row(struct ls *ls, struct table *table, const struct ls_row *row,
		   const struct ls_column *const columns[], size_t n_columns, char *text)
{
	const char *cells[LS_COLUMNS_MAX];
	struct buffer out;

	buffer__init(&out, text, ROW_BYTES);
	for (size_t i = 0; i < n_columns; i++) {
		cells[i] = text + out.len;
		columns[i]->put(ls, row, &out);
		buffer__put_char(&out, '\0');
	}
	return out.overflow ? -ENOMEM : table__add(table, cells);
}

int ls__print_table(struct ls *ls, const struct ls_column *const columns[], size_t n_columns,
		    FILE *out)
{
	const struct table_options options = {
		.raw = ls->options->raw,
		.headings = ls->options->headings,
		.width = ls->options->width,
		.utf8 = ls->utf8,
	};
	struct table_column shown[LS_COLUMNS_MAX];
	char *text = malloc(ROW_BYTES);
	struct table *table;
	int err = 0;

	for (size_t i = 0; i < n_columns; i++)
		shown[i] = columns[i]->table;
	table = table__new(shown, n_columns, &options);
	if (!table || !text)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < ls->n_rows; i++)
		err = add_row(ls, table, &ls->rows[i], columns, n_columns, text);
	if (!err)
		table__print(table, out);
	table__free(table);
	free(text);
	return err;
}

static int print_table(struct ls *ls, FILE *out)
{
	const struct ls_column *columns[LS_COLUMNS_MAX];
	size_t n_columns = choose_columns(ls->options, columns);

	return ls__print_table(ls, columns, n_columns, out);
}

static void print_json(struct ls *ls, FILE *out)
{
	char line[OBJECT_JSON_BYTES];

	for (size_t i = 0; i < ls->n_rows; i++) {
		const struct ls_row *row = &ls->rows[i];

		/* What was found here was made before our time: there are no times to convert. */
		fwrite_unlocked(line, 1, object_json__object(line, &row->info, 0), out);
		ls__find_holders(ls, row);
		for (size_t h = 0; h < ls->n_holders; h++)
			fwrite_unlocked(line, 1,
					object_json__holder(line, &row->info, &ls->holders[h].info,
							    ls->holders[h].mappings),
					out);
	}
}

int ls__print(const struct ledger *ledger, const struct ls_options *options, FILE *out)
{
	struct ls ls = {
		.options = options,
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
	int err = 0;

	ledger__for_each_object(ledger, keep_object, &ls);
	if (ls.n_rows)
		qsort_r(ls.rows, ls.n_rows, sizeof(*ls.rows), compare_rows, &ls);
	if (options->json)
		print_json(&ls, out);
	else
		err = print_table(&ls, out);
	free(ls.rows);
	user_names__free(&ls.users);
	free(ls.holders);
	return ls.out_of_memory ? -ENOMEM : err;
}
