// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings: which address space attaches which segment, and how often. The kernel's nattch is their
 * sum (ipc/shm.c, shm_mmap, shm_open, shm_close), and so is ours.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"

struct address_space *space__find(struct ledger *ledger, uint64_t mm)
{
	return hash__find(&ledger->spaces, &mm, sizeof(mm));
}

struct address_space *space__get(struct ledger *ledger, uint64_t mm)
{
	struct address_space *space = space__find(ledger, mm);

	if (space)
		return space;
	space = pool__alloc(&ledger->space_pool);
	if (!space) {
		ledger->out_of_memory = true;
		return NULL;
	}
	space->mm = mm;
	if (!hash__add(&ledger->spaces, space)) {
		pool__free(&ledger->space_pool, space);
		ledger->out_of_memory = true;
		return NULL;
	}
	return space;
}

void space__free_if_unused(struct ledger *ledger, struct address_space *space)
{
	struct ledger_process *last = space->last_ended;

	if (space->processes || space->mappings)
		return;
	hash__remove(&ledger->spaces, space);
	ledger->n_unsettled -= space->unsettled;
	pool__free(&ledger->space_pool, space);
	if (last)
		process__release(ledger, last);
}

/* A process may attach a million segments, a million processes one: it takes as long as the shorter
 * list. */
struct mapping *mapping__find(const struct address_space *space, const struct ledger_object *object)
{
	struct mapping *a = space->mappings, *b = object->mappings;

	for (; a && b; a = a->next_of_space, b = b->next_of_object) {
		if (b->space == space)
			return b;
		if (a->object == object)
			return a;
	}
	return NULL;
}

void space__add_bytes(struct address_space *space, uint64_t difference)
{
	struct ledger_process *process;

	for (process = space->processes; process; process = process->next_of_space) {
		process->attached_bytes += difference;
		if (process->peak_bytes < process->attached_bytes)
			process->peak_bytes = process->attached_bytes;
	}
}

static uint64_t *known_addresses(struct mapping *m)
{
	return m->n_addresses > 1 ? m->addresses[0].many : &m->addresses[0].one;
}

bool mapping__knows_address(const struct mapping *m, uint64_t address)
{
	const uint64_t *addresses = known_addresses((struct mapping *)m);

	for (uint32_t i = 0; i < m->n_addresses; i++)
		if (addresses[i] == address)
			return true;
	return false;
}

void mapping__forget_addresses(struct mapping *m)
{
	if (m->n_addresses > 1)
		free(m->addresses[0].many);
	m->n_addresses = 0;
}

void mapping__remember_address(struct ledger *ledger, struct mapping *m, uint64_t address)
{
	uint64_t *many = m->n_addresses > 1 ? m->addresses[0].many : NULL;
	const uint64_t first = m->addresses[0].one;

	if (!m->n_addresses) {
		m->addresses[0].one = address;
		m->n_addresses = 1;
		return;
	}
	many = realloc(many, (m->n_addresses + 1) * sizeof(*many));
	if (!many) {
		ledger->out_of_memory = true;
		return;
	}
	if (m->n_addresses == 1)
		many[0] = first;
	many[m->n_addresses++] = address;
	m->addresses[0].many = many;
}

static struct mapping *mapping_new(struct ledger *ledger, struct address_space *space,
				   struct ledger_object *object)
{
	struct mapping *m = pool__alloc(&ledger->mapping_pool);

	if (!m) {
		ledger->out_of_memory = true;
		return NULL;
	}
	m->space = space;
	m->object = object;
	DL_PREPEND2(space->mappings, m, prev_of_space, next_of_space);
	DL_APPEND2(object->mappings, m, prev_of_object, next_of_object);
	ledger->n_mappings++;
	object__unreport(object);
	space__add_bytes(space, object->size);
	return m;
}

void mapping__drop(struct ledger *ledger, struct mapping *m)
{
	space__add_bytes(m->space, -m->object->size);
	DL_DELETE2(m->space->mappings, m, prev_of_space, next_of_space);
	DL_DELETE2(m->object->mappings, m, prev_of_object, next_of_object);
	mapping__forget_addresses(m);
	pool__free(&ledger->mapping_pool, m);
	ledger->n_mappings--;
}

static void set_count(struct ledger *ledger, struct mapping *m, uint32_t count)
{
	m->object->nattch += count - m->count;
	m->count = count;
	if (!count)
		mapping__drop(ledger, m);
}

void mapping__set_count(struct ledger *ledger, struct address_space *space,
			struct ledger_object *object, uint32_t count)
{
	struct mapping *m = mapping__find(space, object);

	if (!m && !count)
		return;
	if (!m)
		m = mapping_new(ledger, space, object);
	if (m)
		set_count(ledger, m, count);
}

/* Where the end of an object is not told: a marked one goes with its last detach. So must one that
 * was found attached and in no table: it had gone when that was read. */
static bool is_last_seen(const struct ledger *ledger, const struct ledger_object *object,
			 uint64_t time_ns)
{
	/* It was found later, and so marked later. */
	if (ledger->options.mappings_observed || time_ns < object->known_ns)
		return false;
	return object->mode & MODE_MARKED || (ledger->loaded && !object->observed && !object->size);
}

/* The last detach: of a marked segment its end, of an unmarked one perhaps a leak. */
static void after_detach(struct ledger *ledger, struct ledger_object *object,
			 const struct ledger_process *ended, uint64_t time_ns)
{
	if (object->mappings || object->hidden)
		return;
	if (is_last_seen(ledger, object, time_ns)) {
		/* What is concluded from doubtful mappings is so too, also when those are gone, and
		 * also of a snapshot that is being read: it may tell of the object no more. */
		if (ledger->n_unsettled)
			snapshot__miss(ledger);
		snapshot__bury(ledger, &object->key, time_ns);
		object__destroy(ledger, object);
		return;
	}
	object__check_leak(ledger, object, ended, time_ns);
}

void space__doubt(struct ledger *ledger, struct address_space *space)
{
	ledger->n_unsettled += !space->unsettled;
	space->unsettled = true;
}

/* Mappings of the one become the other's, unless the other has been read and so has them. */
static void move_mappings(struct ledger *ledger, struct address_space *from,
			  struct address_space *to)
{
	struct mapping *m, *next, *there;

	for (m = from->mappings; m; m = next) {
		next = m->next_of_space;
		there = mapping__find(to, m->object);
		if (there || to->read_ns) {
			if (!to->read_ns)
				mapping__set_count(ledger, to, m->object, there->count + m->count);
			mapping__set_count(ledger, from, m->object, 0);
			continue;
		}
		space__add_bytes(from, -m->object->size);
		DL_DELETE2(from->mappings, m, prev_of_space, next_of_space);
		m->space = to;
		DL_PREPEND2(to->mappings, m, prev_of_space, next_of_space);
		space__add_bytes(to, m->object->size);
	}
}

struct address_space *space__learn(struct ledger *ledger, struct address_space *assumed,
				   uint64_t mm, uint64_t time_ns)
{
	struct address_space *space = space__get(ledger, mm);

	if (!space || space == assumed)
		return space;
	move_mappings(ledger, assumed, space);
	if (space->read_ns < assumed->read_ns) {
		space->read_from_ns = assumed->read_from_ns;
		space->read_ns = assumed->read_ns;
	}
	if (space->changed_ns < assumed->changed_ns)
		space->changed_ns = assumed->changed_ns;
	space->whole |= assumed->whole;
	if (assumed->unsettled)
		space__doubt(ledger, space);
	if (!assumed->processes) {
		if (!space->last_ended) {
			space->last_ended = assumed->last_ended;
			assumed->last_ended = NULL;
		}
		space__free_if_unused(ledger, assumed);
		return space;
	}
	/* Gone with the last of them. */
	for (struct ledger_process *p = assumed->processes, *next; p; p = next) {
		next = p->next_of_space;
		process__enter_space(ledger, p, mm, time_ns);
	}
	return space;
}

void space__clear(struct ledger *ledger, struct address_space *space,
		  const struct ledger_process *ended, uint64_t time_ns)
{
	/* In the order in which they were made. */
	while (space->mappings) {
		struct mapping *m = space->mappings->prev_of_space;
		struct ledger_object *object = m->object;

		set_count(ledger, m, 0);
		after_detach(ledger, object, ended, time_ns);
	}
}

static void copy_addresses(struct ledger *ledger, const struct mapping *from, struct mapping *to)
{
	const uint64_t *addresses = known_addresses((struct mapping *)from);

	mapping__forget_addresses(to);
	for (uint32_t i = 0; i < from->n_addresses; i++)
		mapping__remember_address(ledger, to, addresses[i]);
}

void mapping__copy_all(struct ledger *ledger, const struct address_space *from,
		       struct address_space *to)
{
	struct mapping *m = from->mappings ? from->mappings->prev_of_space : NULL;

	for (; m; m = m == from->mappings ? NULL : m->prev_of_space) {
		struct mapping *copy;

		mapping__set_count(ledger, to, m->object, m->count);
		copy = mapping__find(to, m->object);
		if (copy)
			copy_addresses(ledger, m, copy);
	}
}

/* The mapping that was made at that address, which nothing is at from now on. */
static struct mapping *take_address(struct address_space *space, uint64_t address)
{
	for (struct mapping *m = space->mappings; m; m = m->next_of_space) {
		uint64_t *addresses = known_addresses(m);

		for (uint32_t i = 0; i < m->n_addresses; i++) {
			if (addresses[i] != address)
				continue;
			addresses[i] = addresses[--m->n_addresses];
			if (m->n_addresses == 1) {
				m->addresses[0].one = addresses[0];
				free(addresses);
			}
			return m;
		}
	}
	return NULL;
}

/*
 * Where shmdt alone is seen: what it was about. A snapshot tells one address of each segment; where
 * a single segment has others, one of those must be meant.
 */
static struct mapping *take_detached(struct ledger *ledger, struct address_space *space,
				     uint64_t address)
{
	struct mapping *m = take_address(space, address), *candidate = NULL;

	if (m)
		return m;
	for (m = space->mappings; m; m = m->next_of_space) {
		if (m->count <= m->n_addresses)
			continue;
		if (candidate) {
			space__doubt(ledger, space);
			return NULL;
		}
		candidate = m;
	}
	return candidate;
}

/* munmap and SHM_REMAP are not seen by system call hooks; where something else is attached at the
 * same address, what was there has gone. */
static void replace_attached(struct ledger *ledger, const struct mapping_event *event,
			     struct address_space *space)
{
	struct mapping *m = take_address(space, event->address);
	struct ledger_object *object = m ? m->object : NULL;

	if (!object)
		return;
	set_count(ledger, m, m->count - 1);
	after_detach(ledger, object, process__find(ledger, event->head.pid), event->head.time_ns);
}

static void apply_attached(struct ledger *ledger, const struct mapping_event *event,
			   struct address_space *space)
{
	const struct object_key key = {.ipcns = event->ipcns, .kind = OBJECT_SHM, .id = event->id};
	struct ledger_object *object = object__find(ledger, &key);
	struct mapping *m;

	/* Its namespace may be one that nobody can enter any more: no reading will tell of it. */
	if (!object) {
		object = object__get(ledger, &key);
		if (!object)
			return;
		object->met = true;
	}
	if (object->met && event->size)
		object__set_size(object, event->size);
	object__touch(object, event->head.time_ns);
	m = mapping__find(space, object);
	if (!m)
		m = mapping_new(ledger, space, object);
	if (!m)
		return;
	/* No kernel counts that far; the number must not become none. */
	set_count(ledger, m, m->count == UINT32_MAX ? m->count : m->count + 1);
	if (!ledger->options.mappings_observed)
		mapping__remember_address(ledger, m, event->address);
}

static void apply_detached(struct ledger *ledger, const struct mapping_event *event,
			   struct address_space *space)
{
	struct ledger_object *object = NULL;
	struct ledger_process *ended;
	struct mapping *m = NULL;

	if (event->id < 0) {
		m = take_detached(ledger, space, event->address);
		object = m ? m->object : NULL;
	} else {
		const struct object_key key = {
			.ipcns = event->ipcns, .kind = OBJECT_SHM, .id = event->id};

		object = object__find(ledger, &key);
		m = object ? mapping__find(space, object) : NULL;
	}
	/* In 5.10 shm_mmap closes what it could not map: a detach without an attach. */
	if (!m)
		return;
	object__touch(object, event->head.time_ns);
	/* Of a fork that failed it is the parent. */
	ended = space->processes ? space->processes : space->last_ended;
	if (!ended || (space->processes && ended->pid != event->head.pid))
		ended = process__find(ledger, event->head.pid);
	set_count(ledger, m, m->count - 1);
	after_detach(ledger, object, ended, event->head.time_ns);
}

/* Only shmdt does not say which segment it is about; only a snapshot, which address space. */
static bool is_sane(const struct mapping_event *event)
{
	switch (event->action) {
	case MAPPING_ATTACHED:
	case MAPPING_INHERITED:
		return event->id >= 0 && event->mm;
	case MAPPING_DETACHED:
		return event->mm;
	case MAPPING_FOUND:
		return event->id >= 0 && event->count;
	}
	return false;
}

static bool maps(const struct address_space *space, const struct ledger_object *object)
{
	return space && object && mapping__find(space, object);
}

/* Where the process in the head is, or was when it ended. */
static struct address_space *own_space(struct ledger *ledger, const struct mapping_event *event)
{
	struct ledger_process *process = process__find(ledger, event->head.pid);
	struct address_space *space = process ? process->space : NULL;

	if (process && process__same_start(process->start_ns, event->start_ns))
		return space;
	space = space__find(ledger, space__made_up(event->head.pid));
	process = space && !space->processes ? space->last_ended : NULL;
	if (process && process->pid == event->head.pid &&
	    process__same_start(process->start_ns, event->start_ns))
		return space;
	return NULL;
}

/*
 * The space that the event is about, or the one that knows it by a reading. Who attaches does so in
 * its own, and so does who detaches what is not known to be mapped where the event says.
 */
static struct address_space *subject(struct ledger *ledger, const struct mapping_event *event)
{
	const struct object_key key = {.ipcns = event->ipcns, .kind = OBJECT_SHM, .id = event->id};
	struct address_space *space = space__find(ledger, event->mm), *own;
	struct ledger_object *object;

	if (event->action == MAPPING_INHERITED ||
	    (space && space->processes && space->processes->pid == event->head.pid))
		return space ? space : space__get(ledger, event->mm);
	own = own_space(ledger, event);
	if (own && own != space && event->action == MAPPING_DETACHED && event->id >= 0) {
		object = object__find(ledger, &key);
		own = !maps(space, object) && maps(own, object) ? own : NULL;
	}
	if (own && own != space && event->head.time_ns <= own->read_ns) {
		/* It has left that one since; others may be there still. */
		if (space && space->processes)
			return space;
		if (ledger->options.mappings_observed && !own->assumed)
			return space ? space : space__get(ledger, event->mm);
		return own;
	}
	if (own && own != space && own->assumed)
		return space__learn(ledger, own, event->mm, event->head.time_ns);
	return space ? space : space__get(ledger, event->mm);
}

/* Who attaches does so in its own address space. NULL: nobody would tell of the detach. */
static struct address_space *bind(struct ledger *ledger, const struct mapping_event *event,
				  struct address_space *space)
{
	struct ledger_process *process = space->processes;

	if (process && process->pid == event->head.pid &&
	    process__same_start(process->start_ns, event->start_ns))
		return space;
	process = process__get(ledger, event->head.pid, event->start_ns, &event->head);
	if (process && process->found_ns >= event->head.time_ns)
		return space;
	if (process) {
		process__enter_space(ledger, process, event->mm, event->head.time_ns);
		return process->space;
	}
	space = space__find(ledger, event->mm);
	/* One whose end is old news already, or whom we cannot see. The end of a mapping is told by
	 * function hooks alone. */
	if (!space || ledger->options.mappings_observed || space->processes)
		return space;
	space__free_if_unused(ledger, space);
	return NULL;
}

void mapping__apply(struct ledger *ledger, const struct mapping_event *event)
{
	struct address_space *space;

	if (!is_sane(event))
		return;
	if (event->action == MAPPING_FOUND) {
		snapshot__found_mapping(ledger, event);
		return;
	}
	space = subject(ledger, event);
	if (!space)
		return;
	if (event->head.time_ns <= space->read_ns) {
		if (event->head.time_ns > space->read_from_ns)
			space__doubt(ledger, space);
		space__free_if_unused(ledger, space);
		return;
	}
	if (event->action == MAPPING_ATTACHED)
		space = bind(ledger, event, space);
	if (!space)
		return;
	space->changed_ns = event->head.time_ns;
	if (event->action == MAPPING_ATTACHED && !ledger->options.mappings_observed)
		replace_attached(ledger, event, space);
	if (event->action == MAPPING_DETACHED)
		apply_detached(ledger, event, space);
	else
		apply_attached(ledger, event, space);
	space__free_if_unused(ledger, space);
}
