/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays that grow at their end.
 */
#ifndef SHMTRACE_BASE_VECTOR_H
#define SHMTRACE_BASE_VECTOR_H

#include <stdlib.h>

/*
 * Makes room for one more behind the len elements of `size` bytes each. Returns the array, which
 * may have moved and which the caller frees; NULL: out of memory, and the old one is as it was.
 */
static inline void *vector__room(void *array, size_t len, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 64;

	if (len < *cap)
		return array;
	array = reallocarray(array, more, size);
	if (array)
		*cap = more;
	return array;
}

#endif
