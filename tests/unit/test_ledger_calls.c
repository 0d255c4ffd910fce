// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments where only system calls are seen, semaphore sets and queues, and counted calls.
 */
#include <errno.h>

#include "ledger_events.h"

#define MM(pid)	    (0xffff888000000000ULL + (pid)*0x1000ULL)
#define ADDRESS(id) (0x10000ULL * ((id) + 1))

static void test_shmdt_by_address(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	created(&f, 2, 0);
	created(&f, 2, 1);
	attached(&f, 2, MM(2), 0);
	attached(&f, 2, MM(2), 1);
	mapping(&f, MAPPING_ATTACHED, 2, MM(2), 0, 0x770000);
	expect(&f, 0, STATE_IN_USE, 2);
	shmdt(&f, 2, MM(2), 0x770000);
	expect(&f, 0, STATE_IN_USE, 1);
	shmdt(&f, 2, MM(2), 0x770000); /* nothing there any more */
	expect(&f, 0, STATE_IN_USE, 1);
	expect(&f, 1, STATE_IN_USE, 1);
	shmdt(&f, 2, MM(2), ADDRESS(1));
	expect(&f, 1, STATE_IDLE, 0);
	shmdt(&f, 2, MM(2), ADDRESS(0));
	expect(&f, 0, STATE_IDLE, 0);
	fixture_close(&f);
}

/* What was at an address that is attached again has been unmapped: SHM_REMAP, or an unseen munmap.
 */
static void test_attach_at_the_same_address(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	created(&f, 2, 0);
	created(&f, 2, 1);
	mapping(&f, MAPPING_ATTACHED, 2, MM(2), 0, 0x770000);
	mapping(&f, MAPPING_ATTACHED, 2, MM(2), 1, 0x770000);
	expect(&f, 0, STATE_IDLE, 0);
	expect(&f, 1, STATE_IN_USE, 1);
	shmdt(&f, 2, MM(2), 0x770000);
	expect(&f, 1, STATE_IDLE, 0);
	fixture_close(&f);
}

static void test_fork_copies_and_exit_clears(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	mapping(&f, MAPPING_ATTACHED, 2, MM(2), 0, 0x770000);
	forked(&f, 2, 3, MM(3));
	expect(&f, 0, STATE_IN_USE, 4);
	assert_int_equal(held_by(&f, 0, 3), 2);
	shmdt(&f, 3, MM(3), 0x770000); /* the child knows the addresses */
	expect(&f, 0, STATE_IN_USE, 3);
	exited(&f, 2);
	expect(&f, 0, STATE_IN_USE, 1);
	expect_no_leak(&f);
	exited(&f, 3);
	expect_leak(&f, OBJECT_SHM, 0, 2, 3);
	expect(&f, 0, STATE_ORPHAN, 0);
	fixture_close(&f);
}

static void test_exec_clears(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	created(&f, 2, 0);
	attached(&f, 3, MM(3), 0);
	exited(&f, 2);
	expect_no_leak(&f);
	execed(&f, 3, MM(13));
	expect_leak(&f, OBJECT_SHM, 0, 2, 3);
	expect(&f, 0, STATE_ORPHAN, 0);
	assert_int_equal(stats_of(&f).mappings, 0);
	attached(&f, 3, MM(13), 0);
	expect(&f, 0, STATE_IN_USE, 1);
	exited(&f, 3);
	expect_leak(&f, OBJECT_SHM, 0, 2, 3);
	fixture_close(&f);
}

static void test_shared_address_space(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	created(&f, 2, 0);
	attached(&f, 2, MM(2), 0);
	forked(&f, 2, 3, MM(2));
	expect(&f, 0, STATE_IN_USE, 1);
	exited(&f, 2);
	expect(&f, 0, STATE_IN_USE, 1);
	assert_int_equal(held_by(&f, 0, 3), 1);
	forked(&f, 3, 4, MM(2));
	execed(&f, 4, MM(4));
	expect(&f, 0, STATE_IN_USE, 1);
	execed(&f, 3, MM(13));
	expect_leak(&f, OBJECT_SHM, 0, 2, 3);
	fixture_close(&f);
}

static void test_removed_while_unattached(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	created(&f, 2, 0);
	removed(&f, 2, 0);
	expect(&f, 0, STATE_GONE, 0);
	object(&f, OBJECT_CREATED, 2, OBJECT_SEM, 0);
	object(&f, OBJECT_REMOVED, 2, OBJECT_SEM, 0);
	expect_state(&f, OBJECT_SEM, 0, STATE_GONE);
	fixture_close(&f);
}

static void test_removed_while_attached(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	for (int32_t id = 0; id < 3; id++) {
		created(&f, 2, id);
		attached(&f, 3, MM(3), id);
		removed(&f, 2, id);
		expect(&f, id, STATE_DOOMED, 1);
	}
	exited(&f, 2);
	shmdt(&f, 3, MM(3), ADDRESS(0));
	expect(&f, 0, STATE_GONE, 0);
	expect(&f, 1, STATE_DOOMED, 1);
	forked(&f, 3, 4, MM(4));
	expect(&f, 1, STATE_DOOMED, 2);
	execed(&f, 3, MM(13));
	expect(&f, 1, STATE_DOOMED, 1);
	exited(&f, 4);
	expect(&f, 1, STATE_GONE, 0);
	expect(&f, 2, STATE_GONE, 0);
	expect_no_leak(&f);
	assert_int_equal(stats_of(&f).processes, 1);
	fixture_close(&f);
}

/* The end of the first of that pid was not seen; it ends what the event is about. */
static void test_pid_reused_by_who_creates(void **state)
{
	(void)state;
	for (uint32_t action = OBJECT_CREATED; action <= OBJECT_USED;
	     action += OBJECT_USED - OBJECT_CREATED) {
		struct fixture f;

		fixture_open(&f, false);
		created(&f, 3, 0);
		attached(&f, 2, MM(2), 0);
		removed(&f, 3, 0);
		expect(&f, 0, STATE_DOOMED, 1);
		f.start[2] += 500000000;
		object(&f, action, 2, OBJECT_SHM, 0);
		expect(&f, 0, action == OBJECT_CREATED ? STATE_IDLE : STATE_UNKNOWN, 0);
		fixture_close(&f);
	}
}

static void test_set_lives_with_its_users(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	for (uint32_t kind = OBJECT_SEM; kind <= OBJECT_MSG; kind++) {
		object(&f, OBJECT_CREATED, 2, kind, 0);
		expect_state(&f, kind, 0, STATE_IN_USE);
		object(&f, OBJECT_USED, 3, kind, 0);
		exited(&f, 2);
		expect_state(&f, kind, 0, STATE_IN_USE);
		forked(&f, 3, 4, MM(4));
		exited(&f, 3);
		expect_state(&f, kind, 0, STATE_IN_USE);
		expect_no_leak(&f);
		execed(&f, 4, MM(14));
		expect_leak(&f, kind, 0, 2, 4);
		expect_state(&f, kind, 0, STATE_ORPHAN);
		object(&f, OBJECT_USED, 5, kind, 0);
		expect_state(&f, kind, 0, STATE_IN_USE);
		exited(&f, 5);
		expect_leak(&f, kind, 0, 2, 5);
		object(&f, OBJECT_DESTROYED, 6, kind, 0);
		exited(&f, 4);
	}
	assert_int_equal(stats_of(&f).processes, 0);
	fixture_close(&f);
}

static void test_creator_of_a_set_execs(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	object(&f, OBJECT_CREATED, 2, OBJECT_SEM, 0);
	execed(&f, 2, MM(2));
	expect_state(&f, OBJECT_SEM, 0, STATE_IN_USE);
	expect_no_leak(&f);
	exited(&f, 2);
	expect_leak(&f, OBJECT_SEM, 0, 2, 2);
	fixture_close(&f);
}

static void test_set_older_than_we(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	object(&f, OBJECT_USED, 3, OBJECT_SEM, 0);
	expect_state(&f, OBJECT_SEM, 0, STATE_IN_USE);
	exited(&f, 3);
	expect_state(&f, OBJECT_SEM, 0, STATE_UNKNOWN);
	expect_no_leak(&f);
	fixture_close(&f);
}

static void call(struct fixture *f, uint32_t pid, uint32_t number, int64_t id, int64_t ret)
{
	struct call_event event = {
		.head = head(f, EVENT_CALL, pid), .call = number, .args = {id}, .ret = ret};

	feed(f, &event);
}

static void test_calls_use_sets(void **state)
{
	static const uint32_t sem_calls[] = {CALL_SEMCTL, CALL_SEMOP, CALL_SEMTIMEDOP};
	static const uint32_t msg_calls[] = {CALL_MSGCTL, CALL_MSGSND, CALL_MSGRCV};
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	object(&f, OBJECT_CREATED, 2, OBJECT_SEM, 0);
	object(&f, OBJECT_CREATED, 2, OBJECT_MSG, 0);
	call(&f, 3, CALL_SEMGET, 0x1000, 0);
	call(&f, 3, CALL_MSGGET, 0x1000, 0);
	call(&f, 3, CALL_SHMGET, 0x1000, 0);
	exited(&f, 2);
	expect_no_leak(&f);
	for (int i = 0; i < 3; i++) {
		call(&f, 4, sem_calls[i], 0, 0);
		exited(&f, i ? 4 : 3);
		if (i == 0)
			expect_leak(&f, OBJECT_MSG, 0, 2, 3);
		else
			expect_leak(&f, OBJECT_SEM, 0, 2, 4);
	}
	for (int i = 0; i < 3; i++) {
		call(&f, 4, msg_calls[i], 0, 0);
		exited(&f, 4);
		expect_leak(&f, OBJECT_MSG, 0, 2, 4);
	}
	call(&f, 4, CALL_SEMOP, 0, -EAGAIN); /* a call that failed proves nothing */
	expect_state(&f, OBJECT_SEM, 0, STATE_ORPHAN);
	fixture_close(&f);
}

static void test_errnos_are_counted(void **state)
{
	struct fixture f;
	struct process_info info;

	(void)state;
	fixture_open(&f, true);
	for (int i = 0; i < 3; i++)
		call(&f, 2, CALL_SHMGET, 0, -ENOSPC);
	call(&f, 2, CALL_SHMGET, 0, 5);
	call(&f, 2, CALL_SHMAT, 5, (int64_t)0xffff800000000000ULL);
	for (int number = 1; number <= LEDGER_ERRNOS + 2; number++)
		call(&f, 2, CALL_SHMGET, 0, -number);
	assert_true(find_process(&f, 2, true, &info));
	assert_int_equal(info.calls, 5 + LEDGER_ERRNOS + 2);
	assert_int_equal(info.failed, 3 + LEDGER_ERRNOS + 2);
	assert_int_equal(info.enospc, 3);
	assert_int_equal(info.errnos[0].number, ENOSPC);
	assert_int_equal(info.errnos[0].count, 3);
	assert_int_equal(info.errnos[LEDGER_ERRNOS - 1].number, LEDGER_ERRNOS - 1);
	assert_string_equal(info.comm, "comm2");
	fixture_close(&f);
}

static bool take_namespace(void *context, const struct namespace_info *info)
{
	struct namespace_info *infos = context;

	infos[info->ipcns == NS ? 0 : 1] = *info;
	return true;
}

static void test_namespaces_are_added_up(void **state)
{
	struct fixture f;
	struct object_event event;
	struct namespace_info infos[2] = {0};

	(void)state;
	fixture_open(&f, true);
	event = object_event(&f, OBJECT_CREATED, 2, OBJECT_SHM, 0);
	event.size = 4097;
	feed(&f, &event);
	created(&f, 3, 1);
	exited(&f, 3);
	event = object_event(&f, OBJECT_CREATED, 2, OBJECT_SEM, 0);
	event.size = 5;
	feed(&f, &event);
	object(&f, OBJECT_CREATED, 2, OBJECT_MSG, 0);
	f.ns = 8;
	object(&f, OBJECT_CREATED, 2, OBJECT_MSG, 0);
	ledger__for_each_namespace(f.ledger, take_namespace, infos);
	assert_int_equal(infos[0].segments, 2);
	assert_int_equal(infos[0].pages, 4);
	assert_int_equal(infos[0].sets, 1);
	assert_int_equal(infos[0].semaphores, 5);
	assert_int_equal(infos[0].queues, 1);
	assert_int_equal(infos[0].orphans, 1);
	assert_int_equal(infos[1].ipcns, 8);
	assert_int_equal(infos[1].queues, 1);
	assert_int_equal(infos[1].segments, 0);
	fixture_close(&f);
}

static bool only_one(void *context, const struct ledger_object *object)
{
	(void)object;
	++*(int *)context;
	return false;
}

static void test_each_can_stop(void **state)
{
	struct fixture f;
	int n = 0;

	(void)state;
	fixture_open(&f, true);
	created(&f, 2, 0);
	created(&f, 2, 1);
	ledger__for_each_object(f.ledger, only_one, &n);
	assert_int_equal(n, 1);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shmdt_by_address),
		cmocka_unit_test(test_attach_at_the_same_address),
		cmocka_unit_test(test_fork_copies_and_exit_clears),
		cmocka_unit_test(test_exec_clears),
		cmocka_unit_test(test_shared_address_space),
		cmocka_unit_test(test_removed_while_unattached),
		cmocka_unit_test(test_removed_while_attached),
		cmocka_unit_test(test_pid_reused_by_who_creates),
		cmocka_unit_test(test_set_lives_with_its_users),
		cmocka_unit_test(test_creator_of_a_set_execs),
		cmocka_unit_test(test_set_older_than_we),
		cmocka_unit_test(test_calls_use_sets),
		cmocka_unit_test(test_errnos_are_counted),
		cmocka_unit_test(test_namespaces_are_added_up),
		cmocka_unit_test(test_each_can_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
