// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who fills a limit: amounts by creator, what of it is orphaned or unknown, and that one pass over
 * all limits says what a look at each one says.
 */
#include "ledger_events.h"

#include <unistd.h>

#include "ledger/usage.h"

static void found_sized(struct fixture *f, uint32_t creator, uint32_t kind, int32_t id,
			uint64_t size)
{
	struct object_event event = object_event(f, OBJECT_FOUND, creator, kind, id);

	event.size = size;
	event.uid = 33;
	feed(f, &event);
}

/* Processes 2 and 3 live, 4 and 5 have ended; of sets nobody is known. */
static void fill(struct fixture *f)
{
	uint64_t at = f->now;

	snapshot(f, SNAPSHOT_BEGIN, 0, at);
	found_process(f, 2, at, at);
	found_process(f, 3, at, at);
	found_sized(f, 2, OBJECT_SHM, 0, 1);
	found_sized(f, 2, OBJECT_SHM, 1, 4097);
	found_sized(f, 3, OBJECT_SHM, 2, 40960);
	found_sized(f, 4, OBJECT_SHM, 3, 4096);
	found_sized(f, 4, OBJECT_SHM, 4, 8192);
	found_sized(f, 5, OBJECT_SHM, 5, 8193);
	found_sized(f, 0, OBJECT_SEM, 0, 250);
	found_sized(f, 0, OBJECT_SEM, 1, 3);
	snapshot(f, SNAPSHOT_END, NS, at);
	f->ns = NS + 1;
	found_sized(f, 3, OBJECT_SHM, 0, 4096);
	snapshot(f, SNAPSHOT_END, NS + 1, at);
	snapshot(f, SNAPSHOT_END, 0, at);
}

static struct usage usage_of(const struct fixture *f, uint32_t ipcns, enum ipc_limit limit)
{
	struct usage usage;

	assert_int_equal(ledger__usage(f->ledger, ipcns, limit, &usage), 0);
	return usage;
}

static void test_segments(void **state)
{
	struct fixture f;
	struct usage usage;

	(void)state;
	fixture_open(&f, true);
	fill(&f);
	usage = usage_of(&f, NS, LIMIT_SHMMNI);
	assert_int_equal(usage.amount, 6);
	assert_int_equal(usage.objects, 6);
	assert_int_equal(usage.orphaned, 3);
	assert_int_equal(usage.objects_orphaned, 3);
	assert_int_equal(usage.unknown, 0);
	assert_int_equal(usage.n_holders, 3);
	/* Of the ended no name is known: they are one, of the owner of their segments. */
	assert_string_equal(usage.holders[0].comm, "");
	assert_int_equal(usage.holders[0].uid, 33);
	assert_int_equal(usage.holders[0].amount, 3);
	assert_int_equal(usage.holders[0].pid, 0);
	assert_int_equal(usage.holders[0].objects_ended, 3);
	assert_false(usage.holders[0].alive);
	assert_string_equal(usage.holders[1].comm, "comm2");
	assert_int_equal(usage.holders[1].pid, 2);
	assert_int_equal(usage.holders[1].amount, 2);
	assert_int_equal(usage.holders[1].objects_ended, 0);
	assert_true(usage.holders[1].alive);
	assert_string_equal(usage.holders[2].comm, "comm3");
	fixture_close(&f);
}

static void test_pages_are_rounded_up(void **state)
{
	struct fixture f;
	struct usage usage;

	(void)state;
	if (sysconf(_SC_PAGESIZE) != 4096) {
		print_message("skipped: the numbers are of pages of 4096 bytes\n");
		skip();
	}
	fixture_open(&f, true);
	fill(&f);
	usage = usage_of(&f, NS, LIMIT_SHMALL);
	assert_int_equal(usage.amount, 1 + 2 + 10 + 1 + 2 + 3);
	assert_int_equal(usage.orphaned, 1 + 2 + 3);
	assert_int_equal(usage.objects, 6);
	assert_int_equal(usage.holders[0].pid, 3);
	assert_int_equal(usage.holders[0].amount, 10);
	assert_int_equal(usage.holders[1].amount, 6);
	assert_int_equal(usage.holders[1].orphaned, 6);
	assert_int_equal(usage.holders[2].amount, 3);
	fixture_close(&f);
}

static void test_sets_are_unknown(void **state)
{
	struct fixture f;
	struct usage usage;

	(void)state;
	fixture_open(&f, true);
	fill(&f);
	usage = usage_of(&f, NS, LIMIT_SEMMNS);
	assert_int_equal(usage.amount, 253);
	assert_int_equal(usage.orphaned, 0);
	assert_int_equal(usage.unknown, 253);
	assert_int_equal(usage.objects_unknown, 2);
	assert_int_equal(usage.n_holders, 1);
	assert_int_equal(usage.holders[0].objects_ended, 0);
	usage = usage_of(&f, NS, LIMIT_SEMMNI);
	assert_int_equal(usage.amount, 2);
	assert_int_equal(usage.unknown, 2);
	usage = usage_of(&f, NS, LIMIT_MSGMNI);
	assert_int_equal(usage.amount, 0);
	assert_int_equal(usage.n_holders, 0);
	fixture_close(&f);
}

/* More than have room, in no order. */
static void test_ids_of_orphans(void **state)
{
	struct fixture f;
	struct usage usage;
	uint64_t at;

	(void)state;
	fixture_open(&f, true);
	at = f.now;
	snapshot(&f, SNAPSHOT_BEGIN, 0, at);
	found_process(&f, 2, at, at);
	/* 40 numbers, each once; those of 0 to 3 are a live process's. */
	for (int32_t i = 0; i < 40; i++)
		found_sized(&f, i * 17 % 40 < 4 ? 2 : 4, OBJECT_SHM, i * 17 % 40, 1);
	snapshot(&f, SNAPSHOT_END, NS, at);
	snapshot(&f, SNAPSHOT_END, 0, at);
	usage = usage_of(&f, NS, LIMIT_SHMMNI);
	assert_int_equal(usage.objects_orphaned, 36);
	assert_int_equal(usage.n_orphan_ids, USAGE_ORPHAN_IDS);
	for (size_t i = 0; i < USAGE_ORPHAN_IDS; i++)
		assert_int_equal(usage.orphan_ids[i], 4 + i);
	fixture_close(&f);

	fixture_open(&f, true);
	fill(&f);
	usage = usage_of(&f, NS, LIMIT_SHMMNI);
	assert_int_equal(usage.n_orphan_ids, 3);
	assert_int_equal(usage.orphan_ids[0], 3);
	assert_int_equal(usage.orphan_ids[2], 5);
	usage = usage_of(&f, NS, LIMIT_SEMMNI);
	assert_int_equal(usage.n_orphan_ids, 0);
	fixture_close(&f);
}

struct all {
	const struct fixture *f;
	size_t count;
	size_t stop_at;
};

static bool compare_usage(void *context, uint32_t ipcns, enum ipc_limit limit,
			  const struct usage *usage)
{
	struct all *all = context;
	struct usage expected = usage_of(all->f, ipcns, limit);

	assert_memory_equal(usage, &expected, sizeof(expected));
	return ++all->count != all->stop_at;
}

static void test_all_in_one_pass(void **state)
{
	struct fixture f;
	struct all all = {.f = &f};

	(void)state;
	fixture_open(&f, true);
	assert_int_equal(ledger__for_each_usage(f.ledger, compare_usage, &all), 0);
	assert_int_equal(all.count, 0);
	fill(&f);
	assert_int_equal(ledger__for_each_usage(f.ledger, compare_usage, &all), 0);
	/* SHMMNI, SHMALL, SEMMNI, SEMMNS of one, SHMMNI and SHMALL of the other. */
	assert_int_equal(all.count, 6);
	all = (struct all){.f = &f, .stop_at = 2};
	assert_int_equal(ledger__for_each_usage(f.ledger, compare_usage, &all), 0);
	assert_int_equal(all.count, 2);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_pages_are_rounded_up),
		cmocka_unit_test(test_sets_are_unknown),
		cmocka_unit_test(test_ids_of_orphans),
		cmocka_unit_test(test_all_in_one_pass),
	};

	return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
