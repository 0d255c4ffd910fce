// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments as function hooks report them: every mapping, inherited ones before the fork that they
 * belong to, those of an exit before or after it.
 */
#include "ledger_events.h"

#define MM(pid) (0xffff888000000000ULL + (pid)*0x1000ULL)

static void test_create_attach_detach_destroy(void **state)
{
	struct fixture f;
	struct object_info info;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	expect(&f, 0, STATE_IDLE, 0);
	info = info_of(&f, OBJECT_SHM, 0);
	assert_true(info.observed);
	assert_int_equal(info.size, SIZE);
	assert_int_equal(info.key, 0x1000);
	assert_int_equal(info.creator, 2);
	assert_int_equal(pid_of(info.owner), 2);
	assert_int_equal(info.created_ns, f.now);
	attached(&f, 2, MM(2), 0);
	expect(&f, 0, STATE_IN_USE, 1);
	assert_int_equal(held_by(&f, 0, 2), 1);
	detached(&f, 2, MM(2), 0);
	expect(&f, 0, STATE_IDLE, 0);
	destroyed(&f, 2, 0);
	expect(&f, 0, STATE_GONE, 0);
	assert_int_equal(stats_of(&f).objects, 0);
	expect_no_leak(&f);
	fixture_close(&f);
}

static void test_mappings_are_counted_not_processes(void **state)
{
	struct fixture f;
	struct process_info info;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	attached(&f, 2, MM(2), 0);
	inherited(&f, 2, MM(2), 0); /* mprotect splits one */
	expect(&f, 0, STATE_IN_USE, 3);
	assert_int_equal(held_by(&f, 0, 2), 3);
	assert_true(find_process(&f, 2, true, &info));
	assert_int_equal(info.attached, 1);
	assert_int_equal(info.attached_bytes, SIZE);
	detached(&f, 2, MM(2), 0);
	detached(&f, 2, MM(2), 0);
	expect(&f, 0, STATE_IN_USE, 1);
	detached(&f, 2, MM(2), 0);
	expect(&f, 0, STATE_IDLE, 0);
	detached(&f, 2, MM(2), 0); /* 5.10 closes what it could not map */
	expect(&f, 0, STATE_IDLE, 0);
	assert_true(find_process(&f, 2, true, &info));
	assert_int_equal(info.attached_bytes, 0);
	assert_int_equal(info.peak_bytes, SIZE);
	fixture_close(&f);
}

static void test_attach_before_create(void **state)
{
	struct fixture f;
	struct process_info info;

	(void)state;
	fixture_open(&f, true);
	attached(&f, 3, MM(3), 0);
	expect(&f, 0, STATE_IN_USE, 1);
	created(&f, 2, 0);
	expect(&f, 0, STATE_IN_USE, 1);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).creator, 2);
	assert_true(info_of(&f, OBJECT_SHM, 0).observed);
	assert_true(find_process(&f, 3, true, &info));
	assert_int_equal(info.attached_bytes, SIZE);
	assert_int_equal(info.peak_bytes, SIZE);
	fixture_close(&f);
}

/* Its namespace is one that nobody can enter any more: its mappings are all that tells of it. */
static void test_known_by_its_mappings_alone(void **state)
{
	struct mapping_event event;
	struct object_event found;
	struct process_info info;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	event = (struct mapping_event){
		.head = head(&f, EVENT_MAPPING, 3),
		.mm = MM(3),
		.ipcns = NS,
		.id = 0,
		.action = MAPPING_ATTACHED,
		.count = 1,
		.start_ns = START(3),
		.size = 12074,
	};
	feed(&f, &event);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).size, 12074);
	assert_true(find_process(&f, 3, true, &info));
	assert_int_equal(info.attached_bytes, 12074);
	/* A table that has it knows more. */
	found = object_event(&f, OBJECT_FOUND, 2, OBJECT_SHM, 0);
	found.size = 12074;
	snapshot(&f, SNAPSHOT_BEGIN, 0, found.head.time_ns);
	feed(&f, &found);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).key, found.key);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).mode, 0600);
	fixture_close(&f);
}

static void test_fork_inherits_before_it_is_known(void **state)
{
	struct fixture f;
	struct process_info info;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	inherited(&f, 2, MM(3), 0);
	expect(&f, 0, STATE_IN_USE, 2);
	assert_int_equal(held_by(&f, 0, 3), 0);
	forked(&f, 2, 3, MM(3));
	assert_int_equal(held_by(&f, 0, 3), 1);
	assert_int_equal(held_by(&f, 0, 2), 1);
	assert_true(find_process(&f, 3, true, &info));
	assert_int_equal(info.parent, 2);
	assert_int_equal(info.attached_bytes, SIZE);
	fixture_close(&f);
}

static void test_failed_fork(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	inherited(&f, 2, MM(3), 0);
	detached(&f, 2, MM(3), 0);
	expect(&f, 0, STATE_IN_USE, 1);
	assert_int_equal(stats_of(&f).address_spaces, 1);
	fixture_close(&f);
}

static void test_exit_before_its_detaches(void **state)
{
	struct fixture f;
	struct process_info info;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	exited(&f, 2);
	expect(&f, 0, STATE_IN_USE, 1);
	expect_no_leak(&f);
	detached(&f, 2, MM(2), 0);
	expect(&f, 0, STATE_ORPHAN, 0);
	expect_leak(&f, OBJECT_SHM, 0, 2, 2);
	assert_true(find_process(&f, 2, false, &info));
	assert_int_equal(info.status, 9);
	assert_int_equal(info.leaked, 1);
	assert_int_equal(info.existing, 1);
	fixture_close(&f);
}

static void test_exit_after_its_detaches(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	detached(&f, 2, MM(2), 0);
	expect_no_leak(&f);
	exited(&f, 2);
	expect_leak(&f, OBJECT_SHM, 0, 2, 2);
	expect(&f, 0, STATE_ORPHAN, 0);
	fixture_close(&f);
}

static void test_last_user_leaves_after_the_creator(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 3, MM(3), 0);
	exited(&f, 2);
	expect_no_leak(&f);
	detached(&f, 3, MM(3), 0);
	expect_leak(&f, OBJECT_SHM, 0, 2, 3);
	/* Used again and left again: another leak. */
	attached(&f, 4, MM(4), 0);
	expect(&f, 0, STATE_IN_USE, 1);
	exited(&f, 4);
	expect_no_leak(&f);
	detached(&f, 4, MM(4), 0);
	expect_leak(&f, OBJECT_SHM, 0, 2, 4);
	detached(&f, 4, MM(4), 0);
	expect_no_leak(&f);
	fixture_close(&f);
}

static void test_ended_processes_are_forgotten(void **state)
{
	struct fixture f;
	struct process_info info;

	(void)state;
	fixture_open(&f, true);
	forked(&f, 2, 3, MM(3));
	exited(&f, 3);
	assert_false(find_process(&f, 3, false, &info));
	created(&f, 4, 0);
	exited(&f, 4);
	expect_leak(&f, OBJECT_SHM, 0, 4, 4);
	assert_true(find_process(&f, 4, false, &info));
	destroyed(&f, 5, 0);
	assert_false(find_process(&f, 4, false, &info));
	assert_int_equal(stats_of(&f).processes, 0);
	assert_int_equal(stats_of(&f).address_spaces, 0);
	fixture_close(&f);
}

static void test_marked_waits_for_its_end(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 3, MM(3), 0);
	marked(&f, 2, 0);
	expect(&f, 0, STATE_DOOMED, 1);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).mode, 01600);
	exited(&f, 2);
	exited(&f, 3);
	detached(&f, 3, MM(3), 0);
	expect(&f, 0, STATE_DOOMED, 0);
	expect_no_leak(&f);
	destroyed(&f, 3, 0);
	expect(&f, 0, STATE_GONE, 0);
	expect_no_leak(&f);
	fixture_close(&f);
}

static void test_exec_detaches_first(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 3, MM(3), 0);
	exited(&f, 2);
	detached(&f, 3, MM(3), 0);
	expect_leak(&f, OBJECT_SHM, 0, 2, 3);
	execed(&f, 3, MM(13));
	attached(&f, 3, MM(13), 0);
	assert_int_equal(held_by(&f, 0, 3), 1);
	assert_int_equal(stats_of(&f).address_spaces, 1);
	fixture_close(&f);
}

static void test_shared_address_space(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	forked(&f, 2, 3, MM(2)); /* CLONE_VM */
	expect(&f, 0, STATE_IN_USE, 1);
	assert_int_equal(held_by(&f, 0, 2), 1);
	assert_int_equal(held_by(&f, 0, 3), 1);
	exited(&f, 2);
	expect(&f, 0, STATE_IN_USE, 1);
	assert_int_equal(held_by(&f, 0, 3), 1);
	expect_no_leak(&f);
	exited(&f, 3);
	detached(&f, 3, MM(2), 0);
	expect_leak(&f, OBJECT_SHM, 0, 2, 3);
	fixture_close(&f);
}

static void test_vfork_child_execs(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	forked(&f, 2, 3, MM(2));
	execed(&f, 3, MM(3));
	expect(&f, 0, STATE_IN_USE, 1);
	assert_int_equal(held_by(&f, 0, 2), 1);
	assert_int_equal(held_by(&f, 0, 3), 0);
	fixture_close(&f);
}

static void test_last_detach_by_somebody_else(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	forked(&f, 2, 9, MM(9)); /* reads /proc of 2, and so holds its address space */
	exited(&f, 2);
	detached(&f, 9, MM(2), 0);
	expect_leak(&f, OBJECT_SHM, 0, 2, 2);
	fixture_close(&f);
}

static void test_ipc_set_and_lock(void **state)
{
	struct fixture f;
	struct object_event event;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	event = object_event(&f, OBJECT_CHANGED, 2, OBJECT_SHM, 0);
	event.mode = 02640;
	event.uid = 33;
	event.gid = 34;
	feed(&f, &event);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).mode, 02640);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).uid, 33);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).gid, 34);
	attached(&f, 2, MM(2), 0);
	marked(&f, 2, 0);
	marked(&f, 2, 0);
	event.head.time_ns = f.now += TICK_NS;
	event.mode = 0600;
	feed(&f, &event);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).mode, 01600);
	fixture_close(&f);
}

static void test_older_than_we(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	attached(&f, 3, MM(3), 0);
	detached(&f, 3, MM(3), 0);
	expect(&f, 0, STATE_UNKNOWN, 0);
	exited(&f, 3);
	expect(&f, 0, STATE_UNKNOWN, 0);
	expect_no_leak(&f);
	fixture_close(&f);
}

static void test_garbage(void **state)
{
	struct fixture f;
	struct event event;

	(void)state;
	fixture_open(&f, true);
	object(&f, 99, 2, OBJECT_SHM, 0);
	object(&f, OBJECT_CREATED, 2, OBJECT_NONE, 0);
	object(&f, OBJECT_CREATED, 2, 77, 0);
	created(&f, 2, -1);
	attached(&f, 2, MM(2), -1);
	inherited(&f, 2, MM(2), -5);
	mapping(&f, 99, 2, MM(2), 0, 0);
	process(&f, 99, 2, 0, 0);
	snapshot(&f, 99, 0, 0);
	event = head(&f, 99, 2);
	feed(&f, &event);
	assert_int_equal(stats_of(&f).objects, 0);
	assert_int_equal(stats_of(&f).mappings, 0);
	exited(&f, 2);
	forked(&f, 0, 0, 0);
	execed(&f, 0, MM(2));
	exited(&f, 0);
	assert_int_equal(stats_of(&f).processes, 0);
	fixture_close(&f);
}

static void test_bytes(void **state)
{
	struct fixture f;
	struct process_info info;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	created(&f, 2, 1);
	attached(&f, 2, MM(2), 0);
	attached(&f, 2, MM(2), 1);
	detached(&f, 2, MM(2), 0);
	destroyed(&f, 2, 0);
	assert_true(find_process(&f, 2, true, &info));
	assert_int_equal(info.created, 2);
	assert_int_equal(info.existing, 1);
	assert_int_equal(info.existing_bytes, SIZE);
	assert_int_equal(info.attached, 1);
	assert_int_equal(info.attached_bytes, SIZE);
	assert_int_equal(info.peak_bytes, 2 * SIZE);
	fixture_close(&f);
}

static void test_loss_makes_inexact(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	assert_true(ledger__is_exact(f.ledger));
	lost(&f, 0);
	assert_true(ledger__is_exact(f.ledger));
	lost(&f, 3);
	assert_false(ledger__is_exact(f.ledger));
	snapshot(&f, SNAPSHOT_BEGIN, 0, f.now);
	lost(&f, 3); /* a total, repeated */
	snapshot(&f, SNAPSHOT_END, 0, f.now);
	assert_true(ledger__is_exact(f.ledger));
	snapshot(&f, SNAPSHOT_BEGIN, 0, f.now);
	lost(&f, 4);
	snapshot(&f, SNAPSHOT_END, 0, f.now);
	assert_false(ledger__is_exact(f.ledger));
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create_attach_detach_destroy),
		cmocka_unit_test(test_mappings_are_counted_not_processes),
		cmocka_unit_test(test_attach_before_create),
		cmocka_unit_test(test_known_by_its_mappings_alone),
		cmocka_unit_test(test_fork_inherits_before_it_is_known),
		cmocka_unit_test(test_failed_fork),
		cmocka_unit_test(test_exit_before_its_detaches),
		cmocka_unit_test(test_exit_after_its_detaches),
		cmocka_unit_test(test_last_user_leaves_after_the_creator),
		cmocka_unit_test(test_ended_processes_are_forgotten),
		cmocka_unit_test(test_marked_waits_for_its_end),
		cmocka_unit_test(test_exec_detaches_first),
		cmocka_unit_test(test_shared_address_space),
		cmocka_unit_test(test_vfork_child_execs),
		cmocka_unit_test(test_last_detach_by_somebody_else),
		cmocka_unit_test(test_ipc_set_and_lock),
		cmocka_unit_test(test_older_than_we),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_loss_makes_inexact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
