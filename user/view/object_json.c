// SPDX-License-Identifier: GPL-2.0-only
#include "view/object_json.h"

#include <stdio.h>
#include <time.h>

#include "view/container_view.h"
#include "view/ledger.h"

#define NS_PER_S 1000000000LL

void object_json__put_time(struct json_writer *w, const char *key, uint64_t ns,
			   long long clock_offset_ns)
{
	long long real = (long long)ns + clock_offset_ns;
	time_t seconds = real / NS_PER_S;
	char text[48];
	struct tm tm;
	size_t len;

	if (!ns) {
		json_writer__null(w, key);
		return;
	}
	gmtime_r(&seconds, &tm);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%09lldZ", real % NS_PER_S);
	json_writer__str(w, key, text);
}

void object_json__begin(struct json_writer *w, char data[OBJECT_JSON_BYTES], const char *type)
{
	json_writer__init(w, data, OBJECT_JSON_BYTES);
	json_writer__begin(w, NULL);
	json_writer__str(w, "type", type);
	json_writer__u64(w, "version", 1);
}

void object_json__put_identity(struct json_writer *w, const struct ledger *ledger,
			       const struct object_info *object)
{
	struct process_info owner;

	json_writer__u64(w, "ipcns", object->ipcns);
	json_writer__str(w, "kind", object_kind__name(object->kind));
	json_writer__s64(w, "id", object->id);
	json_writer__u64(w, "key", object->key);
	json_writer__u64(w, "size", object->size);
	json_writer__u64(w, "mode", object->mode);
	json_writer__u64(w, "uid", object->uid);
	json_writer__u64(w, "gid", object->gid);
	json_writer__u64(w, "nattch", object->nattch);
	json_writer__u64_or_null(w, "creator", object->creator, object->creator);
	if (object->owner) {
		ledger__process_info(object->owner, &owner);
		json_writer__string(w, "creator_comm", owner.comm, sizeof(owner.comm));
	} else {
		json_writer__null(w, "creator_comm");
	}
	container_view__put_object_json(w, ledger, object);
}

void object_json__put_state(struct json_writer *w, const struct object_info *object)
{
	json_writer__str(w, "state", object_state__name(object->state));
	json_writer__str(w, "known", object_known__name(object->observed));
}

static void put_creator_alive(struct json_writer *w, const struct object_info *object)
{
	struct process_info owner = {0};

	if (object->owner)
		ledger__process_info(object->owner, &owner);
	/* Where a number is all that is known, no process of that number runs. */
	if (object->owner || object->creator)
		json_writer__bool(w, "creator_alive", owner.alive);
	else
		json_writer__null(w, "creator_alive");
}

size_t object_json__object(char data[OBJECT_JSON_BYTES], const struct ledger *ledger,
			   const struct object_info *object, long long clock_offset_ns)
{
	struct json_writer w;

	object_json__begin(&w, data, "object");
	object_json__put_identity(&w, ledger, object);
	put_creator_alive(&w, object);
	object_json__put_time(&w, "created", object->created_ns, clock_offset_ns);
	object_json__put_time(&w, "last", object->last_ns, clock_offset_ns);
	object_json__put_state(&w, object);
	json_writer__end(&w);
	return json_writer__finish(&w);
}

size_t object_json__holder(char data[OBJECT_JSON_BYTES], const struct object_info *object,
			   const struct process_info *holder, uint32_t mappings)
{
	bool attached = object->kind == OBJECT_SHM;
	struct json_writer w;

	object_json__begin(&w, data, attached ? "attachment" : "user");
	json_writer__str(&w, "kind", object_kind__name(object->kind));
	json_writer__u64(&w, "ipcns", object->ipcns);
	json_writer__s64(&w, "id", object->id);
	json_writer__u64(&w, "pid", holder->pid);
	json_writer__string(&w, "comm", holder->comm, sizeof(holder->comm));
	container_view__put_json(&w, "container", holder->container);
	if (attached)
		json_writer__u64(&w, "mappings", mappings);
	json_writer__end(&w);
	return json_writer__finish(&w);
}
