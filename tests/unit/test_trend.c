// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast limits fill, and when they are full.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "view/trend.h"

#define S  1000000000ULL
#define NS 4026532177U

static struct trend_change add(struct trend *trend, uint64_t seconds, uint64_t used)
{
	struct trend_change change;

	assert_int_equal(trend__add(trend, NS, LIMIT_SHMMNI, seconds * S, used, &change), 0);
	return change;
}

static void assert_change(struct trend_change change, int64_t amount, uint64_t seconds)
{
	assert_int_equal(change.amount, amount);
	assert_int_equal(change.ns, seconds * S);
}

static void test_from_the_first_reading_on(void **state)
{
	struct trend *trend = trend__new();

	(void)state;
	assert_change(add(trend, 100, 7), 0, 0);
	assert_change(add(trend, 102, 9), 2, 2);
	assert_change(add(trend, 103, 4), -3, 3);
	trend__free(trend);
}

static void test_last_minute(void **state)
{
	struct trend *trend = trend__new();

	(void)state;
	/* One a second for ten minutes, however many readings: then a minute of rest. */
	for (uint64_t t = 0; t <= 600; t++) {
		struct trend_change change = add(trend, 1000 + t, 5 + t);

		assert_int_equal(change.amount * S, change.ns);
		if (t >= 70)
			assert_in_range(change.ns, 60 * S, 70 * S);
	}
	for (uint64_t t = 601; t <= 680; t++) {
		struct trend_change change = add(trend, 1000 + t, 605);

		assert_in_range(change.ns, 60 * S, 70 * S);
		if (t == 680)
			assert_int_equal(change.amount, 0);
	}
	trend__free(trend);
}

static void test_long_intervals(void **state)
{
	struct trend *trend = trend__new();

	(void)state;
	for (uint64_t i = 0; i < 50; i++) {
		struct trend_change change = add(trend, 1000 + 300 * i, i * i);

		if (i)
			assert_change(change, 2 * i - 1, 300);
	}
	trend__free(trend);
}

static void test_each_limit_alone(void **state)
{
	struct trend *trend = trend__new();
	struct trend_change change;

	(void)state;
	add(trend, 10, 100);
	trend__add(trend, NS, LIMIT_SHMALL, 11 * S, 5, &change);
	assert_change(change, 0, 0);
	trend__add(trend, NS + 1, LIMIT_SHMMNI, 11 * S, 5, &change);
	assert_change(change, 0, 0);
	assert_change(add(trend, 11, 101), 1, 1);
	/* All three were read then; of the next round only one is. */
	assert_change(add(trend, 12, 102), 2, 2);
	trend__forget(trend, 12 * S);
	assert_change(add(trend, 13, 103), 3, 3);
	trend__add(trend, NS + 1, LIMIT_SHMMNI, 13 * S, 9, &change);
	assert_change(change, 0, 0);
	trend__free(trend);
}

static void test_full_in(void **state)
{
	uint64_t seconds = 77;

	(void)state;
	assert_false(trend__full_in(&(struct trend_change){}, 10, &seconds));
	assert_false(trend__full_in(&(struct trend_change){0, S}, 10, &seconds));
	assert_false(trend__full_in(&(struct trend_change){-1, S}, 10, &seconds));
	assert_int_equal(seconds, 77);
	assert_true(trend__full_in(&(struct trend_change){3, 2 * S}, 10, &seconds));
	assert_int_equal(seconds, 6);
	assert_true(trend__full_in(&(struct trend_change){3, 2 * S}, 0, &seconds));
	assert_int_equal(seconds, 0);
	assert_true(trend__full_in(&(struct trend_change){1, 60 * S}, UINT64_MAX, &seconds));
	assert_true(seconds == UINT64_MAX);
	assert_true(trend__full_in(&(struct trend_change){1000, S}, UINT64_MAX, &seconds));
	assert_true(seconds == UINT64_MAX / 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_the_first_reading_on),
		cmocka_unit_test(test_last_minute),
		cmocka_unit_test(test_long_intervals),
		cmocka_unit_test(test_each_limit_alone),
		cmocka_unit_test(test_full_in),
	};

	return cmocka_run_group_tests_name("trend", tests, NULL, NULL);
}
