// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen's list of failed gets, each with the first words of why.
 */
#include <string.h>

#include "view/screen_internal.h"
#include "view/words.h"

static const struct failure *failure_of(const void *row)
{
	return ((const struct failure_row *)row)->failure;
}

static void put_time(struct buffer *out, const struct screen *screen, const void *row)
{
	screen__put_clock(out, ((const struct failure_row *)row)->last_ns,
			  screen->head.clock_offset_ns);
}

static void value_time(struct row_order *order, const void *row)
{
	order->value = ((const struct failure_row *)row)->last_ns;
}

static void put_pid(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	if (failure_of(row)->pid)
		buffer__put_u64(out, failure_of(row)->pid);
	else
		buffer__put_char(out, '?');
}

static void value_pid(struct row_order *order, const void *row)
{
	order->value = failure_of(row)->pid;
}

static void put_comm(struct buffer *out, const struct screen *screen, const void *row)
{
	screen__put_comm(out, failure_of(row)->comm, screen->options.utf8);
}

static void value_comm(struct row_order *order, const void *row)
{
	screen__value_comm(order, failure_of(row)->comm);
}

static void put_call(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	if (failure_of(row)->call != CALL_COUNT)
		buffer__put_str(out, words__call_name(failure_of(row)->call));
}

static void value_call(struct row_order *order, const void *row)
{
	order->value = failure_of(row)->call;
}

static void put_error(struct buffer *out, const struct screen *screen, const void *row)
{
	const char *error = words__errno_name(failure_of(row)->error);

	(void)screen;
	buffer__put_str(out, error ? error : "?");
}

static void value_error(struct row_order *order, const void *row)
{
	order->value = failure_of(row)->error;
}

static enum screen_style style_error(const void *row)
{
	(void)row;
	return STYLE_WARN;
}

static void put_times(struct buffer *out, const struct screen *screen, const void *row)
{
	(void)screen;
	screen__put_count(out, ((const struct failure_row *)row)->count, 5);
}

static void value_times(struct row_order *order, const void *row)
{
	order->value = ((const struct failure_row *)row)->count;
}

/* The first line; the rest is in the story. */
static void put_why(struct buffer *out, const struct screen *screen, const void *row)
{
	const char *why = failure_of(row)->why;

	(void)screen;
	buffer__put(out, why, strcspn(why, "\n"));
}

static void value_why(struct row_order *order, const void *row)
{
	screen__value_comm(order, failure_of(row)->why);
}

/* clang-format off */
static const struct screen_column columns[] = {
	{"TIME", 8, 0, false, true, put_time, value_time, NULL},
	{"PID", 7, 0, true, false, put_pid, value_pid, NULL},
	{"COMM", 15, 0, false, false, put_comm, value_comm, NULL},
	{"CALL", 6, 0, false, false, put_call, value_call, NULL},
	{"ERROR", 6, 0, false, false, put_error, value_error, style_error},
	{"TIMES", 5, 0, true, true, put_times, value_times, NULL},
	{"WHY", 10, 0, false, false, put_why, value_why, NULL},
};
/* clang-format on */

static void gather(struct screen *screen, const struct screen_facts *facts)
{
	for (size_t i = 0; i < failures__count(facts->failures); i++) {
		struct failure *failure = failures__at(facts->failures, i);
		struct failure_row *row;

		if ((screen->options.pid && failure->pid != screen->options.pid) ||
		    (screen->chosen_ipcns && failure->ipcns != screen->chosen_ipcns))
			continue;
		row = screen__add_row(screen);
		if (!row)
			return;
		*row = (struct failure_row){failure, failure->count, failure->last_ns};
		failure__hold(failure);
	}
}

static void name(struct row_name *name, const void *row)
{
	*name = (struct row_name){.a = failure_of(row)->number};
}

static void put_words(struct buffer *out, const void *row)
{
	const struct failure *failure = failure_of(row);

	buffer__put_u64(out, failure->pid);
	buffer__put_char(out, ' ');
	buffer__put_str(out, failure->comm);
	buffer__put_char(out, ' ');
	buffer__put_str(out, failure->call_text);
	buffer__put_char(out, ' ');
	buffer__put_str(out, failure->why);
}

const struct screen_list_ops screen_failures = {
	.title = "Failures",
	.row_size = sizeof(struct failure_row),
	.columns = columns,
	.n_columns = sizeof(columns) / sizeof(*columns),
	.first_sort = 0,
	.gather = gather,
	.name = name,
	.put_words = put_words,
	.empty = "no shmget, semget or msgget has failed since the start, but for ENOENT",
};
