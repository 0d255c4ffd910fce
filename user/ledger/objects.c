// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: their life, their owner, who uses them, and what state that makes.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"

struct namespace *namespace__get(struct ledger *ledger, uint32_t ipcns)
{
	struct namespace *ns;

	HASH_FIND(hh, ledger->namespaces, &ipcns, sizeof(ipcns), ns);
	if (ns)
		return ns;
	ns = calloc(1, sizeof(*ns));
	if (!ns) {
		ledger->out_of_memory = true;
		return NULL;
	}
	ns->ipcns = ns->info.ipcns = ipcns;
	HASH_ADD(hh, ledger->namespaces, ipcns, sizeof(ipcns), ns);
	if (!ns->hh.tbl) {
		free(ns);
		ledger->out_of_memory = true;
		return NULL;
	}
	return ns;
}

struct ledger_object *object__find(struct ledger *ledger, const struct object_key *key)
{
	return hash__find(&ledger->objects, key, sizeof(*key));
}

struct ledger_object *object__get(struct ledger *ledger, const struct object_key *key)
{
	struct ledger_object *object = object__find(ledger, key);

	if (object)
		return object;
	object = pool__alloc(&ledger->object_pool);
	if (!object) {
		ledger->out_of_memory = true;
		return NULL;
	}
	object->key = *key;
	object->has_past = ledger->options.keep_past;
	/* Each object has one, so that all namespaces can stand for all objects. */
	if (!namespace__get(ledger, key->ipcns) || !hash__add(&ledger->objects, object)) {
		pool__free(&ledger->object_pool, object);
		ledger->out_of_memory = true;
		return NULL;
	}
	return object;
}

void object__set_owner(struct ledger *ledger, struct ledger_object *object,
		       struct ledger_process *owner)
{
	struct ledger_process *old = object->owner;

	if (old == owner)
		return;
	if (old) {
		DL_DELETE2(old->objects, object, prev_of_owner, next_of_owner);
		old->existing--;
		old->leaked -= object->reported;
		old->existing_bytes -= object->key.kind == OBJECT_SHM ? object->size : 0;
	}
	object->owner = owner;
	if (owner) {
		if (owner->alive)
			object->reported = false;
		process__hold(owner);
		DL_PREPEND2(owner->objects, object, prev_of_owner, next_of_owner);
		owner->existing++;
		owner->leaked += object->reported;
		owner->existing_bytes += object->key.kind == OBJECT_SHM ? object->size : 0;
		object->creator = owner->pid;
		object->creator_gone = false;
	}
	if (old)
		process__release(ledger, old);
}

void object__set_size(struct ledger_object *object, uint64_t size)
{
	if (object->key.kind == OBJECT_SHM && object->owner)
		object->owner->existing_bytes += size - object->size;
	if (object->key.kind == OBJECT_SHM)
		for (struct mapping *m = object->mappings; m; m = m->next_of_object)
			space__add_bytes(m->space, size - object->size);
	object->size = size;
}

/* The kernel rounds each segment up (ipc/shm.c, newseg). */
uint64_t object__pages(const struct ledger_object *object)
{
	return (object->size + LEDGER_PAGE_BYTES - 1) / LEDGER_PAGE_BYTES;
}

void object__touch(struct ledger_object *object, uint64_t time_ns)
{
	if (object->last_ns < time_ns)
		object->last_ns = time_ns;
}

void object__destroy(struct ledger *ledger, struct ledger_object *object)
{
	while (object->mappings) {
		struct address_space *space = object->mappings->space;

		mapping__set_count(ledger, space, object, 0);
		space__free_if_unused(ledger, space);
	}
	while (object->uses)
		use__free(ledger, object->uses);
	object__set_owner(ledger, object, NULL);
	hash__remove(&ledger->objects, object);
	pool__free(&ledger->object_pool, object);
}

/* A set or queue has no attachments: it is used by those who made it or worked with it. */
static enum object_state use_state(const struct ledger_object *object)
{
	if (object->uses || object->hidden || (object->owner && object->owner->alive))
		return STATE_IN_USE;
	return object->observed ? STATE_ORPHAN : STATE_UNKNOWN;
}

enum object_state object__state(const struct ledger_object *object)
{
	if (object->key.kind != OBJECT_SHM)
		return use_state(object);
	if (object->mode & MODE_MARKED)
		return STATE_DOOMED;
	if (object->mappings || object->hidden)
		return STATE_IN_USE;
	if (object->owner && object->owner->alive)
		return STATE_IDLE;
	/* The kernel knows a segment's creator by its pid: none of that number lives. */
	return object->observed || object->creator ? STATE_ORPHAN : STATE_UNKNOWN;
}

void object__check_leak(struct ledger *ledger, struct ledger_object *object,
			const struct ledger_process *ended, uint64_t time_ns)
{
	struct ledger_leak leak = {
		.time_ns = time_ns, .object = object, .owner = object->owner, .ended = ended};

	if (object->reported || object__state(object) != STATE_ORPHAN)
		return;
	object->reported = true;
	if (object->owner)
		object->owner->leaked++;
	if (ledger->options.leaked)
		ledger->options.leaked(ledger->options.context, &leak);
}

void object__unreport(struct ledger_object *object)
{
	if (!object->reported)
		return;
	object->reported = false;
	if (object->owner)
		object->owner->leaked--;
}

/* An id is given again only after its object has gone: what we have is the old one, unless it was
 * found or met before the news of its creation. */
static void replace_object(struct ledger *ledger, const struct object_event *event,
			   const struct object_key *key)
{
	struct ledger_object *object = object__find(ledger, key);

	/* Kept in doubt of who is attached (apply_removed): nobody was. */
	if (object && object->mode & MODE_MARKED && !object->mappings && !object->hidden &&
	    event->head.time_ns > object->last_ns) {
		object__destroy(ledger, object);
		return;
	}
	if (!object || !object->observed || event->head.time_ns <= object->known_ns)
		return;
	object__destroy(ledger, object);
	ledger->drift++;
}

static void apply_created(struct ledger *ledger, const struct object_event *event,
			  const struct object_key *key)
{
	struct ledger_object *object;
	struct ledger_process *owner;

	/* First, since it may end another process, and with that objects. */
	owner = process__get(ledger, event->head.pid, event->start_ns, &event->head);
	replace_object(ledger, event, key);
	object = object__get(ledger, key);
	if (!object)
		return;
	if (owner && (!object->observed || object->created_ns < event->head.time_ns))
		owner->created++;
	object__set_owner(ledger, object, owner);
	object->creator = event->head.pid;
	object->creator_gone = !owner;
	object->observed = true;
	object->ipc_key = event->key;
	object->created_ns = object->changed_ns = event->head.time_ns;
	object__touch(object, event->head.time_ns);
	/* What a reading has found since is what has become of it. */
	if (event->head.time_ns >= object->known_ns || object->met ||
	    (key->kind == OBJECT_SHM && !object->size)) {
		object->met = false;
		object__set_size(object, event->size);
		object->mode = event->mode | (object->mode & MODE_MARKED);
		object->uid = event->uid;
		object->gid = event->gid;
		if (object->known_ns < event->head.time_ns)
			object->known_ns = event->head.time_ns;
	}
	if (owner && key->kind != OBJECT_SHM)
		use__add(ledger, owner, object, event->head.time_ns);
	/* Told so late that its creator has ended already. */
	object__check_leak(ledger, object, NULL, event->head.time_ns);
}

/* Another had that id before the one that was found; what was heard of is of that. */
static void end_earlier_life(struct ledger *ledger, struct ledger_object *object, uint64_t time_ns)
{
	struct use *use, *next;

	for (use = object->uses; use; use = next) {
		next = use->next_of_object;
		if (use->last_ns <= time_ns)
			use__free(ledger, use);
	}
	if (!object->created_ns || object->created_ns > time_ns)
		return;
	/* Nor have we seen this one made. */
	object__set_owner(ledger, object, NULL);
	object->creator = 0;
	object->created_ns = 0;
	object->observed = object->reported = object->creator_gone = false;
}

static void apply_destroyed(struct ledger *ledger, const struct object_event *event,
			    const struct object_key *key)
{
	struct ledger_object *object = object__find(ledger, key);

	snapshot__bury(ledger, key, event->head.time_ns);
	if (!object)
		return;
	if (event->head.time_ns < object->known_ns)
		end_earlier_life(ledger, object, event->head.time_ns);
	else
		object__destroy(ledger, object);
}

/* Where only the system call is seen: what IPC_RMID does depends on who is attached. */
static void apply_removed(struct ledger *ledger, const struct object_event *event,
			  const struct object_key *key)
{
	struct ledger_object *object = object__find(ledger, key);

	/* Who is in doubt may be attached to it: the next reading tells which of the two it was. */
	if (object && key->kind == OBJECT_SHM &&
	    (object->mappings || object->hidden || ledger->n_unsettled)) {
		/* Older than what a reading has found: that is marked already, or another. */
		if (event->head.time_ns < object->known_ns)
			return;
		object->mode |= MODE_MARKED;
		object__touch(object, event->head.time_ns);
		if (!object->mappings && !object->hidden)
			snapshot__miss(ledger);
		return;
	}
	apply_destroyed(ledger, event, key);
}

static void apply_changed(const struct object_event *event, struct ledger_object *object)
{
	if (event->action == OBJECT_MARKED) {
		object->mode |= MODE_MARKED;
	} else if (event->action == OBJECT_LOCKED) {
		object->mode &= ~MODE_LOCKED;
		object->mode |= event->cause ? MODE_LOCKED : 0;
	} else {
		object->mode = event->mode | (object->mode & MODE_MARKED);
		object->uid = event->uid;
		object->gid = event->gid;
	}
	object__touch(object, event->head.time_ns);
}

void object__apply(struct ledger *ledger, const struct object_event *event)
{
	const struct object_key key = {.ipcns = event->ipcns, .kind = event->kind, .id = event->id};
	struct ledger_process *process;
	struct ledger_object *object;

	if (key.kind >= OBJECT_NONE || key.id < 0)
		return;
	switch (event->action) {
	case OBJECT_CREATED:
		apply_created(ledger, event, &key);
		return;
	case OBJECT_DESTROYED:
		apply_destroyed(ledger, event, &key);
		return;
	case OBJECT_REMOVED:
		apply_removed(ledger, event, &key);
		return;
	case OBJECT_FOUND:
		snapshot__found_object(ledger, event);
		return;
	case OBJECT_MARKED:
	case OBJECT_LOCKED:
	case OBJECT_CHANGED:
		object = object__find(ledger, &key);
		if (object && event->action == OBJECT_CHANGED &&
		    object->changed_ns < event->head.time_ns)
			object->changed_ns = event->head.time_ns;
		if (object && event->head.time_ns >= object->known_ns)
			apply_changed(event, object);
		return;
	case OBJECT_USED:
		process = process__get(ledger, event->head.pid, event->start_ns, &event->head);
		object = object__get(ledger, &key);
		if (object && process && key.kind != OBJECT_SHM)
			use__add(ledger, process, object, event->head.time_ns);
		if (object)
			object__touch(object, event->head.time_ns);
		return;
	}
}
