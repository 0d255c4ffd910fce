// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which calls are a use of a set or queue, and which only look; what is counted of each.
 */
#include <errno.h>
#include <sys/sem.h>

#include "ledger_events.h"

/* args: as semctl(id, 0, cmd). */
static void semctl_call(struct fixture *f, uint32_t pid, int32_t id, int cmd, int64_t ret)
{
	struct call_event call = {.head = head(f, EVENT_CALL, pid),
				  .args = {id, 0, cmd},
				  .ret = ret,
				  .call = CALL_SEMCTL};

	feed(f, &call);
}

static void test_working_with_a_set_keeps_it_in_use(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	object(&f, OBJECT_CREATED, 2, OBJECT_SEM, 7);
	semctl_call(&f, 3, 7, SETVAL, 0);
	exited(&f, 2);
	expect_state(&f, OBJECT_SEM, 7, STATE_IN_USE);
	exited(&f, 3);
	expect_state(&f, OBJECT_SEM, 7, STATE_ORPHAN);
	fixture_close(&f);
}

static void test_looking_at_a_set_is_no_use(void **state)
{
	static const int looks[] = {IPC_STAT, IPC_INFO, GETPID,	  GETVAL,   GETALL,
				    GETNCNT,  GETZCNT,	SEM_STAT, SEM_INFO, SEM_STAT_ANY};

	(void)state;
	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++) {
		struct fixture f;

		fixture_open(&f, true);
		object(&f, OBJECT_CREATED, 2, OBJECT_SEM, 7);
		semctl_call(&f, 3, 7, looks[i], 0);
		semctl_call(&f, 3, 7, looks[i] | 0x100 /* IPC_64 */, 0);
		exited(&f, 2);
		expect_state(&f, OBJECT_SEM, 7, STATE_ORPHAN);
		fixture_close(&f);
	}
}

static void test_calls_and_errors_are_counted(void **state)
{
	struct process_info info;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	semctl_call(&f, 3, 7, SETVAL, -EINVAL);
	semctl_call(&f, 3, 7, SETVAL, -EINVAL);
	semctl_call(&f, 3, 7, SETVAL, -ENOSPC);
	semctl_call(&f, 3, 7, SETVAL, 0);
	assert_true(find_process(&f, 3, true, &info));
	assert_int_equal(info.calls, 4);
	assert_int_equal(info.failed, 3);
	assert_int_equal(info.enospc, 1);
	assert_int_equal(info.errnos[0].number, EINVAL);
	assert_int_equal(info.errnos[0].count, 2);
	assert_int_equal(info.errnos[1].number, ENOSPC);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_working_with_a_set_keeps_it_in_use),
		cmocka_unit_test(test_looking_at_a_set_is_no_use),
		cmocka_unit_test(test_calls_and_errors_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
