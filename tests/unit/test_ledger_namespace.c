// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of an IPC namespace, where no event tells of it: a snapshot that has told of all that
 * exist does.
 */
#include "ledger_events.h"

#define OTHER 9

static void in_other(struct fixture *f, uint32_t pid, uint32_t kind, int32_t id)
{
	f->ns = OTHER;
	object(f, OBJECT_CREATED, pid, kind, id);
	f->ns = NS;
}

/* all: it has told of all namespaces; other: of that one too. */
static void read_again(struct fixture *f, bool all, bool other)
{
	const uint64_t at = f->now += 1000000;

	snapshot(f, SNAPSHOT_BEGIN, 0, at);
	snapshot(f, SNAPSHOT_NAMESPACE, NS, at);
	snapshot(f, SNAPSHOT_END, NS, at);
	if (other)
		snapshot(f, SNAPSHOT_NAMESPACE, OTHER, at);
	if (all)
		snapshot(f, SNAPSHOT_NAMESPACE, 0, at);
	snapshot(f, SNAPSHOT_END, 0, at);
}

static bool exists(const struct fixture *f, uint32_t kind, int32_t id)
{
	return ledger__find_object(f->ledger, OTHER, kind, id);
}

static void test_it_takes_all_with_it(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	in_other(&f, 1, OBJECT_SHM, 1);
	in_other(&f, 1, OBJECT_SEM, 2);
	in_other(&f, 1, OBJECT_MSG, 3);
	read_again(&f, true, false);
	assert_false(exists(&f, OBJECT_SHM, 1));
	assert_false(exists(&f, OBJECT_SEM, 2));
	assert_false(exists(&f, OBJECT_MSG, 3));
	fixture_close(&f);
}

static void test_not_of_one_that_exists(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	in_other(&f, 1, OBJECT_SEM, 2);
	/* It exists, and could not be read. */
	read_again(&f, true, true);
	assert_true(exists(&f, OBJECT_SEM, 2));
	/* Nobody says that these are all. */
	read_again(&f, false, false);
	assert_true(exists(&f, OBJECT_SEM, 2));
	read_again(&f, true, false);
	assert_false(exists(&f, OBJECT_SEM, 2));
	fixture_close(&f);
}

/* A process that has left its namespace keeps it by what it has attached there. */
static void test_not_of_one_that_is_attached(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	in_other(&f, 1, OBJECT_SHM, 1);
	in_other(&f, 1, OBJECT_SEM, 2);
	f.ns = OTHER;
	attached(&f, 1, 0x100, 1);
	f.ns = NS;
	f.now += 1000000;
	snapshot(&f, SNAPSHOT_BEGIN, 0, f.now);
	f.ns = OTHER;
	found_mapping(&f, 1, 1, 1, f.now);
	f.ns = NS;
	found_process(&f, 1, f.now - TICK_NS, f.now);
	snapshot(&f, SNAPSHOT_NAMESPACE, 0, f.now);
	snapshot(&f, SNAPSHOT_END, 0, f.now);
	assert_true(exists(&f, OBJECT_SHM, 1));
	assert_true(exists(&f, OBJECT_SEM, 2));
	fixture_close(&f);
}

static void test_not_of_a_younger_one(void **state)
{
	const uint64_t at = 7000000000ULL;
	struct fixture f;

	(void)state;
	fixture_open(&f, false);
	snapshot(&f, SNAPSHOT_BEGIN, 0, at);
	f.now = at;
	in_other(&f, 1, OBJECT_SEM, 2);
	snapshot(&f, SNAPSHOT_NAMESPACE, 0, at);
	snapshot(&f, SNAPSHOT_END, 0, at);
	assert_true(exists(&f, OBJECT_SEM, 2));
	fixture_close(&f);
}

static void test_function_hooks_see_it_themselves(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, true);
	in_other(&f, 1, OBJECT_SEM, 2);
	read_again(&f, true, false);
	assert_true(exists(&f, OBJECT_SEM, 2));
	assert_int_equal(ledger__drift(f.ledger), 0);
	lost(&f, 1);
	read_again(&f, true, false);
	assert_false(exists(&f, OBJECT_SEM, 2));
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_takes_all_with_it),
		cmocka_unit_test(test_not_of_one_that_exists),
		cmocka_unit_test(test_not_of_one_that_is_attached),
		cmocka_unit_test(test_not_of_a_younger_one),
		cmocka_unit_test(test_function_hooks_see_it_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
