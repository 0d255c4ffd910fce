// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/json_writer.h"
#include "view/container_view.h"
#include "view/limit_columns.h"
#include "view/object_json.h"

static void put_command(struct json_writer *w, const char *key, const char *command)
{
	json_writer__str(w, key, *command ? command : NULL);
}

static void put_remedy(struct json_writer *w, const struct limit_row *row)
{
	const struct remedy *remedy = &row->remedy;

	if (!row->above) {
		json_writer__null(w, "remedy");
		return;
	}
	json_writer__begin(w, "remedy");
	put_command(w, "look", remedy->look);
	put_command(w, "remove", remedy->remove);
	put_command(w, "raise", remedy->raise);
	json_writer__u64_or_null(w, "raise_to", remedy->raise_to, remedy->raise_to);
	json_writer__end(w);
}

static void put_use(struct json_writer *w, const struct limit_row *row)
{
	const struct usage *usage = &row->usage;
	uint64_t permille = 0, seconds = 0;
	bool grows = row->has_use && trend__full_in(&row->change, limit_row__free(row), &seconds);
	bool has_percent = limit_row__permille(row, &permille);
	bool changed = row->change.ns;

	json_writer__u64_or_null(w, "used", row->has_use, row->used);
	json_writer__u64_or_null(w, "percent", has_percent, permille / 10);
	json_writer__u64_or_null(w, "free", row->has_use, limit_row__free(row));
	json_writer__u64_or_null(w, "objects", row->has_use, usage->objects);
	json_writer__u64_or_null(w, "orphaned", row->has_use, usage->orphaned);
	json_writer__u64_or_null(w, "objects_orphaned", row->has_use, usage->objects_orphaned);
	json_writer__u64_or_null(w, "unknown", row->has_use, usage->unknown);
	json_writer__u64_or_null(w, "objects_unknown", row->has_use, usage->objects_unknown);
	json_writer__u64_or_null(w, "creators", row->has_use, usage->n_holders);
	if (changed)
		json_writer__s64(w, "change", row->change.amount);
	else
		json_writer__null(w, "change");
	json_writer__u64_or_null(w, "change_ns", changed, row->change.ns);
	json_writer__u64_or_null(w, "full_in_s", grows, seconds);
}

static void begin(struct json_writer *w, char data[OBJECT_JSON_BYTES], const char *type,
		  const struct limit_row *row)
{
	object_json__begin(w, data, type);
	json_writer__u64(w, "ipcns", row->ipcns);
	json_writer__str(w, "resource", ipc_limit__name(row->limit));
}

static size_t put_creator(char data[OBJECT_JSON_BYTES], const struct limit_list *list,
			  const struct limit_row *row, const struct usage_holder *holder)
{
	struct json_writer w;

	begin(&w, data, "creator", row);
	if (*holder->comm)
		json_writer__string(&w, "comm", holder->comm, sizeof(holder->comm));
	else
		json_writer__null(&w, "comm");
	json_writer__u64(&w, "uid", holder->uid);
	json_writer__u64_or_null(&w, "pid", holder->pid, holder->pid);
	container_view__put_json(&w, "container", limit_row__container(list, row, holder));
	if (holder->alive)
		json_writer__bool(&w, "alive", true);
	else if (holder->objects_ended == holder->objects)
		json_writer__bool(&w, "alive", false);
	else
		json_writer__null(&w, "alive");
	json_writer__u64(&w, "amount", holder->amount);
	json_writer__u64(&w, "orphaned", holder->orphaned);
	json_writer__u64(&w, "objects", holder->objects);
	json_writer__u64(&w, "objects_orphaned", holder->objects_orphaned);
	json_writer__end(&w);
	return json_writer__finish(&w);
}

void limit_row__print_json(const struct limit_list *list, const struct limit_row *row, FILE *out)
{
	const struct limit_report *report = list->report;
	char data[OBJECT_JSON_BYTES];
	struct json_writer w;

	begin(&w, data, "usage", row);
	object_json__put_time(&w, "time", report->now_ns, report->clock_offset_ns);
	json_writer__str(&w, "unit", ipc_limit__unit(row->limit));
	json_writer__u64(&w, "limit", row->value);
	put_use(&w, row);
	put_remedy(&w, row);
	json_writer__end(&w);
	fwrite_unlocked(data, 1, json_writer__finish(&w), out);
	for (size_t i = 0; i < row->usage.n_holders && i < USAGE_HOLDERS; i++)
		fwrite_unlocked(data, 1, put_creator(data, list, row, &row->usage.holders[i]), out);
}
