// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the ledger cannot know, it says so, and the next reading settles it: nothing is taken for
 * exact that was concluded from what is in doubt.
 */
#include "ledger_events.h"

#define MM(pid) (0xffff888000000000ULL + (pid)*0x1000ULL)
#define MS	1000000ULL

/* A whole reading, that finds the segment 0 of process 2 with these mappings of it; 0: none. */
static void read_all(struct fixture *f, bool segment, uint32_t count)
{
	uint64_t at = f->now += MS;

	snapshot(f, SNAPSHOT_BEGIN, 0, at);
	if (count)
		found_mapping(f, 2, 0, count, at + MS);
	found_process(f, 2, at + MS, at + MS);
	if (segment)
		found_object(f, 2, OBJECT_SHM, 0, 0600, at + 2 * MS);
	snapshot(f, SNAPSHOT_END, f->ns, at + 2 * MS);
	snapshot(f, SNAPSHOT_END, 0, at);
	f->now = at + 3 * MS;
}

/* What 9 had, and so what 8 has, is not known: it was not read. */
static void bring_into_doubt(struct fixture *f)
{
	read_all(f, false, 0);
	assert_true(ledger__is_exact(f->ledger));
	forked(f, 9, 8, MM(8));
	assert_false(ledger__is_exact(f->ledger));
}

static void test_removed_in_doubt_and_still_there(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	bring_into_doubt(&f);
	created(&f, 2, 0);
	removed(&f, 2, 0);
	exited(&f, 8);
	/* Who was in doubt has gone, and what was concluded meanwhile has not. */
	assert_false(ledger__is_exact(f.ledger));
	read_all(&f, true, 1);
	assert_true(ledger__is_exact(f.ledger));
	expect(&f, 0, STATE_IN_USE, 1);
	assert_true(info_of(&f, OBJECT_SHM, 0).observed);
	fixture_close(&f);
}

static void test_removed_in_doubt_and_gone(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	bring_into_doubt(&f);
	created(&f, 2, 0);
	removed(&f, 2, 0);
	exited(&f, 8);
	read_all(&f, false, 0);
	assert_true(ledger__is_exact(f.ledger));
	expect(&f, 0, STATE_GONE, 0);
	fixture_close(&f);
}

static void test_removed_in_doubt_and_made_again(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	bring_into_doubt(&f);
	created(&f, 2, 0);
	removed(&f, 2, 0);
	created(&f, 2, 0);
	expect(&f, 0, STATE_IDLE, 0);
	fixture_close(&f);
}

static void test_child_in_a_space_that_was_not_read(void **state)
{
	struct process_event event = {.mm = MM(7), .action = PROCESS_FORKED, .child = 8};
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	read_all(&f, false, 0);
	event.head = head(&f, EVENT_PROCESS, 2);
	event.start_ns = f.start[8];
	feed(&f, &event);
	assert_true(ledger__is_exact(f.ledger));
	event.child = 9;
	event.mm = MM(6);
	event.status = FORK_SHARES;
	event.head = head(&f, EVENT_PROCESS, 2);
	event.start_ns = f.start[9];
	feed(&f, &event);
	assert_false(ledger__is_exact(f.ledger));
	fixture_close(&f);
}

static void test_space_of_nobody_after_a_loss(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	read_all(&f, false, 0);
	created(&f, 2, 0);
	inherited(&f, 2, MM(8), 0);
	lost(&f, 1);
	read_all(&f, true, 0);
	/* Of a child to come, or of one whose end was lost. */
	assert_false(ledger__is_exact(f.ledger));
	read_all(&f, true, 0);
	assert_true(ledger__is_exact(f.ledger));
	expect(&f, 0, STATE_IDLE, 0);
	fixture_close(&f);
}

static void test_creator_whose_pid_was_given_again(void **state)
{
	struct object_event event;
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	read_all(&f, false, 0);
	event = object_event(&f, OBJECT_CREATED, 2, OBJECT_SHM, 0);
	event.start_ns -= 500000000;
	feed(&f, &event);
	expect(&f, 0, STATE_ORPHAN, 0);
	/* A table tells the number of the creator, and so the process that has it now. */
	read_all(&f, true, 0);
	expect(&f, 0, STATE_ORPHAN, 0);
	fixture_close(&f);
}

static void test_segment_made_by_another_after_a_loss(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	read_all(&f, false, 0);
	created(&f, 3, 0);
	lost(&f, 1);
	read_all(&f, true, 0);
	assert_int_equal(info_of(&f, OBJECT_SHM, 0).creator, 2);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_removed_in_doubt_and_still_there),
		cmocka_unit_test(test_removed_in_doubt_and_gone),
		cmocka_unit_test(test_removed_in_doubt_and_made_again),
		cmocka_unit_test(test_child_in_a_space_that_was_not_read),
		cmocka_unit_test(test_space_of_nobody_after_a_loss),
		cmocka_unit_test(test_creator_whose_pid_was_given_again),
		cmocka_unit_test(test_segment_made_by_another_after_a_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
