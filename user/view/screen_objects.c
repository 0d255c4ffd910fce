// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen's lists of objects: segments, semaphore sets, queues, and what of all is leaked.
 */
#include <string.h>

#include "view/screen_internal.h"

static void put_kind(struct buffer *out, const struct screen *screen, const void *row)
{
	const struct object_row *object = row;

	(void)screen;
	buffer__put_str(out, object_kind__name(object->info.kind));
}

static void value_kind(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.kind;
}

static void put_id(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	buffer__put_s64(out, ((const struct object_row *)row)->info.id);
}

static void value_id(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.id;
}

static void put_key(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	screen__put_hex(out, ((const struct object_row *)row)->info.key);
}

static void value_key(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.key;
}

static void put_size(struct buffer *out, const struct screen *screen, const void *row)
{
	const struct object_row *object = row;

	(void)screen;
	if (object->info.kind == OBJECT_SHM)
		screen__put_bytes(out, object->info.size);
	else if (object->info.kind == OBJECT_SEM)
		screen__put_count(out, object->info.size, 7);
	else
		buffer__put_char(out, '-');
}

static void put_semaphores(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	screen__put_count(out, ((const struct object_row *)row)->info.size, 10);
}

static void value_size(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.size;
}

static void put_nattch(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	screen__put_count(out, ((const struct object_row *)row)->info.nattch, 6);
}

static void value_nattch(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.nattch;
}

static void put_state(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	buffer__put_str(out, object_state__name(((const struct object_row *)row)->info.state));
}

static void value_state(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.state;
}

static enum screen_style style_state(const void *row)
{
	switch (((const struct object_row *)row)->info.state) {
	case STATE_IN_USE:
		return STYLE_GOOD;
	case STATE_ORPHAN:
		return STYLE_BAD;
	case STATE_DOOMED:
		return STYLE_WARN;
	case STATE_UNKNOWN:
		return STYLE_DIM;
	default:
		return STYLE_NORMAL;
	}
}

static void put_creator(struct buffer *out, const struct screen *screen, const void *row)
{
	const struct object_row *object = row;

	(void)screen;
	if (object->info.creator)
		buffer__put_u64(out, object->info.creator);
	else
		buffer__put_char(out, '?');
}

static void value_creator(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.creator;
}

static void put_comm(struct buffer *out, const struct screen *screen, const void *row)
{
	const struct object_row *object = row;

	if (object->creator_known)
		screen__put_comm(out, object->comm, screen->options.utf8);
	else
		buffer__put_char(out, '?');
}

static void value_comm(struct row_order *order, const void *row)
{
	screen__value_comm(order, ((const struct object_row *)row)->comm);
}

static void put_ended(struct buffer *out, const struct screen *screen, const void *row)
{
	const struct object_row *object = row;

	(void)screen;
	if (object->creator_known)
		screen__put_ending(out, object->creator_alive, object->creator_status);
	else
		buffer__put_str(out, object->info.creator ? "ended" : "?");
}

static void value_ended(struct row_order *order, const void *row)
{
	const struct object_row *object = row;

	order->value = !object->creator_known  ? UINT64_MAX
		       : object->creator_alive ? 0
					       : 1 + (uint64_t)object->creator_status;
}

static void put_ipcns(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	buffer__put_u64(out, ((const struct object_row *)row)->info.ipcns);
}

static void value_ipcns(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.ipcns;
}

static void put_last(struct buffer *out, const struct screen *screen, const void *row)
{
	screen__put_age(out, ((const struct object_row *)row)->info.last_ns, screen->head.now_ns);
}

static void value_last(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.last_ns;
}

static void put_age(struct buffer *out, const struct screen *screen, const void *row)
{
	screen__put_age(out, ((const struct object_row *)row)->info.created_ns,
			screen->head.now_ns);
}

static void value_age(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.created_ns;
}

static void put_known(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	buffer__put_str(out,
			((const struct object_row *)row)->info.observed ? "observed" : "inferred");
}

static void value_known(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.observed;
}

static void put_container(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	buffer__put_str(out, ((const struct object_row *)row)->container);
}

static void value_container(struct row_order *order, const void *row)
{
	screen__value_comm(order, ((const struct object_row *)row)->container);
}

static void put_mode(struct buffer *out, const struct screen *screen, const void *row)
{
	const uint32_t mode = ((const struct object_row *)row)->info.mode;

	(void)screen;
	for (int shift = 6; shift >= 0; shift -= 3)
		buffer__put_char(out, '0' + (mode >> shift & 7));
}

static void value_mode(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.mode & 0777;
}

static void put_uid(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	buffer__put_u64(out, ((const struct object_row *)row)->info.uid);
}

static void value_uid(struct row_order *order, const void *row)
{
	order->value = ((const struct object_row *)row)->info.uid;
}

static void put_words(struct buffer *out, const void *row)
{
	const struct object_row *object = row;

	buffer__put_str(out, object_kind__name(object->info.kind));
	buffer__put_char(out, ' ');
	buffer__put_s64(out, object->info.id);
	buffer__put_char(out, ' ');
	screen__put_hex(out, object->info.key);
	buffer__put_char(out, ' ');
	buffer__put_str(out, object_state__name(object->info.state));
	buffer__put_char(out, ' ');
	buffer__put_u64(out, object->info.creator);
	buffer__put_char(out, ' ');
	buffer__put_str(out, object->comm);
	buffer__put_char(out, ' ');
	buffer__put_u64(out, object->info.ipcns);
	buffer__put_char(out, ' ');
	buffer__put_str(out, object->container);
}

static void name(struct row_name *name, const void *row)
{
	const struct object_row *object = row;

	name->a = (uint64_t)object->info.ipcns << 32 | object->info.kind;
	name->b = (uint32_t)object->info.id;
}

struct gathering {
	struct screen *screen;
	const struct ledger *ledger;
};

static bool add_object(void *context, const struct ledger_object *object)
{
	const struct gathering *gathering = context;
	struct screen *screen = gathering->screen;
	struct container_filter filter = {.pattern = screen->options.container};
	bool by_namespace;
	struct process_info owner;
	struct object_info info;
	struct object_row *row;

	ledger__object_info(object, &info);
	if (screen->list == LIST_LEAKS ? info.state != STATE_ORPHAN
				       : info.kind != (uint32_t)(screen->list - LIST_SEGMENTS))
		return true;
	if ((screen->chosen_ipcns && info.ipcns != screen->chosen_ipcns) ||
	    (screen->options.pid && info.creator != screen->options.pid))
		return true;
	if (!container_filter__passes(&filter, gathering->ledger, object, &info))
		return true;
	row = screen__add_row(screen);
	if (!row)
		return false;
	*row = (struct object_row){.info = info, .creator_known = info.owner != NULL};
	screen__keep_container(row->container,
			       ledger__container_of(gathering->ledger, &info, &by_namespace),
			       screen->options.utf8);
	row->info.owner = NULL;
	if (!info.owner)
		return true;
	ledger__process_info(info.owner, &owner);
	row->creator_alive = owner.alive;
	row->creator_status = owner.status;
	memcpy(row->comm, owner.comm, sizeof(row->comm));
	return true;
}

static void gather(struct screen *screen, const struct screen_facts *facts)
{
	struct gathering gathering = {.screen = screen, .ledger = facts->ledger};

	ledger__for_each_object(facts->ledger, add_object, &gathering);
}

/* clang-format off */
#define ID	{"ID", 10, 0, false, false, put_id, value_id, NULL}
#define KEY	{"KEY", 10, 0, false, false, put_key, value_key, NULL}
#define SIZE	{"SIZE", 7, 0, true, true, put_size, value_size, NULL}
#define STATE	{"STATE", 7, 0, false, false, put_state, value_state, style_state}
#define CREATOR	{"CREATOR", 7, 0, true, false, put_creator, value_creator, NULL}
#define COMM	{"COMM", 15, 0, false, false, put_comm, value_comm, NULL}
#define IPCNS	{"IPCNS", 10, 0, false, false, put_ipcns, value_ipcns, NULL}
#define LAST	{"LAST", 5, 1, true, true, put_last, value_last, NULL}
#define AGE	{"AGE", 5, 2, true, true, put_age, value_age, NULL}
#define KNOWN	{"KNOWN", 8, 3, false, false, put_known, value_known, NULL}
#define UID	{"UID", 10, 4, true, false, put_uid, value_uid, NULL}
#define MODE	{"MODE", 4, 5, true, false, put_mode, value_mode, NULL}
#define CONTAINER {"CONTAINER", 23, 6, false, false, put_container, value_container, NULL}
#define ENDED	{"ENDED", 8, 2, false, false, put_ended, value_ended, NULL}

static const struct screen_column segment_columns[] = {
	ID, KEY, SIZE, {"NATTCH", 6, 0, true, true, put_nattch, value_nattch, NULL},
	STATE, CREATOR, COMM, LAST, AGE, KNOWN, UID, MODE, CONTAINER, IPCNS};
static const struct screen_column set_columns[] = {
	ID, KEY, {"SEMS", 6, 0, true, true, put_semaphores, value_size, NULL},
	STATE, CREATOR, COMM, LAST, AGE, KNOWN, UID, MODE, CONTAINER, IPCNS};
static const struct screen_column queue_columns[] = {
	ID, KEY, STATE, CREATOR, COMM, LAST, AGE, KNOWN, UID, MODE, CONTAINER, IPCNS};
static const struct screen_column leak_columns[] = {
	{"KIND", 4, 0, false, false, put_kind, value_kind, NULL},
	ID, KEY, SIZE, LAST, CREATOR, COMM, ENDED, AGE, KNOWN, UID, MODE, CONTAINER, IPCNS};
/* clang-format on */

#define OBJECT_LIST(TITLE, COLUMNS, SORT, EMPTY)                                           \
	{                                                                                  \
		.title = TITLE, .row_size = sizeof(struct object_row), .columns = COLUMNS, \
		.n_columns = sizeof(COLUMNS) / sizeof(*COLUMNS), .first_sort = SORT,       \
		.gather = gather, .name = name, .put_words = put_words, .empty = EMPTY,    \
	}

const struct screen_list_ops screen_segments = OBJECT_LIST("Segments", segment_columns, 2,
							   "there are no segments");
const struct screen_list_ops screen_sets = OBJECT_LIST("Semaphores", set_columns, 2,
						       "there are no semaphore sets");
const struct screen_list_ops screen_queues = OBJECT_LIST("Queues", queue_columns, 0,
							 "there are no message queues");
const struct screen_list_ops screen_leaks = OBJECT_LIST("Leaks", leak_columns, 4,
							"nothing is leaked");
