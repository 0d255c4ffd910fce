// SPDX-License-Identifier: GPL-2.0-only
#include "view/leaks_columns.h"

#include "view/leak.h"
#include "view/leaks.h"
#include "view/ledger.h"

static void put_age(void *list, const void *row, struct buffer *out)
{
	const struct leaks *leaks = list;
	uint64_t age;

	if (!unused__age(row, leaks->now_s, &age))
		return;
	if (leaks->objects.bytes)
		buffer__put_u64(out, age);
	else
		cells__put_age(out, age);
}

/* The newest first, as ages grow; what has none comes before. */
static uint64_t age_value(const void *row)
{
	const struct object_info *info = row;

	return info->past.since > 0 ? INT64_MAX - (uint64_t)info->past.since : 0;
}

static void put_since(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;

	(void)list;
	if (info->past.since > 0)
		cells__put_time(out, info->past.since);
}

static uint64_t since_value(const void *row)
{
	const struct object_info *info = row;

	return info->past.since > 0 ? info->past.since : 0;
}

static void put_ended(void *list, const void *row, struct buffer *out)
{
	struct process_info creator;

	(void)list;
	if (unused__creator_end(row, &creator))
		leak__put_ending(out, &creator);
}

static void put_known(void *list, const void *row, struct buffer *out)
{
	const struct object_info *info = row;

	(void)list;
	buffer__put_str(out, object_known__name(info->observed));
}

static void put_evidence(void *list, const void *row, struct buffer *out)
{
	const struct leaks *leaks = list;

	unused__put_evidence(out, leaks->objects.ledger, row, leaks->objects.utf8);
}

const struct listing_column leaks__columns[] = {
	OBJECT_COLUMNS,
	{{"AGE", true, false}, SHOWN_ALWAYS, "time without any use", put_age, age_value},
	{{"SINCE", false, false}, SHOWN_IF_CHOSEN, "when it was used last", put_since, since_value},
	OBJECT_COLUMN_CREATOR,
	OBJECT_COLUMN_CONTAINER,
	{{"ENDED", false, false}, SHOWN_IF_CHOSEN, "how the creator ended", put_ended, NULL},
	OBJECT_COLUMN_STATE,
	{{"KNOWN", false, false}, SHOWN_ALWAYS, "observed or inferred", put_known, NULL},
	OBJECT_COLUMN_IPCNS,
	{{"EVIDENCE", false, true}, SHOWN_ALWAYS, "what says so", put_evidence, NULL},
	{},
};
