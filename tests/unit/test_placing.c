// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which IPC namespace a mapped segment belongs to, above all where ids and keys are equal in two.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "source/placing.h"

#define A     100u
#define B     200u
#define C     300u
#define ROWS  8
#define COUNT 8

/* What a mapping really is, as map_files would show it. */
struct truth {
	int err;
	uint64_t size;
	int64_t created;
};

struct world {
	struct placing_row rows[ROWS];
	struct placing_mapping mappings[COUNT];
	struct truth truths[COUNT];
	struct placing placing;
	unsigned int looks;
};

static int identify(void *context, size_t mapping, uint64_t *size, int64_t *created)
{
	struct world *world = context;
	const struct truth *truth = &world->truths[mapping];

	world->looks++;
	*size = truth->size;
	*created = truth->created;
	return truth->err;
}

static struct placing_row *add_row(struct world *w, int32_t id, uint32_t ipcns, uint32_t key,
				   uint32_t nattch)
{
	struct placing_row *row = &w->rows[w->placing.n_rows++];

	*row = (struct placing_row){
		.id = id, .ipcns = ipcns, .key = key, .nattch = nattch, .size = 4096};
	return row;
}

static size_t add_mapping(struct world *w, int32_t id, uint32_t own, uint32_t key, int err)
{
	size_t i = w->placing.n_mappings++;

	w->mappings[i] = (struct placing_mapping){.id = id, .own = own, .key = key};
	w->truths[i] = (struct truth){.err = err, .size = 4096};
	return i;
}

static void run(struct world *w, bool all_seen)
{
	w->placing.rows = w->rows;
	w->placing.mappings = w->mappings;
	w->placing.all_seen = all_seen;
	w->placing.identify = identify;
	w->placing.context = w;
	assert_int_equal(placing__run(&w->placing), 0);
}

static void expect(const struct world *w, size_t i, enum placing_result result, uint32_t ipcns)
{
	assert_int_equal(w->mappings[i].result, result);
	assert_int_equal(w->mappings[i].ipcns, ipcns);
}

static void test_at_home(void **state)
{
	struct world w = {0};

	(void)state;
	add_row(&w, 5, B, 7, 1);
	add_row(&w, 0, A, 0, 2);
	add_row(&w, 5, A, 7, 2);
	add_mapping(&w, 5, A, 7, -EACCES);
	add_mapping(&w, 0, A, 0, -EACCES);
	add_mapping(&w, 5, B, 7, -EACCES);
	add_mapping(&w, 5, A, 7, -EACCES);
	add_mapping(&w, 0, A, 0, -EACCES);
	run(&w, true);
	expect(&w, 0, PLACED, A);
	expect(&w, 1, PLACED, A);
	expect(&w, 2, PLACED, B);
	expect(&w, 3, PLACED, A);
	assert_int_equal(w.looks, 0);
}

static void test_carried_away(void **state)
{
	struct world w = {0};

	(void)state;
	/* Attached in A, then unshare: B has no such id. */
	add_row(&w, 5, A, 7, 1);
	add_mapping(&w, 5, B, 7, -EPERM);
	/* Here B has the id, with another key. */
	add_row(&w, 6, A, 7, 1);
	add_row(&w, 6, B, 8, 0);
	add_mapping(&w, 6, B, 7, -EPERM);
	run(&w, true);
	expect(&w, 0, PLACED, A);
	expect(&w, 1, PLACED, A);
}

static void test_equal_ids_told_by_identity(void **state)
{
	struct world w = {0};

	(void)state;
	/* All keys are 0. One process of B holds A's segment: the numbers do not fit. */
	add_row(&w, 0, A, 0, 2)->changed = 1000;
	add_row(&w, 0, B, 0, 1)->size = 8192;
	add_mapping(&w, 0, A, 0, 0);
	add_mapping(&w, 0, B, 0, 0);
	add_mapping(&w, 0, B, 0, 0);
	w.truths[0].created = w.truths[1].created = 1000;
	w.truths[2].size = 8192;
	run(&w, true);
	expect(&w, 0, PLACED, A);
	expect(&w, 1, PLACED, A);
	expect(&w, 2, PLACED, B);
}

static void test_equal_ids_not_told(void **state)
{
	struct world w = {0};

	(void)state;
	add_row(&w, 0, A, 0, 2);
	add_row(&w, 0, B, 0, 1);
	add_mapping(&w, 0, A, 0, -EPERM);
	add_mapping(&w, 0, B, 0, -EPERM);
	add_mapping(&w, 0, B, 0, -EPERM);
	run(&w, true);
	/* Two of B are one too many there: which one is a guess, and A's is not. */
	expect(&w, 0, PLACED, A);
	expect(&w, 1, PLACED_AMBIGUOUS, 0);
	expect(&w, 2, PLACED_AMBIGUOUS, 0);
}

static void test_both_alike(void **state)
{
	struct world w = {0};

	(void)state;
	/* From C, and it could be either; size and time are equal. */
	add_row(&w, 0, A, 0, 1);
	add_row(&w, 0, B, 0, 1);
	add_mapping(&w, 0, C, 0, 0);
	run(&w, true);
	expect(&w, 0, PLACED_AMBIGUOUS, 0);
}

static void test_nattch_used_up(void **state)
{
	struct world w = {0};

	(void)state;
	/* Alike in all, but nobody can have attached that of its own namespace. */
	add_row(&w, 0, A, 0, 1);
	add_row(&w, 0, B, 0, 0);
	add_mapping(&w, 0, B, 0, 0);
	run(&w, true);
	expect(&w, 0, PLACED, A);
}

static void test_of_no_known_namespace(void **state)
{
	struct world w = {0};

	(void)state;
	/* The key would fit, as that of what is marked is not known; the size does not. */
	add_row(&w, 0, A, 0, 1)->marked = true;
	add_mapping(&w, 0, A, 5, 0);
	add_mapping(&w, 0, B, 6, 0);
	w.truths[1].size = 8192;
	run(&w, true);
	expect(&w, 0, PLACED, A);
	expect(&w, 1, PLACED_NOWHERE, 0);
}

static void test_others_hidden(void **state)
{
	struct world w = {0};

	(void)state;
	/* An ordinary user sees one of many. */
	add_row(&w, 0, A, 0, 20);
	add_mapping(&w, 0, A, 0, -EPERM);
	run(&w, false);
	expect(&w, 0, PLACED, A);
	assert_int_equal(w.looks, 0);
}

static void test_marked(void **state)
{
	struct world w = {0};

	(void)state;
	add_row(&w, 0, A, 0, 1)->marked = true;
	add_row(&w, 1, A, 9, 1);
	add_mapping(&w, 0, A, 0x1234, -EPERM);
	add_mapping(&w, 1, A, 0x1234, -EPERM); /* of a namespace that nobody is in */
	add_mapping(&w, 2, A, 0, -EPERM);
	run(&w, true);
	expect(&w, 0, PLACED, A);
	expect(&w, 1, PLACED_NOWHERE, 0);
	expect(&w, 2, PLACED_NOWHERE, 0);
}

static void test_gone_meanwhile(void **state)
{
	struct world w = {0};

	(void)state;
	/* One was unmapped before the table was read. */
	add_row(&w, 0, A, 0, 1);
	add_mapping(&w, 0, A, 0, 0);
	add_mapping(&w, 0, A, 0, -ENOENT);
	run(&w, true);
	expect(&w, 0, PLACED, A);
	expect(&w, 1, PLACED, A);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_home),
		cmocka_unit_test(test_carried_away),
		cmocka_unit_test(test_equal_ids_told_by_identity),
		cmocka_unit_test(test_equal_ids_not_told),
		cmocka_unit_test(test_both_alike),
		cmocka_unit_test(test_nattch_used_up),
		cmocka_unit_test(test_of_no_known_namespace),
		cmocka_unit_test(test_others_hidden),
		cmocka_unit_test(test_marked),
		cmocka_unit_test(test_gone_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
