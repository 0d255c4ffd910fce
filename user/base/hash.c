// SPDX-License-Identifier: GPL-2.0-only
#include "base/hash.h"

#include <stdlib.h>
#include <sys/mman.h>

#define SLOTS_MIN    16UL
#define DISTANCE_MAX 255U
#define HUGE_PAGE    (2UL << 20)
#define AHEAD	     8 /* structs fetched before a walk comes to them */

void hash__init(struct hash *hash, uint32_t key_size)
{
	*hash = (struct hash){.key_size = key_size};
}

void hash__free(struct hash *hash)
{
	free(hash->slots);
	hash__init(hash, hash->key_size);
}

size_t hash__bytes(const struct hash *hash)
{
	return hash->slots ? (hash->mask + 1) * sizeof(*hash->slots) : 0;
}

static uint64_t *new_slots(size_t n)
{
	const size_t bytes = n * sizeof(uint64_t);
	uint64_t *slots;

	if (bytes < HUGE_PAGE)
		return calloc(n, sizeof(*slots));
	slots = aligned_alloc(HUGE_PAGE, bytes);
	if (!slots)
		return NULL;
	madvise(slots, bytes, MADV_HUGEPAGE);
	return memset(slots, 0, bytes);
}

/*
 * Who is farther from its place stays, the other goes on. false: one would be farther away than can
 * be said, and nothing has changed; with this few structs a table only the worst of codes do that.
 */
static bool fits(const struct hash *hash, uint64_t code)
{
	uint32_t distance = 0;

	for (size_t at = code & hash->mask;; at = (at + 1) & hash->mask) {
		const uint64_t there = hash->slots[at];

		if (!there)
			return true;
		if ((there & 0xff) < distance)
			distance = there & 0xff;
		if (distance == DISTANCE_MAX)
			return false;
		distance++;
	}
}

static bool place(struct hash *hash, uint64_t code, const void *element)
{
	uint64_t slot = (uint64_t)(uintptr_t)element << 16 | code >> 56 << 8;

	if (!fits(hash, code))
		return false;
	for (size_t at = code & hash->mask;; at = (at + 1) & hash->mask) {
		const uint64_t there = hash->slots[at];

		if (!there) {
			hash->slots[at] = slot;
			return true;
		}
		if ((there & 0xff) < (slot & 0xff)) {
			hash->slots[at] = slot;
			slot = there;
		}
		slot++;
	}
}

static bool grow(struct hash *hash, size_t n)
{
	struct hash larger = {.mask = n - 1, .count = hash->count, .key_size = hash->key_size};

	larger.slots = new_slots(n);
	if (!larger.slots)
		return false;
	for (size_t i = 0; hash->slots && i <= hash->mask; i++) {
		void *element = hash__element(hash->slots[i]);

		if (i + AHEAD <= hash->mask)
			__builtin_prefetch(hash__element(hash->slots[i + AHEAD]));
		if (element && !place(&larger, hash__code(element, hash->key_size), element)) {
			free(larger.slots);
			return grow(hash, n * 2);
		}
	}
	free(hash->slots);
	*hash = larger;
	return true;
}

bool hash__add(struct hash *hash, void *element)
{
	const uint64_t code = hash__code(element, hash->key_size);
	const size_t n = hash->slots ? hash->mask + 1 : 0;

	/* At most three quarters full: beyond that distances grow fast. */
	if (4 * (hash->count + 1) > 3 * n && !grow(hash, n ? n * 2 : SLOTS_MIN))
		return false;
	while (!place(hash, code, element))
		if (!grow(hash, 2 * (hash->mask + 1)))
			return false;
	hash->count++;
	return true;
}

void hash__remove(struct hash *hash, const void *element)
{
	const uint64_t code = hash__code(element, hash->key_size);
	size_t at = code & hash->mask, next;

	while (hash__element(hash->slots[at]) != element)
		at = (at + 1) & hash->mask;
	/* Those behind it come one nearer to their places, up to one that is at its own. */
	for (;; at = next) {
		next = (at + 1) & hash->mask;
		if (!(hash->slots[next] & 0xff))
			break;
		hash->slots[at] = hash->slots[next] - 1;
	}
	hash->slots[at] = 0;
	hash->count--;
}

/*
 * Backwards, from an empty place on: what a removal moves, moves backwards too, and never across an
 * empty place, so nothing comes to where the walk has been already without having been met.
 */
struct hash_walk hash__walk(const struct hash *hash)
{
	struct hash_walk walk = {.hash = hash};

	while (hash->slots && hash->slots[walk.end])
		walk.end++;
	walk.at = walk.end;
	return walk;
}

void *hash__next(struct hash_walk *walk)
{
	const struct hash *hash = walk->hash;

	if (!hash->slots)
		return NULL;
	for (;;) {
		walk->at = (walk->at - 1) & hash->mask;
		if (walk->at == walk->end)
			return NULL;
		__builtin_prefetch(hash__element(hash->slots[(walk->at - AHEAD) & hash->mask]));
		if (hash->slots[walk->at])
			return hash__element(hash->slots[walk->at]);
	}
}
