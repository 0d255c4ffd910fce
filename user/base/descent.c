// SPDX-License-Identifier: GPL-2.0-only
#include "base/descent.h"

#include <errno.h>
#include <stdlib.h>

/* Without memory an insertion fails, instead of ending the program. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct descendant {
	uint32_t pid;
	UT_hash_handle hh;
};

struct descent {
	uint32_t root;
	struct descendant *all; /* without the root */
};

struct descent *descent__new(uint32_t root)
{
	struct descent *descent = calloc(1, sizeof(*descent));

	if (descent)
		descent->root = root;
	return descent;
}

static struct descendant *find(const struct descent *descent, uint32_t pid)
{
	struct descendant *found = NULL;

	if (descent->all)
		HASH_FIND(hh, descent->all, &pid, sizeof(pid), found);
	return found;
}

bool descent__has(const struct descent *descent, uint32_t pid)
{
	return pid && (pid == descent->root || find(descent, pid));
}

void descent__ended(struct descent *descent, uint32_t pid)
{
	struct descendant *found = find(descent, pid);

	if (!found)
		return;
	HASH_DELETE(hh, descent->all, found);
	free(found);
}

int descent__forked(struct descent *descent, uint32_t parent, uint32_t child)
{
	struct descendant *new;

	/* The number may have been that of a descendant whose end was not told. */
	descent__ended(descent, child);
	if (!child || !descent__has(descent, parent))
		return 0;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->pid = child;
	HASH_ADD(hh, descent->all, pid, sizeof(new->pid), new);
	if (!new->hh.tbl) {
		free(new);
		return -ENOMEM;
	}
	return 0;
}

void descent__free(struct descent *descent)
{
	struct descendant *one, *next;

	if (!descent)
		return;
	HASH_ITER (hh, descent->all, one, next) {
		HASH_DELETE(hh, descent->all, one);
		free(one);
	}
	free(descent);
}
