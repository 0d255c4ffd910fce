// SPDX-License-Identifier: GPL-2.0-only
#include "view/container_view.h"
#include "view/leaks_json.h"
#include "view/ledger.h"
#include "view/verdict.h"
#include "view/why.h"

#define MODE_MARKED 01000 /* SHM_DEST, include/linux/shm.h */

static void put_limits(struct json_writer *w, const struct why_story *story)
{
	enum ipc_limit of_kind[2];
	struct ipc_limits limits;
	size_t n = why__limits(story->row.info.kind, of_kind);

	why__find_limits(story, &limits);
	json_writer__begin_array(w, "counts");
	for (size_t i = 0; i < n; i++) {
		json_writer__begin(w, NULL);
		json_writer__str(w, "resource", ipc_limit__name(of_kind[i]));
		json_writer__str(w, "unit", ipc_limit__unit(of_kind[i]));
		json_writer__u64(w, "amount", ledger__amount(story->object, of_kind[i]));
		json_writer__u64(w, "used", ipc_limit__used(of_kind[i], &limits));
		json_writer__u64(w, "limit", ipc_limit__value(of_kind[i], &limits));
		json_writer__end(w);
	}
	json_writer__end(w);
}

static void put_verdict(struct json_writer *w, const struct why_story *story, uint32_t own)
{
	const struct verdict_case verdict = {.row = &story->row,
					     .ledger = story->ledger,
					     .holders = story->n_holders,
					     .hidden = story->hidden,
					     .utf8 = true};
	char text[VERDICT_BYTES];
	struct buffer out;

	json_writer__str(w, "verdict", verdict__name(verdict__of(&verdict)));
	buffer__init(&out, text, sizeof(text));
	verdict__put_sentence(&out, &verdict);
	json_writer__string(w, "reason", text, out.len);
	buffer__init(&out, text, sizeof(text));
	verdict__put_command(&out, &verdict, own);
	if (out.len)
		json_writer__string(w, "remove", text, out.len);
	else
		json_writer__null(w, "remove");
}

static size_t put_story(char data[OBJECT_JSON_BYTES], const struct why_story *story, uint32_t own)
{
	const struct object_info *info = &story->row.info;
	struct json_writer w;

	object_json__begin(&w, data, "why");
	leaks_json__put_time(&w, "time", story->now_s);
	leaks_json__put_object(&w, story->ledger, info);
	json_writer__bool(&w, "marked", info->mode & MODE_MARKED);
	leaks_json__put_time(&w, "created", story->created_s);
	leaks_json__put_time(&w, "changed", story->changed_s);
	if (info->owner)
		json_writer__bool(&w, "creator_younger", why__creator_is_younger(story));
	else
		json_writer__null(&w, "creator_younger");
	leaks_json__put_time(&w, "since", info->past.since);
	leaks_json__put_past(&w, info);
	put_limits(&w, story);
	json_writer__u64(&w, "holders", story->n_holders);
	json_writer__u64(&w, "hidden", story->hidden);
	put_verdict(&w, story, own);
	json_writer__end(&w);
	return json_writer__finish(&w);
}

static size_t put_holder(char data[OBJECT_JSON_BYTES], const struct object_info *info,
			 const struct why_holder *holder)
{
	const bool segment = info->kind == OBJECT_SHM;
	struct json_writer w;

	object_json__begin(&w, data, "holder");
	json_writer__u64(&w, "ipcns", info->ipcns);
	json_writer__str(&w, "kind", object_kind__name(info->kind));
	json_writer__s64(&w, "id", info->id);
	json_writer__u64(&w, "pid", holder->info.pid);
	json_writer__string(&w, "comm", holder->info.comm, sizeof(holder->info.comm));
	json_writer__u64_or_null(&w, "uid", why__is_seen(&holder->info), holder->info.uid);
	container_view__put_json(&w, "container", holder->info.container);
	json_writer__u64_or_null(&w, "mappings", segment, holder->mappings);
	json_writer__u64_or_null(&w, "resident", segment && !holder->err, holder->resident);
	json_writer__end(&w);
	return json_writer__finish(&w);
}

void why__print_json(const struct why_story *story, uint32_t own, FILE *out)
{
	char data[OBJECT_JSON_BYTES];

	fwrite_unlocked(data, 1, put_story(data, story, own), out);
	for (size_t i = 0; i < story->n_holders; i++)
		fwrite_unlocked(data, 1, put_holder(data, &story->row.info, &story->holders[i]),
				out);
}
