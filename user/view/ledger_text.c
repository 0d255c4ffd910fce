// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/escape.h"
#include "view/ledger.h"

#define COMM_COLUMNS 15

const char *const ledger_sort_names[] = {"bytes",  "attached", "calls", "failed",
					 "leaked", "pid",      NULL};

/* What stands in one table, gathered to be sorted. */
struct rows {
	const struct ledger_view *view;
	const struct ledger *ledger;
	struct container_filter container;
	bool utf8;
	bool out_of_memory;
	size_t count, size;
	union {
		struct process_info *processes;
		struct object_info *objects;
		void *any;
	};
};

static void *add_row(struct rows *rows, size_t row_size)
{
	if (rows->count == rows->size) {
		size_t size = rows->size ? 2 * rows->size : 64;
		void *grown = realloc(rows->any, size * row_size);

		if (!grown) {
			rows->out_of_memory = true;
			return NULL;
		}
		rows->any = grown;
		rows->size = size;
	}
	return (char *)rows->any + rows->count++ * row_size;
}

static void print_comm(const struct rows *rows, const char *comm)
{
	char text[ESCAPE_TEXT_MAX(EVENT_COMM_LEN)];
	size_t width;

	escape__text(text, comm, EVENT_COMM_LEN, rows->utf8);
	width = escape__width(text, rows->utf8);
	fprintf(rows->view->out, " %s%*s", text,
		width < COMM_COLUMNS ? (int)(COMM_COLUMNS - width) : 0, "");
}

/* The end of a line. */
static void print_container(const struct rows *rows, const struct container *container)
{
	char text[ESCAPE_TEXT_MAX(CONTAINER_TEXT_MAX) + 32];
	struct buffer out;

	buffer__init(&out, text, sizeof(text));
	container_view__put_text(&out, container, rows->utf8);
	fprintf(rows->view->out, "%s%.*s\n", out.len ? " " : "", (int)out.len, text);
}

/* "4096", "64.0K", "1.5G": at most six columns. */
static const char *human_size(char *text, size_t size, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	double value = bytes;
	int unit = 0;

	for (; value >= 9999 && unit < 6; unit++)
		value /= 1024;
	if (unit)
		snprintf(text, size, "%.*f%c", value < 100 ? 1 : 0, value, units[unit]);
	else
		snprintf(text, size, "%" PRIu64, bytes);
	return text;
}

static bool print_namespace(void *context, const struct namespace_info *info)
{
	const struct ledger_view *view = context;
	const struct ipc_limits *limits = &info->limits;

	fprintf(view->out, "ipc:[%" PRIu32 "]  %u", info->ipcns, info->segments);
	if (limits->shmmni)
		fprintf(view->out, " of %u", limits->shmmni);
	fprintf(view->out, " segments (%" PRIu64 " pages), %u", info->pages, info->sets);
	if (limits->semmni)
		fprintf(view->out, " of %u", limits->semmni);
	fprintf(view->out, " sets (%" PRIu64 " semaphores), %u", info->semaphores, info->queues);
	if (limits->msgmni)
		fprintf(view->out, " of %u", limits->msgmni);
	fprintf(view->out, " queues; %u orphaned\n", info->orphans);
	return true;
}

static bool gather_process(void *context, const struct ledger_process *process)
{
	struct rows *rows = context;
	struct process_info info, *row;

	ledger__process_info(process, &info);
	if ((rows->view->pid && info.pid != rows->view->pid) ||
	    !container_filter__passes_process(&rows->container, &info) ||
	    !(info.calls || info.created || info.existing || info.attached || info.leaked))
		return true;
	row = add_row(rows, sizeof(*row));
	if (row)
		*row = info;
	return row != NULL;
}

static uint64_t sort_value(const struct process_info *info, enum ledger_sort sort)
{
	switch (sort) {
	case SORT_BYTES:
		return info->existing_bytes;
	case SORT_ATTACHED:
		return info->attached_bytes;
	case SORT_CALLS:
		return info->calls;
	case SORT_FAILED:
		return info->failed;
	case SORT_LEAKED:
		return info->leaked;
	default:
		return UINT32_MAX - info->pid;
	}
}

static int compare_processes(const void *a, const void *b, void *context)
{
	const struct ledger_view *view = context;
	const struct process_info *x = a, *y = b;
	uint64_t vx = sort_value(x, view->sort), vy = sort_value(y, view->sort);

	if (vx != vy)
		return vx < vy ? 1 : -1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static const char *ending(const struct process_info *info, char *text, size_t size)
{
	if (info->alive)
		snprintf(text, size, "alive");
	else if (WIFSIGNALED(info->status))
		snprintf(text, size, "SIG%s", sigabbrev_np(WTERMSIG(info->status)));
	else
		snprintf(text, size, "exit %d", WEXITSTATUS(info->status));
	return text;
}

static void print_process(const struct rows *rows, const struct process_info *info)
{
	FILE *out = rows->view->out;
	char text[3][32];

	fprintf(out, "%-7" PRIu32, info->pid);
	print_comm(rows, info->comm);
	fprintf(out, " %-8s %7" PRIu64 " %7" PRIu64 " %6" PRIu64 " %7u %5u %7s %8s %6u",
		ending(info, text[0], sizeof(text[0])), info->calls, info->failed, info->enospc,
		info->created, info->existing,
		human_size(text[1], sizeof(text[1]), info->existing_bytes),
		human_size(text[2], sizeof(text[2]), info->attached_bytes), info->leaked);
	print_container(rows, info->container);
}

static bool gather_object(void *context, const struct ledger_object *object)
{
	struct rows *rows = context;
	struct object_info info, *row;

	ledger__object_info(object, &info);
	if ((rows->view->pid && info.creator != rows->view->pid) ||
	    !container_filter__passes(&rows->container, rows->ledger, object, &info))
		return true;
	row = add_row(rows, sizeof(*row));
	if (row)
		*row = info;
	return row != NULL;
}

static int compare_objects(const void *a, const void *b)
{
	const struct object_info *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void print_object(const struct rows *rows, const struct object_info *info)
{
	FILE *out = rows->view->out;
	struct process_info owner = {};
	bool by_namespace;
	char size[32];

	/* Semaphores are no bytes, and never more than 32000 in a set. */
	if (info->kind == OBJECT_SEM)
		snprintf(size, sizeof(size), "%" PRIu64, info->size);
	else
		human_size(size, sizeof(size), info->size);
	fprintf(out, "%-4s %-10d 0x%08x %7s %6u %-8s %-8s", object_kind__name(info->kind), info->id,
		info->key, size, info->nattch, object_state__name(info->state),
		object_known__name(info->observed));
	if (info->owner)
		ledger__process_info(info->owner, &owner);
	if (info->creator)
		fprintf(out, " %-7" PRIu32, info->creator);
	else
		fprintf(out, " %-7s", "?");
	print_comm(rows, owner.comm);
	fprintf(out, " %-10" PRIu32, info->ipcns);
	print_container(rows, ledger__container_of(rows->ledger, info, &by_namespace));
}

int ledger_view__print_text(const struct ledger_view *view, const struct ledger *ledger)
{
	struct rows rows = {.view = view,
			    .ledger = ledger,
			    .container = view->container,
			    .utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8")};
	FILE *out = view->out;

	fprintf(out, "ledger: %s, drift %" PRIu64 "\n",
		ledger__is_exact(ledger) ? "exact" : "inexact", ledger__drift(ledger));
	if (!view->pid)
		ledger__for_each_namespace(ledger, print_namespace, (void *)view);
	ledger__for_each_process(ledger, gather_process, &rows);
	if (rows.count)
		qsort_r(rows.processes, rows.count, sizeof(*rows.processes), compare_processes,
			(void *)view);
	fprintf(out, "\n%-7s %-15s %-8s %7s %7s %6s %7s %5s %7s %8s %6s CONTAINER\n", "PID", "COMM",
		"STATE", "CALLS", "FAILED", "ENOSPC", "CREATED", "LEFT", "BYTES", "ATTACHED",
		"LEAKED");
	for (size_t i = 0; i < rows.count; i++)
		print_process(&rows, &rows.processes[i]);
	free(rows.any);
	rows.any = NULL;
	rows.count = rows.size = 0;
	ledger__for_each_object(ledger, gather_object, &rows);
	if (rows.count)
		qsort(rows.objects, rows.count, sizeof(*rows.objects), compare_objects);
	fprintf(out, "\n%-4s %-10s %-10s %7s %6s %-8s %-8s %-7s %-15s %-10s CONTAINER\n", "KIND",
		"ID", "KEY", "SIZE", "NATTCH", "STATE", "KNOWN", "CREATOR", "COMM", "IPCNS");
	for (size_t i = 0; i < rows.count; i++)
		print_object(&rows, &rows.objects[i]);
	if (rows.container.unknown)
		fprintf(out, "left out, since nobody knows their container: %zu object%s\n",
			rows.container.unknown, rows.container.unknown == 1 ? "" : "s");
	fputc('\n', out);
	free(rows.any);
	return rows.out_of_memory ? -ENOMEM : 0;
}
