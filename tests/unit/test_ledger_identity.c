// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is who: pids, ids and kernel pointers are given again, and equal ids of two namespaces or
 * kinds are two objects.
 */
#include "ledger_events.h"

#define MM(pid) (0xffff888000000000ULL + (pid)*0x1000ULL)

static void test_address_space_reused(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	exited(&f, 2);
	detached(&f, 2, MM(2), 0);
	expect_leak(&f, OBJECT_SHM, 0, 2, 2);
	attached(&f, 3, MM(2), 0);
	assert_int_equal(held_by(&f, 0, 3), 1);
	detached(&f, 3, MM(2), 0);
	expect_leak(&f, OBJECT_SHM, 0, 2, 3);
	fixture_close(&f);
}

static void test_pid_reused(void **state)
{
	struct fixture f;
	struct process_info info;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	f.start[2] += 500000000; /* the end of the first was not seen */
	created(&f, 2, 1);
	expect_leak(&f, OBJECT_SHM, 0, 2, 2);
	expect(&f, 0, STATE_ORPHAN, 0);
	expect(&f, 1, STATE_IDLE, 0);
	/* News of the first harm the second no more. */
	f.start[2] -= 500000000;
	exited(&f, 2);
	expect(&f, 1, STATE_IDLE, 0);
	object(&f, OBJECT_USED, 2, OBJECT_SHM, 1);
	forked(&f, 3, 2, MM(3));
	assert_true(find_process(&f, 2, true, &info));
	assert_int_equal(info.start_ns, START(2) + 500000000);
	expect(&f, 1, STATE_IDLE, 0);
	expect_no_leak(&f);
	fixture_close(&f);
}

/* What an ended process did, told late, where its number has been given again. */
static void test_creator_older_than_who_has_its_pid(void **state)
{
	struct fixture f;
	struct object_event event;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	event = object_event(&f, OBJECT_CREATED, 2, OBJECT_SHM, 1);
	event.start_ns -= 500000000;
	feed(&f, &event);
	expect(&f, 1, STATE_ORPHAN, 0);
	expect_leak(&f, OBJECT_SHM, 1, 0, 0);
	expect(&f, 0, STATE_IDLE, 0);
	fixture_close(&f);
}

static void test_id_reused(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	exited(&f, 2);
	expect_leak(&f, OBJECT_SHM, 0, 2, 2);
	destroyed(&f, 9, 0);
	created(&f, 3, 0);
	expect(&f, 0, STATE_IDLE, 0);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).creator, 3);
	exited(&f, 3);
	expect_leak(&f, OBJECT_SHM, 0, 3, 3);
	/* Its end was not seen. */
	created(&f, 4, 0);
	expect(&f, 0, STATE_IDLE, 0);
	assert_int_equal(ledger__drift(f.ledger), 1);
	assert_int_equal(stats_of(&f).processes, 1);
	fixture_close(&f);
}

static void test_namespaces_and_kinds_are_apart(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	object(&f, OBJECT_CREATED, 2, OBJECT_SEM, 0);
	object(&f, OBJECT_CREATED, 2, OBJECT_MSG, 0);
	f.ns = 8;
	created(&f, 3, 0);
	attached(&f, 3, MM(3), 0);
	expect(&f, 0, STATE_IN_USE, 1);
	destroyed(&f, 3, 0);
	expect(&f, 0, STATE_GONE, 0);
	f.ns = NS;
	expect(&f, 0, STATE_IDLE, 0);
	object(&f, OBJECT_DESTROYED, 2, OBJECT_SEM, 0);
	expect(&f, 0, STATE_IDLE, 0);
	expect_state(&f, OBJECT_MSG, 0, STATE_IN_USE);
	assert_int_equal(stats_of(&f).objects, 2);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_space_reused),
		cmocka_unit_test(test_pid_reused),
		cmocka_unit_test(test_creator_older_than_who_has_its_pid),
		cmocka_unit_test(test_id_reused),
		cmocka_unit_test(test_namespaces_and_kinds_are_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
