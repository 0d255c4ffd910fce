/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds structs that begin with their key: open addressing, Robin Hood order, 8 bytes a place, so
 * that a look touches one cache line of the table and the struct itself. uthash keeps 56 bytes in
 * each struct and touches three lines more, of those beside it in its lists.
 *
 * The keys have no padding. The structs are the caller's and must not move; their addresses are
 * below 1 << 48, as all are that were not asked for beyond that (x86_64, arm64). The functions of
 * the hot paths are inline so that the size of the key is known where they are compiled.
 */
#ifndef SHMTRACE_BASE_HASH_H
#define SHMTRACE_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_NEAR 4 /* places from where the code says: most structs are in one of them */

struct hash {
	/* Address << 16 | 8 bits of the code << 8 | distance from where the code says; 0: empty. */
	uint64_t *slots;
	size_t mask; /* slots - 1; 0: none yet */
	size_t count;
	uint32_t key_size; /* bytes: 4, 8 or 12 */
};

/* No memory is taken before the first one is added. */
void hash__init(struct hash *hash, uint32_t key_size);
/* The structs are left alone. */
void hash__free(struct hash *hash);
/* No struct of that key may be there. false: out of memory, and nothing has changed. */
bool hash__add(struct hash *hash, void *element);
/* It must be there. */
void hash__remove(struct hash *hash, const void *element);
/* Of the table itself. */
size_t hash__bytes(const struct hash *hash);

/* Of a key by its words: the first two as one, little-endian, and the third. */
static inline uint64_t hash__mix(uint64_t first, uint32_t second)
{
	__extension__ unsigned __int128 product = first ^ 0x9e3779b97f4a7c15ULL;

	/* Both halves of a wide product: every bit of the key reaches every bit of the code. */
	product *= second * 0xd6e8feb86659fd93ULL ^ 0xe7037ed1a0b428dbULL;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

struct hash_words {
	uint64_t first;
	uint32_t second;
};

/* Word by word, as it has mostly just been written: a load of two words that were stored one by one
 * waits until both have left the processor. */
static inline struct hash_words hash__words(const void *key, uint32_t key_size)
{
	typedef const volatile uint32_t __attribute__((may_alias)) word;
	word *words = key;

	return (struct hash_words){
		.first = words[0] | (key_size > 4 ? (uint64_t)words[1] << 32 : 0),
		.second = key_size > 8 ? words[2] : 0,
	};
}

static inline uint64_t hash__code(const void *key, uint32_t key_size)
{
	const struct hash_words words = hash__words(key, key_size);

	return hash__mix(words.first, words.second);
}

static inline bool hash__has_key(const void *element, struct hash_words key, uint32_t key_size)
{
	struct hash_words words = {0};

	memcpy(&words.first, element, key_size < 8 ? key_size : 8);
	if (key_size > 8)
		memcpy(&words.second, (const char *)element + 8, key_size - 8);
	return words.first == key.first && words.second == key.second;
}

static inline void *hash__element(uint64_t slot)
{
	return (void *)(uintptr_t)(slot >> 16);
}

/*
 * The struct with that key or, by one chance in 256, another; it is not looked at. *rank says how
 * many of those there have been already: start with 0.
 */
static inline void *hash__candidate(const struct hash *hash, uint64_t code, uint32_t *rank)
{
	const uint64_t tag = code >> 56 << 8;

	if (!hash->slots)
		return NULL;
	for (;; (*rank)++) {
		const uint64_t slot = hash->slots[(code + *rank) & hash->mask];

		/* In order of distance: what is nearer to its own place has taken none of ours. */
		if (!slot || (slot & 0xff) < *rank)
			return NULL;
		if ((slot & 0xffff) == (tag | *rank))
			return hash__element(slot);
	}
}

/* Where a look will begin, into the cache: for who knows well before it looks. (gcc 12 drops
 * calls of a function that only fetches, unless it is inlined early.) */
static inline __attribute__((always_inline)) void hash__fetch(const struct hash *hash,
							      uint64_t code)
{
	if (!hash->slots)
		return;
	__builtin_prefetch(&hash->slots[code & hash->mask], 1);
	__builtin_prefetch(&hash->slots[(code + HASH_NEAR) & hash->mask], 1);
}

/* A struct that may be the one with that key, or not the one where there are two. NULL: none that
 * is near. Without branches: no processor can predict which of the places it is. */
static inline __attribute__((always_inline)) void *hash__guess(const struct hash *hash,
							       uint64_t code)
{
	const uint64_t tag = code >> 56 << 8;
	uint64_t found = 0;

	if (!hash->slots)
		return NULL;
	for (uint32_t rank = 0; rank < HASH_NEAR; rank++) {
		const uint64_t slot = hash->slots[(code + rank) & hash->mask];

		found = (slot & 0xffff) == (tag | rank) ? slot : found;
	}
	return hash__element(found);
}

static inline void *hash__find(const struct hash *hash, const void *key, uint32_t key_size)
{
	const struct hash_words words = hash__words(key, key_size);
	const uint64_t code = hash__mix(words.first, words.second);
	uint32_t rank = 0;

	for (;; rank++) {
		void *element = hash__candidate(hash, code, &rank);

		if (!element || hash__has_key(element, words, key_size))
			return element;
	}
}

/*
 * Walks over all, in no order. Meanwhile any may be removed, and none
 * added; one that stands where it has been already may then be met again.
 */
struct hash_walk {
	const struct hash *hash;
	size_t end, at;
};

struct hash_walk hash__walk(const struct hash *hash);
/* NULL: no more. */
void *hash__next(struct hash_walk *walk);

#endif
