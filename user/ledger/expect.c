// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an event will touch, fetched before it is applied. Each step reads what the step before has
 * fetched, so that none of them waits for memory. A guess of the table may be another's: to fetch
 * that in vain does no harm.
 */
#include "ledger/internal.h"

/* gcc 12 takes a function that only fetches for one without effect, and drops calls of it. */
#define FETCH inline __attribute__((always_inline))

static uint64_t object_code(uint32_t ipcns, uint32_t kind, int32_t id)
{
	return hash__mix(ipcns | (uint64_t)kind << 32, id);
}

static FETCH void fetch(const void *begin, size_t lines)
{
	for (size_t i = 0; begin && i < lines; i++)
		__builtin_prefetch((const char *)begin + i * 64, 1);
}

static FETCH void expect_mapping(const struct ledger *ledger, const struct mapping_event *event,
				 unsigned int step)
{
	const uint64_t space_code = hash__mix(event->mm, 0);
	const uint64_t code = object_code(event->ipcns, OBJECT_SHM, event->id);
	const struct address_space *space;
	const struct ledger_object *object;

	if (step == 0) {
		hash__fetch(&ledger->spaces, space_code);
		hash__fetch(&ledger->objects, code);
		return;
	}
	space = hash__guess(&ledger->spaces, space_code);
	object = hash__guess(&ledger->objects, code);
	if (step == 1) {
		fetch(space, 1);
		fetch(object, 2);
	} else if (step == 2) {
		fetch(space ? space->processes : NULL, 1);
		fetch(space ? space->mappings : NULL, 1);
		fetch(object ? object->mappings : NULL, 1);
	} else if (object && object->mappings) {
		fetch(object->mappings->prev_of_space, 1);
		fetch(object->mappings->next_of_space, 1);
	}
}

static FETCH void expect_created(const struct ledger *ledger, const struct object_event *event,
				 unsigned int step)
{
	const uint64_t code = hash__mix(event->head.pid, 0);
	const struct ledger_process *process;

	if (step == 0) {
		hash__fetch(&ledger->processes, code);
		hash__fetch(&ledger->objects, object_code(event->ipcns, event->kind, event->id));
		return;
	}
	process = hash__guess(&ledger->processes, code);
	if (step == 1)
		fetch(process, 2);
	else if (step == 2)
		fetch(process ? process->objects : NULL, 1);
}

static FETCH void expect_object(const struct ledger *ledger, const struct object_event *event,
				unsigned int step)
{
	const uint64_t code = object_code(event->ipcns, event->kind, event->id);
	const struct ledger_object *object;

	if (step == 0) {
		hash__fetch(&ledger->objects, code);
		return;
	}
	object = hash__guess(&ledger->objects, code);
	if (step == 1) {
		fetch(object, 2);
	} else if (step == 2 && object) {
		fetch(object->owner, 1);
		fetch(object->prev_of_owner, 1);
		fetch(object->next_of_owner, 1);
	}
}

static FETCH void expect_call(const struct ledger *ledger, const struct call_event *event,
			      unsigned int step)
{
	const uint64_t code = hash__mix(event->head.pid, 0);

	if (step == 0)
		hash__fetch(&ledger->processes, code);
	else if (step == 1)
		fetch(hash__guess(&ledger->processes, code), 3);
}

void ledger__expect(const struct ledger *ledger, const struct event *event, unsigned int step)
{
	const struct object_event *object = (const struct object_event *)event;

	if (ledger->objects.count < ledger->few)
		return;
	switch (event->type) {
	case EVENT_CALL:
	case EVENT_CALL_LIMITS:
		expect_call(ledger, (const struct call_event *)event, step);
		break;
	case EVENT_OBJECT:
		if (object->action == OBJECT_CREATED)
			expect_created(ledger, object, step);
		else
			expect_object(ledger, object, step);
		break;
	case EVENT_MAPPING:
		expect_mapping(ledger, (const struct mapping_event *)event, step);
		break;
	}
}
