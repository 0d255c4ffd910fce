// SPDX-License-Identifier: GPL-2.0-only
/*
 * The readers of the command line: what they take, and above all what they refuse.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/parse.h"

#define UNTOUCHED    0x5a5a5a5a5a5a5a5aull
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct number_case {
	const char *text;
	int err;
	uint64_t value;
};

static void check(const struct number_case *c, int err, uint64_t value)
{
	uint64_t expected = c->err ? UNTOUCHED : c->value;

	if (err != c->err || value != expected)
		fail_msg("\"%s\": %d, %llu instead of %d, %llu", c->text, err,
			 (unsigned long long)value, c->err, (unsigned long long)expected);
}

static void test_u64(void **state)
{
	static const struct number_case cases[] = {
		{"1", 0, 1},
		{"007", 0, 7},
		{"100", 0, 100},
		{"0", -ERANGE, 0},
		{"101", -ERANGE, 0},
		{"18446744073709551616", -ERANGE, 0},
		{"99999999999999999999999", -ERANGE, 0},
		{"99999999999999999999999x", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"1k", -EINVAL, 0},
		{"0x1", -EINVAL, 0},
		{"1.0", -EINVAL, 0},
		{"a", -EINVAL, 0},
	};
	uint64_t value;
	int err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		value = UNTOUCHED;
		err = parse__u64(cases[i].text, 1, 100, &value);
		check(&cases[i], err, value);
	}
	assert_int_equal(parse__u64("18446744073709551615", 0, UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
}

static void test_size(void **state)
{
	static const struct number_case cases[] = {
		{"4096", 0, 4096},
		{"0", 0, 0},
		{"4096B", 0, 4096},
		{"64k", 0, 65536},
		{"64K", 0, 65536},
		{"64KB", 0, 65536},
		{"1M", 0, 1 << 20},
		{"2GiB", 0, 2ull << 30},
		{"2gib", 0, 2ull << 30},
		{"3T", 0, 3ull << 40},
		{"1P", 0, 1ull << 50},
		{"15E", 0, 15ull << 60},
		{"16E", -ERANGE, 0},
		{"18014398509481983K", 0, 18014398509481983ull << 10},
		{"18014398509481984K", -ERANGE, 0},
		{"18446744073709551616", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"k", -EINVAL, 0},
		{"-1k", -EINVAL, 0},
		{"1.5G", -EINVAL, 0},
		{"1 k", -EINVAL, 0},
		{"1kk", -EINVAL, 0},
		{"1iB", -EINVAL, 0},
		{"1ki", -EINVAL, 0},
		{"1kBB", -EINVAL, 0},
		{"1x", -EINVAL, 0},
		{"0x10", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t value = UNTOUCHED;
		int err = parse__size(cases[i].text, &value);

		check(&cases[i], err, value);
	}
}

static void test_seconds(void **state)
{
	static const struct number_case cases[] = {
		{"10", 0, 10000000000},
		{"0", 0, 0},
		{"0.5", 0, 500000000},
		{"0.000000001", 0, 1},
		{"1.05s", 0, 1050000000},
		{"1m", 0, 60000000000},
		{"1.5m", 0, 90000000000},
		{"2h", 0, 7200000000000},
		{"18446744073.709551615", 0, UINT64_MAX},
		{"18446744073.709551616", -ERANGE, 0},
		{"18446744074", -ERANGE, 0},
		{"18446744073m", -ERANGE, 0},
		{"99999999999999999999", -ERANGE, 0},
		{"", -EINVAL, 0},
		{".5", -EINVAL, 0},
		{"5.", -EINVAL, 0},
		{"0.0000000001", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"1e3", -EINVAL, 0},
		{"1ms", -EINVAL, 0},
		{"7d", 0, 604800000000000},
		{"1w", -EINVAL, 0},
		{"1 s", -EINVAL, 0},
		{"1.2.3", -EINVAL, 0},
		{"inf", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t value = UNTOUCHED;
		int err = parse__seconds(cases[i].text, &value);

		check(&cases[i], err, value);
	}
}

static void test_key(void **state)
{
	static const struct number_case cases[] = {
		{"0x52e2c1", 0, 0x52e2c1},
		{"0X52E2C1", 0, 0x52e2c1},
		{"0x0052e2c1", 0, 0x52e2c1},
		{"0xffffffff", 0, 0xffffffff},
		{"5432001", 0, 5432001},
		{"4294967295", 0, 0xffffffff},
		{"-1", 0, 0xffffffff},
		{"-2147483648", 0, 0x80000000},
		{"-2147483649", -ERANGE, 0},
		{"4294967296", -ERANGE, 0},
		{"0x100000000", -ERANGE, 0},
		{"IPC_PRIVATE", 0, 0},
		{"0", 0, 0},
		{"", -EINVAL, 0},
		{"0x", -EINVAL, 0},
		{"-", -EINVAL, 0},
		{"-0x1", -EINVAL, 0},
		{"0x-1", -EINVAL, 0},
		{"--1", -EINVAL, 0},
		{"52e2c1", -EINVAL, 0},
		{"0x52e2cg", -EINVAL, 0},
		{"ipc_private", -EINVAL, 0},
		{"IPC_PRIVATE ", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t key = 0;
		int err = parse__key(cases[i].text, &key);

		check(&cases[i], err, err ? UNTOUCHED : key);
	}
}

static void test_pids(void **state)
{
	uint32_t pids[3];
	size_t count = 77;

	(void)state;
	assert_int_equal(parse__pids("1,22,4194304", pids, 3, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(pids[0], 1);
	assert_int_equal(pids[1], 22);
	assert_int_equal(pids[2], 4194304);
	assert_int_equal(parse__pids("5", pids, 3, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(pids[0], 5);

	assert_int_equal(parse__pids("1,2,3,4", pids, 3, &count), -E2BIG);
	assert_int_equal(parse__pids("0", pids, 3, &count), -ERANGE);
	assert_int_equal(parse__pids("4194305", pids, 3, &count), -ERANGE);
	assert_int_equal(parse__pids("1,99999999999999999999", pids, 3, &count), -ERANGE);
	assert_int_equal(parse__pids("1,0,x", pids, 3, &count), -EINVAL);
	assert_int_equal(parse__pids("", pids, 3, &count), -EINVAL);
	assert_int_equal(parse__pids(",", pids, 3, &count), -EINVAL);
	assert_int_equal(parse__pids("1,", pids, 3, &count), -EINVAL);
	assert_int_equal(parse__pids("1,,2", pids, 3, &count), -EINVAL);
	assert_int_equal(parse__pids("1 2", pids, 3, &count), -EINVAL);
	assert_int_equal(parse__pids("1, 2", pids, 3, &count), -EINVAL);
	assert_int_equal(parse__pids("-1", pids, 3, &count), -EINVAL);
	assert_int_equal(count, 1);
}

static void test_reasons_differ(void **state)
{
	(void)state;
	assert_string_not_equal(parse__reason(-EINVAL), parse__reason(-ERANGE));
	assert_string_not_equal(parse__reason(-EINVAL), parse__reason(-E2BIG));
	assert_string_not_equal(parse__reason(-ERANGE), parse__reason(-E2BIG));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),	cmocka_unit_test(test_size),
		cmocka_unit_test(test_seconds), cmocka_unit_test(test_key),
		cmocka_unit_test(test_pids),	cmocka_unit_test(test_reasons_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
