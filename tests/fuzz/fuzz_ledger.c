// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any sequence of events, from few pids, address spaces and ids so that they meet: after each of
 * them the ledger must be whole, and at the end nothing may be left of it.
 */
#include <stdint.h>
#include <string.h>

#include "../unit/ledger_check.h"

#define MADE_UP (1ULL << 32) /* where the ledger's own numbers of address spaces begin */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What one event is made from. */
struct step {
	uint8_t type, action, pid, other, mm, id, time, count;
};

union any_event {
	struct event head;
	struct call_limits_event call;
	struct lost_event lost;
	struct object_event object;
	struct mapping_event mapping;
	struct process_event process;
	struct snapshot_event snapshot;
	struct container_event container;
};

struct clock {
	uint64_t now;
};

static void check_leak(void *context, const struct ledger_leak *leak)
{
	struct object_info info;

	(void)context;
	ledger__object_info(leak->object, &info);
	CHECK(info.state == STATE_ORPHAN);
	CHECK(info.owner == leak->owner);
	CHECK(!leak->ended || leak->ended->pid);
}

/* 0 to 7; a few beyond what can be. */
static uint64_t number(uint8_t byte)
{
	return byte < 0xf8 ? byte % 8 : (uint64_t) - (int)(byte - 0xf8);
}

static uint64_t start_of(const struct step *step)
{
	static const uint64_t starts[] = {0, 1000000000, 1010000000, 2000000000};

	return starts[step->other >> 4 & 3];
}

/* Mostly forwards, sometimes into the past. */
static uint64_t time_of(struct clock *clock, const struct step *step)
{
	if (step->time >= 0xf0)
		return clock->now - (step->time & 15) * 3;
	return clock->now += step->time & 3;
}

static void make_call(union any_event *e, const struct step *step)
{
	e->call.call = (struct call_event){
		.head = e->head,
		.args = {number(step->id)},
		.ret = (int8_t)step->count,
		.call = step->action % (CALL_COUNT + 1),
	};
}

static void make_object(union any_event *e, const struct step *step)
{
	e->object = (struct object_event){
		.head = e->head,
		.action = step->action % (OBJECT_REMOVED + 2),
		.kind = step->other % (OBJECT_NONE + 1),
		.ipcns = 1 + (step->other >> 3 & 1),
		.id = number(step->id) % 4,
		.size = step->count & 15 ? step->count * 100 : 0,
		.mode = step->count & 0x80 ? 01600 : 0600,
		.nattch = step->mm,
		.start_ns = start_of(step),
	};
}

static void make_mapping(union any_event *e, const struct step *step)
{
	uint64_t mm = number(step->mm);

	e->mapping = (struct mapping_event){
		.head = e->head,
		.mm = step->mm & 0x40 ? MADE_UP | mm : mm,
		.address = step->count % 8,
		.ipcns = 1 + (step->other >> 3 & 1),
		.id = (int32_t)number(step->id) - (step->other & 1),
		.action = step->action % (MAPPING_FOUND + 2),
		.count = number(step->count),
		.start_ns = start_of(step),
	};
}

static void make_process(union any_event *e, const struct step *step)
{
	e->process = (struct process_event){
		.head = e->head,
		.mm = number(step->mm),
		.start_ns = start_of(step),
		.action = step->action % (PROCESS_FOUND + 2),
		.child = number(step->other & 7),
		.parent = number(step->id),
		.read_ns = e->head.time_ns + step->count % 16,
	};
}

static void make_container(union any_event *e, const struct step *step)
{
	e->container = (struct container_event){
		.head = e->head,
		.start_ns = start_of(step),
		.known = step->action & 1,
		.runtime = step->count % (RUNTIME_COUNT + 1),
	};
	/* Some of them without an end. */
	memset(e->container.id, 'a' + step->id % 4, step->mm & 1 ? sizeof(e->container.id) : 9);
}

static void make_event(union any_event *e, const struct step *step, struct clock *clock)
{
	memset(e, 0, sizeof(*e));
	e->head.time_ns = time_of(clock, step);
	e->head.pid = e->head.tid = number(step->pid);
	e->head.ipcns = 1 + (step->other >> 3 & 1);
	e->head.type = 1 + step->type % 16;
	switch (step->type % 16) {
	case 0:
		e->head.type = EVENT_CALL;
		make_call(e, step);
		break;
	case 1:
		e->head.type = EVENT_LOST;
		e->lost.calls[step->action % CALL_COUNT] = step->count;
		break;
	case 2:
	case 3:
		e->head.type = EVENT_SNAPSHOT;
		e->snapshot.action = step->action % (SNAPSHOT_CUT + 2);
		e->snapshot.ipcns = step->other % 3;
		break;
	case 4 ... 7:
		e->head.type = EVENT_OBJECT;
		make_object(e, step);
		break;
	case 8 ... 11:
		e->head.type = EVENT_MAPPING;
		make_mapping(e, step);
		break;
	case 12 ... 14:
		e->head.type = EVENT_PROCESS;
		make_process(e, step);
		break;
	case 15:
		e->head.type = EVENT_CONTAINER;
		make_container(e, step);
		break;
	}
}

static bool look_at_process(void *context, const struct ledger_process *process)
{
	struct process_info info;

	ledger__process_info(process, &info);
	CHECK(info.alive == process->alive);
	*(size_t *)context += 1;
	return true;
}

static bool look_at_holder(void *context, const struct ledger_process *process, uint32_t mappings)
{
	const struct ledger_object *object = context;

	/* Who uses a set or queue has no mappings of it. */
	CHECK(process->alive && (mappings != 0) == (object->key.kind == OBJECT_SHM));
	return true;
}

static bool look_at_object(void *context, const struct ledger_object *object)
{
	*(size_t *)context += 1;
	ledger__for_each_holder(object, look_at_holder, (void *)object);
	return true;
}

static bool look_at_namespace(void *context, const struct namespace_info *info)
{
	*(size_t *)context += info->segments + info->sets + info->queues;
	return true;
}

/* All that a view may ask. */
static void look(const struct ledger *ledger)
{
	size_t objects = 0, processes = 0, in_namespaces = 0;
	struct ledger_stats stats;

	ledger__stats(ledger, &stats);
	ledger__for_each_object(ledger, look_at_object, &objects);
	ledger__for_each_process(ledger, look_at_process, &processes);
	ledger__for_each_namespace(ledger, look_at_namespace, &in_namespaces);
	CHECK(objects == stats.objects && processes == stats.processes);
	CHECK(in_namespaces <= objects);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ledger_options options = {.leaked = check_leak};
	struct clock clock = {.now = 1000};
	struct ledger *ledger;

	if (!size)
		return 0;
	options.mappings_observed = *data & 1;
	options.keep_past = *data & 2;
	ledger = ledger__new(&options);
	if (ledger)
		ledger->few = 0;
	for (data++, size--; ledger && size >= sizeof(struct step);
	     data += sizeof(struct step), size -= sizeof(struct step)) {
		union any_event event;
		struct step step;

		memcpy(&step, data, sizeof(step));
		make_event(&event, &step, &clock);
		ledger__expect(ledger, &event.head);
		CHECK(!ledger__apply(ledger, &event.head));
		ledger_check(ledger);
	}
	if (ledger)
		look(ledger);
	ledger__free(ledger);
	return 0;
}
