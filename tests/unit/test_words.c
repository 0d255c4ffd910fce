// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of calls, against strace's own output, and against arguments that nobody would pass.
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "view/words.h"
#include "words_samples.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* On the heap and no larger than promised, so that the sanitizer sees the first byte too many. */
static char *new_buffer(void)
{
	char *buf = malloc(WORDS_MAX);

	assert_non_null(buf);
	return buf;
}

static void check_samples(const struct sample *samples, size_t count, enum call_abi abi)
{
	char *buf = new_buffer();

	for (size_t i = 0; i < count; i++) {
		const struct sample *sample = &samples[i];
		struct call_event call = {
			.ret = sample->ret,
			.call = (__u16)sample->call,
			.abi = (__u8)abi,
			.flags = sample->flags,
		};

		memcpy(call.args, sample->args, sizeof(call.args));
		assert_int_equal(words__call(buf, &call), strlen(sample->text));
		assert_string_equal(buf, sample->text);
	}
	free(buf);
}

static void native_calls(void **state)
{
	(void)state;
	check_samples(native, ARRAY_SIZE(native), ABI_NATIVE);
}

static void compat_calls(void **state)
{
	(void)state;
	check_samples(compat, ARRAY_SIZE(compat), ABI_COMPAT);
}

static void compat_ipc_calls(void **state)
{
	(void)state;
	check_samples(compat_ipc, ARRAY_SIZE(compat_ipc), ABI_COMPAT_IPC);
}

static void injected_results(void **state)
{
	(void)state;
	check_samples(injected, ARRAY_SIZE(injected), ABI_NATIVE);
}

/* A success whose address could not be read: cannot be provoked, follows from strace's source. */
static void lost_result(void **state)
{
	static const struct sample sample = {
		"shmat(5, NULL, 0) = ?", CALL_SHMAT, 0, CALL_F_NO_RESULT, {5}};

	(void)state;
	check_samples(&sample, 1, ABI_COMPAT_IPC);
}

static void check_printable(const char *buf, size_t len)
{
	assert_true(len < WORDS_MAX);
	assert_int_equal(strlen(buf), len);
	for (size_t i = 0; i < len; i++)
		assert_true(buf[i] >= ' ' && buf[i] <= '~');
}

static size_t check_extremes(char *buf, struct call_event *call)
{
	static const long long rets[] = {0, -1, -516, -4095, -4096, LLONG_MIN, LLONG_MAX};
	size_t longest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rets); i++) {
		size_t len;

		call->ret = rets[i];
		len = words__call(buf, call);
		check_printable(buf, len);
		if (len > longest)
			longest = len;
	}
	return longest;
}

static void extremes(void **state)
{
	static const __u64 values[] = {0, UINT64_MAX, (__u64)INT64_MIN, INT64_MAX, UINT32_MAX};
	char *buf = new_buffer();
	size_t longest = 0;

	(void)state;
	/* CALL_COUNT and 65535: a damaged recording. */
	for (unsigned int id = 0; id <= CALL_COUNT + 1u; id++) {
		for (unsigned int abi = 0; abi <= 3; abi++) {
			for (unsigned int value = 0; value < ARRAY_SIZE(values); value++) {
				for (unsigned int flags = 0; flags < 16; flags++) {
					struct call_event call = {.flags = flags};
					size_t len;

					call.call = id > CALL_COUNT ? UINT16_MAX : (__u16)id;
					call.abi = (__u8)abi;
					for (int i = 0; i < EVENT_ARGS_MAX; i++)
						call.args[i] = values[value];
					len = check_extremes(buf, &call);
					if (len > longest)
						longest = len;
				}
			}
		}
	}
	/* Not near the end by luck either. */
	assert_true(longest < WORDS_MAX / 2);
	free(buf);
}

static void random_arguments(void **state)
{
	char *buf = new_buffer();
	uint64_t seed = 88172645463325252ULL;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		struct call_event call = {.call = (__u16)(round % CALL_COUNT),
					  .abi = (__u8)(round / CALL_COUNT % 3)};

		for (int i = 0; i < EVENT_ARGS_MAX; i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			call.args[i] = seed >> (seed & 63);
		}
		call.ret = (__s64)(seed >> (seed >> 8 & 63)) * (seed & 64 ? -1 : 1);
		check_printable(buf, words__call(buf, &call));
	}
	free(buf);
}

static void call_names(void **state)
{
	(void)state;
	assert_string_equal(words__call_name(CALL_SHMGET), "shmget");
	assert_string_equal(words__call_name(CALL_IPC), "ipc");
	for (unsigned int id = 0; id < CALL_COUNT; id++)
		assert_non_null(words__call_name(id));
	assert_non_null(words__call_name(CALL_COUNT));
	assert_non_null(words__call_name(UINT_MAX));
}

static void errors(void **state)
{
	static const int unknown[] = {
		0, -1, 41, 58, 134, 511, 519, 520, 531, 4095, 4096, INT_MAX, INT_MIN,
	};

	(void)state;
	assert_string_equal(words__errno_name(ENOSPC), "ENOSPC");
	assert_string_equal(words__errno_text(ENOSPC), "No space left on device");
	assert_string_equal(words__errno_name(EAGAIN), "EAGAIN");
	assert_string_equal(words__errno_name(514), "ERESTARTNOHAND");
	assert_int_equal(words__errno_number("ENOSPC"), ENOSPC);
	assert_int_equal(words__errno_number("enospc"), ENOSPC);
	assert_int_equal(words__errno_number("EWOULDBLOCK"), EAGAIN);
	assert_int_equal(words__errno_number("EDEADLOCK"), EDEADLK);
	assert_int_equal(words__errno_number("ERESTARTSYS"), 512);
	assert_int_equal(words__errno_number("ENOSUCH"), -1);
	assert_int_equal(words__errno_number("ENOSP"), -1);
	assert_int_equal(words__errno_number(""), -1);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		assert_null(words__errno_name(unknown[i]));
		assert_null(words__errno_text(unknown[i]));
	}
	for (int err = 1; err < 600; err++) {
		const char *name = words__errno_name(err);

		assert_int_equal(!name, !words__errno_text(err));
		if (name)
			assert_int_equal(words__errno_number(name), err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_calls),	    cmocka_unit_test(compat_calls),
		cmocka_unit_test(compat_ipc_calls), cmocka_unit_test(injected_results),
		cmocka_unit_test(lost_result),	    cmocka_unit_test(extremes),
		cmocka_unit_test(random_arguments), cmocka_unit_test(call_names),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
