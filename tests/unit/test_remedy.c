// SPDX-License-Identifier: GPL-2.0-only
/*
 * The remedies for a full limit: their order, and that each command is exact.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "view/remedy.h"

/* Each number another, so that none can stand for another. */
static const struct ipc_limits limits = {
	.shmmax = 1000000,
	.shmall = 5000,
	.shmall_used = 4999,
	.shmmni = 4096,
	.shmmni_used = 4090,
	.semmsl = 250,
	.semmni = 128,
	.semmni_used = 127,
	.semmns = 32000,
	.semmns_used = 31000,
	.semopm = 100,
	.msgmni = 64,
	.msgmni_used = 60,
	.msgmax = 8192,
	.msgmnb = 16384,
};

static const struct remedy_place own = {.ids_max = 32768};

static struct remedy remedy;

static void find(enum ipc_limit limit, const struct ipc_limits *from, const struct usage *usage,
		 const struct remedy_place *place, uint64_t wanted)
{
	remedy__find(&remedy, limit, from, usage, place, wanted);
	for (size_t i = 0; i < remedy.n_lines; i++)
		assert_true(strlen(remedy.lines[i]) < REMEDY_LINE_BYTES - 1);
}

static void assert_raise(enum ipc_limit limit, const char *command)
{
	find(limit, &limits, NULL, &own, 0);
	assert_string_equal(remedy.raise, command);
	assert_int_equal(remedy.n_lines, 1);
	assert_string_equal(strstr(remedy.lines[0], "sysctl"), command);
	assert_string_equal(remedy.look, "");
	assert_string_equal(remedy.remove, "");
}

static void test_each_limit(void **state)
{
	(void)state;
	assert_raise(LIMIT_SHMMNI, "sysctl -w kernel.shmmni=8192");
	assert_raise(LIMIT_SHMALL, "sysctl -w kernel.shmall=10000");
	assert_raise(LIMIT_SHMMAX, "sysctl -w kernel.shmmax=2000000");
	assert_raise(LIMIT_MSGMNI, "sysctl -w kernel.msgmni=128");
	assert_raise(LIMIT_MSGMAX, "sysctl -w kernel.msgmax=16384");
	assert_raise(LIMIT_MSGMNB, "sysctl -w kernel.msgmnb=32768");
	/* SEMMSL SEMMNS SEMOPM SEMMNI */
	assert_raise(LIMIT_SEMMSL, "sysctl -w 'kernel.sem=500 32000 100 128'");
	assert_raise(LIMIT_SEMMNS, "sysctl -w 'kernel.sem=250 64000 100 128'");
	assert_raise(LIMIT_SEMOPM, "sysctl -w 'kernel.sem=250 32000 200 128'");
	assert_raise(LIMIT_SEMMNI, "sysctl -w 'kernel.sem=250 32000 100 256'");

	find(LIMIT_SHMMIN, &limits, NULL, &own, 0);
	assert_int_equal(remedy.n_lines, 0);
	find(LIMIT_NONE, &limits, NULL, &own, 0);
	assert_int_equal(remedy.n_lines, 0);
}

static void test_ids_are_capped(void **state)
{
	const struct remedy_place extended = {.ids_max = 16777216};
	struct ipc_limits l = limits;

	(void)state;
	l.shmmni = l.msgmni = l.semmni = 32000;
	l.shmmni_used = 32000;
	find(LIMIT_SHMMNI, &l, NULL, &own, 0);
	assert_string_equal(remedy.raise, "sysctl -w kernel.shmmni=32768");
	assert_string_equal(remedy.lines[0],
			    "raise it to the most that this kernel takes (16777216 when booted "
			    "with ipcmni_extend): sysctl -w kernel.shmmni=32768");
	find(LIMIT_MSGMNI, &l, NULL, &own, 0);
	assert_int_equal(remedy.raise_to, 32768);
	find(LIMIT_SEMMNI, &l, NULL, &own, 0);
	assert_string_equal(remedy.raise, "sysctl -w 'kernel.sem=250 32000 100 32768'");
	find(LIMIT_SHMMNI, &l, NULL, &extended, 0);
	assert_int_equal(remedy.raise_to, 64000);

	l.shmmni = 32768;
	find(LIMIT_SHMMNI, &l, NULL, &own, 0);
	assert_int_equal(remedy.raise_to, 0);
	assert_string_equal(remedy.raise, "");
	assert_string_equal(remedy.lines[0],
			    "it cannot be raised: this kernel takes at most 32768 (16777216 when "
			    "booted with ipcmni_extend)");
	l.shmmni = 16777216;
	find(LIMIT_SHMMNI, &l, NULL, &extended, 0);
	assert_string_equal(remedy.lines[0],
			    "it cannot be raised: this kernel takes at most 16777216");
}

static void test_other_bounds(void **state)
{
	struct ipc_limits l = limits;

	(void)state;
	l.semmns = l.semmns_used = 1500000000;
	find(LIMIT_SEMMNS, &l, NULL, &own, 0);
	assert_int_equal(remedy.raise_to, INT_MAX);
	l.shmall = ULONG_MAX - 5;
	find(LIMIT_SHMALL, &l, NULL, &own, 0);
	assert_true(remedy.raise_to == ULONG_MAX);
	l.shmall = ULONG_MAX;
	find(LIMIT_SHMALL, &l, NULL, &own, 0);
	assert_string_equal(remedy.raise, "");
	l.semmsl = 65536;
	find(LIMIT_SEMMSL, &l, NULL, &own, 0);
	assert_string_equal(remedy.raise, "");
	/* Nor would the most that it can be be enough. */
	find(LIMIT_SEMMSL, &limits, NULL, &own, 65536);
	assert_int_equal(remedy.raise_to, 65536);
	find(LIMIT_SEMMSL, &limits, NULL, &own, 65537);
	assert_string_equal(remedy.raise, "");
	assert_string_equal(remedy.lines[0],
			    "it cannot be raised so far: this kernel takes at most 65536");
}

static void test_use_and_what_was_wanted(void **state)
{
	struct ipc_limits l = limits;

	(void)state;
	/* Lowered below its use: twice the use. */
	l.shmmni = 10;
	find(LIMIT_SHMMNI, &l, NULL, &own, 0);
	assert_int_equal(remedy.raise_to, 8180);
	/* A large segment that does not fit into what is free. */
	find(LIMIT_SHMALL, &l, NULL, &own, 100000);
	assert_int_equal(remedy.raise_to, 104999);
	find(LIMIT_SHMALL, &l, NULL, &own, UINT64_MAX);
	assert_true(remedy.raise_to == UINT64_MAX);
	find(LIMIT_SHMMAX, &l, NULL, &own, 1000001);
	assert_int_equal(remedy.raise_to, 2000000);
	find(LIMIT_SHMMAX, &l, NULL, &own, 9000000);
	assert_int_equal(remedy.raise_to, 9000000);
	/* Nothing is allowed: what the kernel begins with. */
	l.shmmni = l.shmmni_used = 0;
	find(LIMIT_SHMMNI, &l, NULL, &own, 0);
	assert_int_equal(remedy.raise_to, 4096);
	find(LIMIT_SHMMNI, &l, NULL, &own, 1);
	assert_int_equal(remedy.raise_to, 4096);
}

static void test_orphans_first(void **state)
{
	const struct usage usage = {.amount = 4999,
				    .orphaned = 12,
				    .objects_orphaned = 3,
				    .objects_unknown = 9,
				    .n_orphan_ids = 3,
				    .orphan_ids = {3, 5, 32770}};
	const struct usage one = {
		.orphaned = 1, .objects_orphaned = 1, .n_orphan_ids = 1, .orphan_ids = {7}};

	(void)state;
	find(LIMIT_SHMALL, &limits, &usage, &own, 0);
	assert_int_equal(remedy.n_lines, 2);
	assert_string_equal(remedy.lines[0],
			    "remove 3 segments (12 pages) that nothing uses: shmtrace rm (to look "
			    "first: shmtrace leaks)");
	assert_string_equal(remedy.lines[1], "or raise it: sysctl -w kernel.shmall=10000");
	assert_string_equal(remedy.look, "shmtrace leaks");
	assert_string_equal(remedy.remove, "shmtrace rm");
	find(LIMIT_SHMMNI, &limits, &one, &own, 0);
	assert_non_null(strstr(remedy.lines[0], "remove 1 segment that"));
	find(LIMIT_SEMMNS, &limits, &one, &own, 0);
	assert_string_equal(remedy.lines[0],
			    "remove 1 semaphore set (1 semaphore) that nothing uses: shmtrace rm "
			    "sem:7 (to look first: shmtrace leaks --unknown -s)");
	find(LIMIT_MSGMNI, &limits, &usage, &own, 0);
	assert_string_equal(remedy.lines[0],
			    "remove 3 queues that nothing uses: shmtrace rm msg:3 msg:5 msg:32770 "
			    "(to look first: shmtrace leaks --unknown -q)");
	assert_string_equal(remedy.look, "shmtrace leaks --unknown -q");
	assert_string_equal(remedy.remove, "shmtrace rm msg:3 msg:5 msg:32770");
}

/* Of more than have room the first are named, and the line says that there are others. */
static void test_many_orphans(void **state)
{
	struct usage usage = {.objects_orphaned = 16, .orphaned = 16, .n_orphan_ids = 16};
	char *id;

	(void)state;
	for (int i = 0; i < USAGE_ORPHAN_IDS; i++)
		usage.orphan_ids[i] = i;
	find(LIMIT_SEMMNI, &limits, &usage, &own, 0);
	assert_non_null(
		strstr(remedy.lines[0], "sets that nothing uses: shmtrace rm sem:0 sem:1 "));
	usage.objects_orphaned = 17;
	find(LIMIT_SEMMNI, &limits, &usage, &own, 0);
	id = strstr(remedy.lines[0], "remove 17 semaphore sets that nothing uses, the first 16 of "
				     "them: shmtrace rm sem:0 sem:1 ");
	assert_ptr_equal(id, remedy.lines[0]);
	assert_non_null(strstr(remedy.lines[0], " sem:15 (to look first: "));
	/* Of segments rm finds all. */
	find(LIMIT_SHMMNI, &limits, &usage, &own, 0);
	assert_string_equal(remedy.remove, "shmtrace rm");
	assert_non_null(strstr(remedy.lines[0], "17 segments that nothing uses: shmtrace rm ("));
}

static void test_nothing_proven(void **state)
{
	const struct usage usage = {.amount = 127, .objects = 127, .objects_unknown = 120};
	const struct usage used = {.amount = 127, .objects = 127};

	(void)state;
	find(LIMIT_SEMMNI, &limits, &usage, &own, 0);
	assert_int_equal(remedy.n_lines, 2);
	assert_string_equal(remedy.lines[0],
			    "look at 120 semaphore sets that nobody is known to use, which proves "
			    "nothing: shmtrace leaks --unknown -s");
	assert_string_equal(remedy.look, "shmtrace leaks --unknown -s");
	assert_string_equal(remedy.remove, "");
	assert_string_equal(remedy.lines[1],
			    "or raise it: sysctl -w 'kernel.sem=250 32000 100 256'");
	find(LIMIT_SEMMNI, &limits, &used, &own, 0);
	assert_int_equal(remedy.n_lines, 1);
	assert_string_equal(remedy.look, "");
}

static void test_other_namespace(void **state)
{
	const struct usage usage = {
		.objects_orphaned = 3, .orphaned = 3, .n_orphan_ids = 3, .orphan_ids = {0, 1, 2}};
	struct usage most = {.objects_orphaned = UINT32_MAX,
			     .orphaned = UINT64_MAX,
			     .n_orphan_ids = USAGE_ORPHAN_IDS};
	const struct usage unknown = {.objects_unknown = 3};
	const struct remedy_place known = {.ipcns = 4026532177, .pid = 4194304, .ids_max = 32768};
	const struct remedy_place nameless = {.ipcns = 4026532177, .ids_max = 32768};
	struct ipc_limits l = limits;

	(void)state;
	find(LIMIT_SEMMNI, &limits, &usage, &known, 0);
	assert_string_equal(remedy.look, "nsenter -t 4194304 -i shmtrace leaks --unknown -s");
	assert_string_equal(remedy.remove, "nsenter -t 4194304 -i shmtrace rm sem:0 sem:1 sem:2");
	assert_string_equal(remedy.raise,
			    "nsenter -t 4194304 -i sysctl -w 'kernel.sem=250 32000 100 256'");
	assert_non_null(strstr(remedy.lines[1], remedy.raise));
	find(LIMIT_MSGMNI, &limits, &unknown, &known, 0);
	assert_string_equal(remedy.look, "nsenter -t 4194304 -i shmtrace leaks --unknown -q");

	find(LIMIT_SHMMNI, &limits, &usage, &nameless, 0);
	assert_string_equal(remedy.raise, "sysctl -w kernel.shmmni=8192");
	assert_string_equal(remedy.lines[1],
			    "or inside ipc:[4026532177] raise it: sysctl -w kernel.shmmni=8192");
	assert_ptr_equal(strstr(remedy.lines[0], "inside ipc:[4026532177] remove 3"),
			 remedy.lines[0]);

	/* The longest that there can be. */
	l.semmsl = l.semmns = l.semopm = INT_MAX;
	l.semmni = 16777215;
	l.semmni_used = 16777215;
	find(LIMIT_SEMMNI, &l, &usage, &known, 0);
	assert_string_equal(remedy.raise, "");
	l.semmni = 32767;
	l.semmni_used = 32767;
	find(LIMIT_SEMMNI, &l, &usage, &known, 0);
	assert_string_equal(remedy.raise, "nsenter -t 4194304 -i sysctl -w "
					  "'kernel.sem=2147483647 2147483647 2147483647 32768'");
	assert_string_equal(strstr(remedy.lines[1], "nsenter"), remedy.raise);
	for (int i = 0; i < USAGE_ORPHAN_IDS; i++)
		most.orphan_ids[i] = INT_MAX;
	find(LIMIT_SEMMNS, &limits, &most, &known, 0);
	assert_string_equal(strrchr(remedy.remove, ' '), " sem:2147483647");
	assert_string_equal(strrchr(remedy.lines[0], ' '), " -s)");
	find(LIMIT_SEMMNS, &limits, &most, &nameless, 0);
	assert_string_equal(strrchr(remedy.lines[0], ' '), " -s)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_limit),
		cmocka_unit_test(test_ids_are_capped),
		cmocka_unit_test(test_other_bounds),
		cmocka_unit_test(test_use_and_what_was_wanted),
		cmocka_unit_test(test_orphans_first),
		cmocka_unit_test(test_many_orphans),
		cmocka_unit_test(test_nothing_proven),
		cmocka_unit_test(test_other_namespace),
	};

	return cmocka_run_group_tests_name("remedy", tests, NULL, NULL);
}
