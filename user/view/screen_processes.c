// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen's list of processes.
 */
#include <string.h>

#include "view/screen_internal.h"
#include "view/words.h"

static const struct process_info *process_of(const void *row)
{
	return &((const struct process_row *)row)->info;
}

static void put_container(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	buffer__put_str(out, ((const struct process_row *)row)->container);
}

static void value_container(struct row_order *order, const void *row)
{
	screen__value_comm(order, ((const struct process_row *)row)->container);
}

static void put_pid(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	buffer__put_u64(out, process_of(row)->pid);
}

static void put_comm(struct buffer *out, const struct screen *screen, const void *row)
{
	screen__put_comm(out, process_of(row)->comm, screen->options.utf8);
}

static void value_comm(struct row_order *order, const void *row)
{
	screen__value_comm(order, process_of(row)->comm);
}

static void put_state(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	screen__put_ending(out, process_of(row)->alive, process_of(row)->status);
}

static void value_state(struct row_order *order, const void *row)
{
	order->value = process_of(row)->alive ? 0 : 1 + (uint64_t)process_of(row)->status;
}

static enum screen_style style_state(const void *row)
{
	return process_of(row)->alive ? STYLE_GOOD : STYLE_DIM;
}

static enum screen_style style_enospc(const void *row)
{
	return process_of(row)->enospc ? STYLE_WARN : STYLE_NORMAL;
}

static enum screen_style style_leaked(const void *row)
{
	return process_of(row)->leaked ? STYLE_BAD : STYLE_NORMAL;
}

static void put_bytes(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	screen__put_bytes(out, process_of(row)->existing_bytes);
}

static void put_attached(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	screen__put_bytes(out, process_of(row)->attached_bytes);
}

static void put_peak(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	screen__put_bytes(out, process_of(row)->peak_bytes);
}

/* "ENOENT 4, EINVAL 1" */
static void put_errors(struct buffer *out, const struct screen *screen, const void *row)
{
	const struct process_info *process = process_of(row);
	const char *name;

	(void)screen;
	for (int i = 0; i < LEDGER_ERRNOS && process->errnos[i].number; i++) {
		name = words__errno_name(process->errnos[i].number);
		if (i)
			buffer__put_str(out, ", ");
		buffer__put_str(out, name ? name : "?");
		buffer__put_char(out, ' ');
		buffer__put_u64(out, process->errnos[i].count);
	}
}

#define PUT_COUNT(field, width)                                                                   \
	static void put_##field(struct buffer *out, const struct screen *screen, const void *row) \
	{                                                                                         \
		(void)screen;                                                                     \
		screen__put_count(out, process_of(row)->field, width);                            \
	}
PUT_COUNT(calls, 7)
PUT_COUNT(failed, 6)
PUT_COUNT(enospc, 6)
PUT_COUNT(created, 7)
PUT_COUNT(existing, 6)
PUT_COUNT(leaked, 6)
PUT_COUNT(uid, 10)

#define VALUE(field)                                                        \
	static void value_##field(struct row_order *order, const void *row) \
	{                                                                   \
		order->value = process_of(row)->field;                      \
	}
VALUE(pid)
VALUE(calls)
VALUE(failed)
VALUE(enospc)
VALUE(created)
VALUE(existing)
VALUE(existing_bytes)
VALUE(attached_bytes)
VALUE(peak_bytes)
VALUE(leaked)
VALUE(uid)

/* clang-format off */
static const struct screen_column columns[] = {
	{"PID", 7, 0, true, false, put_pid, value_pid, NULL},
	{"COMM", 15, 0, false, false, put_comm, value_comm, NULL},
	{"STATE", 8, 0, false, false, put_state, value_state, style_state},
	{"CALLS", 7, 0, true, true, put_calls, value_calls, NULL},
	{"FAILED", 6, 0, true, true, put_failed, value_failed, NULL},
	{"ENOSPC", 6, 1, true, true, put_enospc, value_enospc, style_enospc},
	{"CREATED", 7, 2, true, true, put_created, value_created, NULL},
	{"LEFT", 6, 0, true, true, put_existing, value_existing, NULL},
	{"BYTES", 7, 0, true, true, put_bytes, value_existing_bytes, NULL},
	{"ATTACHED", 8, 0, true, true, put_attached, value_attached_bytes, NULL},
	{"PEAK", 7, 3, true, true, put_peak, value_peak_bytes, NULL},
	{"LEAKED", 6, 0, true, true, put_leaked, value_leaked, style_leaked},
	{"UID", 10, 4, true, false, put_uid, value_uid, NULL},
	{"CONTAINER", 23, 5, false, false, put_container, value_container, NULL},
	{"ERRORS", 20, 6, false, true, put_errors, value_failed, NULL},
};
/* clang-format on */

/* The column of a key of --sort. */
size_t screen__process_sort(enum ledger_sort sort)
{
	static const size_t of_sort[] = {
		[SORT_BYTES] = 8,  [SORT_ATTACHED] = 9, [SORT_CALLS] = 3,
		[SORT_FAILED] = 4, [SORT_LEAKED] = 11,	[SORT_PID] = 0,
	};

	return of_sort[sort];
}

static bool add_process(void *context, const struct ledger_process *process)
{
	struct screen *screen = context;
	const struct container_filter filter = {.pattern = screen->options.container};
	struct process_info info;
	struct process_row *row;

	ledger__process_info(process, &info);
	/* Of the many that never touched System V IPC there is nothing to say. */
	if ((screen->options.pid && info.pid != screen->options.pid) ||
	    !container_filter__passes_process(&filter, &info) ||
	    !(info.calls || info.created || info.existing || info.attached || info.leaked))
		return true;
	row = screen__add_row(screen);
	if (!row)
		return false;
	screen__keep_container(row->container, info.container, screen->options.utf8);
	row->info = info;
	row->info.container = NULL;
	return true;
}

static void gather(struct screen *screen, const struct screen_facts *facts)
{
	ledger__for_each_process(facts->ledger, add_process, screen);
}

static void name(struct row_name *name, const void *row)
{
	name->a = process_of(row)->pid;
	name->b = process_of(row)->start_ns;
}

static void put_words(struct buffer *out, const void *row)
{
	const struct process_info *process = process_of(row);

	buffer__put_u64(out, process->pid);
	buffer__put_char(out, ' ');
	buffer__put_str(out, process->comm);
	buffer__put_char(out, ' ');
	screen__put_ending(out, process->alive, process->status);
	buffer__put_char(out, ' ');
	put_errors(out, NULL, row);
	buffer__put_char(out, ' ');
	put_container(out, NULL, row);
}

const struct screen_list_ops screen_processes = {
	.title = "Processes",
	.row_size = sizeof(struct process_row),
	.columns = columns,
	.n_columns = sizeof(columns) / sizeof(*columns),
	.first_sort = 8,
	.gather = gather,
	.name = name,
	.put_words = put_words,
	.empty = "no process has made a call or attached anything yet",
};
