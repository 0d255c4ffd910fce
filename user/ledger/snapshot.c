// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots: what the kernel's own tables say, against what we have. While one is read the world
 * goes on, and its events may reach us before or after it. So each record says when it was read,
 * and decides nothing about what has happened since.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"

static void correct(struct ledger *ledger)
{
	/* The first one teaches; the later ones check. */
	if (ledger->loaded)
		ledger->drift++;
}

void snapshot__bury(struct ledger *ledger, const struct object_key *key, uint64_t time_ns)
{
	struct tombstone *tombstone;

	if (!ledger->snapshot_open)
		return;
	HASH_FIND(hh, ledger->tombstones, key, sizeof(*key), tombstone);
	if (!tombstone) {
		tombstone = calloc(1, sizeof(*tombstone));
		if (!tombstone) {
			ledger->out_of_memory = true;
			return;
		}
		tombstone->key = *key;
		HASH_ADD(hh, ledger->tombstones, key, sizeof(*key), tombstone);
		if (!tombstone->hh.tbl) {
			free(tombstone);
			ledger->out_of_memory = true;
			return;
		}
	}
	tombstone->destroyed_ns = time_ns;
}

static bool is_buried_since(struct ledger *ledger, const struct object_key *key, uint64_t time_ns)
{
	struct tombstone *tombstone;

	HASH_FIND(hh, ledger->tombstones, key, sizeof(*key), tombstone);
	return tombstone && tombstone->destroyed_ns >= time_ns;
}

static void free_tombstones(struct ledger *ledger)
{
	struct tombstone *tombstone, *next;

	HASH_ITER (hh, ledger->tombstones, tombstone, next) {
		HASH_DEL(ledger->tombstones, tombstone);
		free(tombstone);
	}
}

void snapshot__miss(struct ledger *ledger)
{
	ledger->lost = true;
	ledger->lost_before_end = true;
}

void snapshot__close(struct ledger *ledger)
{
	ledger->snapshot_open = false;
	free_tombstones(ledger);
	process__free_ended(ledger);
}

/* Of a segment that was there before us the kernel still knows the pid of who made it. */
static void learn_object(struct ledger *ledger, struct ledger_object *object,
			 const struct object_event *event)
{
	struct ledger_process *owner;

	object->met = false;
	object__set_size(object, event->size);
	object->ipc_key = event->key;
	object->uid = event->uid;
	object->gid = event->gid;
	owner = event->head.pid ? process__find(ledger, event->head.pid) : NULL;
	/* Or another has that number now. */
	if (owner && !process__same_start(owner->start_ns, event->start_ns))
		owner = NULL;
	if (owner)
		object__set_owner(ledger, object, owner);
	else if (!object->owner && event->head.pid)
		object->creator = event->head.pid;
	if (owner && object->key.kind != OBJECT_SHM)
		use__add(ledger, owner, object, event->head.time_ns);
}

/* We took it for ended, and it is there: the same process, not one that was given its number. */
static void rebind_owner(struct ledger *ledger, struct ledger_object *object,
			 const struct object_event *event)
{
	const uint32_t pid = event->head.pid;
	struct ledger_process *process = pid ? process__find(ledger, pid) : NULL;

	if (!process || process == object->owner || object->creator_gone ||
	    object->creator != pid || !process__same_start(process->start_ns, event->start_ns))
		return;
	if (object->owner && (object->owner->alive ||
			      !process__same_start(object->owner->start_ns, process->start_ns)))
		return;
	object__set_owner(ledger, object, process);
}

/*
 * After a loss: it was made or changed when we saw nothing of it, in a later second. Whoever made
 * it, the kernel keeps no creator of sets and queues: rather nobody than a wrong one.
 */
static bool is_younger(const struct ledger *ledger, const struct ledger_object *object,
		       const struct object_event *event)
{
	return ledger->lost && object->changed_ns && object->key.kind != OBJECT_SHM &&
	       event->changed_ns > object->changed_ns;
}

/* An id is given again, to an object with another key, or of another creator. */
static bool is_another(const struct ledger *ledger, const struct ledger_object *object,
		       const struct object_event *event)
{
	const bool marked = (event->mode | object->mode) & MODE_MARKED;

	/* Marking takes the key away. */
	if (!marked && object->ipc_key != event->key)
		return true;
	if (is_younger(ledger, object, event))
		return true;
	/* Function hooks show each end and beginning, unless it was lost. */
	return (!ledger->options.mappings_observed || ledger->lost) && event->head.pid &&
	       object->creator != event->head.pid;
}

void snapshot__found_object(struct ledger *ledger, const struct object_event *event)
{
	const struct object_key key = {.ipcns = event->ipcns, .kind = event->kind, .id = event->id};
	const uint64_t read_ns = event->head.time_ns;
	struct ledger_object *object = object__find(ledger, &key);

	if (!object && is_buried_since(ledger, &key, read_ns))
		return;
	if (!object) {
		object = object__get(ledger, &key);
		if (!object)
			return;
		correct(ledger);
		learn_object(ledger, object, event);
		object->mode = event->mode;
	} else if (object->met || (!object->observed && !object->size && event->size)) {
		/* Met before it was introduced: attached, or used. */
		learn_object(ledger, object, event);
		object->mode |= event->mode;
	}
	object->generation = ledger->generation;
	/* Of a segment said again if it is still so. */
	object->hidden = event->kind == OBJECT_SEM ? event->nattch : 0;
	if (object->hidden)
		object__unreport(object);
	if (object->known_ns < read_ns)
		object->known_ns = read_ns;
	if (object->last_ns > read_ns)
		return;
	if (is_another(ledger, object, event)) {
		/* The id is another object's by now: its end and its beginning were not seen. */
		correct(ledger);
		object__unreport(object);
		object->observed = object->creator_gone = false;
		object__set_owner(ledger, object, process__find(ledger, event->head.pid));
		object->creator = event->head.pid;
		object->ipc_key = event->key;
		object->changed_ns = 0;
	}
	rebind_owner(ledger, object, event);
	if (object->mode != event->mode || object->size != event->size) {
		correct(ledger);
		object->mode = event->mode;
		object__set_size(object, event->size);
	}
	object->uid = event->uid;
	object->gid = event->gid;
	if (object->has_past)
		object->past[0] = event->past;
}

/* Without the kernel's pointer the process itself stands for its address space. */
static uint64_t space_number(const struct ledger_process *process, uint64_t mm)
{
	if (mm)
		return mm;
	return process->space ? process->space->mm : space__made_up(process->pid);
}

/* NULL: it has ended since it was found, or no memory. */
static struct ledger_process *found_process(struct ledger *ledger, const struct event *head,
					    uint64_t start_ns)
{
	struct ledger_process *process = process__find(ledger, head->pid);

	if (!process && process__ended_since(ledger, head->pid, start_ns, head->time_ns))
		return NULL;
	return process__get(ledger, head->pid, start_ns, head);
}

/* Of one who had that number before and has ended, without all of the detaches. */
static void clear_remains(struct ledger *ledger, uint64_t mm, uint64_t time_ns)
{
	struct address_space *space = space__find(ledger, mm);

	if (!space || !space->assumed || space->processes)
		return;
	correct(ledger);
	space__clear(ledger, space, space->last_ended, time_ns);
	space__free_if_unused(ledger, space);
}

static struct address_space *found_space(struct ledger *ledger, struct ledger_process *process,
					 uint64_t mm, uint64_t time_ns)
{
	if (mm && process->space && process->space->assumed)
		return space__learn(ledger, process->space, mm, time_ns);
	if (process->space && process->space->mm != mm && process->space->changed_ns > time_ns)
		return process->space; /* where it is since then */
	/* An exec that we missed: nobody will tell what has become of the old one. */
	if (process->space && process->space->mm != space_number(process, mm)) {
		correct(ledger);
		space__doubt(ledger, process->space);
	}
	clear_remains(ledger, space_number(process, mm), time_ns);
	process__enter_space(ledger, process, space_number(process, mm), time_ns);
	if (process->space && !mm && process->space->mm == space__made_up(process->pid))
		process->space->assumed = true;
	return process->space;
}

/* What a reading says of a space to which something has happened since it was read is no news. But
 * where we did not know what was there before, we do not know what is there now. */
static bool has_changed_since(struct ledger *ledger, struct address_space *space, bool differs,
			      uint64_t time_ns)
{
	if (space->changed_ns <= time_ns)
		return false;
	if (differs && (!ledger->loaded || ledger->lost))
		space__doubt(ledger, space);
	return true;
}

/* Of all addresses one is told, and that is right. */
static void find_address(struct ledger *ledger, struct mapping *m, uint64_t address, bool differs)
{
	if (!differs && mapping__knows_address(m, address))
		return;
	if (differs || m->n_addresses >= m->count)
		mapping__forget_addresses(m);
	mapping__remember_address(ledger, m, address);
}

static void find_count(struct ledger *ledger, struct address_space *space,
		       struct ledger_object *object, const struct mapping_event *event,
		       bool differs)
{
	struct mapping *m;

	if (differs) {
		correct(ledger);
		mapping__set_count(ledger, space, object, event->count);
	}
	m = mapping__find(space, object);
	if (m && !ledger->options.mappings_observed)
		find_address(ledger, m, event->address, differs);
}

void snapshot__found_mapping(struct ledger *ledger, const struct mapping_event *event)
{
	const struct object_key key = {.ipcns = event->ipcns, .kind = OBJECT_SHM, .id = event->id};
	struct ledger_process *process = found_process(ledger, &event->head, event->start_ns);
	struct ledger_object *object;
	struct address_space *space;
	struct mapping *m;
	bool differs;

	if (!event->head.pid) {
		object = object__find(ledger, &key);
		if (object)
			object->hidden = event->count;
		if (object && event->count)
			object__unreport(object);
		return;
	}
	space = process ? found_space(ledger, process, event->mm, event->head.time_ns) : NULL;
	if (!space || is_buried_since(ledger, &key, event->head.time_ns))
		return;
	object = object__find(ledger, &key);
	m = object ? mapping__find(space, object) : NULL;
	differs = !m || m->count != event->count;
	if (!has_changed_since(ledger, space, differs, event->head.time_ns)) {
		if (!object)
			object = object__get(ledger, &key);
		if (object)
			find_count(ledger, space, object, event, differs);
		/* Its namespace may be one that nobody can enter any more. */
		if (object && event->size && event->size != object->size &&
		    object->last_ns <= event->head.time_ns)
			object__set_size(object, event->size);
		if (object && object->known_ns < event->head.time_ns)
			object->known_ns = event->head.time_ns;
		m = object ? mapping__find(space, object) : NULL;
	}
	if (m)
		m->found_ns = event->head.time_ns;
}

/* All mappings of the process have been said: what was not among them is not there. */
static void drop_unfound(struct ledger *ledger, struct address_space *space, uint64_t time_ns)
{
	struct mapping *m, *next;

	for (m = space->mappings; m; m = next) {
		struct ledger_object *object = m->object;

		next = m->next_of_space;
		if (m->found_ns >= time_ns)
			continue;
		if (has_changed_since(ledger, space, true, time_ns))
			return;
		correct(ledger);
		mapping__set_count(ledger, space, object, 0);
		object__check_leak(ledger, object, NULL, time_ns);
	}
}

void snapshot__found_process(struct ledger *ledger, const struct process_event *event)
{
	struct ledger_process *process = found_process(ledger, &event->head, event->start_ns);
	struct address_space *space;

	if (!process)
		return;
	process->parent = event->parent;
	process->generation = ledger->generation;
	/* Nothing is said of its mappings: they may not be read, or were told with another process.
	 */
	if (!event->head.time_ns) {
		process__enter_space(ledger, process, event->mm, ledger->snapshot_ns);
		return;
	}
	space = found_space(ledger, process, event->mm, event->head.time_ns);
	if (!space)
		return;
	drop_unfound(ledger, space, event->head.time_ns);
	if (space->changed_ns > event->head.time_ns)
		return;
	ledger->n_unsettled -= space->unsettled;
	space->unsettled = false;
	space->whole = true;
	space->read_from_ns = event->head.time_ns;
	space->read_ns = event->read_ns;
	process->found_ns = event->head.time_ns;
}

/* What the table of that namespace no longer has. */
static void end_namespace(struct ledger *ledger, const struct snapshot_event *event)
{
	struct hash_walk walk = hash__walk(&ledger->objects);
	struct ledger_object *object;
	struct namespace *ns = namespace__get(ledger, event->ipcns);

	if (ns) {
		ns->info.limits = event->limits;
		ns->generation = ledger->generation;
	}
	while ((object = hash__next(&walk))) {
		if (object->key.ipcns != event->ipcns || object->generation == ledger->generation ||
		    object->known_ns > event->head.time_ns ||
		    object->created_ns > event->head.time_ns ||
		    object->last_ns > event->head.time_ns)
			continue;
		correct(ledger);
		object__destroy(ledger, object);
	}
}

/* Address spaces of nobody: of a fork under way whose child we shall be told of, or left by events
 * that were lost. What a whole snapshot later is still so is the latter. */
static void end_spaces(struct ledger *ledger)
{
	struct hash_walk walk = hash__walk(&ledger->spaces);
	struct address_space *space;

	while ((space = hash__next(&walk))) {
		if (space->processes || space->changed_ns > ledger->snapshot_ns)
			continue;
		if (!space->generation && !space->assumed && !space->unsettled) {
			space->generation = ledger->generation;
			/* Which of the two is not known yet. */
			if (ledger->lost)
				space__doubt(ledger, space);
			continue;
		}
		correct(ledger);
		space__clear(ledger, space, space->last_ended, ledger->snapshot_ns);
		space__free_if_unused(ledger, space);
	}
}

/* Attached segments keep their namespace, though nobody can enter it any more. */
static void keep_attached_namespaces(struct ledger *ledger)
{
	struct hash_walk walk = hash__walk(&ledger->objects);
	struct ledger_object *object;

	while ((object = hash__next(&walk))) {
		struct namespace *ns = NULL;

		if (object->mappings || object->hidden ||
		    object->created_ns > ledger->snapshot_ns ||
		    object->known_ns > ledger->snapshot_ns || object->last_ns > ledger->snapshot_ns)
			ns = namespace__get(ledger, object->key.ipcns);
		if (ns)
			ns->generation = ledger->generation;
	}
}

static bool is_any_unfound(const struct ledger *ledger)
{
	const struct namespace *ns, *next;

	HASH_ITER (hh, ledger->namespaces, ns, next)
		if (ns->generation != ledger->generation)
			return true;
	return false;
}

/*
 * Namespaces that nobody is in any more have ended, and all that was in them. Function hooks see
 * that; and where one is kept by a file alone, they alone know it.
 */
static void end_namespaces(struct ledger *ledger)
{
	struct ledger_object *object;
	struct namespace *ns, *next;
	struct hash_walk walk;

	if (!ledger->namespaces_told || (ledger->options.mappings_observed && !ledger->lost))
		return;
	if (!is_any_unfound(ledger))
		return;
	keep_attached_namespaces(ledger);
	walk = hash__walk(&ledger->objects);
	while ((object = hash__next(&walk))) {
		ns = namespace__get(ledger, object->key.ipcns);
		if (!ns || ns->generation == ledger->generation)
			continue;
		correct(ledger);
		object__destroy(ledger, object);
	}
	HASH_ITER (hh, ledger->namespaces, ns, next) {
		if (ns->generation == ledger->generation)
			continue;
		namespace__free(ledger, ns);
	}
}

static void end_processes(struct ledger *ledger, const struct snapshot_event *event)
{
	struct hash_walk walk = hash__walk(&ledger->processes);
	struct ledger_process *process;

	while ((process = hash__next(&walk))) {
		struct address_space *space = process->space;

		/* Younger ones, and those that we were told of since, cannot be judged. */
		if (process->generation == ledger->generation ||
		    process->known_ns > event->head.time_ns)
			continue;
		correct(ledger);
		/* No detaches will be told of what it leaves. */
		if (space && space->processes == process && !process->next_of_space)
			space__clear(ledger, space, process, event->head.time_ns);
		process__end(ledger, process, 0, event->head.time_ns);
	}
	end_spaces(ledger);
	end_namespaces(ledger);
	ledger->loaded = true;
	ledger->lost = ledger->lost_before_end;
	snapshot__close(ledger);
}

void snapshot__apply(struct ledger *ledger, const struct snapshot_event *event)
{
	if (event->action == SNAPSHOT_BEGIN) {
		snapshot__close(ledger);
		ledger->generation++;
		ledger->snapshot_open = true;
		ledger->snapshot_ns = event->head.time_ns;
		ledger->lost_before_end = false;
		ledger->namespaces_told = false;
	} else if (event->action == SNAPSHOT_END && event->ipcns) {
		end_namespace(ledger, event);
	} else if (event->action == SNAPSHOT_END) {
		end_processes(ledger, event);
	} else if (event->action == SNAPSHOT_NAMESPACE && event->ipcns) {
		struct namespace *ns = namespace__get(ledger, event->ipcns);

		if (ns)
			ns->generation = ledger->generation;
	} else if (event->action == SNAPSHOT_NAMESPACE) {
		ledger->namespaces_told = true;
	} else if (event->action == SNAPSHOT_CUT) {
		snapshot__close(ledger);
	}
}
