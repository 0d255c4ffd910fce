// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who knows which sets: held against a table that says it outright, and that a fork costs nothing.
 */
#include "ledger_check.h"
#include "ledger_events.h"

#define MM(pid) (0x100000 + (uint64_t)(pid)) /* address space of a process */

#define SETS  8
#define STEPS 20000

/* know[pid][set], for pids from 2 on */
struct model {
	bool know[PIDS][SETS];
	bool alive[PIDS];
	bool exists[SETS];
	uint32_t maker[SETS]; /* 0: has ended */
	unsigned int seed;
};

static unsigned int below(struct model *m, unsigned int n)
{
	m->seed = m->seed * 1103515245 + 12345;
	return (m->seed >> 16) % n;
}

struct seen {
	uint32_t times[PIDS];
};

static bool see(void *context, const struct ledger_process *process, uint32_t mappings)
{
	struct seen *seen = context;
	struct process_info info;

	assert_int_equal(mappings, 0);
	ledger__process_info(process, &info);
	seen->times[info.pid]++;
	return true;
}

static void compare(const struct fixture *f, const struct model *m)
{
	for (int set = 0; set < SETS; set++) {
		const struct ledger_object *object = ledger__find_object(f->ledger, f->ns,
									 OBJECT_SEM, set);
		struct seen seen = {0};
		/* What it made it answers for also after an exec. */
		bool used = m->maker[set];

		assert_int_equal(object != NULL, m->exists[set]);
		if (!object)
			continue;
		ledger__for_each_holder(object, see, &seen);
		for (uint32_t pid = 2; pid < PIDS; pid++) {
			if (seen.times[pid] != m->know[pid][set])
				fail_msg("set %d, process %u: %u times, not %d", set, pid,
					 seen.times[pid], m->know[pid][set]);
			used |= m->know[pid][set];
		}
		expect_state(f, OBJECT_SEM, set, used ? STATE_IN_USE : STATE_ORPHAN);
	}
	ledger_check(f->ledger);
}

static void forget(struct model *m, uint32_t pid)
{
	memset(m->know[pid], 0, sizeof(m->know[pid]));
}

static void step(struct fixture *f, struct model *m)
{
	const uint32_t pid = 2 + below(m, PIDS - 2), child = 2 + below(m, PIDS - 2);
	const int set = below(m, SETS);

	m->alive[pid] = true;
	switch (below(m, 8)) {
	case 0:
		if (m->exists[set])
			break;
		object(f, OBJECT_CREATED, pid, OBJECT_SEM, set);
		m->exists[set] = m->know[pid][set] = true;
		m->maker[set] = pid;
		return;
	case 1:
		if (!m->exists[set])
			break;
		object(f, OBJECT_DESTROYED, pid, OBJECT_SEM, set);
		m->exists[set] = false;
		for (uint32_t i = 0; i < PIDS; i++)
			m->know[i][set] = false;
		return;
	case 2:
	case 3:
		if (child == pid || m->alive[child])
			break;
		forked(f, pid, child, MM(child));
		m->alive[child] = true;
		memcpy(m->know[child], m->know[pid], sizeof(m->know[pid]));
		return;
	case 4:
		exited(f, pid);
		m->alive[pid] = false;
		for (int i = 0; i < SETS; i++)
			if (m->maker[i] == pid)
				m->maker[i] = 0;
		forget(m, pid);
		return;
	case 5:
		if (below(m, 4))
			break;
		execed(f, pid, MM(pid));
		forget(m, pid);
		return;
	}
	if (!m->exists[set])
		return;
	object(f, OBJECT_USED, pid, OBJECT_SEM, set);
	m->know[pid][set] = true;
}

static void test_equals_a_table(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 4; seed++) {
		struct model m = {.seed = seed};
		struct fixture f;

		fixture_open(&f, true);
		for (int i = 0; i < STEPS; i++) {
			step(&f, &m);
			f.n_leaks = 0;
			if (i % 8 == 0)
				compare(&f, &m);
		}
		for (uint32_t pid = 2; pid < PIDS; pid++)
			exited(&f, pid);
		f.n_leaks = 0;
		assert_int_equal(f.ledger->n_uses, 0);
		assert_int_equal(f.ledger->lineage_pool.used, 0);
		fixture_close(&f);
	}
}

static void test_a_fork_copies_nothing(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	for (int32_t id = 0; id < 30; id++)
		object(&f, OBJECT_CREATED, 2, OBJECT_SEM, id);
	for (uint32_t child = 3; child < PIDS; child++)
		forked(&f, child % 3 ? 2 : child - 1, child, MM(child));
	assert_int_equal(f.ledger->n_uses, 30);
	assert_int_equal(f.ledger->lineage_pool.used, 1);
	/* A server that makes a set for each child, which ends, does not grow. */
	for (int32_t id = 1000; id < 2000; id++) {
		exited(&f, 3);
		forked(&f, 2, 3, MM(3));
		object(&f, OBJECT_CREATED, 2, OBJECT_SEM, id);
		object(&f, OBJECT_DESTROYED, 2, OBJECT_SEM, id);
	}
	assert_int_equal(f.ledger->n_uses, 30);
	assert_in_range(f.ledger->lineage_pool.used, 1, 4);
	for (uint32_t pid = 2; pid < PIDS; pid++) {
		expect_state(&f, OBJECT_SEM, 7, STATE_IN_USE);
		f.n_leaks = 0;
		exited(&f, pid);
	}
	f.n_leaks = 0;
	expect_state(&f, OBJECT_SEM, 7, STATE_ORPHAN);
	fixture_close(&f);
}

/* On two processors what a child does may be heard of before its birth. */
static void test_a_birth_that_is_late(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	object(&f, OBJECT_CREATED, 2, OBJECT_SEM, 0);
	object(&f, OBJECT_CREATED, 3, OBJECT_SEM, 1);
	forked(&f, 3, 4, MM(4));
	forked(&f, 2, 3, MM(3));
	forked(&f, 2, 3, MM(3));
	ledger_check(f.ledger);
	exited(&f, 2);
	exited(&f, 3);
	/* By the grandchild, which knows what its parent turns out to have known. */
	expect_state(&f, OBJECT_SEM, 0, STATE_IN_USE);
	expect_state(&f, OBJECT_SEM, 1, STATE_IN_USE);
	ledger_check(f.ledger);
	exited(&f, 4);
	expect_state(&f, OBJECT_SEM, 0, STATE_ORPHAN);
	expect_state(&f, OBJECT_SEM, 1, STATE_ORPHAN);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equals_a_table),
		cmocka_unit_test(test_a_fork_copies_nothing),
		cmocka_unit_test(test_a_birth_that_is_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
