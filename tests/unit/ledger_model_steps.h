/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the processes of the model do: one step at a time, drawn by chance.
 */
#ifndef TESTS_LEDGER_MODEL_STEPS_H
#define TESTS_LEDGER_MODEL_STEPS_H

#include "ledger_model.h"

static inline void step_create(struct model *m)
{
	int slot = some_process(m), o = draw(m, OBJECTS);
	struct object_key key = {.ipcns = 1 + draw(m, NAMESPACES), .id = draw(m, IDS)};

	key.kind = draw(m, 3) ? OBJECT_SHM : draw(m, 2) ? OBJECT_SEM : OBJECT_MSG;
	if (m->rules.no_sets)
		key.kind = OBJECT_SHM;
	if (slot == NOBODY || m->objects[o].exists || id_taken(m, &key))
		return;
	m->objects[o] = (struct model_object){
		.exists = true,
		.observed = true,
		.key = key,
		.size = key.kind == OBJECT_MSG ? 0 : 1 + draw(m, 100000),
		.mode = draw(m, 01000),
		.creator = slot,
		.creator_pid = m->procs[slot].pid,
		.creator_start = m->procs[slot].start,
		.users = key.kind == OBJECT_SHM ? 0 : 1U << slot,
	};
	say_object(m, slot, OBJECT_CREATED, o);
}

static inline int map_of(const struct model_mm *mm, uint64_t address)
{
	for (int k = 0; k < mm->n_maps; k++)
		if (mm->maps[k].address == address)
			return k;
	return NOBODY;
}

/* What is taken from there meanwhile the child has, and nobody can know. */
static inline bool is_copied_unheard(const struct model *m, int mm)
{
	for (int i = 0; i < MMS; i++)
		if (m->mms[i].used && m->mms[i].unborn && m->mms[i].unheard &&
		    m->procs[m->mms[i].parent].mm == mm)
			return true;
	return false;
}

/* SHM_REMAP at times: what was there goes first. */
static inline void step_attach(struct model *m)
{
	int slot = some_process(m), o = some_object(m, true), replaced;
	struct model_mapping map = {.object = o, .address = m->next_address += 0x1000};
	struct model_mm *mm;

	if (slot == NOBODY || o == NOBODY)
		return;
	mm = &m->mms[m->procs[slot].mm];
	if (mm->n_maps >= MAPS / 2)
		return;
	for (int k = 0; m->rules.single && k < mm->n_maps; k++)
		if (mm->maps[k].object == o)
			return;
	tell_creations_of(m, slot);
	if (mm->n_maps && !draw(m, 8) && !is_copied_unheard(m, m->procs[slot].mm)) {
		const struct model_mapping *old = &mm->maps[draw(m, mm->n_maps)];

		if (old->object != o && m->objects[old->object].told) {
			map.address = old->address;
			while ((replaced = map_of(mm, map.address)) != NOBODY)
				unmap(m, slot, 0, m->procs[slot].mm, replaced, m->procs[slot].pid);
		}
	}
	mm->maps[mm->n_maps++] = map;
	m->objects[o].reported = false;
	say_mapping(m, slot, 0, MAPPING_ATTACHED, m->procs[slot].mm, map, false);
}

static inline void step_detach(struct model *m)
{
	int slot = some_process(m), mm, k;

	mm = slot == NOBODY ? NOBODY : m->procs[slot].mm;
	if (mm == NOBODY || !m->mms[mm].n_maps || is_copied_unheard(m, mm))
		return;
	tell_creations_of(m, slot);
	k = draw(m, m->mms[mm].n_maps);
	/* It takes ids->rwsem, as the creator still does. */
	tell_creation(m, m->mms[mm].maps[k].object);
	if (!m->rules.mappings_observed)
		say_mapping(m, slot, 0, MAPPING_DETACHED, mm, m->mms[mm].maps[k], true);
	unmap(m, slot, 0, mm, k, m->procs[slot].pid);
}

/* mprotect or a partial munmap in the middle. */
static inline void step_split(struct model *m)
{
	int slot = some_process(m);
	struct model_mm *mm = slot == NOBODY ? NULL : &m->mms[m->procs[slot].mm];

	if (!mm || !m->rules.splits || !mm->n_maps || mm->n_maps >= MAPS / 2 ||
	    is_copied_unheard(m, m->procs[slot].mm))
		return;
	tell_creations_of(m, slot);
	mm->maps[mm->n_maps] = mm->maps[draw(m, mm->n_maps)];
	say_mapping(m, slot, 0, MAPPING_INHERITED, m->procs[slot].mm, mm->maps[mm->n_maps], false);
	mm->n_maps++;
}

/* 5.10: shm_mmap closes what it could not map. */
static inline void step_stray_detach(struct model *m)
{
	int slot = some_process(m), o = some_object(m, true);
	struct model_mm *mm = slot == NOBODY ? NULL : &m->mms[m->procs[slot].mm];

	if (!mm || o == NOBODY || !m->rules.mappings_observed)
		return;
	for (int k = 0; k < mm->n_maps; k++)
		if (mm->maps[k].object == o)
			return;
	say_mapping(m, slot, 0, MAPPING_DETACHED, m->procs[slot].mm,
		    (struct model_mapping){.object = o}, false);
}

static inline void step_remove(struct model *m)
{
	int slot = some_process(m), o = some_object(m, draw(m, 4));

	if (slot == NOBODY || o == NOBODY)
		return;
	tell_creations_of(m, slot);
	tell_creation(m, o);
	if (!m->rules.mappings_observed)
		say_object(m, slot, OBJECT_REMOVED, o);
	if (m->objects[o].key.kind != OBJECT_SHM || !nattch(m, o)) {
		destroy(m, slot, o);
		return;
	}
	m->objects[o].mode |= MARKED;
	m->objects[o].reported = false;
	if (m->rules.mappings_observed)
		say_object(m, slot, OBJECT_MARKED, o);
}

static inline void step_change(struct model *m)
{
	int slot = some_process(m), o = some_object(m, draw(m, 2));

	if (slot == NOBODY || o == NOBODY)
		return;
	tell_creations_of(m, slot);
	tell_creation(m, o);
	m->objects[o].mode = draw(m, 01000) | (m->objects[o].mode & MARKED);
	say_object(m, slot, OBJECT_CHANGED, o);
}

static inline void step_use(struct model *m)
{
	int slot = some_process(m), o = some_object(m, false);

	if (slot == NOBODY || o == NOBODY || m->rules.no_sets)
		return;
	tell_creations_of(m, slot);
	if (m->rules.mappings_observed)
		tell_creation(m, o);
	m->objects[o].users |= 1U << slot;
	m->objects[o].reported = false;
	say_object(m, slot, OBJECT_USED, o);
}

static inline void forget_uses(struct model *m, int slot)
{
	for (int o = 0; o < OBJECTS; o++)
		m->objects[o].users &= ~(1U << slot);
}

/* CLONE_VM, or an address space of its own, which is filled before the child is there. */
static inline void step_fork(struct model *m)
{
	int slot = some_process(m), mm;
	const struct model_mm *from;

	if (slot == NOBODY)
		return;
	tell_creations_of(m, slot);
	from = &m->mms[m->procs[slot].mm];
	if (m->rules.sharing && !draw(m, 4)) {
		int child = new_process(m, slot, m->procs[slot].mm);

		if (child == NOBODY)
			return;
		m->mms[m->procs[slot].mm].users++;
		for (int o = 0; o < OBJECTS; o++)
			m->objects[o].users |= (m->objects[o].users >> slot & 1) << child;
		say_process(m, slot, PROCESS_FORKED, child);
		return;
	}
	mm = new_mm(m);
	if (mm == NOBODY)
		return;
	m->mms[mm].unborn = true;
	m->mms[mm].parent = slot;
	m->procs[slot].forking = true;
	for (int k = 0; m->rules.mappings_observed && k < from->n_maps; k++) {
		/* MADV_DONTFORK */
		if (!draw(m, 8))
			continue;
		m->mms[mm].maps[m->mms[mm].n_maps++] = from->maps[k];
		say_mapping(m, slot, 0, MAPPING_INHERITED, mm, from->maps[k], false);
	}
}

static inline void finish_fork(struct model *m, int mm)
{
	int parent = m->mms[mm].parent, child;

	/* What another thread attaches in between, system call hooks cannot tell from what was
	 * there before: then it happens at once. */
	if (!m->rules.mappings_observed) {
		const struct model_mm *from = &m->mms[m->procs[parent].mm];

		memcpy(m->mms[mm].maps, from->maps, sizeof(from->maps));
		m->mms[mm].n_maps = from->n_maps;
	}
	m->mms[mm].unborn = false;
	m->procs[parent].forking = false;
	child = m->rules.mappings_observed && !draw(m, 10) ? NOBODY : new_process(m, parent, mm);
	if (child == NOBODY) {
		tear_down(m, parent, 0, mm, m->procs[parent].pid);
		return;
	}
	m->mms[mm].users = 1;
	for (int o = 0; o < OBJECTS; o++)
		m->objects[o].users |= (m->objects[o].users >> parent & 1) << child;
	say_process(m, parent, PROCESS_FORKED, child);
}

static inline void step_exec(struct model *m)
{
	int slot = some_process(m), mm = new_mm(m), old;

	if (slot == NOBODY || mm == NOBODY) {
		if (mm != NOBODY)
			m->mms[mm].used = false;
		return;
	}
	tell_creations_of(m, slot);
	old = m->procs[slot].mm;
	if (!--m->mms[old].users)
		tear_down(m, slot, 0, old, m->procs[slot].pid);
	m->mms[mm].users = 1;
	m->procs[slot].mm = mm;
	forget_uses(m, slot);
	say_process(m, slot, PROCESS_EXECED, NOBODY);
	judge_all(m, m->procs[slot].pid);
}

static inline void finish_exit(struct model *m, int mm)
{
	uint32_t pid = m->mms[mm].last_pid;
	int foreign = m->rules.foreign_ends && !draw(m, 4) ? some_process(m) : NOBODY;

	tear_down(m, foreign, pid, mm, pid);
}

static inline void step_exit(struct model *m)
{
	int slot = some_process(m), mm;
	struct model_process *p = &m->procs[slot == NOBODY ? 0 : slot];
	bool last, exit_first = m->rules.exit_first || !m->rules.mappings_observed;
	int alive = 0;

	for (int i = 0; i < PROCS; i++)
		alive += m->procs[i].alive;
	if (slot == NOBODY || alive < 3)
		return;
	tell_creations_of(m, slot);
	mm = p->mm;
	last = !--m->mms[mm].users;
	if (last && !exit_first)
		tear_down(m, slot, 0, mm, p->pid);
	p->mm = NOBODY;
	say_process(m, slot, PROCESS_EXITED, NOBODY);
	p->alive = false;
	forget_uses(m, slot);
	if (last && exit_first) {
		m->mms[mm].dying = true;
		m->mms[mm].last_pid = p->pid;
	}
	judge_all(m, p->pid);
	/* What hooks do not see happens at once, as far as anybody can tell. */
	if (last && !m->rules.mappings_observed)
		finish_exit(m, mm);
}

static inline void step_namespace_end(struct model *m)
{
	uint32_t ipcns = 1 + draw(m, NAMESPACES);

	if (!m->rules.mappings_observed || draw(m, 8))
		return;
	for (int o = 0; o < OBJECTS; o++)
		if (m->objects[o].exists && m->objects[o].key.ipcns == ipcns &&
		    (nattch(m, o) || !m->objects[o].told))
			return;
	for (int o = 0; o < OBJECTS; o++)
		if (m->objects[o].exists && m->objects[o].key.ipcns == ipcns)
			destroy(m, NOBODY, o);
}

/* Something that was begun goes on: on another processor, or since all shall be quiet. */
static inline void finish(struct model *m, bool all)
{
	for (int mm = 0; mm < MMS; mm++) {
		if (!m->mms[mm].used || (!all && draw(m, MMS / 2)))
			continue;
		if (m->mms[mm].unborn && !m->rules.long_forks)
			finish_fork(m, mm);
		else if (m->mms[mm].dying)
			finish_exit(m, mm);
	}
	for (int o = 0; all && o < OBJECTS; o++)
		tell_creation(m, o);
}

static inline void step(struct model *m)
{
	static void (*const steps[])(struct model *) = {
		step_create, step_create, step_create,	     step_attach, step_attach,
		step_attach, step_attach, step_detach,	     step_detach, step_remove,
		step_change, step_use,	  step_use,	     step_fork,	  step_fork,
		step_exec,   step_exit,	  step_stray_detach, step_split,  step_namespace_end,
	};

	steps[draw(m, sizeof(steps) / sizeof(steps[0]))](m);
	finish(m, false);
}

static inline void model_start(struct model *m, uint64_t seed)
{
	int mm;

	m->random = seed;
	m->now = 1000000000;
	m->next_start = 500000000;
	mm = new_mm(m);
	m->mms[mm].users = 1;
	say_process(m, new_process(m, NOBODY, mm), PROCESS_EXECED, NOBODY);
}

#endif
