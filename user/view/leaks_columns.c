// SPDX-License-Identifier: GPL-2.0-only
#include "view/leaks_columns.h"

#include <string.h>
#include <strings.h>

#include "view/leak.h"
#include "view/leaks.h"

static const struct leaks *leaks_of(const struct ls *ls)
{
	return (const struct leaks *)ls;
}

static void put_age(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	uint64_t age;

	if (!unused__age(&row->info, leaks_of(ls)->now_s, &age))
		return;
	if (ls->options->bytes)
		buffer__put_u64(out, age);
	else
		cell__put_age(out, age);
}

static void put_since(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	(void)ls;
	if (row->info.past.since > 0)
		cell__put_time(out, row->info.past.since);
}

static void put_ended(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	struct process_info creator;

	(void)ls;
	if (unused__creator_end(&row->info, &creator))
		leak__put_ending(out, &creator);
}

static void put_known(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	(void)ls;
	buffer__put_str(out, row->info.observed ? "observed" : "inferred");
}

static void put_evidence(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	unused__put_evidence(out, leaks_of(ls)->ledger, &row->info, ls->utf8);
}

/* In the order of the table. Those without `put` are the columns of that name of ls. */
static const struct ls_column columns[] = {
	{.table = {"KIND", false, false}},
	{.table = {"ID", true, false}},
	{.table = {"KEY", false, false}},
	{.table = {"OWNER", false, false}},
	{.table = {"UID", true, false}},
	{.table = {"GID", true, false}},
	{.table = {"PERMS", true, false}},
	{.table = {"SIZE", true, false}},
	{{"AGE", true, false}, LS_ALWAYS, "time without any use", put_age, NULL},
	{{"SINCE", false, false}, LS_IF_CHOSEN, "when it was used last", put_since, NULL},
	{.table = {"CREATOR", false, true}},
	{{"ENDED", false, false}, LS_IF_CHOSEN, "how the creator ended", put_ended, NULL},
	{.table = {"STATE", false, false}},
	{{"KNOWN", false, false}, LS_ALWAYS, "observed or inferred", put_known, NULL},
	{.table = {"IPCNS", true, false}},
	{{"EVIDENCE", false, true}, LS_ALWAYS, "what says so", put_evidence, NULL},
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

const struct ls_column *leaks__column(size_t column)
{
	const char *name;

	if (column >= COLUMNS)
		return NULL;
	name = columns[column].table.name;
	return columns[column].put ? &columns[column] : ls__column(name, strlen(name));
}

const char *leaks__column_name(size_t column)
{
	return column < COLUMNS ? columns[column].table.name : NULL;
}

const char *leaks__column_help(size_t column)
{
	return column < COLUMNS ? leaks__column(column)->help : NULL;
}

int leaks__find_column(const char *name, size_t len)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (strlen(columns[i].table.name) == len &&
		    !strncasecmp(columns[i].table.name, name, len))
			return i;
	return -1;
}
