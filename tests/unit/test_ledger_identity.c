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

static void found_set(struct fixture *f, uint64_t changed_ns)
{
	struct object_event event = object_event(f, OBJECT_FOUND, 0, OBJECT_SEM, 1);
	const uint64_t at = f->now;

	event.changed_ns = changed_ns;
	event.head.pid = 0;
	snapshot(f, SNAPSHOT_BEGIN, 0, at);
	event.head.time_ns = at;
	feed(f, &event);
	snapshot(f, SNAPSHOT_END, NS, at);
	snapshot(f, SNAPSHOT_END, 0, at);
}

static uint32_t creator_of_set(const struct fixture *f)
{
	struct object_info info;

	ledger__object_info(ledger__find_object(f->ledger, NS, OBJECT_SEM, 1), &info);
	return info.creator;
}

/* The kernel keeps no creator of a set, and the id, and the key, may be another one's. */
static void test_set_made_anew_while_events_were_lost(void **state)
{
	for (int hooks = 0; hooks <= 1; hooks++) {
		struct fixture f;
		uint64_t made;

		(void)state;
		fixture_open(&f, hooks);
		object(&f, OBJECT_CREATED, 3, OBJECT_SEM, 1);
		made = f.now;
		/* Nothing was lost: then we would know. */
		found_set(&f, made + 1);
		assert_int_equal(creator_of_set(&f), 3);
		/* Changed in the second in which it was made, or by an IPC_SET that we saw. */
		lost(&f, 1);
		found_set(&f, made);
		assert_int_equal(creator_of_set(&f), 3);
		f.now += 1000000;
		object(&f, OBJECT_CHANGED, 4, OBJECT_SEM, 1);
		made = f.now;
		lost(&f, 2);
		found_set(&f, made);
		assert_int_equal(creator_of_set(&f), 3);
		lost(&f, 3);
		f.now += 1000000;
		found_set(&f, f.now);
		assert_int_equal(creator_of_set(&f), 0);
		assert_int_equal(ledger__drift(f.ledger), 1);
		/* And that stands. */
		lost(&f, 4);
		found_set(&f, f.now);
		assert_int_equal(ledger__drift(f.ledger), 1);
		fixture_close(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_space_reused),
		cmocka_unit_test(test_pid_reused),
		cmocka_unit_test(test_creator_older_than_who_has_its_pid),
		cmocka_unit_test(test_id_reused),
		cmocka_unit_test(test_namespaces_and_kinds_are_apart),
		cmocka_unit_test(test_set_made_anew_while_events_were_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
