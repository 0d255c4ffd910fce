// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ls alone says: who has an object attached or uses it.
 */
#include "view/ls_columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/vector.h"

static void put_nattch(void *list, const void *data, struct buffer *out)
{
	const struct ls_row *row = data;

	(void)list;
	if (row->info.kind == OBJECT_SHM)
		buffer__put_u64(out, row->info.nattch);
}

static uint64_t nattch_value(const void *data)
{
	const struct ls_row *row = data;

	return row->info.nattch;
}

static bool keep_holder(void *context, const struct ledger_process *process, uint32_t mappings)
{
	struct ls *ls = context;
	struct ls_holder *holders = vector__room(ls->holders, ls->n_holders, &ls->holders_cap,
						 sizeof(*holders));

	if (!holders) {
		ls->out_of_memory = true;
		return false;
	}
	ls->holders = holders;
	holders += ls->n_holders++;
	holders->mappings = mappings;
	ledger__process_info(process, &holders->info);
	return true;
}

static int compare_holders(const void *a, const void *b)
{
	const struct ls_holder *p = a, *q = b;
	int order = strcmp(p->info.comm, q->info.comm);

	return order ? order : (p->info.pid > q->info.pid) - (p->info.pid < q->info.pid);
}

void ls__find_holders(struct ls *ls, const struct ls_row *row)
{
	ls->n_holders = 0;
	ledger__for_each_holder(row->object, keep_holder, ls);
	if (ls->n_holders)
		qsort(ls->holders, ls->n_holders, sizeof(*ls->holders), compare_holders);
}

/* "httpd[99] postgres[4121,4125]" */
static void put_holders(void *list, const void *data, struct buffer *out)
{
	const struct ls_row *row = data;
	struct ls *ls = list;
	const char *before = NULL;

	ls__find_holders(ls, row);
	for (size_t i = 0; i < ls->n_holders; i++) {
		const struct process_info *info = &ls->holders[i].info;
		bool same = before && !strcmp(before, info->comm);

		/* Of so many the rest is left out; JSON has them all. */
		if (out->cap - out->len < 2 * ESCAPE_TEXT_MAX(EVENT_COMM_LEN)) {
			buffer__put_str(out, "...");
			return;
		}
		if (!same) {
			buffer__put_str(out, before ? "] " : "");
			cells__put_escaped(out, info->comm, ls->objects.utf8);
		}
		buffer__put_char(out, same ? ',' : '[');
		buffer__put_u64(out, info->pid);
		before = info->comm;
	}
	if (before)
		buffer__put_char(out, ']');
}

static uint64_t holders_value(const void *data)
{
	const struct ls_row *row = data;

	return row->n_holders;
}

const struct listing_column ls__columns[] = {
	OBJECT_COLUMNS,
	{{"NATTCH", true, false}, SHOWN_ALWAYS, "mappings of a segment", put_nattch, nattch_value},
	OBJECT_COLUMN_STATE,
	OBJECT_COLUMN_CREATOR,
	OBJECT_COLUMN_CONTAINER,
	OBJECT_COLUMN_IPCNS,
	{{"HOLDERS", false, true},
	 SHOWN_ALWAYS,
	 "processes that attach or use it",
	 put_holders,
	 holders_value},
	{},
};
