// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a get was refused as variables for a command, and for which refusals a command is run at all.
 */
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "view/refusal_env.h"

/* Each number another, so that none can stand for another. */
static const struct call_event call = {
	.head = {.time_ns = 5000000007,
		 .type = EVENT_CALL_LIMITS,
		 .pid = 11,
		 .tid = 12,
		 .uid = 13,
		 .ipcns = 14,
		 .comm = "$(touch x)\n\"'"},
	.call = CALL_SHMGET,
	.args = {0, 8193},
	.ret = -ENOSPC,
};

static struct refusal refusal;
static struct view_refusal view;
static struct refusal_env env;
static char bytes[REFUSAL_ENV_MAX];
static struct buffer out;

static int set_up(void **state)
{
	(void)state;
	refusal = (struct refusal){
		.call = &call,
		.error = ENOSPC,
		.cause = REFUSAL_LIMIT,
		.certainty = CERTAINTY_EXACT,
		.limit = LIMIT_SHMALL,
		.used = 21,
		.value = 22,
		.wanted = 23,
		.has_limits = true,
		.limits = {.shmall = 22, .shmall_used = 21},
		.has_usage = true,
		.usage = {.amount = 31,
			  .orphaned = 32,
			  .n_holders = 1,
			  .holders = {{.comm = "a\033b", .uid = 33, .pid = 34, .amount = 35}}},
	};
	view = (struct view_refusal){.refusal = &refusal};
	strcpy(view.remedy.look, "shmtrace leaks");
	strcpy(view.remedy.remove, "shmtrace rm");
	strcpy(view.remedy.raise, "sysctl -w kernel.shmall=44");
	strcpy(view.remedy.lines[0], "the first line");
	strcpy(view.remedy.lines[1], "the second line");
	view.remedy.n_lines = 2;
	env = (struct refusal_env){.missed = 41, .clock_offset_ns = 1000000000, .own_ipcns = 14};
	return 0;
}

static void put(void)
{
	buffer__init(&out, bytes, sizeof(bytes));
	refusal__put_env(&out, &view, &env);
	assert_false(out.overflow);
	assert_int_equal(out.data[out.len - 1], '\0');
}

/* The value of SHMTRACE_NAME, which must be there once. */
static const char *value_of(const char *name)
{
	const char *found = NULL;
	size_t len = strlen(name);

	for (const char *one = out.data; one < out.data + out.len; one += strlen(one) + 1) {
		assert_memory_equal(one, "SHMTRACE_", 9);
		if (strncmp(one + 9, name, len) || one[9 + len] != '=')
			continue;
		assert_null(found);
		found = one + 9 + len + 1;
	}
	assert_non_null(found);
	return found;
}

static void test_all(void **state)
{
	static const char *const expected[][2] = {
		{"TIME", "1970-01-01T00:00:06.000000007Z"},
		{"PID", "11"},
		{"TID", "12"},
		{"UID", "13"},
		{"IPCNS", "14"},
		{"COMM", "$(touch x)\\x0a\"'"},
		{"CALL", "shmget"},
		{"ERROR", "ENOSPC"},
		{"CAUSE", "limit"},
		{"CERTAINTY", "exact"},
		{"LIMIT", "SHMALL"},
		{"USED", "21"},
		{"VALUE", "22"},
		{"WANTED", "23"},
		{"ORPHANED", "32"},
		{"HOLDER", "a\\x1bb"},
		{"HOLDER_UID", "33"},
		{"HOLDER_PID", "34"},
		{"HOLDER_AMOUNT", "35"},
		{"REMEDY", "shmtrace rm"},
		{"MISSED", "41"},
		{"TEXT", "SHMALL: 21 of 22 pages in use in ipc:[14], 23 more asked for\n"
			 "made by a\\x1bb (34, uid 33, ended): 35\n"
			 "the first line\nthe second line"},
	};
	size_t n = 0;

	(void)state;
	put();
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_string_equal(value_of(expected[i][0]), expected[i][1]);
	for (size_t i = 0; i < out.len; i++)
		n += !out.data[i];
	assert_int_equal(n, sizeof(expected) / sizeof(*expected));
}

/* What is not known is empty, and there. */
static void test_nothing_known(void **state)
{
	static const char *const empty[] = {"LIMIT",	     "USED",   "VALUE",	     "WANTED",
					    "ORPHANED",	     "HOLDER", "HOLDER_PID", "HOLDER_UID",
					    "HOLDER_AMOUNT", "REMEDY"};

	(void)state;
	refusal = (struct refusal){.call = &call, .error = ENOMEM};
	view = (struct view_refusal){.refusal = &refusal};
	put();
	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++)
		assert_string_equal(value_of(empty[i]), "");
	assert_string_equal(value_of("CAUSE"), "unknown");
	assert_string_equal(value_of("CERTAINTY"), "unknown");
	assert_string_equal(value_of("ERROR"), "ENOMEM");
	assert_string_equal(value_of("TEXT"), "cause not known");
}

static void test_limit_of_one_object(void **state)
{
	(void)state;
	refusal.limit = LIMIT_SHMMAX;
	refusal.has_usage = false;
	put();
	assert_string_equal(value_of("USED"), "");
	assert_string_equal(value_of("VALUE"), "22");
	assert_string_equal(value_of("ORPHANED"), "");
}

static void test_several_holders(void **state)
{
	(void)state;
	refusal.usage.holders[0].pid = 0;
	put();
	assert_string_equal(value_of("HOLDER"), "a\\x1bb");
	assert_string_equal(value_of("HOLDER_PID"), "");
	refusal.usage.n_holders = 0;
	put();
	assert_string_equal(value_of("HOLDER"), "");
	assert_string_equal(value_of("HOLDER_UID"), "");
	assert_string_equal(value_of("ORPHANED"), "32");
}

/* Run here, the command for another namespace would change ours. */
static void test_remedy(void **state)
{
	static struct call_event nobody;

	(void)state;
	*view.remedy.remove = '\0';
	put();
	assert_string_equal(value_of("REMEDY"), "sysctl -w kernel.shmall=44");
	*view.remedy.raise = '\0';
	put();
	assert_string_equal(value_of("REMEDY"), "");

	strcpy(view.remedy.raise, "nsenter -t 11 -i sysctl -w kernel.shmall=44");
	env.own_ipcns = 15;
	put();
	assert_string_equal(value_of("REMEDY"), view.remedy.raise);
	nobody = call;
	nobody.head.pid = 0;
	refusal.call = &nobody;
	put();
	assert_string_equal(value_of("REMEDY"), "");
	assert_string_equal(value_of("PID"), "");
	env.own_ipcns = 14;
	put();
	assert_string_equal(value_of("REMEDY"), view.remedy.raise);
}

static void test_longest(void **state)
{
	struct usage_holder *holders = refusal.usage.holders;
	struct call_event loud = call;

	(void)state;
	memset(loud.head.comm, '\377', sizeof(loud.head.comm));
	loud.head.time_ns = INT64_MAX - env.clock_offset_ns;
	refusal.call = &loud;
	refusal.used = refusal.value = refusal.wanted = UINT64_MAX;
	refusal.usage.n_holders = USAGE_HOLDERS + 1;
	refusal.usage.amount = UINT64_MAX;
	for (size_t i = 0; i < USAGE_HOLDERS; i++) {
		memset(holders[i].comm, '\377', EVENT_COMM_LEN);
		holders[i].uid = holders[i].pid = UINT32_MAX;
		holders[i].amount = holders[i].orphaned = UINT64_MAX;
	}
	view.remedy.n_lines = REMEDY_LINES;
	for (size_t i = 0; i < REMEDY_LINES; i++) {
		memset(view.remedy.lines[i], 'x', REMEDY_LINE_BYTES - 1);
		view.remedy.lines[i][REMEDY_LINE_BYTES - 1] = '\0';
	}
	put(); /* fits */
	assert_int_equal(strlen(value_of("COMM")), EVENT_COMM_LEN * 4);
}

static bool is_shortage(enum refusal_cause cause, int error)
{
	refusal = (struct refusal){.call = &call, .cause = cause, .error = error};
	return refusal__is_shortage(&refusal);
}

static bool is_shortage_of(enum ipc_limit limit, uint64_t wanted)
{
	refusal = (struct refusal){.call = &call,
				   .error = EINVAL,
				   .cause = REFUSAL_LIMIT,
				   .limit = limit,
				   .wanted = wanted};
	return refusal__is_shortage(&refusal);
}

static void test_shortage(void **state)
{
	(void)state;
	assert_true(is_shortage_of(LIMIT_SHMMNI, 1));
	assert_true(is_shortage_of(LIMIT_SEMMNS, 1));
	assert_true(is_shortage_of(LIMIT_SHMMAX, 1 << 20));
	assert_true(is_shortage_of(LIMIT_SEMMSL, 251));
	assert_false(is_shortage_of(LIMIT_SEMMSL, (uint64_t)-1));
	assert_false(is_shortage_of(LIMIT_SHMMIN, 0));

	assert_true(is_shortage(REFUSAL_UNKNOWN, ENOSPC));
	assert_true(is_shortage(REFUSAL_UNKNOWN, ENOMEM));
	assert_false(is_shortage(REFUSAL_UNKNOWN, EINVAL));
	assert_false(is_shortage(REFUSAL_UNKNOWN, EPERM));
	assert_true(is_shortage(REFUSAL_HUGE_POOL, ENOMEM));
	assert_true(is_shortage(REFUSAL_OVERCOMMIT, ENOMEM));
	assert_true(is_shortage(REFUSAL_CGROUP, ENOMEM));
	assert_true(is_shortage(REFUSAL_KERNEL_MEMORY, ENOMEM));
	assert_true(is_shortage(REFUSAL_FILE_TABLE, ENFILE));
	assert_true(is_shortage(REFUSAL_FILE_SYSTEM, ENOSPC));
	assert_false(is_shortage(REFUSAL_EXISTS, EEXIST));
	assert_false(is_shortage(REFUSAL_SMALLER, EINVAL));
	assert_false(is_shortage(REFUSAL_DENIED, EACCES));
	assert_false(is_shortage(REFUSAL_EMPTY_SET, EINVAL));
	assert_false(is_shortage(REFUSAL_SIZE, ENOSPC));
	assert_false(is_shortage(REFUSAL_HUGE_SIZE, EINVAL));
	assert_false(is_shortage(REFUSAL_HUGE_DENIED, EPERM));
}

static void test_errnos_of_shortage(void **state)
{
	(void)state;
	assert_true(refusal__may_be_shortage(ENOSPC));
	assert_true(refusal__may_be_shortage(ENOMEM));
	assert_true(refusal__may_be_shortage(ENFILE));
	assert_true(refusal__may_be_shortage(EINVAL));
	assert_false(refusal__may_be_shortage(EEXIST));
	assert_false(refusal__may_be_shortage(EACCES));
	assert_false(refusal__may_be_shortage(EPERM));
	assert_false(refusal__may_be_shortage(ENOENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all, set_up),
		cmocka_unit_test_setup(test_nothing_known, set_up),
		cmocka_unit_test_setup(test_limit_of_one_object, set_up),
		cmocka_unit_test_setup(test_several_holders, set_up),
		cmocka_unit_test_setup(test_remedy, set_up),
		cmocka_unit_test_setup(test_longest, set_up),
		cmocka_unit_test(test_shortage),
		cmocka_unit_test(test_errnos_of_shortage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
