// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen's list of IPC namespaces, and how full the limits of each are.
 */
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "view/screen_internal.h"

static const struct namespace_row *namespace_of(const void *row)
{
	return row;
}

uint64_t namespace__used(const struct namespace_info *info, enum ipc_limit limit)
{
	switch (limit) {
	case LIMIT_SHMMNI:
		return info->segments;
	case LIMIT_SHMALL:
		return info->pages;
	case LIMIT_SEMMNI:
		return info->sets;
	case LIMIT_SEMMNS:
		return info->semaphores;
	case LIMIT_MSGMNI:
		return info->queues;
	default:
		return 0;
	}
}

uint64_t namespace__limit(const struct namespace_info *info, enum ipc_limit limit)
{
	return ipc_limit__value(limit, &info->limits);
}

/* Rounded down: 100 is full. A limit of 0 that is lower than its use, as a sysctl allows, is. */
unsigned int screen__percent(uint64_t used, uint64_t limit)
{
	if (used >= limit)
		return used ? 100 : 0;
	return used / (limit / 100.0);
}

static bool add_namespace(void *context, const struct namespace_info *info)
{
	struct screen *screen = context;
	struct namespace_row *rows;
	struct namespace_row row = {.info = *info};

	rows = vector__room(screen->namespaces, screen->n_namespaces, &screen->namespaces_cap,
			    sizeof(*rows));
	if (!rows) {
		screen->out_of_memory = true;
		return false;
	}
	screen->namespaces = rows;
	/* Its limits are known once its tables have been read. */
	for (enum ipc_limit limit = LIMIT_NONE + 1; info->limits.shmmni && limit <= IPC_LIMITS_USED;
	     limit++) {
		const unsigned int percent = screen__percent(namespace__used(info, limit),
							     namespace__limit(info, limit));

		if (row.fullest && percent <= row.percent)
			continue;
		row.fullest = limit;
		row.percent = percent;
	}
	rows[screen->n_namespaces++] = row;
	return true;
}

void screen__gather_namespaces(struct screen *screen, const struct screen_facts *facts)
{
	screen->n_namespaces = 0;
	ledger__for_each_namespace(facts->ledger, add_namespace, screen);
}

static void put_ipcns(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	buffer__put_u64(out, namespace_of(row)->info.ipcns);
}

static void put_whose(struct buffer *out, const struct screen *screen, const void *row)
{
	const uint32_t ipcns = namespace_of(row)->info.ipcns;

	if (ipcns == screen->chosen_ipcns)
		buffer__put_str(out, "chosen");
	else if (ipcns == screen->options.own_ipcns)
		buffer__put_str(out, "own");
}

static void put_pages(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	screen__put_count(out, namespace_of(row)->info.pages, 8);
}

static void put_semaphores(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	screen__put_count(out, namespace_of(row)->info.semaphores, 6);
}

static void put_fullest(struct buffer *out, const struct screen *screen, const void *row)
{
	const struct namespace_row *ns = row;

	(void)screen;
	if (!ns->fullest) {
		buffer__put_str(out, "not known");
		return;
	}
	if (!ns->percent) {
		buffer__put_str(out, "under 1%");
		return;
	}
	buffer__put_str(out, ipc_limit__name(ns->fullest));
	buffer__put_char(out, ' ');
	buffer__put_u64(out, ns->percent);
	buffer__put_char(out, '%');
}

static void value_fullest(struct row_order *order, const void *row)
{
	order->value = namespace_of(row)->percent;
}

static enum screen_style style_fullest(const void *row)
{
	const unsigned int percent = namespace_of(row)->percent;

	return percent >= 90 ? STYLE_BAD : percent >= 75 ? STYLE_WARN : STYLE_NORMAL;
}

static enum screen_style style_orphans(const void *row)
{
	return namespace_of(row)->info.orphans ? STYLE_BAD : STYLE_NORMAL;
}

#define COLUMN(field, width)                                                                      \
	static void put_##field(struct buffer *out, const struct screen *screen, const void *row) \
	{                                                                                         \
		(void)screen;                                                                     \
		screen__put_count(out, namespace_of(row)->info.field, width);                     \
	}                                                                                         \
	static void value_##field(struct row_order *order, const void *row)                       \
	{                                                                                         \
		order->value = namespace_of(row)->info.field;                                     \
	}
COLUMN(segments, 8)
COLUMN(sets, 6)
COLUMN(queues, 6)
COLUMN(orphans, 7)

#define VALUE(field)                                                        \
	static void value_##field(struct row_order *order, const void *row) \
	{                                                                   \
		order->value = namespace_of(row)->info.field;               \
	}
VALUE(ipcns)
VALUE(pages)
VALUE(semaphores)

/* clang-format off */
static const struct screen_column columns[] = {
	{"IPCNS", 10, 0, false, false, put_ipcns, value_ipcns, NULL},
	{"WHOSE", 6, 0, false, false, put_whose, NULL, NULL},
	{"SEGMENTS", 8, 0, true, true, put_segments, value_segments, NULL},
	{"PAGES", 8, 0, true, true, put_pages, value_pages, NULL},
	{"SETS", 6, 0, true, true, put_sets, value_sets, NULL},
	{"SEMS", 6, 0, true, true, put_semaphores, value_semaphores, NULL},
	{"QUEUES", 6, 0, true, true, put_queues, value_queues, NULL},
	{"ORPHANS", 7, 0, true, true, put_orphans, value_orphans, style_orphans},
	{"FULLEST", 11, 0, false, true, put_fullest, value_fullest, style_fullest},
};
/* clang-format on */

static void gather(struct screen *screen, const struct screen_facts *facts)
{
	(void)facts;
	for (size_t i = 0; i < screen->n_namespaces; i++) {
		struct namespace_row *row = screen__add_row(screen);

		if (!row)
			return;
		*row = screen->namespaces[i];
	}
}

static void name(struct row_name *name, const void *row)
{
	*name = (struct row_name){.a = namespace_of(row)->info.ipcns};
}

static void put_words(struct buffer *out, const void *row)
{
	buffer__put_u64(out, namespace_of(row)->info.ipcns);
	buffer__put_char(out, ' ');
	put_fullest(out, NULL, row);
}

const struct screen_list_ops screen_namespaces = {
	.title = "Namespaces",
	.row_size = sizeof(struct namespace_row),
	.columns = columns,
	.n_columns = sizeof(columns) / sizeof(*columns),
	.first_sort = 8,
	.gather = gather,
	.name = name,
	.put_words = put_words,
	.empty = "no IPC namespace is known",
};
