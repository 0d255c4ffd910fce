// SPDX-License-Identifier: GPL-2.0-only
#include "source/tables.h"
#include "base/clock.h"

#include <errno.h>
#include <string.h>

#define ATTEMPTS 8 /* at a page that changes */

struct reader {
	const struct bpf_source *source;
	uint64_t ns;
	uint32_t ipcns;
	uint32_t kind;
	uint64_t semaphores; /* looked at */
	struct object_table *table;
};

static int read_page(const struct reader *reader, uint32_t index, uint32_t semaphore,
		     const struct table_page **page)
{
	int err = -EAGAIN;

	for (int i = 0; err == -EAGAIN && i < ATTEMPTS; i++)
		err = bpf_source__read_table(reader->source, reader->ns, reader->kind, index,
					     semaphore, page);
	/* The memory may be another's by now. */
	return err ? err : (*page)->ipcns == reader->ipcns ? 0 : -ENOENT;
}

static int add_uses(const struct reader *reader, const struct table_page *page)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < page->n_uses && i < TABLE_USES_MAX; i++)
		err = objects__add_use(reader->table, reader->kind, page->uses[i].id,
				       page->uses[i].pid);
	return err;
}

static int add_objects(const struct reader *reader, const struct table_page *page)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < page->n_objects && i < TABLE_PAGE_SLOTS; i++) {
		const struct object_record *record = &page->objects[i];
		const struct object_row row = {
			.kind = reader->kind,
			.id = record->id,
			.key = record->key,
			.mode = record->mode,
			.uid = record->uid,
			.gid = record->gid,
			.size = record->size,
			.nattch = record->nattch,
			.creator = record->creator,
			.changed = record->changed,
		};

		err = objects__add_row(reader->table, &row);
	}
	return err;
}

/* Of one that has gone meanwhile nothing is read. */
static int read_operators(struct reader *reader, const struct object_record *set)
{
	const struct table_page *page;
	int err = 0;

	if (reader->semaphores + set->size > OBJECTS_SEMAPHORES_MAX) {
		reader->table->sets_unreadable++;
		return 0;
	}
	reader->semaphores += set->size;
	for (uint64_t at = TABLE_OPERATORS_IN; !err && at < set->size; at += TABLE_OPERATORS_MAX) {
		err = read_page(reader, set->index, at, &page);
		if (!err)
			err = add_uses(reader, page);
	}
	return err;
}

static int add_page(struct reader *reader, const struct table_page *page)
{
	struct object_record large[TABLE_PAGE_SLOTS];
	size_t n_large = 0;
	int err = add_objects(reader, page);

	if (!err)
		err = add_uses(reader, page);
	/* The page is that of the next one then. */
	for (uint32_t i = 0; reader->kind == OBJECT_SEM && i < page->n_objects; i++)
		if (page->objects[i].size > TABLE_OPERATORS_IN && n_large < TABLE_PAGE_SLOTS)
			large[n_large++] = page->objects[i];
	for (size_t i = 0; !err && i < n_large; i++)
		err = read_operators(reader, &large[i]);
	return err;
}

static int read_kind(struct reader *reader, uint32_t kind)
{
	const struct table_page *page;
	int32_t last = 0;
	int err = 0;

	reader->kind = kind;
	for (int32_t at = 0; !err && at <= last; at += TABLE_PAGE_SLOTS) {
		err = read_page(reader, at, 0, &page);
		if (err)
			break;
		last = page->last;
		if (!at)
			reader->table->limits = page->limits;
		err = add_page(reader, page);
	}
	return err;
}

int tables__read(const struct bpf_source *source, uint64_t ns, uint32_t ipcns,
		 struct object_table *table)
{
	struct reader reader = {.source = source, .ns = ns, .ipcns = ipcns, .table = table};
	int err;

	memset(table, 0, sizeof(*table));
	table->time_ns = clock__ns(CLOCK_MONOTONIC);
	err = read_kind(&reader, OBJECT_SHM);
	if (!err)
		err = read_kind(&reader, OBJECT_SEM);
	if (!err)
		err = read_kind(&reader, OBJECT_MSG);
	return err;
}
