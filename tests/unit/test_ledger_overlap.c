// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots and events of the same time: what is older than a reading is in it, what is newer
 * decides, and what happened meanwhile leaves doubt.
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

static void test_older_events_are_in_it(void **state)
{
	struct fixture f;
	uint64_t at, after;

	(void)state;
	fixture_open(&f, true);
	f.start[2] = f.start[3] = START(2);
	at = snapshot_of_one(&f, 1);
	after = f.now;
	/* Buffered before: all of this has been seen by the reading. */
	f.now = at - 20 * TICK_NS;
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	attached(&f, 2, MM(2), 0);
	detached(&f, 2, MM(2), 0);
	expect(&f, 0, STATE_IN_USE, 1);
	assert_true(info_of(&f, OBJECT_SHM, 0).observed);
	assert_true(info_of(&f, OBJECT_SHM, 0).created_ns < at);
	/* And after. */
	f.now = after;
	attached(&f, 2, MM(2), 0);
	expect(&f, 0, STATE_IN_USE, 2);
	detached(&f, 2, MM(2), 0);
	detached(&f, 2, MM(2), 0);
	expect(&f, 0, STATE_IDLE, 0);
	assert_int_equal(stats_of(&f).address_spaces, 1);
	assert_true(ledger__is_exact(f.ledger));
	fixture_close(&f);
}

static void test_older_exec_moves_nobody(void **state)
{
	(void)state;
	for (int observed = 0; observed < 2; observed++) {
		struct fixture f;
		uint64_t at, after;

		fixture_open(&f, observed);
		at = snapshot_of_one(&f, 1);
		after = f.now;
		f.now = at - 20 * TICK_NS;
		forked(&f, 9, 2, MM(2));
		execed(&f, 2, MM(12));
		execed(&f, 2, MM(22));
		expect(&f, 0, STATE_IN_USE, 1);
		assert_int_equal(held_by(&f, 0, 2), 1);
		f.now = after;
		detached(&f, 2, MM(22), 0);
		expect(&f, 0, STATE_IDLE, 0);
		fixture_close(&f);
	}
}

/* The exact id again, before the reading began: the older life must not end the younger. */
static void test_older_life_of_an_id(void **state)
{
	struct fixture f;
	uint64_t at, after;

	(void)state;
	fixture_open(&f, true);
	at = snapshot_of_one(&f, 1);
	after = f.now;
	f.now = at - 20 * TICK_NS;
	created(&f, 3, 0);
	marked(&f, 3, 0);
	destroyed(&f, 3, 0);
	created(&f, 2, 0);
	expect(&f, 0, STATE_IN_USE, 1);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).creator, 2);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).mode, 0600);
	f.now = after;
	detached(&f, 2, MM(2), 0);
	destroyed(&f, 2, 0);
	expect(&f, 0, STATE_GONE, 0);
	fixture_close(&f);
}

static void test_older_removal_marks_nothing(void **state)
{
	struct fixture f;
	uint64_t at;

	(void)state;
	fixture_open(&f, false);
	at = snapshot_of_one(&f, 1);
	f.now = at - 20 * TICK_NS;
	removed(&f, 2, 0);
	expect(&f, 0, STATE_IN_USE, 1);
	fixture_close(&f);
}

/* IPC_SET between creation and reading: the reading has what it made. */
static void test_older_creation_changes_no_mode(void **state)
{
	struct fixture f;
	struct object_event event;
	uint64_t at;

	(void)state;
	fixture_open(&f, true);
	at = f.now;
	f.now += MS;
	event = object_event(&f, OBJECT_FOUND, 2, OBJECT_SHM, 0);
	event.mode = 02640;
	event.uid = 33;
	feed(&f, &event);
	f.now = at;
	created(&f, 2, 0);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).mode, 02640);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).uid, 33);
	assert_true(info_of(&f, OBJECT_SHM, 0).observed);
	fixture_close(&f);
}

static void test_event_while_reading_leaves_doubt(void **state)
{
	struct fixture f;
	uint64_t at;

	(void)state;
	fixture_open(&f, true);
	at = snapshot_of_one(&f, 1);
	f.now = at + MS + MS / 2;
	attached(&f, 2, MM(2), 0);
	assert_false(ledger__is_exact(f.ledger));
	f.now = at + 10 * MS;
	snapshot_of_one(&f, 2);
	assert_true(ledger__is_exact(f.ledger));
	expect(&f, 0, STATE_IN_USE, 2);
	f.now = f.now - 3 * MS + MS / 2;
	attached(&f, 2, MM(2), 0);
	assert_false(ledger__is_exact(f.ledger));
	/* With the process ends the doubt. */
	f.now += 10 * MS;
	exited(&f, 2);
	expect(&f, 0, STATE_ORPHAN, 0);
	assert_true(ledger__is_exact(f.ledger));
	assert_int_equal(stats_of(&f).address_spaces, 0);
	fixture_close(&f);
}

/* Events that reach us between the reading and its news. */
static void test_newer_events_decide(void **state)
{
	struct fixture f;
	uint64_t at;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	created(&f, 2, 1);
	created(&f, 3, 2);
	attached(&f, 2, MM(2), 0);
	attached(&f, 2, MM(2), 1);
	attached(&f, 3, MM(3), 2);
	at = f.now += MS;
	snapshot(&f, SNAPSHOT_BEGIN, 0, at);
	detached(&f, 2, MM(2), 0);
	detached(&f, 2, MM(2), 1);
	destroyed(&f, 2, 1);
	detached(&f, 3, MM(3), 2);
	exited(&f, 3);
	expect_leak(&f, OBJECT_SHM, 2, 3, 3);
	marked(&f, 2, 0);
	found_mapping(&f, 2, 0, 1, at + 1);
	found_mapping(&f, 2, 1, 1, at + 1);
	found_process(&f, 2, at + 1, at + 2);
	found_mapping(&f, 3, 2, 1, at + 1);
	found_process(&f, 3, at + 1, at + 2);
	found_object(&f, 2, OBJECT_SHM, 0, 0600, at + 1);
	found_object(&f, 2, OBJECT_SHM, 1, 0600, at + 1);
	found_object(&f, 3, OBJECT_SHM, 2, 0600, at + 1);
	snapshot(&f, SNAPSHOT_END, NS, at + 1);
	snapshot(&f, SNAPSHOT_END, 0, at);
	expect(&f, 0, STATE_DOOMED, 0);
	expect(&f, 1, STATE_GONE, 0);
	expect(&f, 2, STATE_ORPHAN, 0);
	expect_no_leak(&f);
	assert_int_equal(stats_of(&f).address_spaces, 1);
	fixture_close(&f);
}

static void test_younger_than_the_reading(void **state)
{
	struct fixture f;
	struct process_info info;
	uint64_t at;

	(void)state;
	fixture_open(&f, true);
	at = f.now;
	snapshot(&f, SNAPSHOT_BEGIN, 0, at);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	snapshot(&f, SNAPSHOT_END, NS, at + 1);
	snapshot(&f, SNAPSHOT_END, 0, at);
	expect(&f, 0, STATE_IN_USE, 1);
	assert_true(find_process(&f, 2, true, &info));
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_older_events_are_in_it),
		cmocka_unit_test(test_older_exec_moves_nobody),
		cmocka_unit_test(test_older_life_of_an_id),
		cmocka_unit_test(test_older_removal_marks_nothing),
		cmocka_unit_test(test_older_creation_changes_no_mode),
		cmocka_unit_test(test_event_while_reading_leaves_doubt),
		cmocka_unit_test(test_newer_events_decide),
		cmocka_unit_test(test_younger_than_the_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
