// SPDX-License-Identifier: GPL-2.0-only
/*
 * The members stand in schema.json, types "limit" and "suppressed".
 */
#include "view/container_view.h"
#include "view/ledger.h"
#include "view/refusal.h"
#include "view/words.h"

static void put_number(struct json_writer *w, const char *key, uint64_t value, bool known)
{
	if (known)
		json_writer__u64(w, key, value);
	else
		json_writer__null(w, key);
}

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	if (*text)
		json_writer__str(w, key, text);
	else
		json_writer__null(w, key);
}

static void put_object(struct json_writer *w, const struct refusal *refusal)
{
	struct process_info creator;
	struct object_info object;

	if (!refusal->object) {
		json_writer__null(w, "object");
		return;
	}
	ledger__object_info(refusal->object, &object);
	json_writer__begin(w, "object");
	json_writer__str(w, "kind", object_kind__name(object.kind));
	json_writer__s64(w, "id", object.id);
	json_writer__u64(w, "size", object.size);
	json_writer__u64(w, "mode", object.mode);
	json_writer__u64(w, "uid", object.uid);
	put_number(w, "creator", object.creator, object.creator);
	if (object.owner) {
		ledger__process_info(object.owner, &creator);
		json_writer__string(w, "creator_comm", creator.comm, sizeof(creator.comm));
		json_writer__bool(w, "creator_alive", creator.alive);
	} else {
		json_writer__null(w, "creator_comm");
		if (object.creator)
			json_writer__bool(w, "creator_alive", false);
		else
			json_writer__null(w, "creator_alive");
	}
	json_writer__end(w);
}

static void put_holder(struct json_writer *w, const struct usage_holder *holder)
{
	json_writer__begin(w, NULL);
	if (*holder->comm)
		json_writer__string(w, "comm", holder->comm, sizeof(holder->comm));
	else
		json_writer__null(w, "comm");
	json_writer__u64(w, "uid", holder->uid);
	put_number(w, "pid", holder->pid, holder->pid);
	container_view__put_json(w, "container", holder->container);
	if (holder->alive)
		json_writer__bool(w, "alive", true);
	else if (holder->objects_ended == holder->objects)
		json_writer__bool(w, "alive", false);
	else
		json_writer__null(w, "alive");
	json_writer__u64(w, "amount", holder->amount);
	json_writer__u64(w, "orphaned", holder->orphaned);
	json_writer__u64(w, "objects", holder->objects);
	json_writer__end(w);
}

static void put_usage(struct json_writer *w, const struct refusal *refusal)
{
	const struct usage *usage = &refusal->usage;

	if (!refusal->has_usage) {
		json_writer__null(w, "usage");
		return;
	}
	json_writer__begin(w, "usage");
	json_writer__u64(w, "amount", usage->amount);
	json_writer__u64(w, "orphaned", usage->orphaned);
	json_writer__u64(w, "objects", usage->objects);
	json_writer__u64(w, "objects_orphaned", usage->objects_orphaned);
	json_writer__u64(w, "objects_unknown", usage->objects_unknown);
	json_writer__u64(w, "n_holders", usage->n_holders);
	json_writer__begin_array(w, "holders");
	for (size_t i = 0; i < usage->n_holders && i < USAGE_HOLDERS; i++)
		put_holder(w, &usage->holders[i]);
	json_writer__end(w);
	json_writer__end(w);
}

static void put_memory(struct json_writer *w, const struct refusal *refusal)
{
	const struct memory_facts *memory = &refusal->memory;

	if (!refusal->has_memory) {
		json_writer__null(w, "memory");
		return;
	}
	json_writer__begin(w, "memory");
	put_number(w, "overcommit", memory->overcommit, memory->overcommit >= 0);
	put_number(w, "ram", memory->ram, memory->ram != UINT64_MAX);
	put_number(w, "swap", memory->swap, memory->swap != UINT64_MAX);
	put_number(w, "commit_limit", memory->commit_limit, memory->commit_limit != UINT64_MAX);
	put_number(w, "committed", memory->committed, memory->committed != UINT64_MAX);
	put_number(w, "huge_size", memory->huge_size, memory->huge_size);
	put_number(w, "huge_free", memory->huge_free, memory->huge_free != UINT64_MAX);
	put_number(w, "cgroup_max", memory->cgroup_max, memory->cgroup_max != UINT64_MAX);
	put_number(w, "cgroup_used", memory->cgroup_used, memory->cgroup_used != UINT64_MAX);
	json_writer__end(w);
}

static void put_remedy(struct json_writer *w, const struct remedy *remedy)
{
	json_writer__begin(w, "remedy");
	put_text(w, "look", remedy->look);
	put_text(w, "remove", remedy->remove);
	put_text(w, "raise", remedy->raise);
	put_number(w, "raise_to", remedy->raise_to, remedy->raise_to);
	json_writer__end(w);
}

void refusal__put_json(struct json_writer *w, const struct view_refusal *view)
{
	const struct refusal *refusal = view->refusal;
	const struct call_event *call = refusal->call;

	put_number(w, "pid", call->head.pid, call->head.pid);
	put_number(w, "tid", call->head.tid, call->head.tid);
	json_writer__u64(w, "uid", call->head.uid);
	json_writer__string(w, "comm", call->head.comm, EVENT_COMM_LEN);
	json_writer__u64(w, "ipcns", call->head.ipcns);
	json_writer__str(w, "call", words__call_name(call->call));
	json_writer__u64(w, "errno", refusal->error);
	json_writer__str(w, "error", words__errno_name(refusal->error));
	json_writer__str(w, "cause", refusal_cause__name(refusal->cause));
	json_writer__str(w, "certainty", refusal_certainty__name(refusal->certainty));
	put_text(w, "limit", ipc_limit__name(refusal->limit));
	put_number(w, "used", refusal->used, refusal->limit && refusal->limit <= IPC_LIMITS_USED);
	put_number(w, "value", refusal->value, refusal->limit);
	if (refusal->limit == LIMIT_SEMMSL)
		json_writer__s64(w, "wanted", (int32_t)refusal->wanted);
	else
		put_number(w, "wanted", refusal->wanted, refusal->limit);
	put_text(w, "also", ipc_limit__name(refusal->also));
	put_usage(w, refusal);
	put_object(w, refusal);
	put_memory(w, refusal);
	put_remedy(w, &view->remedy);
}

void suppressed__put_json(struct json_writer *w, const struct view_suppressed *suppressed)
{
	const bool one_kind = suppressed->call != CALL_COUNT;

	json_writer__u64(w, "count", suppressed->count);
	put_number(w, "ipcns", suppressed->ipcns, one_kind);
	json_writer__str(w, "call", one_kind ? words__call_name(suppressed->call) : NULL);
	put_number(w, "errno", suppressed->error, one_kind);
	json_writer__str(w, "error", one_kind ? words__errno_name(suppressed->error) : NULL);
	json_writer__str(w, "cause", one_kind ? refusal_cause__name(suppressed->cause) : NULL);
	put_text(w, "limit", ipc_limit__name(suppressed->limit));
}
