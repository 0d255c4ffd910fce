// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an event will touch, fetched before it is applied, in steps: each reads what the step before
 * has fetched, a few events ago, so that none of them waits for memory. Only codes are kept from
 * one step to the next, since what they lead to may be gone by then. A guess of the table may be
 * another's: to fetch that in vain does no harm.
 */
#include "ledger/internal.h"

/* gcc 12 takes a function that only fetches for one without effect, and drops calls of it. */
#define FETCH inline __attribute__((always_inline))

static FETCH void fetch(const void *begin, size_t lines)
{
	for (size_t i = 0; begin && i < lines; i++)
		__builtin_prefetch((const char *)begin + i * 64, 1);
}

/* With an address it goes on into a second line. */
static FETCH void fetch_mapping(const struct ledger *ledger, const struct mapping *m)
{
	fetch(m, ledger->options.mappings_observed ? 1 : 2);
}

static FETCH void expect_process(const struct ledger *ledger, struct expectation *expected,
				 uint32_t pid)
{
	expected->process = hash__mix(pid, 0);
	hash__fetch(&ledger->processes, expected->process);
}

static FETCH void expect_space(const struct ledger *ledger, struct expectation *expected,
			       uint64_t mm)
{
	expected->space = hash__mix(mm, 0);
	hash__fetch(&ledger->spaces, expected->space);
}

static FETCH void expect_object(const struct ledger *ledger, struct expectation *expected,
				uint32_t ipcns, uint32_t kind, int32_t id)
{
	expected->object = hash__mix(ipcns | (uint64_t)kind << 32, id);
	hash__fetch(&ledger->objects, expected->object);
}

static FETCH void fetch_places(const struct ledger *ledger, struct expectation *expected,
			       const struct event *event)
{
	const struct object_event *object = (const struct object_event *)event;
	const struct mapping_event *mapping = (const struct mapping_event *)event;

	expected->what = EXPECTED_NOTHING;
	switch (event->type) {
	case EVENT_CALL:
	case EVENT_CALL_LIMITS:
	case EVENT_CALL_LEDGER:
		expected->what = EXPECTED_CALL;
		expect_process(ledger, expected, event->pid);
		break;
	case EVENT_OBJECT:
		expected->what = EXPECTED_OBJECT;
		expect_object(ledger, expected, object->ipcns, object->kind, object->id);
		if (object->action != OBJECT_CREATED)
			break;
		expected->what = EXPECTED_NEW;
		expect_process(ledger, expected, event->pid);
		break;
	case EVENT_MAPPING:
		expected->what = EXPECTED_MAPPING;
		expect_space(ledger, expected, mapping->mm);
		expect_object(ledger, expected, mapping->ipcns, OBJECT_SHM, mapping->id);
		break;
	}
}

static FETCH void fetch_structs(const struct ledger *ledger, const struct expectation *expected)
{
	switch (expected->what) {
	case EXPECTED_CALL:
	case EXPECTED_NEW:
		fetch(hash__guess(&ledger->processes, expected->process), 2);
		break;
	case EXPECTED_MAPPING:
		fetch(hash__guess(&ledger->spaces, expected->space), 1);
		/* fall through */
	case EXPECTED_OBJECT:
		fetch(hash__guess(&ledger->objects, expected->object), 2);
	}
}

/* Process, lists. */
static FETCH void fetch_heads(const struct ledger *ledger, const struct expectation *expected)
{
	const struct ledger_process *process;
	const struct address_space *space;
	const struct ledger_object *object;

	switch (expected->what) {
	case EXPECTED_NEW:
		process = hash__guess(&ledger->processes, expected->process);
		fetch(process ? process->objects : NULL, 1);
		break;
	case EXPECTED_MAPPING:
		space = hash__guess(&ledger->spaces, expected->space);
		object = hash__guess(&ledger->objects, expected->object);
		fetch(space ? space->processes : NULL, 1);
		fetch_mapping(ledger, space ? space->mappings : NULL);
		fetch_mapping(ledger, object ? object->mappings : NULL);
		break;
	case EXPECTED_OBJECT:
		object = hash__guess(&ledger->objects, expected->object);
		if (!object)
			break;
		fetch(object->owner, 1);
		fetch(object->prev_of_owner, 1);
		fetch(object->next_of_owner, 1);
	}
}

/* By an object we come to its own mapping; without one, address by address to one of the space. */
static FETCH void fetch_neighbours(const struct ledger *ledger, const struct expectation *expected)
{
	const struct address_space *space;
	const struct ledger_object *object;
	const struct mapping *m;

	if (expected->what != EXPECTED_MAPPING)
		return;
	if (ledger->options.mappings_observed) {
		object = hash__guess(&ledger->objects, expected->object);
		m = object ? object->mappings : NULL;
	} else {
		space = hash__guess(&ledger->spaces, expected->space);
		m = space ? space->mappings : NULL;
		fetch(m ? m->object : NULL, 2);
	}
	if (!m)
		return;
	fetch_mapping(ledger, m->prev_of_space);
	fetch_mapping(ledger, m->next_of_space);
}

void ledger__expect(struct ledger *ledger, const struct event *event)
{
	struct expectation *expected = ledger->expected;
	const uint32_t n = ledger->n_expected++;

	if (ledger->objects.count < ledger->few)
		return;
	if (event)
		fetch_places(ledger, &expected[n % LEDGER_EXPECT_AHEAD], event);
	else
		expected[n % LEDGER_EXPECT_AHEAD].what = EXPECTED_NOTHING;
	fetch_structs(ledger, &expected[(n - LEDGER_EXPECT_AHEAD / 4) % LEDGER_EXPECT_AHEAD]);
	fetch_heads(ledger, &expected[(n - LEDGER_EXPECT_AHEAD / 2) % LEDGER_EXPECT_AHEAD]);
	fetch_neighbours(ledger, &expected[(n + LEDGER_EXPECT_AHEAD / 4) % LEDGER_EXPECT_AHEAD]);
}
