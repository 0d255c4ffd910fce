// SPDX-License-Identifier: GPL-2.0-only
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_MIN 4096UL
#define CHUNK_MAX (2UL << 20) /* the huge pages of x86_64, and of arm64 with pages of 4 KiB */
#define LINE	  64UL

struct pool_chunk {
	struct pool_chunk *next;
	size_t bytes;
};

void pool__init(struct pool *pool, size_t size)
{
	*pool = (struct pool){.size = (size + 7) & ~7UL};
}

/* Under AddressSanitizer each is its own, so that use after free and leaks are found. */
#if defined(__SANITIZE_ADDRESS__)
#define POOL_OF_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_OF_MALLOC 1
#endif
#endif

#ifdef POOL_OF_MALLOC

void *pool__alloc(struct pool *pool)
{
	void *element = calloc(1, pool->size);

	pool->used += element != NULL;
	return element;
}

void pool__free(struct pool *pool, void *element)
{
	pool->used--;
	free(element);
}

#else

static int add_chunk(struct pool *pool)
{
	const size_t last = pool->chunks ? pool->chunks->bytes : 0;
	size_t bytes = last ? last * 2 : CHUNK_MIN;
	struct pool_chunk *chunk;

	if (bytes > CHUNK_MAX)
		bytes = CHUNK_MAX;
	chunk = aligned_alloc(bytes, bytes);
	if (!chunk)
		return -1;
	/* Not of the first megabytes: who has few must not pay for many. */
	if (last == CHUNK_MAX)
		madvise(chunk, bytes, MADV_HUGEPAGE);
	chunk->next = pool->chunks;
	chunk->bytes = bytes;
	pool->chunks = chunk;
	pool->bytes += bytes;
	pool->fresh = (char *)chunk + LINE;
	pool->end = (char *)chunk + bytes;
	return 0;
}

void *pool__alloc(struct pool *pool)
{
	void *element = pool->free;

	if (element) {
		memcpy(&pool->free, element, sizeof(pool->free));
	} else {
		if ((size_t)(pool->end - pool->fresh) < pool->size && add_chunk(pool))
			return NULL;
		element = pool->fresh;
		pool->fresh += pool->size;
	}
	pool->used++;
	return memset(element, 0, pool->size);
}

static void clear(struct pool *pool)
{
	while (pool->chunks) {
		struct pool_chunk *chunk = pool->chunks;

		pool->chunks = chunk->next;
		free(chunk);
	}
	pool__init(pool, pool->size);
}

void pool__free(struct pool *pool, void *element)
{
	memcpy(element, &pool->free, sizeof(pool->free));
	pool->free = element;
	if (!--pool->used)
		clear(pool);
}

#endif
