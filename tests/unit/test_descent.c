// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes descend from one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/descent.h"

static struct descent *descent;

static int set_up(void **state)
{
	(void)state;
	descent = descent__new(100);
	return !descent;
}

static int tear_down(void **state)
{
	(void)state;
	descent__free(descent);
	return 0;
}

static void fork_of(uint32_t parent, uint32_t child)
{
	assert_int_equal(descent__forked(descent, parent, child), 0);
}

static void test_generations(void **state)
{
	(void)state;
	assert_true(descent__has(descent, 100));
	assert_false(descent__has(descent, 101));
	fork_of(100, 101);
	fork_of(101, 102);
	fork_of(7, 103);
	assert_true(descent__has(descent, 101));
	assert_true(descent__has(descent, 102));
	assert_false(descent__has(descent, 103));
	assert_false(descent__has(descent, 7));
}

static void test_orphans_still_descend(void **state)
{
	(void)state;
	fork_of(100, 101);
	fork_of(101, 102);
	descent__ended(descent, 101);
	assert_false(descent__has(descent, 101));
	assert_true(descent__has(descent, 102));
	fork_of(102, 103);
	assert_true(descent__has(descent, 103));
	fork_of(101, 104); /* another 101 */
	assert_false(descent__has(descent, 104));
}

static void test_reused_numbers(void **state)
{
	(void)state;
	fork_of(100, 101);
	/* Its end was lost; the number is somebody else's now. */
	fork_of(7, 101);
	assert_false(descent__has(descent, 101));
	fork_of(100, 101);
	fork_of(100, 101);
	assert_true(descent__has(descent, 101));
	descent__ended(descent, 101);
	assert_false(descent__has(descent, 101));
}

/* 0: not visible in our pid namespace. */
static void test_invisible(void **state)
{
	(void)state;
	fork_of(100, 0);
	assert_false(descent__has(descent, 0));
	fork_of(0, 5);
	assert_false(descent__has(descent, 5));
	descent__ended(descent, 0);
	descent__ended(descent, 9999);
}

static void test_many(void **state)
{
	(void)state;
	for (uint32_t pid = 1000; pid < 21000; pid++)
		fork_of(pid % 2 ? 100 : 7, pid);
	for (uint32_t pid = 1000; pid < 21000; pid++)
		assert_int_equal(descent__has(descent, pid), pid % 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_generations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_orphans_still_descend, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reused_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_invisible, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
