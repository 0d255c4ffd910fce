// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger against a kernel in small (ledger_model.h): whatever processes do, what the ledger has
 * heard of it must be what is so. Each run is drawn from a seed, which a failure prints:
 * LEDGER_SEED repeats one, LEDGER_RUNS says how many, LEDGER_TRACE prints all events.
 */
#include "ledger_run.h"

#define BURSTS 12
#define RUNS   500

/* Sizes of events are multiples of 8, so what is told after each other is aligned. */
static void say_snapshot(struct run *run, uint32_t action, uint32_t ipcns, uint64_t time_ns)
{
	struct snapshot_event event = {
		.head = {.type = EVENT_SNAPSHOT, .time_ns = time_ns},
		.action = action,
		.ipcns = ipcns,
	};

	append(run, &event.head, sizeof(event));
}

static struct event found_head(struct run *run, uint32_t type, int slot, uint64_t from)
{
	struct event head = {.type = type, .time_ns = from};

	if (slot != NOBODY)
		head.pid = head.tid = run->model.procs[slot].pid;
	return head;
}

static uint64_t ticks(const struct run *run, int slot)
{
	return run->model.procs[slot].start / 10000000 * 10000000;
}

/* What a process has mapped now: one event of each segment. */
static void read_mappings(struct run *run, int slot, uint64_t from)
{
	const struct model_mm *mm = &run->model.mms[run->model.procs[slot].mm];

	for (int o = 0; o < OBJECTS; o++) {
		const struct object_key *key = &run->model.objects[o].key;
		struct mapping_event event = {
			.head = found_head(run, EVENT_MAPPING, slot, from),
			.mm = run->numbers ? mm->number : 0,
			.ipcns = key->ipcns,
			.id = key->id,
			.action = MAPPING_FOUND,
			.start_ns = ticks(run, slot),
		};

		for (int k = 0; k < mm->n_maps; k++) {
			if (mm->maps[k].object != o)
				continue;
			event.count++;
			event.address = mm->maps[k].address;
		}
		if (!event.count)
			continue;
		run->found_untold |= !run->model.objects[o].told;
		append(run, &event.head, sizeof(event));
	}
}

static void maybe_step(struct run *run, bool quiet)
{
	if (!quiet && !draw(&run->model, 3))
		step(&run->model);
}

static void read_process(struct run *run, int slot, uint64_t start, bool quiet)
{
	struct model_process *p = &run->model.procs[slot];
	struct process_event event = {.action = PROCESS_FOUND};
	uint64_t from = run->model.now += 1;
	bool before = draw(&run->model, 2);

	if (!p->alive || p->start != start)
		return;
	event.head = found_head(run, EVENT_PROCESS, slot, from);
	event.start_ns = ticks(run, slot);
	if (before)
		maybe_step(run, quiet);
	if (!p->alive || p->start != start)
		return;
	event.mm = run->numbers ? run->model.mms[p->mm].number : 0;
	read_mappings(run, slot, from);
	/* Its mappings are read under the lock of its address space: all at one moment. */
	event.read_ns = run->model.now;
	if (!before && !quiet && !draw(&run->model, 8)) {
		step(&run->model);
		event.read_ns = run->model.now;
	}
	append(run, &event.head, sizeof(event));
}

static void read_objects(struct run *run, uint32_t ipcns)
{
	struct model *m = &run->model;
	uint64_t from = m->now += 1;

	for (int o = 0; o < OBJECTS; o++) {
		const struct model_object *object = &m->objects[o];
		struct object_event event = {
			.head = found_head(run, EVENT_OBJECT, NOBODY, from),
			.action = OBJECT_FOUND,
			.kind = object->key.kind,
			.ipcns = ipcns,
			.id = object->key.id,
			.size = object->size,
			/* Marking takes the key away. */
			.key = object->mode & MODE_MARKED ? 0 : 0x100 + object->key.id,
			.mode = object->mode,
			.nattch = nattch(m, o),
		};

		if (!object->exists || object->key.ipcns != ipcns)
			continue;
		run->found_untold |= !object->told;
		if (object->key.kind == OBJECT_SHM)
			event.head.pid = object->creator_pid;
		for (int p = 0; p < PROCS; p++)
			if (event.head.pid && m->procs[p].alive &&
			    m->procs[p].pid == event.head.pid)
				event.start_ns = ticks(run, p);
		append(run, &event.head, sizeof(event));
	}
	say_snapshot(run, SNAPSHOT_END, ipcns, from);
}

/* As user/source/snapshot.h reads: processes that are there when it begins, then the tables. */
static void read_all(struct run *run, bool quiet)
{
	uint64_t begin = run->model.now += 1, starts[PROCS];

	say_snapshot(run, SNAPSHOT_BEGIN, 0, begin);
	for (int i = 0; i < PROCS; i++)
		starts[i] = run->model.procs[i].alive ? run->model.procs[i].start : 0;
	for (int i = 0; i < PROCS; i++) {
		if (starts[i])
			read_process(run, i, starts[i], quiet);
		maybe_step(run, quiet);
	}
	for (uint32_t ns = 1; ns <= NAMESPACES; ns++) {
		read_objects(run, ns);
		maybe_step(run, quiet);
	}
	say_snapshot(run, SNAPSHOT_END, 0, begin);
}

static void burst(struct run *run, int steps)
{
	for (int i = 0; i < steps; i++)
		step(&run->model);
}

static struct ledger *new_ledger(struct run *run)
{
	const struct ledger_options options = {
		.mappings_observed = run->model.rules.mappings_observed,
		.leaked = keep_run_leak,
		.context = run,
	};

	return ledger__new(&options);
}

static void open_run(struct run *run, uint64_t seed)
{
	memset(run, 0, sizeof(*run));
	run->seed = seed;
	run->model.emit = hear;
	run->model.context = run;
	run->model.rules = (struct model_rules){
		.mappings_observed = seed & 1,
		.exit_first = seed & 2,
		.sharing = true,
		.splits = seed & 1,
		.foreign_ends = true,
	};
	run->f.ledger = new_ledger(run);
	assert_non_null(run->f.ledger);
}

static void close_run(struct run *run)
{
	ledger__free(run->f.ledger);
	free(run->log);
}

/* From the first process on, and then once more: the same events, the same state. */
static void run_from_the_start(struct run *run)
{
	model_start(&run->model, run->seed);
	for (int i = 0; i < BURSTS; i++) {
		burst(run, 1 + draw(&run->model, 60));
		finish(&run->model, true);
		compare(run, true);
		compare_leaks(run);
	}
	ledger__free(run->f.ledger);
	run->f.ledger = new_ledger(run);
	run->log_applied = 0;
	apply_log(run);
	compare(run, true);
}

/* Hooks are attached now: what exists is older than our knowledge. */
static void begin_to_listen(struct run *run)
{
	/* A fork that is on its way then has copied mappings, and nobody has heard of it. */
	run->model.rules.long_forks = run->model.rules.mappings_observed && run->numbers;
	finish(&run->model, true);
	run->model.rules.long_forks = false;
	for (int mm = 0; mm < MMS; mm++)
		run->model.mms[mm].unheard = run->model.mms[mm].unborn;
	run->muted = false;
	run->model.rules.avoid_creators = false;
	run->model.n_leaks = 0;
	for (int o = 0; o < OBJECTS; o++) {
		run->model.objects[o].observed = false;
		run->model.objects[o].users = 0;
	}
}

static void settle(struct run *run)
{
	finish(&run->model, true);
	if (ledger__is_exact(run->f.ledger))
		return;
	read_all(run, true);
	REQUIRE(run, ledger__is_exact(run->f.ledger));
}

static void start_in_the_middle(struct run *run)
{
	struct model *m = &run->model;

	run->numbers = run->seed & 4;
	/* Without the kernel's pointers these cannot be told: see the ledger's source of events. */
	m->rules.sharing = m->rules.foreign_ends = run->numbers;
	m->rules.splits &= run->numbers;
	m->rules.single = !m->rules.mappings_observed;
	m->rules.avoid_creators = m->rules.avoid_unseen_creators = true;
	run->muted = true;
	model_start(m, run->seed);
	burst(run, 100);
	begin_to_listen(run);
	m->rules.no_sets = run->seed & 8;
	m->rules.fresh_pids = !m->rules.no_sets;
	m->pids = 0;
	for (int i = 0; i < PROCS; i++)
		m->pids |= m->procs[i].alive ? 1U << m->procs[i].pid : 0;
	run->buffering = true;
	burst(run, draw(m, 30));
}

static bool is_found(const struct event *event)
{
	switch (event->type) {
	case EVENT_SNAPSHOT:
		return true;
	case EVENT_OBJECT:
		return ((const struct object_event *)event)->action == OBJECT_FOUND;
	case EVENT_MAPPING:
		return ((const struct mapping_event *)event)->action == MAPPING_FOUND;
	case EVENT_PROCESS:
		return ((const struct process_event *)event)->action == PROCESS_FOUND;
	}
	return false;
}

/* First what was read, then what happened before and meanwhile. */
static void tell_buffered(struct run *run)
{
	uint8_t *heard = run->log;
	size_t len = run->log_len;

	run->log = NULL;
	run->log_len = run->log_cap = run->log_applied = 0;
	run->buffering = false;
	for (int found = 1; found >= 0; found--) {
		for (size_t at = 0, size; at < len; at += sizeof(size) + size) {
			const struct event *event = (struct event *)(heard + at + sizeof(size));

			memcpy(&size, heard + at, sizeof(size));
			if (is_found(event) == found)
				append(run, event, size);
		}
	}
	free(heard);
}

static void run_from_a_snapshot(struct run *run)
{
	struct model *m = &run->model;

	start_in_the_middle(run);
	read_all(run, false);
	burst(run, draw(m, 30));
	m->rules.no_sets = m->rules.fresh_pids = false;
	tell_buffered(run);
	settle(run);
	compare(run, true);
	run->n_leaks = m->n_leaks = 0;
	for (int i = 0; i < BURSTS; i++) {
		burst(run, 1 + draw(m, 60));
		settle(run);
		compare(run, true);
		compare_leaks(run);
	}
}

/* Snapshots while all is known change nothing, whenever they are read and told. */
static void run_with_snapshots(struct run *run)
{
	struct model *m = &run->model;

	model_start(m, run->seed);
	run->numbers = run->seed & 4;
	read_all(run, true);
	for (int i = 0; i < BURSTS; i++) {
		burst(run, 1 + draw(m, 30));
		read_all(run, draw(m, 4) == 0);
		burst(run, draw(m, 10));
		finish(m, true);
		REQUIRE(run, ledger__is_exact(run->f.ledger));
		compare(run, true);
		compare_leaks(run);
		/* What was found before the news of its creation counts as drift. */
		REQUIRE(run, ledger__drift(run->f.ledger) == 0 || run->found_untold);
	}
}

/* A whole snapshot mends what lost events have spoilt. */
static void run_with_losses(struct run *run)
{
	struct model *m = &run->model;
	struct lost_event event = {.head = {.type = EVENT_LOST}};

	run->numbers = true;
	model_start(m, run->seed);
	read_all(run, true);
	for (int i = 0; i < BURSTS; i++) {
		burst(run, 1 + draw(m, 30));
		run->losing = true;
		burst(run, 1 + draw(m, 30));
		finish(m, true);
		run->losing = false;
		event.head.time_ns = m->now += 1;
		event.calls[0] = run->lost;
		append(run, &event.head, sizeof(event));
		read_all(run, true);
		/* A space of nobody is judged by the second. */
		if (!ledger__is_exact(run->f.ledger))
			read_all(run, true);
		REQUIRE(run, ledger__is_exact(run->f.ledger));
		compare(run, false);
	}
}

static void run_all(void (*one)(struct run *run))
{
	const char *seed = getenv("LEDGER_SEED"), *runs = getenv("LEDGER_RUNS");
	uint64_t from = seed ? strtoull(seed, NULL, 10) : 1;
	uint64_t to = seed ? from : from + (runs ? strtoull(runs, NULL, 10) : RUNS) - 1;
	struct run *run = malloc(sizeof(*run));

	assert_non_null(run);
	for (uint64_t i = from; i <= to; i++) {
		open_run(run, i);
		one(run);
		close_run(run);
	}
	free(run);
}

static void test_from_the_start(void **state)
{
	(void)state;
	run_all(run_from_the_start);
}

static void test_from_a_snapshot(void **state)
{
	(void)state;
	run_all(run_from_a_snapshot);
}

static void test_with_snapshots(void **state)
{
	(void)state;
	run_all(run_with_snapshots);
}

static void test_with_losses(void **state)
{
	(void)state;
	run_all(run_with_losses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_the_start),
		cmocka_unit_test(test_from_a_snapshot),
		cmocka_unit_test(test_with_snapshots),
		cmocka_unit_test(test_with_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
