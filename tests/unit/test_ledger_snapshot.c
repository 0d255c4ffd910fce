// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots: what was there before us, what a reading corrects, and what it must not undo since
 * newer events have decided otherwise.
 */
#include "ledger_events.h"

#define MM(pid) (0xffff888000000000ULL + (pid)*0x1000ULL)
#define MS	1000000ULL

/* A snapshot of one process that has the segment 0 mapped, which it made. */
static uint64_t snapshot_of_one(struct fixture *f, uint32_t count)
{
	uint64_t at = f->now;

	snapshot(f, SNAPSHOT_BEGIN, 0, at);
	if (count)
		found_mapping(f, 2, 0, count, at + MS);
	found_process(f, 2, at + MS, at + 2 * MS);
	found_object(f, 2, OBJECT_SHM, 0, 0600, at + 3 * MS);
	snapshot(f, SNAPSHOT_END, f->ns, at + 3 * MS);
	snapshot(f, SNAPSHOT_END, 0, at);
	f->now = at + 4 * MS;
	return at;
}

static void test_learns_what_was_there(void **state)
{
	struct fixture f;
	struct object_info info;

	(void)state;
	fixture_open(&f, true);
	snapshot_of_one(&f, 2);
	expect(&f, 0, STATE_IN_USE, 2);
	info = info_of(&f, OBJECT_SHM, 0);
	assert_false(info.observed);
	assert_int_equal(info.size, SIZE);
	assert_int_equal(info.creator, 2);
	assert_int_equal(pid_of(info.owner), 2);
	assert_int_equal(held_by(&f, 0, 2), 2);
	assert_int_equal(ledger__drift(f.ledger), 0);
	fixture_close(&f);
}

static void test_keeps_the_ended_only_while_open(void **state)
{
	struct fixture f;

	(void)state;
	for (uint32_t end = SNAPSHOT_BEGIN; end <= SNAPSHOT_CUT; end++) {
		fixture_open(&f, true);
		snapshot(&f, SNAPSHOT_BEGIN, 0, f.now);
		forked(&f, 9, 2, MM(2));
		exited(&f, 2);
		assert_int_equal(stats_of(&f).processes, 1);
		snapshot(&f, end, 0, f.now);
		assert_int_equal(stats_of(&f).processes, 0);
		fixture_close(&f);
	}
}

static void test_state_of_what_was_there(void **state)
{
	struct fixture f;
	uint64_t at;

	(void)state;
	fixture_open(&f, true);
	at = f.now;
	snapshot(&f, SNAPSHOT_BEGIN, 0, at);
	found_process(&f, 2, at, at);
	found_object(&f, 2, OBJECT_SHM, 0, 0600, at);
	found_object(&f, 3, OBJECT_SHM, 1, 0600, at); /* its creator has ended */
	found_object(&f, 0, OBJECT_SHM, 2, 0600, at); /* or is not visible to us */
	found_object(&f, 3, OBJECT_SHM, 3, 01600, at);
	found_object(&f, 0, OBJECT_SEM, 0, 0600, at);
	snapshot(&f, SNAPSHOT_END, NS, at);
	snapshot(&f, SNAPSHOT_END, 0, at);
	expect(&f, 0, STATE_IDLE, 0);
	expect(&f, 1, STATE_ORPHAN, 0);
	expect(&f, 2, STATE_UNKNOWN, 0);
	expect(&f, 3, STATE_DOOMED, 0);
	expect_state(&f, OBJECT_SEM, 0, STATE_UNKNOWN);
	expect_no_leak(&f);
	exited(&f, 2);
	expect_leak(&f, OBJECT_SHM, 0, 2, 2);
	fixture_close(&f);
}

/* The pid of who made it is another process's now. */
static void test_creator_with_another_start(void **state)
{
	struct fixture f;
	struct object_event event;

	(void)state;
	fixture_open(&f, true);
	snapshot(&f, SNAPSHOT_BEGIN, 0, f.now);
	found_process(&f, 2, f.now, f.now);
	event = object_event(&f, OBJECT_FOUND, 2, OBJECT_SHM, 0);
	event.start_ns -= 500000000;
	feed(&f, &event);
	snapshot(&f, SNAPSHOT_END, 0, f.now);
	expect(&f, 0, STATE_ORPHAN, 0);
	fixture_close(&f);
}

static void found_set(struct fixture *f, int32_t id, uint32_t waiting)
{
	struct object_event event;

	snapshot(f, SNAPSHOT_BEGIN, 0, f->now);
	event = object_event(f, OBJECT_FOUND, 0, OBJECT_SEM, id);
	event.nattch = waiting;
	feed(f, &event);
	snapshot(f, SNAPSHOT_END, 0, f->now);
}

/* Who waits for a set uses it, though nobody knows by what name. */
static void test_waited_for(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	found_set(&f, 1, 2);
	expect_state(&f, OBJECT_SEM, 1, STATE_IN_USE);
	assert_int_equal(info_of(&f, OBJECT_SEM, 1).waiting, 2);
	assert_int_equal(info_of(&f, OBJECT_SEM, 1).nattch, 0);
	found_set(&f, 1, 0);
	expect_state(&f, OBJECT_SEM, 1, STATE_UNKNOWN);
	/* One that has been told to be left is not any more. */
	object(&f, OBJECT_CREATED, 2, OBJECT_SEM, 3);
	exited(&f, 2);
	expect_leak(&f, OBJECT_SEM, 3, 2, 2);
	found_set(&f, 3, 1);
	expect_state(&f, OBJECT_SEM, 3, STATE_IN_USE);
	fixture_close(&f);
}

static void test_corrects(void **state)
{
	struct fixture f;
	uint64_t at;

	(void)state;
	fixture_open(&f, true);
	snapshot_of_one(&f, 1);
	created(&f, 2, 1);
	attached(&f, 2, MM(2), 1);
	f.now += MS;
	at = f.now;
	/* Lost: the detach and the end of 1, another mapping of 0, all of 2. */
	snapshot(&f, SNAPSHOT_BEGIN, 0, at);
	found_mapping(&f, 2, 0, 2, at);
	found_process(&f, 2, at, at);
	found_object(&f, 2, OBJECT_SHM, 0, 02600, at);
	found_object(&f, 2, OBJECT_SHM, 2, 0600, at);
	snapshot(&f, SNAPSHOT_END, NS, at);
	snapshot(&f, SNAPSHOT_END, 0, at);
	expect(&f, 0, STATE_IN_USE, 2);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).mode, 02600);
	expect(&f, 1, STATE_GONE, 0);
	expect(&f, 2, STATE_IDLE, 0);
	assert_true(ledger__drift(f.ledger) >= 4);
	assert_int_equal(stats_of(&f).mappings, 1);
	fixture_close(&f);
}

static void test_ends_processes_that_are_gone(void **state)
{
	struct fixture f;
	struct process_info info;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 3, MM(3), 0);
	f.now += MS;
	/* Lost: the ends of both, and the detach. */
	snapshot(&f, SNAPSHOT_BEGIN, 0, f.now);
	found_object(&f, 2, OBJECT_SHM, 0, 0600, f.now);
	snapshot(&f, SNAPSHOT_END, NS, f.now);
	snapshot(&f, SNAPSHOT_END, 0, f.now);
	assert_false(find_process(&f, 2, true, &info));
	assert_false(find_process(&f, 3, true, &info));
	expect(&f, 0, STATE_ORPHAN, 0);
	assert_int_equal(f.n_leaks, 1);
	assert_int_equal(stats_of(&f).address_spaces, 0);
	fixture_close(&f);
}

/* An address space whose process we have never met: a fork under way, or one whose end was lost. */
static void test_ends_mappings_of_nobody(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	inherited(&f, 2, MM(3), 0);
	for (int i = 0; i < 3; i++) {
		uint64_t at = f.now += MS;

		snapshot(&f, SNAPSHOT_BEGIN, 0, at);
		found_mapping(&f, 2, 0, 1, at);
		found_process(&f, 2, at, at);
		found_object(&f, 2, OBJECT_SHM, 0, 0600, at);
		snapshot(&f, SNAPSHOT_END, NS, at);
		snapshot(&f, SNAPSHOT_END, 0, at);
		if (i == 0)
			expect(&f, 0, STATE_IN_USE, 2);
	}
	expect(&f, 0, STATE_IN_USE, 1);
	assert_int_equal(stats_of(&f).address_spaces, 1);
	fixture_close(&f);
}

/* Found by its number, without the kernel's pointer; then events name the pointer. */
static void test_address_space_is_learnt(void **state)
{
	(void)state;
	for (int way = 0; way < 4; way++) {
		struct fixture f;

		fixture_open(&f, true);
		snapshot_of_one(&f, 2);
		if (way == 0)
			attached(&f, 2, MM(2), 0);
		if (way == 1)
			detached(&f, 2, MM(2), 0);
		if (way == 2)
			exited(&f, 2);
		if (way == 3)
			detached(&f, 2, MM(2), 0), detached(&f, 2, MM(2), 0), execed(&f, 2, MM(12));
		if (way < 2)
			expect(&f, 0, STATE_IN_USE, way ? 1 : 3);
		for (int i = 0; way < 3 && i < 3; i++)
			detached(&f, 2, MM(2), 0);
		if (way == 2)
			expect_leak(&f, OBJECT_SHM, 0, 2, 2);
		expect(&f, 0, way == 2 ? STATE_ORPHAN : STATE_IDLE, 0);
		assert_int_equal(stats_of(&f).address_spaces, way == 2 ? 0 : 1);
		fixture_close(&f);
	}
}

static void test_fork_from_a_found_process(void **state)
{
	(void)state;
	for (int observed = 0; observed < 2; observed++) {
		struct fixture f;

		fixture_open(&f, observed);
		snapshot_of_one(&f, 1);
		if (observed)
			inherited(&f, 2, MM(3), 0);
		forked(&f, 2, 3, MM(3));
		expect(&f, 0, STATE_IN_USE, 2);
		assert_int_equal(held_by(&f, 0, 2), 1);
		assert_int_equal(held_by(&f, 0, 3), 1);
		if (observed)
			detached(&f, 2, MM(2), 0);
		else
			shmdt(&f, 2, MM(2), 0x10000);
		expect(&f, 0, STATE_IN_USE, 1);
		assert_int_equal(held_by(&f, 0, 3), 1);
		if (observed)
			detached(&f, 3, MM(3), 0);
		exited(&f, 3);
		expect(&f, 0, STATE_IDLE, 0);
		exited(&f, 2);
		expect_leak(&f, OBJECT_SHM, 0, 2, 2);
		fixture_close(&f);
	}
}

/* Of a process that may not be read nothing is said, and nothing taken away. */
static void test_unreadable_process(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	f.now += MS;
	snapshot(&f, SNAPSHOT_BEGIN, 0, f.now);
	found_process(&f, 2, 0, 0);
	found_object(&f, 2, OBJECT_SHM, 0, 0600, f.now);
	snapshot(&f, SNAPSHOT_END, NS, f.now);
	snapshot(&f, SNAPSHOT_END, 0, f.now);
	expect(&f, 0, STATE_IN_USE, 1);
	detached(&f, 2, MM(2), 0);
	expect(&f, 0, STATE_IDLE, 0);
	fixture_close(&f);
}

/* Found again after it was reported: what a reading says is used is no leak any more. */
static void test_found_again_leaks_again(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 3, 0);
	exited(&f, 3);
	expect_leak(&f, OBJECT_SHM, 0, 3, 3);
	f.now += MS;
	snapshot_of_one(&f, 1);
	expect(&f, 0, STATE_IN_USE, 1);
	detached(&f, 2, MM(2), 0);
	expect_leak(&f, OBJECT_SHM, 0, 3, 2);
	fixture_close(&f);
}

static void test_unknown_address_of_the_only_segment(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	snapshot_of_one(&f, 2);
	shmdt(&f, 2, MM(2), 0x990000);
	expect(&f, 0, STATE_IN_USE, 1);
	shmdt(&f, 2, MM(2), 0x10000);
	expect(&f, 0, STATE_IDLE, 0);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learns_what_was_there),
		cmocka_unit_test(test_keeps_the_ended_only_while_open),
		cmocka_unit_test(test_state_of_what_was_there),
		cmocka_unit_test(test_creator_with_another_start),
		cmocka_unit_test(test_waited_for),
		cmocka_unit_test(test_corrects),
		cmocka_unit_test(test_ends_processes_that_are_gone),
		cmocka_unit_test(test_ends_mappings_of_nobody),
		cmocka_unit_test(test_address_space_is_learnt),
		cmocka_unit_test(test_fork_from_a_found_process),
		cmocka_unit_test(test_unreadable_process),
		cmocka_unit_test(test_found_again_leaks_again),
		cmocka_unit_test(test_unknown_address_of_the_only_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
