// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long the reader of the ring pauses: long enough to cost nothing, and never so long that what
 * comes meanwhile has no room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "source/pace.h"

#define A_LOOK 4096 /* at most */

static int look_and_pause(struct pace *pace, unsigned int found, bool *listen)
{
	pace__looked(pace, found, found >= A_LOOK);
	return pace__pause(pace, listen);
}

static void test_silence_is_waited_out(void **state)
{
	struct pace pace = {};
	bool listen = false;
	int quiet_ms = 0;

	(void)state;
	while (!listen) {
		quiet_ms += look_and_pause(&pace, 0, &listen);
		assert_true(quiet_ms < 1000);
	}
	/* A wake-up comes once an interval: nothing for twice that time, with certainty. */
	assert_true(quiet_ms - PACE_IDLE_MS >= 2 * PACE_INTERVAL_MS);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(look_and_pause(&pace, 0, &listen), PACE_IDLE_MS);
		assert_true(listen);
	}
}

static void test_soon_after_silence_then_seldom(void **state)
{
	struct pace pace = {};
	int before = 0, looks = 0;
	bool listen = false;

	(void)state;
	while (!listen)
		look_and_pause(&pace, 0, &listen);
	for (int ms = 0; ms < 1000; looks++) {
		int pause = look_and_pause(&pace, 1, &listen);

		assert_false(listen);
		assert_int_equal(pause, before ? before * 2 < PACE_INTERVAL_MS ? before * 2
									       : PACE_INTERVAL_MS
					       : PACE_BUSY_MS);
		before = pause;
		ms += pause;
	}
	assert_in_range(looks, 50, 54);
}

/* What a whole look leaves may be any number, and says nothing about how many come. */
static void test_much_is_looked_after_whatever_the_last_look_leaves(void **state)
{
	(void)state;
	for (unsigned int left = 0; left < A_LOOK; left += 7) {
		struct pace pace = {};
		bool listen;

		for (int i = 0; i < 3; i++)
			assert_int_equal(look_and_pause(&pace, A_LOOK, &listen), 0);
		assert_int_equal(look_and_pause(&pace, left, &listen), PACE_BUSY_MS);
		assert_false(listen);
	}
}

static void test_looks_without_a_pause_count_together(void **state)
{
	struct pace pace = {};
	bool listen = false;

	(void)state;
	while (!listen)
		look_and_pause(&pace, 0, &listen);
	/* Others look, too, before they read the kernel's tables: what they found was something. */
	pace__looked(&pace, 5, false);
	pace__looked(&pace, 0, false);
	assert_int_equal(pace__pause(&pace, &listen), PACE_BUSY_MS);
	assert_false(listen);
	/* And looks alone are no silence. */
	for (int i = 0; i < 100; i++)
		pace__looked(&pace, 0, false);
	assert_int_equal(pace__pause(&pace, &listen), 2 * PACE_BUSY_MS);
	assert_false(listen);
}

/* A burst that begins in the longest pause is the worst there is: the ring holds 28 ms. */
static void test_no_pause_is_longer_than_the_ring_holds(void **state)
{
	static const unsigned int found[] = {0, 1, 255, 256, 4095, 4096, 100000};
	struct pace pace = {};
	uint32_t random = 1;
	bool listen;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		unsigned int n;
		int pause;

		random = random * 1664525 + 1013904223;
		n = found[(random >> 16) % 7];
		pause = look_and_pause(&pace, n, &listen);
		if (listen)
			assert_int_equal(pause, PACE_IDLE_MS);
		else
			assert_in_range(pause, 0, PACE_INTERVAL_MS);
		assert_true(n == 0 || !listen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silence_is_waited_out),
		cmocka_unit_test(test_soon_after_silence_then_seldom),
		cmocka_unit_test(test_much_is_looked_after_whatever_the_last_look_leaves),
		cmocka_unit_test(test_looks_without_a_pause_count_together),
		cmocka_unit_test(test_no_pause_is_longer_than_the_ring_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
