// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger as others see it: events in, and everything that may be asked.
 */
#include "ledger/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"

struct ledger *ledger__new(const struct ledger_options *options)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	const size_t past = options->keep_past ? sizeof(struct object_past) : 0;
	const size_t address = options->mappings_observed
				       ? 0
				       : sizeof(((struct mapping *)0)->addresses[0]);

	if (!ledger)
		return NULL;
	ledger->options = *options;
	ledger->few = LEDGER_FEW;
	hash__init(&ledger->objects, sizeof(struct object_key));
	hash__init(&ledger->processes, sizeof(uint32_t));
	hash__init(&ledger->spaces, sizeof(uint64_t));
	pool__init(&ledger->object_pool, sizeof(struct ledger_object) + past);
	pool__init(&ledger->process_pool, sizeof(struct ledger_process));
	pool__init(&ledger->space_pool, sizeof(struct address_space));
	pool__init(&ledger->mapping_pool, sizeof(struct mapping) + address);
	pool__init(&ledger->use_pool, sizeof(struct use));
	pool__init(&ledger->lineage_pool, sizeof(struct lineage));
	return ledger;
}

void ledger__free(struct ledger *ledger)
{
	struct ledger_object *object;
	struct ledger_process *process;
	struct address_space *space;
	struct namespace *ns, *next_ns;
	struct hash_walk walk;

	if (!ledger)
		return;
	/* Nobody is told of what goes now. */
	ledger->options.leaked = NULL;
	snapshot__close(ledger);
	walk = hash__walk(&ledger->objects);
	while ((object = hash__next(&walk)))
		object__destroy(ledger, object);
	walk = hash__walk(&ledger->processes);
	while ((process = hash__next(&walk)))
		process__end(ledger, process, 0, 0);
	walk = hash__walk(&ledger->spaces);
	while ((space = hash__next(&walk)))
		space__free_if_unused(ledger, space);
	hash__free(&ledger->objects);
	hash__free(&ledger->processes);
	hash__free(&ledger->spaces);
	HASH_ITER (hh, ledger->namespaces, ns, next_ns)
		namespace__free(ledger, ns);
	free(ledger);
}

static void apply_lost(struct ledger *ledger, const struct lost_event *event)
{
	uint64_t total = event->ledger;

	for (int i = 0; i < CALL_COUNT; i++)
		total += event->calls[i];
	if (total <= ledger->lost_calls)
		return;
	ledger->lost_calls = total;
	snapshot__miss(ledger);
}

int ledger__apply(struct ledger *ledger, const struct event *event)
{
	ledger->events++;
	if (ledger->last_ns < event->time_ns)
		ledger->last_ns = event->time_ns;
	switch (event->type) {
	case EVENT_CALL:
	case EVENT_CALL_LIMITS:
		process__count_call(ledger, (const struct call_event *)event);
		break;
	case EVENT_LOST:
		apply_lost(ledger, (const struct lost_event *)event);
		break;
	case EVENT_OBJECT:
		object__apply(ledger, (const struct object_event *)event);
		break;
	case EVENT_MAPPING:
		mapping__apply(ledger, (const struct mapping_event *)event);
		break;
	case EVENT_PROCESS:
		process__apply(ledger, (const struct process_event *)event);
		break;
	case EVENT_SNAPSHOT:
		snapshot__apply(ledger, (const struct snapshot_event *)event);
		break;
	case EVENT_CONTAINER:
		container__apply(ledger, (const struct container_event *)event);
		break;
	}
	return ledger->out_of_memory ? -ENOMEM : 0;
}

bool ledger__is_exact(const struct ledger *ledger)
{
	return !ledger->lost && !ledger->out_of_memory && !ledger->n_unsettled;
}

uint64_t ledger__drift(const struct ledger *ledger)
{
	return ledger->drift;
}

void ledger__object_info(const struct ledger_object *object, struct object_info *info)
{
	const bool segment = object->key.kind == OBJECT_SHM;

	*info = (struct object_info){
		.ipcns = object->key.ipcns,
		.kind = object->key.kind,
		.id = object->key.id,
		.key = object->ipc_key,
		.size = object->size,
		.mode = object->mode,
		.uid = object->uid,
		.gid = object->gid,
		.nattch = segment ? object->nattch + object->hidden : 0,
		.waiting = segment ? 0 : object->hidden,
		.creator = object->creator,
		.created_ns = object->created_ns,
		.last_ns = object->last_ns,
		.observed = object->observed,
		.state = object__state(object),
		.owner = object->owner,
	};
	if (object->has_past)
		info->past = object->past[0];
}

void ledger__process_info(const struct ledger_process *process, struct process_info *info)
{
	*info = (struct process_info){
		.pid = process->pid,
		.start_ns = process->start_ns,
		.parent = process->parent,
		.uid = process->uid,
		.container = ledger__process_container(process),
		.alive = process->alive,
		.status = process->status,
		.calls = process->calls,
		.created = process->created,
		.existing = process->existing,
		.leaked = process->leaked,
		.existing_bytes = process->existing_bytes,
		.attached_bytes = process->attached_bytes,
		.peak_bytes = process->peak_bytes,
	};
	memcpy(info->comm, process->comm, sizeof(process->comm));
	if (process->errors) {
		info->failed = process->errors->failed;
		info->enospc = process->errors->enospc;
	}
	for (int i = 0; process->errors && i < LEDGER_ERRNOS; i++) {
		info->errnos[i].number = process->errors->errnos[i].number;
		info->errnos[i].count = process->errors->errnos[i].count;
	}
	if (process->space)
		for (struct mapping *m = process->space->mappings; m; m = m->next_of_space)
			info->attached++;
}

void ledger__for_each_object(const struct ledger *ledger,
			     bool (*each)(void *context, const struct ledger_object *object),
			     void *context)
{
	struct hash_walk walk = hash__walk(&ledger->objects);
	struct ledger_object *object;

	while ((object = hash__next(&walk)))
		if (!each(context, object))
			return;
}

void ledger__for_each_process(const struct ledger *ledger,
			      bool (*each)(void *context, const struct ledger_process *process),
			      void *context)
{
	struct hash_walk walk = hash__walk(&ledger->processes);
	struct ledger_process *process;

	while ((process = hash__next(&walk)))
		if (!each(context, process))
			return;
	for (process = ledger->ended; process; process = process->next_ended)
		if (!each(context, process))
			return;
}

static void count_object(struct namespace_info *info, const struct ledger_object *object)
{
	switch (object->key.kind) {
	case OBJECT_SHM:
		info->segments++;
		info->pages += object__pages(object);
		break;
	case OBJECT_SEM:
		info->sets++;
		info->semaphores += object->size;
		break;
	default:
		info->queues++;
	}
	info->orphans += object__state(object) == STATE_ORPHAN;
}

void ledger__for_each_namespace(const struct ledger *ledger,
				bool (*each)(void *context, const struct namespace_info *info),
				void *context)
{
	struct hash_walk walk = hash__walk(&ledger->objects);
	struct ledger_object *object;
	struct namespace *ns, *next;

	HASH_ITER (hh, ledger->namespaces, ns, next)
		ns->info = (struct namespace_info){.ipcns = ns->ipcns, .limits = ns->info.limits};
	while ((object = hash__next(&walk))) {
		HASH_FIND(hh, ledger->namespaces, &object->key.ipcns, sizeof(object->key.ipcns),
			  ns);
		if (ns)
			count_object(&ns->info, object);
	}
	HASH_ITER (hh, ledger->namespaces, ns, next)
		if (!each(context, &ns->info))
			return;
}

void ledger__for_each_holder(const struct ledger_object *object,
			     bool (*each)(void *context, const struct ledger_process *process,
					  uint32_t mappings),
			     void *context)
{
	struct ledger_process *process;

	for (struct mapping *m = object->mappings; m; m = m->next_of_object)
		for (process = m->space->processes; process; process = process->next_of_space)
			if (!each(context, process, m->count))
				return;
	use__for_each_process(object, each, context);
}

const struct ledger_object *ledger__find_object(const struct ledger *ledger, uint32_t ipcns,
						uint32_t kind, int32_t id)
{
	const struct object_key key = {.ipcns = ipcns, .kind = kind, .id = id};

	return object__find((struct ledger *)ledger, &key);
}

const struct ledger_object *ledger__find_key(const struct ledger *ledger, uint32_t ipcns,
					     uint32_t kind, uint32_t key)
{
	struct hash_walk walk = hash__walk(&ledger->objects);
	struct ledger_object *object;

	/* IPC_PRIVATE finds nothing, and IPC_RMID makes a key free. */
	while ((object = hash__next(&walk)))
		if (key && object->ipc_key == key && object->key.kind == kind &&
		    object->key.ipcns == ipcns && !(object->mode & MODE_MARKED))
			return object;
	return NULL;
}

const struct ledger_process *ledger__find_process(const struct ledger *ledger, uint32_t pid)
{
	return process__find((struct ledger *)ledger, pid);
}

void ledger__stats(const struct ledger *ledger, struct ledger_stats *stats)
{
	*stats = (struct ledger_stats){
		.objects = ledger->objects.count,
		.processes = ledger->processes.count + ledger->n_ended,
		.address_spaces = ledger->spaces.count,
		.mappings = ledger->n_mappings,
		.events = ledger->events,
		.lost = ledger->lost_calls,
		.unsettled = ledger->n_unsettled,
	};
	stats->bytes = sizeof(*ledger) + ledger->object_pool.bytes + ledger->process_pool.bytes +
		       ledger->space_pool.bytes + ledger->mapping_pool.bytes +
		       ledger->use_pool.bytes + ledger->lineage_pool.bytes +
		       hash__bytes(&ledger->objects) + hash__bytes(&ledger->processes) +
		       hash__bytes(&ledger->spaces);
	stats->bytes += HASH_COUNT(ledger->containers) * sizeof(struct ledger_container);
}
