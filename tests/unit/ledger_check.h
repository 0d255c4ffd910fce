/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold in a ledger after every event, whatever the events said: every link is in the
 * lists of both its ends, and every number that is kept is the one that counting gives. Aborts when
 * not, so that unit tests and the fuzzer can share it.
 */
#ifndef TESTS_LEDGER_CHECK_H
#define TESTS_LEDGER_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include "ledger/internal.h"

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                           \
		}                                                                          \
	} while (0)

struct ledger_count {
	size_t mappings, uses, references, unsettled, ended, lineages;
};

static inline void check_object(const struct ledger_object *object, struct ledger_count *count)
{
	uint32_t nattch = 0;
	const struct mapping *m;
	const struct use *use;

	CHECK(object->key.kind < OBJECT_NONE && object->key.id >= 0);
	DL_FOREACH2 (object->mappings, m, next_of_object) {
		CHECK(object->key.kind == OBJECT_SHM);
		CHECK(m->object == object && m->count);
		nattch += m->count;
	}
	CHECK(object->nattch == nattch);
	DL_FOREACH2 (object->uses, use, next_of_object) {
		CHECK(object->key.kind != OBJECT_SHM);
		CHECK(use->object == object && use->lineage->n_uses);
		count->uses++;
	}
	if (object->owner)
		CHECK(object->creator == object->owner->pid);
	if (object->reported)
		CHECK(object__state(object) == STATE_ORPHAN ||
		      object__state(object) == STATE_DOOMED);
	count->references += object->owner != NULL;
}

static inline void check_owned(const struct ledger_process *process)
{
	const struct ledger_object *object;
	uint32_t existing = 0, leaked = 0;
	uint64_t bytes = 0;

	DL_FOREACH2 (process->objects, object, next_of_owner) {
		CHECK(object->owner == process);
		existing++;
		leaked += object->reported;
		bytes += object->key.kind == OBJECT_SHM ? object->size : 0;
	}
	CHECK(process->existing == existing);
	CHECK(process->existing_bytes == bytes);
	CHECK(process->leaked == leaked);
}

static inline void check_lineage(const struct lineage *lineage)
{
	const struct ledger_process *process;
	const struct lineage *after;
	uint32_t uses = 0, heirs = 0, afters = 0;
	const struct use *use;

	DL_FOREACH2 (lineage->uses, use, next_of_lineage) {
		CHECK(use->lineage == lineage);
		uses++;
	}
	DL_FOREACH2 (lineage->heirs, process, next_of_lineage) {
		CHECK(process->alive && process->lineage == lineage);
		heirs++;
	}
	DL_FOREACH2 (lineage->afters, after, next_of_before) {
		CHECK(after->before == lineage);
		afters++;
	}
	CHECK(lineage->n_uses == uses && lineage->n_heirs == heirs && lineage->n_afters == afters);
	CHECK(heirs || afters > 1);
}

/* Each once: by its first heir, or where it has none by the first one after it. */
static inline void check_lineages(const struct ledger_process *process, struct ledger_count *count)
{
	const struct lineage *lineage = process->lineage;

	if (!lineage || lineage->heirs != process)
		return;
	for (;;) {
		check_lineage(lineage);
		count->lineages++;
		if (!lineage->before || lineage->before->heirs ||
		    lineage->before->afters != lineage)
			return;
		lineage = lineage->before;
	}
}

static inline void check_process(const struct ledger_process *process, struct ledger_count *count)
{
	const struct ledger_process *other;
	uint64_t attached = 0;
	const struct mapping *m;
	bool listed = false;

	CHECK(process->pid);
	check_owned(process);
	check_lineages(process, count);
	if (process->space) {
		CHECK(process->alive);
		DL_FOREACH2 (process->space->mappings, m, next_of_space)
			attached += m->object->size;
		DL_FOREACH2 (process->space->processes, other, next_of_space)
			listed |= other == process;
		CHECK(listed);
	}
	CHECK(process->attached_bytes == attached);
	CHECK(process->peak_bytes >= attached);
}

static inline void check_space(const struct address_space *space, struct ledger_count *count)
{
	const struct ledger_process *process;
	const struct mapping *m, *other;

	CHECK(space->processes || space->mappings);
	DL_FOREACH2 (space->processes, process, next_of_space)
		CHECK(process->space == space && process->alive);
	DL_FOREACH2 (space->mappings, m, next_of_space) {
		CHECK(m->space == space);
		for (other = m->next_of_space; other; other = other->next_of_space)
			CHECK(other->object != m->object);
		count->mappings++;
	}
	count->unsettled += space->unsettled;
	count->references += space->last_ended != NULL;
}

static inline void ledger_check(const struct ledger *ledger)
{
	struct ledger_count count = {0};
	const struct ledger_object *object;
	const struct ledger_process *process;
	const struct address_space *space;
	const struct ledger_container *container, *next_container;
	size_t references = 0, contained = 0, container_references = 0;
	struct namespace *ns, *next_ns;
	struct hash_walk walk;

	walk = hash__walk(&ledger->objects);
	while ((object = hash__next(&walk)))
		check_object(object, &count);
	walk = hash__walk(&ledger->processes);
	while ((process = hash__next(&walk))) {
		CHECK(process->alive);
		check_process(process, &count);
		references += process->references;
		contained += process->container != NULL;
	}
	DL_FOREACH2 (ledger->ended, process, next_ended) {
		CHECK(!process->alive && !process->space && !process->lineage);
		CHECK(process->references || ledger->snapshot_open);
		check_process(process, &count);
		references += process->references;
		contained += process->container != NULL;
		count.ended++;
	}
	walk = hash__walk(&ledger->spaces);
	while ((space = hash__next(&walk)))
		check_space(space, &count);
	CHECK(ledger->n_mappings == count.mappings);
	CHECK(ledger->n_uses == count.uses);
	CHECK(ledger->n_unsettled == count.unsettled);
	CHECK(ledger->n_ended == count.ended);
	CHECK(references == count.references);
	/* Nothing is forgotten: all memory that was taken is in a table or list. */
	CHECK(ledger->object_pool.used == ledger->objects.count);
	CHECK(ledger->process_pool.used == ledger->processes.count + ledger->n_ended);
	CHECK(ledger->space_pool.used == ledger->spaces.count);
	CHECK(ledger->mapping_pool.used == ledger->n_mappings);
	CHECK(ledger->use_pool.used == ledger->n_uses);
	CHECK(ledger->lineage_pool.used == count.lineages);
	HASH_ITER (hh, ledger->namespaces, ns, next_ns)
		contained += ns->container != NULL;
	HASH_ITER (hh, ledger->containers, container, next_container) {
		CHECK(container->references);
		container_references += container->references;
	}
	CHECK(contained == container_references);
}

#endif
