// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table and the pool of the ledger, against arrays that say what must be in them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/pool.h"

#define KEYS  5000
#define STEPS 200000

struct thing {
	uint32_t key[3];
	bool in;
	uint32_t met;
};

struct fixture {
	struct hash hash;
	struct thing things[KEYS];
	uint32_t key_size;
	uint64_t random;
};

static uint32_t draw(struct fixture *f, uint32_t below)
{
	f->random = f->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (f->random >> 33) % below;
}

static struct fixture *fixture_new(uint32_t key_size)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->random = key_size;
	f->key_size = key_size;
	hash__init(&f->hash, key_size);
	/* Keys that differ in a single word, each in its turn. */
	for (uint32_t i = 0; i < KEYS; i++)
		f->things[i].key[i % (key_size / 4)] = i + 1;
	return f;
}

static void fixture_free(struct fixture *f)
{
	hash__free(&f->hash);
	free(f);
}

static void toggle(struct fixture *f, struct thing *thing)
{
	if (thing->in)
		hash__remove(&f->hash, thing);
	else
		assert_true(hash__add(&f->hash, thing));
	thing->in = !thing->in;
}

static size_t check_all(struct fixture *f)
{
	size_t count = 0;

	for (size_t i = 0; i < KEYS; i++) {
		struct thing *thing = &f->things[i];

		assert_ptr_equal(hash__find(&f->hash, thing->key, f->key_size),
				 thing->in ? thing : NULL);
		count += thing->in;
	}
	assert_int_equal(f->hash.count, count);
	return count;
}

static void check_key_size(uint32_t key_size)
{
	struct fixture *f = fixture_new(key_size);

	assert_null(hash__find(&f->hash, f->things[0].key, key_size));
	for (size_t step = 0; step < STEPS; step++) {
		toggle(f, &f->things[draw(f, KEYS)]);
		if (step % (STEPS / 50) == 0)
			check_all(f);
	}
	for (size_t i = 0; i < KEYS; i++)
		if (f->things[i].in)
			toggle(f, &f->things[i]);
	assert_int_equal(check_all(f), 0);
	fixture_free(f);
}

static void test_what_was_added_is_found(void **state)
{
	(void)state;
	check_key_size(4);
	check_key_size(8);
	check_key_size(12);
}

static void test_table_stays_small(void **state)
{
	struct fixture *f = fixture_new(4);

	(void)state;
	assert_int_equal(hash__bytes(&f->hash), 0);
	for (size_t i = 0; i < KEYS; i++)
		toggle(f, &f->things[i]);
	/* Eight bytes a place, at least three eighths of them taken. */
	assert_in_range(hash__bytes(&f->hash), KEYS * 8, KEYS * 8 * 8 / 3);
	fixture_free(f);
}

static size_t walk(struct fixture *f, uint32_t removed_of_eight)
{
	struct hash_walk walk = hash__walk(&f->hash);
	struct thing *thing;
	size_t met = 0;

	while ((thing = hash__next(&walk))) {
		assert_true(thing->in);
		met += !thing->met++;
		if (draw(f, 8) < removed_of_eight)
			toggle(f, thing);
	}
	return met;
}

static void test_walk_meets_each_once(void **state)
{
	struct fixture *f = fixture_new(12);

	(void)state;
	assert_int_equal(walk(f, 0), 0);
	for (size_t i = 0; i < KEYS; i++)
		toggle(f, &f->things[i]);
	assert_int_equal(walk(f, 0), KEYS);
	for (size_t i = 0; i < KEYS; i++)
		assert_int_equal(f->things[i].met, 1);
	fixture_free(f);
}

static void test_walk_misses_none_while_it_removes(void **state)
{
	struct fixture *f = fixture_new(8);

	(void)state;
	for (uint32_t removed = 1; removed <= 8; removed++) {
		size_t count = 0;

		for (size_t i = 0; i < KEYS; i++) {
			if (!f->things[i].in)
				toggle(f, &f->things[i]);
			f->things[i].met = 0;
		}
		assert_int_equal(walk(f, removed), KEYS);
		for (size_t i = 0; i < KEYS; i++)
			count += f->things[i].in;
		assert_int_equal(check_all(f), count);
	}
	assert_int_equal(f->hash.count, 0);
	fixture_free(f);
}

static void test_walk_misses_none_while_others_go(void **state)
{
	struct fixture *f = fixture_new(4);
	struct hash_walk walk;
	struct thing *thing;

	(void)state;
	for (size_t i = 0; i < KEYS; i++)
		toggle(f, &f->things[i]);
	walk = hash__walk(&f->hash);
	while ((thing = hash__next(&walk))) {
		struct thing *other = &f->things[draw(f, KEYS)];

		thing->met++;
		if (other->in && other != thing)
			toggle(f, other);
	}
	for (size_t i = 0; i < KEYS; i++)
		assert_true(!f->things[i].in || f->things[i].met);
	fixture_free(f);
}

struct element {
	void *self;
	char rest[64];
};

static void test_pool(void **state)
{
	static struct element *elements[20000];
	const size_t n = sizeof(elements) / sizeof(*elements);
	struct pool pool;

	(void)state;
	pool__init(&pool, sizeof(struct element));
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < n; i++) {
			if (elements[i])
				continue;
			elements[i] = pool__alloc(&pool);
			assert_non_null(elements[i]);
			for (size_t at = 0; at < sizeof(struct element); at++)
				assert_int_equal(((char *)elements[i])[at], 0);
			memset(elements[i], 0xff, sizeof(struct element));
			elements[i]->self = elements[i];
		}
		assert_int_equal(pool.used, n);
		/* Nobody has written into another's. */
		for (size_t i = 0; i < n; i++)
			assert_ptr_equal(elements[i]->self, elements[i]);
		for (size_t i = 0; i < n; i += 3) {
			pool__free(&pool, elements[i]);
			elements[i] = NULL;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (elements[i])
			pool__free(&pool, elements[i]);
	assert_int_equal(pool.used, 0);
	assert_int_equal(pool.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_added_is_found),
		cmocka_unit_test(test_table_stays_small),
		cmocka_unit_test(test_walk_meets_each_once),
		cmocka_unit_test(test_walk_misses_none_while_it_removes),
		cmocka_unit_test(test_walk_misses_none_while_others_go),
		cmocka_unit_test(test_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
