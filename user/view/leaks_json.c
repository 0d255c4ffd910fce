// SPDX-License-Identifier: GPL-2.0-only
#include "view/leaks_json.h"

#include "view/container_view.h"
#include "view/leak.h"
#include "view/ledger.h"
#include "view/object_json.h"

#define NS_PER_S 1000000000ULL

void leaks_json__put_time(struct json_writer *w, const char *key, int64_t time_s)
{
	object_json__put_time(w, key, time_s > 0 ? time_s * NS_PER_S : 0, 0);
}

static void put_pid(struct json_writer *w, const char *key, uint32_t pid)
{
	json_writer__u64_or_null(w, key, pid, pid);
}

void leaks_json__put_object(struct json_writer *w, const struct ledger *ledger,
			    const struct object_info *info)
{
	struct process_info creator = {0};
	bool ended = unused__creator_end(info, &creator);
	char text[UNUSED_EVIDENCE_BYTES];
	struct buffer evidence;

	object_json__put_identity(w, ledger, info);
	leak__put_end(w, ended, creator.status);
	object_json__put_state(w, info);
	buffer__init(&evidence, text, sizeof(text));
	unused__put_evidence(&evidence, ledger, info, true);
	json_writer__string(w, "evidence", text, evidence.len);
}

void leaks_json__put_past(struct json_writer *w, const struct object_info *info)
{
	const struct object_past *past = &info->past;
	const bool shm = info->kind == OBJECT_SHM, sem = info->kind == OBJECT_SEM,
		   msg = info->kind == OBJECT_MSG;

	leaks_json__put_time(w, "last_attach", shm ? past->last[0] : 0);
	leaks_json__put_time(w, "last_detach", shm ? past->last[1] : 0);
	leaks_json__put_time(w, "last_operation", sem ? past->last[0] : 0);
	leaks_json__put_time(w, "last_send", msg ? past->last[0] : 0);
	leaks_json__put_time(w, "last_receive", msg ? past->last[1] : 0);
	put_pid(w, "last_pid", past->last_pids[0]);
	put_pid(w, "other_pid", past->last_pids[1]);
}

size_t leaks_json__unused(char data[OBJECT_JSON_BYTES], const struct ledger *ledger,
			  const struct object_info *info, int64_t now_s)
{
	struct json_writer w;
	uint64_t age = 0;
	bool has_age = unused__age(info, now_s, &age);

	object_json__begin(&w, data, "unused");
	leaks_json__put_object(&w, ledger, info);
	leaks_json__put_time(&w, "since", info->past.since);
	json_writer__u64_or_null(&w, "age_s", has_age, age);
	leaks_json__put_past(&w, info);
	json_writer__end(&w);
	return json_writer__finish(&w);
}

static void put_sum(struct json_writer *w, const struct unused_sum *sum)
{
	json_writer__u64(w, "segments", sum->kinds[OBJECT_SHM]);
	json_writer__u64(w, "bytes", sum->bytes);
	json_writer__u64(w, "sets", sum->kinds[OBJECT_SEM]);
	json_writer__u64(w, "semaphores", sum->semaphores);
	json_writer__u64(w, "queues", sum->kinds[OBJECT_MSG]);
}

size_t leaks_json__owner(char data[OBJECT_JSON_BYTES], const struct unused_owner *owner)
{
	struct json_writer w;

	object_json__begin(&w, data, "owner");
	json_writer__u64(&w, "uid", owner->uid);
	if (*owner->comm)
		json_writer__string(&w, "comm", owner->comm, sizeof(owner->comm));
	else
		json_writer__null(&w, "comm");
	container_view__put_json(&w, "container", owner->container);
	leak__put_end(&w, owner->ended, owner->status);
	put_sum(&w, &owner->sum);
	leaks_json__put_time(&w, "since", owner->since);
	json_writer__str(&w, "known", object_known__name(owner->observed));
	json_writer__end(&w);
	return json_writer__finish(&w);
}

size_t leaks_json__total(char data[OBJECT_JSON_BYTES], const struct unused *unused, int64_t now_s)
{
	struct unused_sum sum;
	struct json_writer w;

	object_json__begin(&w, data, "leaks");
	leaks_json__put_time(&w, "time", now_s);
	json_writer__begin(&w, "orphans");
	unused__sum(unused->orphans, unused->n_orphans, &sum);
	put_sum(&w, &sum);
	json_writer__end(&w);
	json_writer__begin(&w, "unknown");
	unused__sum(unused->unknown, unused->n_unknown, &sum);
	put_sum(&w, &sum);
	json_writer__end(&w);
	json_writer__end(&w);
	return json_writer__finish(&w);
}
