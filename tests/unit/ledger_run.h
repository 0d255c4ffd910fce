/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model (ledger_model.h), a ledger that hears what it says, at once or later, and what they are
 * compared by.
 */
#ifndef TESTS_LEDGER_RUN_H
#define TESTS_LEDGER_RUN_H

#include "ledger_events.h"
#include "ledger_model_steps.h"

struct run {
	struct model model;
	struct fixture f;
	uint64_t seed;
	bool muted;	/* nobody listens yet */
	bool buffering; /* the ledger hears it later */
	bool losing;
	bool found_untold;
	bool numbers; /* a reading knows the kernel's pointers */
	uint64_t lost;
	uint8_t *log; /* all that the ledger was told, each with its size before it */
	size_t log_len, log_cap, log_applied;
	struct model_leak leaks[512];
	size_t n_leaks;
};

#define REQUIRE(run, cond)                                                                      \
	do {                                                                                    \
		if (!(cond))                                                                    \
			fail_msg("LEDGER_SEED=%llu: not so: %s", (unsigned long long)run->seed, \
				 #cond);                                                        \
	} while (0)

static inline void keep_run_leak(void *context, const struct ledger_leak *leak)
{
	struct run *run = context;
	struct object_info info;

	ledger__object_info(leak->object, &info);
	REQUIRE(run, run->n_leaks < 512);
	run->leaks[run->n_leaks++] = (struct model_leak){
		.key = {.ipcns = info.ipcns, .kind = info.kind, .id = info.id},
		.owner = info.creator,
		.ended = pid_of(leak->ended),
	};
}

/* For who looks for the cause of a failure. */
static inline void print_event(const struct event *event)
{
	const struct object_event *o = (const struct object_event *)event;
	const struct mapping_event *m = (const struct mapping_event *)event;
	const struct process_event *p = (const struct process_event *)event;

	fprintf(stderr, "%llu pid %u ", (unsigned long long)event->time_ns, event->pid);
	if (event->type == EVENT_OBJECT)
		fprintf(stderr, "object %u kind %u %u/%d\n", o->action, o->kind, o->ipcns, o->id);
	else if (event->type == EVENT_MAPPING)
		fprintf(stderr, "mapping %u mm %llx %u/%d x%u at %llx\n", m->action,
			(unsigned long long)m->mm, m->ipcns, m->id, m->count,
			(unsigned long long)m->address);
	else if (event->type == EVENT_PROCESS)
		fprintf(stderr, "process %u mm %llx child %u read %llu\n", p->action,
			(unsigned long long)p->mm, p->child, (unsigned long long)p->read_ns);
	else
		fprintf(stderr, "type %u\n", event->type);
}

static inline void apply(struct run *run, const struct event *event)
{
	if (getenv("LEDGER_TRACE"))
		print_event(event);
	/* That changes nothing: the same ends are reached. */
	run->f.ledger->few = 0;
	ledger__expect(run->f.ledger, event);
	REQUIRE(run, !ledger__apply(run->f.ledger, event));
	ledger_check(run->f.ledger);
}

static inline void apply_log(struct run *run)
{
	while (run->log_applied < run->log_len) {
		size_t size;

		memcpy(&size, run->log + run->log_applied, sizeof(size));
		apply(run, (struct event *)(run->log + run->log_applied + sizeof(size)));
		run->log_applied += sizeof(size) + size;
	}
}

static inline void append(struct run *run, const struct event *event, size_t size)
{
	if (run->log_len + size + sizeof(size) > run->log_cap) {
		run->log_cap = run->log_cap * 2 + 65536;
		run->log = realloc(run->log, run->log_cap);
		assert_non_null(run->log);
	}
	memcpy(run->log + run->log_len, &size, sizeof(size));
	memcpy(run->log + run->log_len + sizeof(size), event, size);
	run->log_len += sizeof(size) + size;
	if (!run->buffering)
		apply_log(run);
}

static inline void hear(void *context, const struct event *event, size_t size)
{
	struct run *run = context;

	if (run->muted)
		return;
	if (run->losing && !draw(&run->model, 4)) {
		run->lost++;
		return;
	}
	append(run, event, size);
}

static inline enum object_state true_state(const struct model *m, int o)
{
	const struct model_object *object = &m->objects[o];

	if (object->key.kind != OBJECT_SHM) {
		if (creator_alive(m, object) || object->users)
			return STATE_IN_USE;
		return object->observed ? STATE_ORPHAN : STATE_UNKNOWN;
	}
	if (object->mode & MARKED)
		return STATE_DOOMED;
	if (nattch(m, o))
		return STATE_IN_USE;
	return creator_alive(m, object) ? STATE_IDLE : STATE_ORPHAN;
}

static inline void compare_holders(struct run *run, int o)
{
	const struct object_key *key = &run->model.objects[o].key;

	run->f.ns = key->ipcns;
	for (int i = 0; i < PROCS; i++) {
		const struct model_process *p = &run->model.procs[i];
		uint32_t held = 0;

		if (!p->alive)
			continue;
		for (int k = 0; k < run->model.mms[p->mm].n_maps; k++)
			held += run->model.mms[p->mm].maps[k].object == o;
		REQUIRE(run, held_by(&run->f, key->id, p->pid) == held);
	}
}

/* whole: also who made and used it, which no table tells but of segments. */
static inline void compare_object(struct run *run, int o, bool whole)
{
	const struct model_object *object = &run->model.objects[o];
	struct object_info info;

	run->f.ns = object->key.ipcns;
	info = info_of(&run->f, object->key.kind, object->key.id);
	REQUIRE(run, info.state != STATE_GONE);
	REQUIRE(run, info.size == object->size);
	REQUIRE(run, info.nattch == (uint32_t)nattch(&run->model, o));
	REQUIRE(run, info.mode == object->mode);
	if (object->key.kind == OBJECT_SHM) {
		compare_holders(run, o);
		REQUIRE(run, info.creator == object->creator_pid);
	}
	if (!whole)
		return;
	REQUIRE(run, info.state == true_state(&run->model, o));
	REQUIRE(run, info.observed == object->observed);
	if (object->observed)
		REQUIRE(run, info.creator == object->creator_pid);
}

static inline bool is_alive_in_model(void *context, const struct ledger_process *process)
{
	struct run *run = context;
	struct process_info info;
	bool found = false;

	ledger__process_info(process, &info);
	for (int i = 0; info.alive && i < PROCS; i++)
		found |= run->model.procs[i].alive && run->model.procs[i].pid == info.pid;
	REQUIRE(run, found || !info.alive);
	return true;
}

static inline void compare(struct run *run, bool whole)
{
	struct ledger_stats stats = stats_of(&run->f);
	size_t objects = 0, spaces = 0;

	for (int o = 0; o < OBJECTS; o++) {
		if (!run->model.objects[o].exists)
			continue;
		objects++;
		compare_object(run, o, whole);
	}
	for (int i = 0; i < MMS; i++)
		spaces += run->model.mms[i].used;
	REQUIRE(run, stats.objects == objects);
	REQUIRE(run, stats.address_spaces <= spaces);
	ledger__for_each_process(run->f.ledger, is_alive_in_model, run);
}

static inline int leak_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct model_leak));
}

/* The same leaks, each as often; the order in one event is free. */
static inline void compare_leaks(struct run *run)
{
	struct model *m = &run->model;

	REQUIRE(run, run->n_leaks == m->n_leaks);
	qsort(run->leaks, run->n_leaks, sizeof(run->leaks[0]), leak_order);
	qsort(m->leaks, m->n_leaks, sizeof(m->leaks[0]), leak_order);
	for (size_t i = 0; i < m->n_leaks; i++)
		REQUIRE(run, !leak_order(&run->leaks[i], &m->leaks[i]));
	run->n_leaks = m->n_leaks = 0;
}

#endif
