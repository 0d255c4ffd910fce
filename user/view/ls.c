// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collects the objects that are wanted, orders them, and writes each as a row or as lines of JSON.
 */
#include "view/ls.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vector.h"
#include "view/ls_columns.h"
#include "view/object_json.h"

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
	bool by_namespace;

	ledger__object_info(object, &row.info);
	if (!(options->kinds & 1u << row.info.kind) ||
	    (options->ipcns && row.info.ipcns != options->ipcns))
		return true;
	if (options->container &&
	    !container_filter__passes(options->container, ls->objects.ledger, object, &row.info))
		return true;
	ls->in_container |= container_view__is_real(
		ledger__container_of(ls->objects.ledger, &row.info, &by_namespace));
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

static int compare_rows(const void *first, const void *second)
{
	const struct ls_row *a = first, *b = second;
	int order = compare_numbers(a->info.ipcns, b->info.ipcns);

	if (!order)
		order = compare_numbers(a->info.kind, b->info.kind);
	return order ? order : compare_numbers(a->info.id, b->info.id);
}

static void print_json(struct ls *ls, FILE *out)
{
	char line[OBJECT_JSON_BYTES];

	for (size_t i = 0; i < ls->n_rows; i++) {
		const struct ls_row *row = &ls->rows[i];

		/* What was found here was made before our time: there are no times to convert. */
		fwrite_unlocked(line, 1,
				object_json__object(line, ls->objects.ledger, &row->info, 0), out);
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
		.objects = {.ledger = ledger,
			    .utf8 = listing__utf8(),
			    .bytes = options->listing.bytes},
		.options = options,
	};
	struct listing listing = {
		.columns = ls__columns,
		.options = &options->listing,
		.shown = SHOWN_ALWAYS | (options->ipcns ? 0 : SHOWN_WITH_ALL),
		.utf8 = ls.objects.utf8,
		.list = &ls,
		.row_size = sizeof(*ls.rows),
	};
	int err;

	ledger__for_each_object(ledger, keep_object, &ls);
	if (ls.n_rows)
		qsort(ls.rows, ls.n_rows, sizeof(*ls.rows), compare_rows);
	listing.shown |= ls.in_container ? SHOWN_WITH_CONTAINER : 0;
	listing.rows = ls.rows;
	listing.n_rows = ls.n_rows;
	err = listing__sort(&listing);
	if (!err && options->listing.json)
		print_json(&ls, out);
	else if (!err)
		err = listing__print(&listing, out);
	free(ls.rows);
	users__free(&ls.objects.users);
	free(ls.holders);
	return ls.out_of_memory ? -ENOMEM : err;
}
