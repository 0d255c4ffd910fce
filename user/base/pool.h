/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for very many structs of one size, which stay where they are. They lie side by side in
 * chunks that grow with their number, from a page to a huge page: malloc's header and rounding cost
 * 16 to 24 bytes of each, and small pages a miss of the TLB at each touch of a large table.
 */
#ifndef SHMTRACE_BASE_POOL_H
#define SHMTRACE_BASE_POOL_H

#include <stddef.h>

struct pool_chunk;

struct pool {
	size_t size;  /* of a struct, in bytes */
	size_t used;  /* structs given out */
	size_t bytes; /* of all chunks */
	struct pool_chunk *chunks;
	void *free;	   /* given back: each begins with the address of the next */
	char *fresh, *end; /* of the latest chunk, what was never given out */
};

/* A multiple of 64 bytes keeps each struct in as few cache lines as it can be. */
void pool__init(struct pool *pool, size_t size);
/* Zeroed, aligned to 8 bytes. NULL: out of memory. */
void *pool__alloc(struct pool *pool);
/* With the last one all memory goes back to the system. */
void pool__free(struct pool *pool, void *element);

#endif
