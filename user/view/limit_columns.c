// SPDX-License-Identifier: GPL-2.0-only
/*
 * One table of columns drives names, help, alignment, cells and order.
 */
#include "view/limit_columns.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "view/container_view.h"

/* 64 PiB, in bytes and in the smallest pages: more than processors can address. */
#define UNLIMITED_BYTES (1ULL << 56)
#define UNLIMITED_PAGES (1ULL << 44)

#define NS_PER_S 1000000000LL

uint64_t limit_row__free(const struct limit_row *row)
{
	return row->used < row->value ? row->value - row->used : 0;
}

bool limit_row__is_unlimited(const struct limit_row *row)
{
	return (row->limit == LIMIT_SHMALL && row->value >= UNLIMITED_PAGES) ||
	       (row->limit == LIMIT_SHMMAX && row->value >= UNLIMITED_BYTES);
}

bool limit_row__permille(const struct limit_row *row, uint64_t *permille)
{
	unsigned __int128 all = (unsigned __int128)row->used * 1000;

	if (!row->has_use || !row->value)
		return false;
	all /= row->value;
	*permille = all > UINT64_MAX ? UINT64_MAX : all;
	return true;
}

static void put_time(void *list, const void *data, struct buffer *out)
{
	const struct limit_list *limits = list;
	const struct limit_report *report = limits->report;
	time_t seconds = ((long long)report->now_ns + report->clock_offset_ns) / NS_PER_S;
	char text[16];
	struct tm tm;

	(void)data;
	localtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	buffer__put_str(out, text);
}

static void put_resource(void *list, const void *data, struct buffer *out)
{
	const struct limit_row *row = data;

	(void)list;
	buffer__put_str(out, ipc_limit__name(row->limit));
}

static void put_unit(void *list, const void *data, struct buffer *out)
{
	const struct limit_row *row = data;

	(void)list;
	buffer__put_str(out, ipc_limit__unit(row->limit));
}

/* Bytes for people; all else is a number that they know from the kernel's files. */
static void put_limit(void *list, const void *data, struct buffer *out)
{
	const struct limit_list *limits = list;
	const struct limit_row *row = data;
	bool is_bytes = row->limit == LIMIT_SHMMAX || row->limit == LIMIT_MSGMAX ||
			row->limit == LIMIT_MSGMNB;

	if (limits->options->listing.bytes)
		buffer__put_u64(out, row->value);
	else if (limit_row__is_unlimited(row))
		buffer__put_str(out, "unlimited");
	else if (is_bytes)
		cells__put_bytes(out, row->value);
	else
		buffer__put_u64(out, row->value);
}

static uint64_t limit_value(const void *data)
{
	const struct limit_row *row = data;

	return row->value;
}

static void put_used(void *list, const void *data, struct buffer *out)
{
	const struct limit_row *row = data;

	(void)list;
	if (row->has_use)
		buffer__put_u64(out, row->used);
}

static uint64_t used_value(const void *data)
{
	const struct limit_row *row = data;

	return row->used;
}

static void put_percent(void *list, const void *data, struct buffer *out)
{
	const struct limit_row *row = data;
	uint64_t permille;

	(void)list;
	if (!limit_row__permille(row, &permille))
		return;
	buffer__put_u64(out, permille / 10);
	buffer__put_char(out, '.');
	buffer__put_u64(out, permille % 10);
}

static uint64_t percent_value(const void *data)
{
	const struct limit_row *row = data;
	uint64_t permille;

	return limit_row__permille(row, &permille) ? permille : 0;
}

static void put_free(void *list, const void *data, struct buffer *out)
{
	const struct limit_list *limits = list;
	const struct limit_row *row = data;

	if (!row->has_use)
		return;
	if (limit_row__is_unlimited(row) && !limits->options->listing.bytes)
		buffer__put_str(out, "unlimited");
	else
		buffer__put_u64(out, limit_row__free(row));
}

static uint64_t free_value(const void *data)
{
	const struct limit_row *row = data;

	return row->has_use ? limit_row__free(row) : 0;
}

static void put_orphaned(void *list, const void *data, struct buffer *out)
{
	const struct limit_row *row = data;

	(void)list;
	if (row->has_use)
		buffer__put_u64(out, row->usage.orphaned);
}

static uint64_t orphaned_value(const void *data)
{
	const struct limit_row *row = data;

	return row->usage.orphaned;
}

static void put_unknown(void *list, const void *data, struct buffer *out)
{
	const struct limit_row *row = data;

	(void)list;
	if (row->has_use)
		buffer__put_u64(out, row->usage.unknown);
}

static uint64_t unknown_value(const void *data)
{
	const struct limit_row *row = data;

	return row->usage.unknown;
}

static int64_t change_per_minute(const struct limit_row *row)
{
	return row->change.ns ? (__int128)row->change.amount * 10 * (int64_t)TREND_NS /
					(int64_t)row->change.ns
			      : 0;
}

/* In tenths: "+12.5", "-3.0", "0.0" */
static void put_per_minute(void *list, const void *data, struct buffer *out)
{
	const struct limit_row *row = data;
	int64_t tenths = change_per_minute(row);
	uint64_t size = tenths < 0 ? -(uint64_t)tenths : (uint64_t)tenths;

	(void)list;
	if (!row->change.ns)
		return;
	if (tenths)
		buffer__put_char(out, tenths < 0 ? '-' : '+');
	buffer__put_u64(out, size / 10);
	buffer__put_char(out, '.');
	buffer__put_u64(out, size % 10);
}

/* Signed numbers in the order of unsigned ones. */
static uint64_t per_minute_value(const void *data)
{
	return (uint64_t)change_per_minute(data) ^ 1ULL << 63;
}

/* "50s", "12m30s", "3h20m", "5d4h", "9y" */
static void put_duration(struct buffer *out, uint64_t seconds)
{
	static const struct {
		uint64_t seconds;
		char name;
	} units[] = {{365 * 86400ULL, 'y'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;

	while (i < 4 && seconds < units[i].seconds)
		i++;
	buffer__put_u64(out, seconds / units[i].seconds);
	buffer__put_char(out, units[i].name);
	seconds %= units[i].seconds;
	if (!i || i == 4 || seconds < units[i + 1].seconds)
		return;
	buffer__put_u64(out, seconds / units[i + 1].seconds);
	buffer__put_char(out, units[i + 1].name);
}

static void put_full_in(void *list, const void *data, struct buffer *out)
{
	const struct limit_row *row = data;
	uint64_t seconds;

	(void)list;
	if (!row->has_use)
		return;
	if (!limit_row__free(row))
		buffer__put_str(out, "full");
	else if (trend__full_in(&row->change, limit_row__free(row), &seconds))
		put_duration(out, seconds);
}

/* What does not grow comes last. */
static uint64_t full_in_value(const void *data)
{
	const struct limit_row *row = data;
	uint64_t seconds;

	if (row->has_use && !limit_row__free(row))
		return 0;
	return trend__full_in(&row->change, limit_row__free(row), &seconds) ? seconds : UINT64_MAX;
}

/* "31870 by httpd[4388]", "12 by [15498] ended", "5 of www": the user, where no name is known. */
static void put_holder(struct limit_list *limits, const struct usage_holder *holder,
		       struct buffer *out)
{
	buffer__put_u64(out, holder->amount);
	if (*holder->comm || holder->pid) {
		buffer__put_str(out, " by ");
		cells__put_escaped(out, holder->comm, limits->utf8);
	} else {
		buffer__put_str(out, " of ");
		cells__put_user(out, &limits->users, holder->uid, limits->utf8);
	}
	if (holder->pid) {
		buffer__put_char(out, '[');
		buffer__put_u64(out, holder->pid);
		buffer__put_char(out, ']');
	}
	if (holder->objects_ended == holder->objects)
		buffer__put_str(out, " ended");
}

static void put_creators(void *list, const void *data, struct buffer *out)
{
	const struct limit_row *row = data;
	const struct usage *usage = &row->usage;
	size_t n = usage->n_holders < USAGE_HOLDERS ? usage->n_holders : USAGE_HOLDERS;

	for (size_t i = 0; i < n; i++) {
		buffer__put_str(out, i ? ", " : "");
		put_holder(list, &usage->holders[i], out);
	}
	if (usage->n_holders > n) {
		buffer__put_str(out, ", and ");
		buffer__put_u64(out, usage->n_holders - n);
		buffer__put_str(out, " more");
	}
}

static uint64_t creators_value(const void *data)
{
	const struct limit_row *row = data;

	return row->usage.n_holders ? row->usage.holders[0].amount : 0;
}

const struct container *limit_row__container(const struct limit_list *list,
					     const struct limit_row *row,
					     const struct usage_holder *holder)
{
	const struct object_info any = {.ipcns = row->ipcns};
	bool by_namespace;

	return holder->container ? holder->container
				 : ledger__container_of(list->report->ledger, &any, &by_namespace);
}

/* In the order of CREATORS. */
static void put_containers(void *list, const void *data, struct buffer *out)
{
	const struct limit_list *limits = list;
	const struct limit_row *row = data;

	for (size_t i = 0; i < row->usage.n_holders && i < USAGE_HOLDERS; i++) {
		const struct container *container = limit_row__container(list, row,
									 &row->usage.holders[i]);

		buffer__put_str(out, i ? ", " : "");
		if (container)
			container_view__put_text(out, container, limits->utf8);
		else
			buffer__put_char(out, '?');
	}
}

static void put_ipcns(void *list, const void *data, struct buffer *out)
{
	const struct limit_row *row = data;

	(void)list;
	buffer__put_u64(out, row->ipcns);
}

static uint64_t ipcns_value(const void *data)
{
	const struct limit_row *row = data;

	return row->ipcns;
}

const struct listing_column limit_list__columns[] = {
	{{"TIME", false, false}, SHOWN_WITH_TIME, "when it was read", put_time, NULL},
	{{"IPCNS", true, false}, SHOWN_WITH_ALL, "IPC namespace", put_ipcns, ipcns_value},
	{{"RESOURCE", false, false}, SHOWN_ALWAYS, "name of the limit", put_resource, NULL},
	{{"UNIT", false, true}, SHOWN_ALWAYS, "what is counted", put_unit, NULL},
	{{"LIMIT", true, false}, SHOWN_ALWAYS, "how many there may be", put_limit, limit_value},
	{{"USED", true, false}, SHOWN_ALWAYS, "how many there are", put_used, used_value},
	{{"USE%", true, false}, SHOWN_ALWAYS, "USED of LIMIT", put_percent, percent_value},
	{{"FREE", true, false}, SHOWN_ALWAYS, "how many are left", put_free, free_value},
	{{"PER-MIN", true, false},
	 SHOWN_WITH_TIME,
	 "by how much USED grows in a minute",
	 put_per_minute,
	 per_minute_value},
	{{"FULL-IN", true, false},
	 SHOWN_WITH_TIME,
	 "when it is full if that goes on",
	 put_full_in,
	 full_in_value},
	{{"ORPHANED", true, false},
	 SHOWN_ALWAYS,
	 "of USED: what nothing uses",
	 put_orphaned,
	 orphaned_value},
	{{"UNKNOWN", true, false},
	 SHOWN_ALWAYS,
	 "of USED: what nobody is known to use",
	 put_unknown,
	 unknown_value},
	{{"CREATORS", false, true},
	 SHOWN_ALWAYS,
	 "who made the most",
	 put_creators,
	 creators_value},
	{{"CONTAINER", false, true},
	 SHOWN_WITH_CONTAINER,
	 "containers or units of CREATORS",
	 put_containers,
	 NULL},
	{},
};
