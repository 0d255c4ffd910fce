// SPDX-License-Identifier: GPL-2.0-only
#include "source/spaces.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vector.h"

/* To iterate over one process takes as long as over so many in a row. */
#define ONE_BY_ONE 6

struct spaces {
	const struct bpf_source *source;
	struct known_space *table;
	/* Of this look: */
	struct stale {
		uint32_t pid;
		bool whole; /* its first thread has ended */
	} * stale;	    /* to be read */
	size_t n_stale, stale_cap;
	size_t n_known;
	uint32_t look;
	bool has_unknown;
	int err;
};

struct spaces *spaces__new(const struct bpf_source *source)
{
	struct spaces *spaces = calloc(1, sizeof(*spaces));

	if (spaces)
		spaces->source = source;
	return spaces;
}

static void forget_mappings(struct known_space *space)
{
	while (space->mappings) {
		struct known_mapping *mapping = space->mappings;

		space->mappings = mapping->next;
		free(mapping);
	}
	space->unknown = false;
	space->tid = 0;
}

static void drop(struct spaces *spaces, struct known_space *space)
{
	HASH_DEL(spaces->table, space);
	forget_mappings(space);
	free(space);
}

void spaces__forget(struct spaces *spaces)
{
	struct known_space *space, *next;

	HASH_ITER (hh, spaces->table, space, next)
		drop(spaces, space);
}

void spaces__free(struct spaces *spaces)
{
	if (!spaces)
		return;
	spaces__forget(spaces);
	free(spaces->stale);
	free(spaces);
}

void spaces__begin(struct spaces *spaces)
{
	spaces->look++;
	spaces->n_stale = spaces->n_known = 0;
	spaces->has_unknown = false;
	spaces->err = 0;
}

/* NULL: no memory. */
static struct known_space *get(struct spaces *spaces, uint64_t mm)
{
	struct known_space *space;

	HASH_FIND(hh, spaces->table, &mm, sizeof(mm), space);
	if (space)
		return space;
	space = calloc(1, sizeof(*space));
	if (!space)
		return NULL;
	space->mm = mm;
	HASH_ADD(hh, spaces->table, mm, sizeof(space->mm), space);
	if (space->hh.tbl)
		return space;
	free(space);
	return NULL;
}

int spaces__add(struct spaces *spaces, const struct task_record *task)
{
	struct known_space *space = get(spaces, task->mm);
	struct stale *stale;

	if (!space)
		return -ENOMEM;
	/* Another process is in it, too. */
	if (space->look == spaces->look)
		return 0;
	space->look = spaces->look;
	spaces->n_known++;
	if (space->read && task->flags & TASK_COUNTED && space->changes == task->changes &&
	    space->start_ns == task->start_ns)
		return 0;
	forget_mappings(space);
	space->read = false;
	space->changes = task->changes;
	space->start_ns = task->start_ns;
	stale = vector__room(spaces->stale, spaces->n_stale, &spaces->stale_cap, sizeof(*stale));
	if (!stale)
		return -ENOMEM;
	spaces->stale = stale;
	stale[spaces->n_stale++] = (struct stale){.pid = task->pid,
						  .whole = task->flags & TASK_THREAD};
	return 0;
}

static void add_mapping(void *context, const void *data)
{
	const struct vma_record *record = data;
	struct spaces *spaces = context;
	struct known_mapping *mapping;
	struct known_space *space = get(spaces, record->mm);

	if (!space) {
		spaces->err = -ENOMEM;
		return;
	}
	if (!space->tid)
		space->tid = record->tid;
	if (space->read || space->tid != record->tid)
		return;
	space->unknown |= record->id < 0;
	spaces->has_unknown |= space->unknown;
	if (space->unknown)
		return;
	for (mapping = space->mappings; mapping; mapping = mapping->next) {
		if (mapping->ipcns != record->ipcns || mapping->id != record->id)
			continue;
		mapping->count++;
		return;
	}
	mapping = calloc(1, sizeof(*mapping));
	if (!mapping) {
		spaces->err = -ENOMEM;
		return;
	}
	mapping->ipcns = record->ipcns;
	mapping->id = record->id;
	mapping->address = record->address;
	mapping->size = record->size;
	mapping->count = 1;
	mapping->next = space->mappings;
	space->mappings = mapping;
}

static int read_stale(struct spaces *spaces)
{
	int err = 0;

	if (spaces->n_stale * ONE_BY_ONE > spaces->n_known)
		return bpf_source__for_each_mapping(spaces->source, add_mapping, spaces);
	for (size_t i = 0; !err && i < spaces->n_stale; i++)
		err = bpf_source__for_each_mapping_of(spaces->source, spaces->stale[i].pid,
						      spaces->stale[i].whole, add_mapping, spaces);
	return err;
}

/* All are read now that somebody is in; of others what was met is not all. */
static void settle(struct spaces *spaces)
{
	struct known_space *space, *next;

	HASH_ITER (hh, spaces->table, space, next) {
		if (space->look == spaces->look)
			space->read = true;
		else
			drop(spaces, space);
	}
}

int spaces__read(struct spaces *spaces)
{
	int err = read_stale(spaces);

	if (!err)
		err = spaces->err;
	if (err)
		spaces__forget(spaces);
	else
		settle(spaces);
	return err;
}

const struct known_space *spaces__find(const struct spaces *spaces, uint64_t mm)
{
	struct known_space *space;

	HASH_FIND(hh, spaces->table, &mm, sizeof(mm), space);
	return space;
}

bool spaces__has_unknown(const struct spaces *spaces)
{
	return spaces->has_unknown;
}
