// SPDX-License-Identifier: GPL-2.0-only
#include "source/placing.h"

#include <errno.h>
#include <stdlib.h>

/* The rows and mappings of one id. */
struct group {
	struct placing *placing;
	struct placing_row *rows;
	size_t n_rows;
	const size_t *mappings; /* indices */
	size_t n_mappings;
};

static bool fits(const struct placing_row *row, const struct placing_mapping *mapping)
{
	return row->marked || row->key == mapping->key;
}

static struct placing_mapping *mapping_of(const struct group *group, size_t i)
{
	return &group->placing->mappings[group->mappings[i]];
}

static struct placing_row *own_row(const struct group *group, const struct placing_mapping *mapping)
{
	for (size_t i = 0; i < group->n_rows; i++)
		if (group->rows[i].ipcns == mapping->own && fits(&group->rows[i], mapping))
			return &group->rows[i];
	return NULL;
}

/* NULL: none fits, or several do. */
static struct placing_row *only_row(const struct group *group,
				    const struct placing_mapping *mapping, size_t *fitting)
{
	struct placing_row *found = NULL;

	*fitting = 0;
	for (size_t i = 0; i < group->n_rows; i++)
		if (fits(&group->rows[i], mapping)) {
			found = &group->rows[i];
			++*fitting;
		}
	return *fitting == 1 ? found : NULL;
}

static void place(struct placing_mapping *mapping, struct placing_row *row)
{
	mapping->result = PLACED;
	mapping->ipcns = row->ipcns;
	row->placed++;
}

static bool place_all_at_home(const struct group *group)
{
	bool fit = true;

	for (size_t i = 0; fit && i < group->n_mappings; i++) {
		struct placing_row *row = own_row(group, mapping_of(group, i));

		fit = row;
		if (row)
			place(mapping_of(group, i), row);
	}
	for (size_t i = 0; fit && i < group->n_rows; i++) {
		const struct placing_row *row = &group->rows[i];

		/* One row alone may be short of some: they were made since. */
		fit = row->placed <= row->nattch &&
		      (row->placed == row->nattch || group->n_rows == 1 ||
		       !group->placing->all_seen);
	}
	if (fit)
		return true;
	for (size_t i = 0; i < group->n_rows; i++)
		group->rows[i].placed = 0;
	return false;
}

/* Sets the result, and returns false where it does not tell. */
static bool place_by_identity(const struct group *group, size_t i)
{
	struct placing_mapping *mapping = mapping_of(group, i);
	const struct placing *placing = group->placing;
	struct placing_row *found = NULL;
	uint64_t size;
	int64_t created;
	int err;

	err = placing->identify(placing->context, group->mappings[i], &size, &created);
	if (err == -ENOENT) {
		/* Unmapped by now: where it was matters little, and that it was is no riddle. */
		found = own_row(group, mapping);
		if (found)
			place(mapping, found);
		else
			mapping->result = PLACED_NOWHERE;
		return true;
	}
	if (err)
		return false;
	for (size_t r = 0; r < group->n_rows; r++) {
		struct placing_row *row = &group->rows[r];

		/*
		 * The kernel makes the file first, then stamps the row; IPC_SET stamps it again.
		 * What is still mapped now was so when the table was read: it is in the count.
		 */
		if (!fits(row, mapping) || row->size != size || row->changed < created ||
		    row->certain == row->nattch)
			continue;
		if (found)
			return false;
		found = row;
	}
	if (found) {
		place(mapping, found);
		found->certain++;
	} else {
		mapping->result = PLACED_NOWHERE;
	}
	return true;
}

/* How many that are not placed yet would go to that row by rule 4. */
static uint32_t wanted(const struct group *group, const struct placing_row *row)
{
	uint32_t count = 0;

	for (size_t i = 0; i < group->n_mappings; i++) {
		const struct placing_mapping *mapping = mapping_of(group, i);
		const struct placing_row *home = own_row(group, mapping);
		size_t fitting;

		if (mapping->result == PLACED_AMBIGUOUS)
			count += row == (home ? home : only_row(group, mapping, &fitting));
	}
	return count;
}

static void place_by_home(const struct group *group)
{
	bool enough[group->n_rows];

	for (size_t r = 0; r < group->n_rows; r++)
		enough[r] = group->rows[r].placed + wanted(group, &group->rows[r]) <=
			    group->rows[r].nattch;
	for (size_t i = 0; i < group->n_mappings; i++) {
		struct placing_mapping *mapping = mapping_of(group, i);
		struct placing_row *row = own_row(group, mapping);
		size_t fitting;

		if (mapping->result != PLACED_AMBIGUOUS)
			continue;
		if (!row)
			row = only_row(group, mapping, &fitting);
		if (row && enough[row - group->rows])
			place(mapping, row);
	}
}

/* Those whose own namespace may have it come first, and use up its nattch. */
static bool place_each(const struct group *group, bool at_home)
{
	bool all = true;

	for (size_t i = 0; i < group->n_mappings; i++) {
		struct placing_mapping *mapping = mapping_of(group, i);
		size_t fitting;

		if (at_home != (own_row(group, mapping) != NULL))
			continue;
		mapping->ipcns = 0;
		only_row(group, mapping, &fitting);
		mapping->result = fitting ? PLACED_AMBIGUOUS : PLACED_NOWHERE;
		if (fitting && !place_by_identity(group, i))
			all = false;
	}
	return all;
}

static void place_group(const struct group *group)
{
	bool all;

	if (place_all_at_home(group))
		return;
	all = place_each(group, true);
	all &= place_each(group, false);
	if (!all)
		place_by_home(group);
}

static int compare_rows(const void *a, const void *b)
{
	const struct placing_row *p = a, *q = b;

	return p->id != q->id ? (p->id > q->id) - (p->id < q->id)
			      : (p->ipcns > q->ipcns) - (p->ipcns < q->ipcns);
}

static int compare_indices(const void *a, const void *b, void *context)
{
	const struct placing_mapping *mappings = context;
	int32_t p = mappings[*(const size_t *)a].id, q = mappings[*(const size_t *)b].id;

	return (p > q) - (p < q);
}

int placing__run(struct placing *placing)
{
	size_t *order = calloc(placing->n_mappings + 1, sizeof(*order));
	size_t row = 0;

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < placing->n_mappings; i++)
		order[i] = i;
	qsort_r(order, placing->n_mappings, sizeof(*order), compare_indices, placing->mappings);
	if (placing->n_rows)
		qsort(placing->rows, placing->n_rows, sizeof(*placing->rows), compare_rows);
	for (size_t i = 0, next; i < placing->n_mappings; i = next) {
		struct group group = {.placing = placing, .mappings = order + i};
		int32_t id = placing->mappings[order[i]].id;

		for (next = i; next < placing->n_mappings; next++)
			if (placing->mappings[order[next]].id != id)
				break;
		group.n_mappings = next - i;
		while (row < placing->n_rows && placing->rows[row].id < id)
			row++;
		group.rows = placing->rows + row;
		while (row + group.n_rows < placing->n_rows && group.rows[group.n_rows].id == id)
			group.n_rows++;
		place_group(&group);
	}
	free(order);
	return 0;
}
