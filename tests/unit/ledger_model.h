/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel in small: processes, address spaces and objects, simple and slow, that does random
 * things and says of them what the hooks would say. The ledger's property tests compare it with a
 * ledger that heard that.
 *
 * What other processors do in between is real: a fork takes two steps, the end of an address space
 * comes some time after the end of its process, and the news of a creation after those of others
 * who attach what was created.
 */
#ifndef TESTS_LEDGER_MODEL_H
#define TESTS_LEDGER_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

#define PROCS	   12
#define MMS	   20
#define OBJECTS	   14
#define MAPS	   24
#define PIDS_FROM  2
#define PIDS_COUNT 18
#define IDS	   4
#define NAMESPACES 2
#define NOBODY	   (-1)
#define MARKED	   01000

struct model_rules {
	bool mappings_observed; /* function hooks */
	bool exit_first;	/* sched_process_exit before exit_mm: 6.18, 7.2 */
	bool sharing;		/* CLONE_VM */
	bool splits;
	bool foreign_ends; /* an address space ends in the context of whoever had a look at it */
	bool long_forks;   /* those that have begun do not go on */
	bool single; /* no process attaches twice what a reading could tell only one address of */
	/* No pid is given again that made something, or that made something unseen: who is told
	 * only the pid of a creator cannot know better. */
	bool avoid_creators, avoid_unseen_creators;
	/* What was told of the users of sets by a pid that has been given again before a snapshot
	 * is lost with the older process: either there are no sets, or no such pids. */
	bool no_sets, fresh_pids;
};

struct model_process {
	bool alive, forking;
	uint32_t pid;
	uint64_t start;
	int mm, parent;
};

struct model_mapping {
	int object;
	uint64_t address;
};

struct model_mm {
	bool used, dying, unborn;
	bool unheard; /* what it has was copied before anybody listened */
	uint64_t number;
	int users, parent;
	uint32_t last_pid; /* whose end left it */
	struct model_mapping maps[MAPS];
	int n_maps;
};

struct model_object {
	bool exists, observed, told, reported;
	struct object_key key;
	uint64_t size;
	uint32_t mode;
	int creator; /* slot */
	uint32_t creator_pid;
	uint64_t creator_start;
	uint32_t users; /* slots, one bit each */
	struct object_event creation;
};

struct model_leak {
	struct object_key key;
	uint32_t owner, ended;
};

struct model {
	struct model_rules rules;
	uint64_t random, now, next_start, next_address;
	uint32_t pids; /* given, one bit each */
	struct model_process procs[PROCS];
	struct model_mm mms[MMS];
	struct model_object objects[OBJECTS];
	struct model_leak leaks[512];
	size_t n_leaks;
	void (*emit)(void *context, const struct event *event, size_t size);
	void *context;
};

static inline uint32_t draw(struct model *m, uint32_t below)
{
	m->random = m->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (m->random >> 33) % below;
}

static inline struct event model_head(struct model *m, uint32_t type, int slot, uint32_t ipcns)
{
	struct event head = {.type = type, .time_ns = m->now += 1 + draw(m, 5), .ipcns = ipcns};

	if (slot != NOBODY)
		head.pid = head.tid = m->procs[slot].pid;
	snprintf(head.comm, sizeof(head.comm), "p%d", slot);
	return head;
}

static inline uint64_t start_of(const struct model *m, int slot)
{
	return slot == NOBODY ? 0 : m->procs[slot].start;
}

static inline int nattch(const struct model *m, int o)
{
	int count = 0;

	for (int i = 0; i < MMS; i++)
		for (int k = 0; m->mms[i].used && k < m->mms[i].n_maps; k++)
			count += m->mms[i].maps[k].object == o;
	return count;
}

static inline bool creator_alive(const struct model *m, const struct model_object *object)
{
	const struct model_process *p = &m->procs[object->creator];

	/* Of a set that we did not see made nobody can say who did. */
	if (object->key.kind != OBJECT_SHM && !object->observed)
		return false;
	return p->alive && p->start == object->creator_start;
}

static inline bool is_orphan(const struct model *m, int o)
{
	const struct model_object *object = &m->objects[o];

	if (creator_alive(m, object))
		return false;
	if (object->key.kind != OBJECT_SHM)
		return object->observed && !object->users;
	return !(object->mode & MARKED) && !nattch(m, o);
}

/* After whatever may have been the last use of it. */
static inline void judge(struct model *m, int o, uint32_t ended)
{
	struct model_object *object = &m->objects[o];
	bool orphan = object->exists && is_orphan(m, o);

	if (orphan && !object->reported)
		m->leaks[m->n_leaks++] = (struct model_leak){object->key, object->creator_pid,
							     ended};
	object->reported = orphan;
}

static inline void judge_all(struct model *m, uint32_t ended)
{
	for (int o = 0; o < OBJECTS; o++)
		judge(m, o, ended);
}

/* The news of a creation that was held back until now. */
static inline void tell_creation(struct model *m, int o)
{
	struct model_object *object = &m->objects[o];

	if (!object->exists || object->told)
		return;
	object->told = true;
	object->creation.head.time_ns = m->now += 1;
	m->emit(m->context, &object->creation.head, sizeof(object->creation));
}

static inline void tell_creations_of(struct model *m, int slot)
{
	for (int o = 0; o < OBJECTS; o++)
		if (m->objects[o].creator == slot)
			tell_creation(m, o);
}

static inline void say_object(struct model *m, int slot, uint32_t action, int o)
{
	const struct model_object *object = &m->objects[o];
	struct object_event event = {
		.head = model_head(m, EVENT_OBJECT, slot, object->key.ipcns),
		.action = action,
		.kind = object->key.kind,
		.ipcns = object->key.ipcns,
		.id = object->key.id,
		.size = object->size,
		.key = 0x100 + object->key.id,
		.mode = object->mode,
		.start_ns = start_of(m, slot),
	};

	if (action == OBJECT_CREATED) {
		m->objects[o].creation = event;
		if (draw(m, 4))
			tell_creation(m, o);
		return;
	}
	m->emit(m->context, &event.head, sizeof(event));
}

static inline void say_mapping(struct model *m, int slot, uint32_t pid, uint32_t action, int mm,
			       struct model_mapping map, bool by_address)
{
	const struct object_key *key = &m->objects[map.object].key;
	struct mapping_event event = {
		.head = model_head(m, EVENT_MAPPING, slot, key->ipcns),
		.mm = m->mms[mm].number,
		.address = map.address,
		.ipcns = key->ipcns,
		.id = by_address ? -1 : key->id,
		.action = action,
		.count = 1,
		.start_ns = start_of(m, slot),
	};

	if (slot == NOBODY)
		event.head.pid = pid;
	m->emit(m->context, &event.head, sizeof(event));
}

static inline void say_process(struct model *m, int slot, uint32_t action, int child)
{
	int subject = child == NOBODY ? slot : child;
	struct process_event event = {
		.head = model_head(m, EVENT_PROCESS, slot, 1),
		.mm = m->procs[subject].mm == NOBODY ? 0 : m->mms[m->procs[subject].mm].number,
		.start_ns = m->procs[subject].start,
		.action = action,
		.child = child == NOBODY ? 0 : m->procs[child].pid,
	};

	if (child != NOBODY && m->procs[child].mm == m->procs[slot].mm)
		event.status = FORK_SHARES;
	m->emit(m->context, &event.head, sizeof(event));
}

static inline bool pid_taken(const struct model *m, uint32_t pid)
{
	if (m->rules.fresh_pids && m->pids >> pid & 1)
		return true;
	for (int i = 0; i < PROCS; i++)
		if (m->procs[i].alive && m->procs[i].pid == pid)
			return true;
	for (int i = 0; i < MMS; i++)
		if (m->mms[i].used && m->mms[i].dying && m->mms[i].last_pid == pid)
			return true;
	for (int o = 0; o < OBJECTS; o++)
		if (m->objects[o].exists && m->objects[o].creator_pid == pid &&
		    (m->rules.avoid_creators ||
		     (m->rules.avoid_unseen_creators && !m->objects[o].observed)))
			return true;
	return false;
}

/* A slot is free once nothing that exists was made from it: bits of users are by slot. */
static inline int new_process(struct model *m, int parent, int mm)
{
	uint32_t pid = PIDS_FROM + draw(m, PIDS_COUNT);
	int slot = draw(m, PROCS), tries = 0;

	while (m->procs[slot].alive && tries++ < PROCS)
		slot = (slot + 1) % PROCS;
	for (tries = 0; pid_taken(m, pid) && tries <= PIDS_COUNT; tries++)
		pid = PIDS_FROM + (pid - PIDS_FROM + 1) % PIDS_COUNT;
	if (m->procs[slot].alive || tries > PIDS_COUNT)
		return NOBODY;
	m->pids |= 1U << pid;
	m->next_start += 50000000 + draw(m, 100000000);
	m->procs[slot] = (struct model_process){
		.alive = true, .pid = pid, .start = m->next_start, .mm = mm, .parent = parent};
	return slot;
}

static inline int new_mm(struct model *m)
{
	int slot = draw(m, MMS);
	int tries = 0;

	while (m->mms[slot].used && tries++ < MMS)
		slot = (slot + 1) % MMS;
	if (m->mms[slot].used)
		return NOBODY;
	/* The slot gives the number: pointers are used again at once. */
	m->mms[slot] = (struct model_mm){.used = true, .number = 0xffff888000000000ULL + slot * 64};
	return slot;
}

static inline void drop_map(struct model *m, int mm, int k)
{
	struct model_mm *space = &m->mms[mm];

	space->maps[k] = space->maps[--space->n_maps];
}

static inline void destroy(struct model *m, int slot, int o)
{
	if (m->rules.mappings_observed)
		say_object(m, slot, OBJECT_DESTROYED, o);
	m->objects[o].exists = false;
}

/* One mapping goes, and with the last one a marked segment. */
static inline void unmap(struct model *m, int slot, uint32_t pid, int mm, int k, uint32_t ended)
{
	struct model_mapping map = m->mms[mm].maps[k];

	if (m->rules.mappings_observed)
		say_mapping(m, slot, pid, MAPPING_DETACHED, mm, map, false);
	drop_map(m, mm, k);
	judge(m, map.object, ended);
	if (m->objects[map.object].mode & MARKED && !nattch(m, map.object))
		destroy(m, slot, map.object);
}

static inline void tear_down(struct model *m, int slot, uint32_t pid, int mm, uint32_t ended)
{
	while (m->mms[mm].n_maps)
		unmap(m, slot, pid, mm, draw(m, m->mms[mm].n_maps), ended);
	m->mms[mm].used = false;
}

static inline int some_process(struct model *m)
{
	int slot = draw(m, PROCS);

	for (int i = 0; i < PROCS; i++, slot = (slot + 1) % PROCS)
		if (m->procs[slot].alive && !m->procs[slot].forking)
			return slot;
	return NOBODY;
}

static inline int some_object(struct model *m, bool segment)
{
	int o = draw(m, OBJECTS);

	for (int i = 0; i < OBJECTS; i++, o = (o + 1) % OBJECTS)
		if (m->objects[o].exists && (m->objects[o].key.kind == OBJECT_SHM) == segment)
			return o;
	return NOBODY;
}

static inline bool id_taken(const struct model *m, const struct object_key *key)
{
	for (int o = 0; o < OBJECTS; o++)
		if (m->objects[o].exists && !memcmp(&m->objects[o].key, key, sizeof(*key)))
			return true;
	return false;
}

#endif
