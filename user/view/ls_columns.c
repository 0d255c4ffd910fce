// SPDX-License-Identifier: GPL-2.0-only
/*
 * One table of columns drives names, help, alignment, cells and order.
 */
#include "view/ls_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "base/vector.h"
#include "view/cells.h"
#include "view/ledger.h"

#define MODE_PERMISSIONS 0777

static void put_escaped(const struct ls *ls, struct buffer *out, const char *bytes)
{
	cell__put_escaped(out, bytes, ls->utf8);
}

static void put_kind(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	(void)ls;
	buffer__put_str(out, object_kind__name(row->info.kind));
}

static uint64_t kind_value(const struct ls_row *row)
{
	return row->info.kind;
}

static void put_id(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	(void)ls;
	buffer__put_s64(out, row->info.id);
}

static uint64_t id_value(const struct ls_row *row)
{
	return row->info.id;
}

static void put_key(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	char text[16];

	(void)ls;
	snprintf(text, sizeof(text), "0x%08x", row->info.key);
	buffer__put_str(out, text);
}

static uint64_t key_value(const struct ls_row *row)
{
	return row->info.key;
}

static void put_owner(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	cell__put_user(out, &ls->users, row->info.uid, ls->utf8);
}

static void put_uid(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	(void)ls;
	buffer__put_u64(out, row->info.uid);
}

static uint64_t uid_value(const struct ls_row *row)
{
	return row->info.uid;
}

static void put_gid(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	(void)ls;
	buffer__put_u64(out, row->info.gid);
}

static uint64_t gid_value(const struct ls_row *row)
{
	return row->info.gid;
}

static void put_perms(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	char text[8];

	(void)ls;
	snprintf(text, sizeof(text), "%03o", row->info.mode & MODE_PERMISSIONS);
	buffer__put_str(out, text);
}

static uint64_t perms_value(const struct ls_row *row)
{
	return row->info.mode & MODE_PERMISSIONS;
}

static void put_size(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	bool exact = ls->options->bytes;

	if (row->info.kind == OBJECT_MSG)
		return;
	if (row->info.kind == OBJECT_SHM && !exact) {
		cell__put_bytes(out, row->info.size);
		return;
	}
	buffer__put_u64(out, row->info.size);
	if (!exact)
		buffer__put_str(out, " sem");
}

static uint64_t size_value(const struct ls_row *row)
{
	return row->info.size;
}

static void put_nattch(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	(void)ls;
	if (row->info.kind == OBJECT_SHM)
		buffer__put_u64(out, row->info.nattch);
}

static uint64_t nattch_value(const struct ls_row *row)
{
	return row->info.nattch;
}

static void put_state(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	(void)ls;
	buffer__put_str(out, object_state__name(row->info.state));
}

/* "postgres[4121]", as in system logs; what has ended before our time has no name. */
static void put_creator(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	struct process_info creator = {.pid = row->info.creator};

	if (!row->info.creator)
		return;
	if (row->info.owner)
		ledger__process_info(row->info.owner, &creator);
	put_escaped(ls, out, creator.comm);
	buffer__put_char(out, '[');
	buffer__put_u64(out, creator.pid);
	buffer__put_str(out, creator.alive ? "]" : "] ended");
}

static uint64_t creator_value(const struct ls_row *row)
{
	return row->info.creator;
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
static void put_holders(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
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
			put_escaped(ls, out, info->comm);
		}
		buffer__put_char(out, same ? ',' : '[');
		buffer__put_u64(out, info->pid);
		before = info->comm;
	}
	if (before)
		buffer__put_char(out, ']');
}

static uint64_t holders_value(const struct ls_row *row)
{
	return row->n_holders;
}

static void put_ipcns(struct ls *ls, const struct ls_row *row, struct buffer *out)
{
	(void)ls;
	buffer__put_u64(out, row->info.ipcns);
}

static uint64_t ipcns_value(const struct ls_row *row)
{
	return row->info.ipcns;
}

const struct ls_column ls_columns[] = {
	{{"KIND", false, false}, LS_ALWAYS, "shm, sem or msg", put_kind, kind_value},
	{{"ID", true, false}, LS_ALWAYS, "number of the object", put_id, id_value},
	{{"KEY", false, false}, LS_ALWAYS, "0 is IPC_PRIVATE", put_key, key_value},
	{{"OWNER", false, false}, LS_ALWAYS, "user that owns it", put_owner, NULL},
	{{"UID", true, false}, LS_IF_CHOSEN, "OWNER as a number", put_uid, uid_value},
	{{"GID", true, false}, LS_IF_CHOSEN, "group that owns it", put_gid, gid_value},
	{{"PERMS", true, false}, LS_IF_CHOSEN, "octal", put_perms, perms_value},
	{{"SIZE", true, false}, LS_ALWAYS, "bytes or semaphores", put_size, size_value},
	{{"NATTCH", true, false}, LS_ALWAYS, "mappings of a segment", put_nattch, nattch_value},
	{{"STATE", false, false}, LS_ALWAYS, "see shmtrace-ls(1)", put_state, NULL},
	{{"CREATOR", false, true}, LS_ALWAYS, "process that made it", put_creator, creator_value},
	{{"IPCNS", true, false}, LS_WITH_ALL, "IPC namespace", put_ipcns, ipcns_value},
	{{"HOLDERS", false, true},
	 LS_ALWAYS,
	 "processes that attach or use it",
	 put_holders,
	 holders_value},
};

_Static_assert(sizeof(ls_columns) / sizeof(*ls_columns) == LS_COLUMNS, "LS_COLUMNS");

const char *ls__column_name(size_t column)
{
	return column < LS_COLUMNS ? ls_columns[column].table.name : NULL;
}

const char *ls__column_help(size_t column)
{
	return column < LS_COLUMNS ? ls_columns[column].help : NULL;
}

const struct ls_column *ls__column(const char *name, size_t len)
{
	int column = ls__find_column(name, len);

	return column < 0 ? NULL : &ls_columns[column];
}

int ls__find_column(const char *name, size_t len)
{
	for (size_t i = 0; i < LS_COLUMNS; i++)
		if (strlen(ls_columns[i].table.name) == len &&
		    !strncasecmp(ls_columns[i].table.name, name, len))
			return i;
	return -1;
}
