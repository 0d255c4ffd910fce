// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collects the limits that are wanted, in the order of namespaces and limits, and who fills them.
 */
#include "view/limit_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "view/container_view.h"
#include "view/limit_columns.h"

/* SHMMIN is the same everywhere and in the way of nobody. */
static const enum ipc_limit shown[] = {
	LIMIT_SHMMNI, LIMIT_SHMALL, LIMIT_SHMMAX, LIMIT_SEMMNI, LIMIT_SEMMNS,
	LIMIT_SEMMSL, LIMIT_SEMOPM, LIMIT_MSGMNI, LIMIT_MSGMAX, LIMIT_MSGMNB,
};

bool limit_list__is_above(uint64_t used, uint64_t limit, uint32_t above)
{
	return (unsigned __int128)used * 100 > (unsigned __int128)limit * above;
}

static int add_row(struct limit_list *list, const struct namespace_info *info, enum ipc_limit limit)
{
	struct limit_report *report = list->report;
	struct limit_row *rows = vector__room(list->rows, list->n_rows, &list->rows_cap,
					      sizeof(*rows));
	struct limit_row *row;

	if (!rows)
		return -ENOMEM;
	list->rows = rows;
	row = &rows[list->n_rows++];
	*row = (struct limit_row){
		.ipcns = info->ipcns,
		.limit = limit,
		.has_use = (int)limit <= IPC_LIMITS_USED,
		.value = ipc_limit__value(limit, &info->limits),
		.used = ipc_limit__used(limit, &info->limits),
	};
	if (!row->has_use)
		return 0;
	row->above = limit_list__is_above(row->used, row->value, list->options->above);
	report->found |= row->above;
	return report->trend ? trend__add(report->trend, row->ipcns, limit, report->now_ns,
					  row->used, &row->change)
			     : 0;
}

static bool is_known(const struct ipc_limits *limits)
{
	static const struct ipc_limits unknown;

	return memcmp(limits, &unknown, sizeof(unknown));
}

static bool keep_namespace(void *context, const struct namespace_info *info)
{
	struct limit_list *list = context;
	const struct limit_list_options *options = list->options;

	if ((options->ipcns && info->ipcns != options->ipcns) || !is_known(&info->limits))
		return true;
	list->report->n_namespaces++;
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown) && !list->err; i++)
		if (options->kinds & 1u << ipc_limit__kind(shown[i]))
			list->err = add_row(list, info, shown[i]);
	return !list->err;
}

/* By namespace; the limits of each stand in the order of `shown`. */
static int compare_rows(const void *first, const void *second)
{
	const struct limit_row *a = first, *b = second;

	if (a->ipcns != b->ipcns)
		return a->ipcns < b->ipcns ? -1 : 1;
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (shown[i] == a->limit || shown[i] == b->limit)
			return shown[i] == a->limit ? shown[i] == b->limit ? 0 : -1 : 1;
	return 0;
}

static struct limit_row *find_row(struct limit_list *list, uint32_t ipcns, enum ipc_limit limit)
{
	const struct limit_row key = {.ipcns = ipcns, .limit = limit};

	if (!list->n_rows)
		return NULL;
	return bsearch(&key, list->rows, list->n_rows, sizeof(key), compare_rows);
}

static bool keep_usage(void *context, uint32_t ipcns, enum ipc_limit limit,
		       const struct usage *usage)
{
	struct limit_row *row = find_row(context, ipcns, limit);

	if (row)
		row->usage = *usage;
	return true;
}

static bool find_remedy(void *context, const struct namespace_info *info)
{
	struct limit_list *list = context;
	const struct limit_report *report = list->report;
	struct remedy_place place = {.ids_max = list->options->ids_max};

	if (info->ipcns != list->options->own)
		place.ipcns = info->ipcns;
	for (size_t i = 0; place.ipcns && i < report->n_places; i++)
		if (report->places[i].ipcns == place.ipcns)
			place.pid = report->places[i].pid;
	for (int limit = LIMIT_SHMMNI; limit <= IPC_LIMITS_USED; limit++) {
		struct limit_row *row = find_row(list, info->ipcns, limit);

		if (row && row->above)
			remedy__find(&row->remedy, limit, &info->limits, &row->usage, &place, 0);
	}
	return true;
}

static void print_remedies(const struct limit_list *list, FILE *out)
{
	for (size_t i = 0; i < list->n_rows; i++) {
		const struct limit_row *row = &list->rows[i];

		if (!row->above)
			continue;
		fprintf(out, "\n%s", ipc_limit__name(row->limit));
		if (row->ipcns != list->options->own)
			fprintf(out, " of ipc:[%u]", row->ipcns);
		fprintf(out, ": %llu of %llu %s in use\n", (unsigned long long)row->used,
			(unsigned long long)row->value, ipc_limit__unit(row->limit));
		for (size_t l = 0; l < row->remedy.n_lines; l++)
			fprintf(out, "  %s\n", row->remedy.lines[l]);
	}
}

static bool is_in_container(const struct limit_list *list)
{
	for (size_t i = 0; i < list->n_rows; i++) {
		const struct limit_row *row = &list->rows[i];

		for (size_t h = 0; h < row->usage.n_holders && h < USAGE_HOLDERS; h++)
			if (container_view__is_real(
				    limit_row__container(list, row, &row->usage.holders[h])))
				return true;
	}
	return false;
}

static int print(struct limit_list *list, FILE *out)
{
	const struct limit_list_options *options = list->options;
	const struct listing listing = {
		.columns = limit_list__columns,
		.options = &options->listing,
		.shown = SHOWN_ALWAYS | (options->ipcns ? 0 : SHOWN_WITH_ALL) |
			 (options->live ? SHOWN_WITH_TIME : 0) |
			 (is_in_container(list) ? SHOWN_WITH_CONTAINER : 0),
		.utf8 = list->utf8,
		.list = list,
		.rows = list->rows,
		.n_rows = list->n_rows,
		.row_size = sizeof(*list->rows),
	};
	int err = listing__sort(&listing);

	if (err)
		return err;
	if (options->listing.json) {
		for (size_t i = 0; i < list->n_rows; i++)
			limit_row__print_json(list, &list->rows[i], out);
		return 0;
	}
	err = listing__print(&listing, out);
	/* Only rows are for programs. */
	if (!err && options->listing.headings && !options->listing.raw)
		print_remedies(list, out);
	return err;
}

int limit_list__print(struct limit_report *report, const struct limit_list_options *options,
		      FILE *out)
{
	struct limit_list list = {
		.options = options,
		.report = report,
		.utf8 = listing__utf8(),
	};
	int err;

	report->found = false;
	report->n_namespaces = 0;
	ledger__for_each_namespace(report->ledger, keep_namespace, &list);
	err = list.err;
	if (report->trend)
		trend__forget(report->trend, report->now_ns);
	if (list.n_rows)
		qsort(list.rows, list.n_rows, sizeof(*list.rows), compare_rows);
	if (!err)
		err = ledger__for_each_usage(report->ledger, keep_usage, &list);
	if (!err && report->n_namespaces) {
		ledger__for_each_namespace(report->ledger, find_remedy, &list);
		err = print(&list, out);
	}
	free(list.rows);
	users__free(&list.users);
	return err;
}
