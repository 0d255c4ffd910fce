// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything is read before anything is told: whose segment a process has mapped is known only when
 * the tables of all namespaces are.
 */
#include "source/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/containers.h"
#include "source/ipcns.h"
#include "source/namespaces.h"
#include "source/objects.h"
#include "source/placing.h"
#include "source/processes.h"
#include "source/readings.h"

#define MODE_MARKED 01000 /* SHM_DEST, include/linux/shm.h */

#define NS_PER_S 1000000000ull

struct snapshot {
	snapshot_handler handler;
	void *context;
	struct snapshot_report *report;
	bool tables_only; /* mappings are not read */
	bool all_known;	  /* who is not among the processes has ended, or begun since */
	int proc_fd;
	uint64_t begin_ns;
	struct readings readings;
	uint32_t *mapping_process; /* index, of each mapping */
	struct namespaces namespaces;
	uint64_t epoch_ns; /* the wall clock's beginning by CLOCK_MONOTONIC; modulo 2^64 */
	struct placing placing;
};

static int identify(void *context, size_t mapping, uint64_t *size, int64_t *created)
{
	const struct snapshot *s = context;
	char dir[PROCESS_DIR_LEN];

	processes__dir(&s->readings.processes.list[s->mapping_process[mapping]], dir);
	return maps__identify(s->readings.maps, dir, &s->readings.mappings[mapping], size, created);
}

static size_t count_segments(const struct object_table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < table->n_rows; i++)
		count += table->rows[i].kind == OBJECT_SHM;
	return count;
}

static int prepare_placing(struct snapshot *s)
{
	struct placing *placing = &s->placing;

	for (size_t i = 0; i < s->namespaces.count; i++)
		placing->n_rows += count_segments(&s->namespaces.list[i].table);
	placing->n_mappings = s->readings.n_mappings;
	placing->rows = calloc(placing->n_rows + 1, sizeof(*placing->rows));
	placing->mappings = calloc(placing->n_mappings + 1, sizeof(*placing->mappings));
	s->mapping_process = calloc(s->readings.n_mappings + 1, sizeof(*s->mapping_process));
	if (!placing->rows || !placing->mappings || !s->mapping_process)
		return -ENOMEM;
	placing->all_seen = !s->report->processes_unreadable && !s->report->processes_hidden &&
			    !s->report->processes_confined && !s->report->namespaces_unreadable;
	placing->identify = identify;
	placing->context = s;
	return 0;
}

static void fill_rows(struct placing_row *to, const struct namespaces *namespaces)
{
	for (size_t n = 0; n < namespaces->count; n++) {
		const struct ipc_namespace *ns = &namespaces->list[n];

		for (size_t i = 0; i < ns->table.n_rows; i++) {
			const struct object_row *row = &ns->table.rows[i];

			if (row->kind == OBJECT_SHM)
				*to++ = (struct placing_row){
					.id = row->id,
					.ipcns = ns->inum,
					.key = row->key,
					.marked = row->mode & MODE_MARKED,
					.nattch = row->nattch,
					.size = row->size,
					.changed = row->changed,
				};
		}
	}
}

static int place_mappings(struct snapshot *s)
{
	int err = prepare_placing(s);

	if (err)
		return err;
	fill_rows(s->placing.rows, &s->namespaces);
	for (size_t p = 0; p < s->readings.processes.count; p++) {
		const struct reading *reading = &s->readings.list[p];

		if (reading->space != p)
			continue;
		for (size_t i = reading->first; i < reading->first + reading->count; i++) {
			s->mapping_process[i] = p;
			s->placing.mappings[i] = (struct placing_mapping){
				.id = s->readings.mappings[i].id,
				.key = s->readings.mappings[i].key,
				.own = s->readings.processes.list[p].ipcns,
			};
		}
	}
	return placing__run(&s->placing);
}

struct search {
	const struct segment_mapping *mapping;
	bool found;
};

static int compare_mapping(void *context, const struct segment_mapping *mapping)
{
	struct search *search = context;

	search->found |= mapping->start == search->mapping->start &&
			 mapping->id == search->mapping->id;
	return 0;
}

/* One without a row may have been unmapped, and its segment have gone, before the table was read.
 */
static bool is_still_mapped(const struct snapshot *s, size_t i)
{
	struct search search = {.mapping = &s->readings.mappings[i]};
	char dir[PROCESS_DIR_LEN];

	processes__dir(&s->readings.processes.list[s->mapping_process[i]], dir);
	maps__read(s->readings.maps, dir, compare_mapping, &search);
	return search.found;
}

static void count_namespaces(struct snapshot *s)
{
	for (size_t i = 0; i < s->namespaces.count; i++) {
		const struct ipc_namespace *ns = &s->namespaces.list[i];

		if (ns->err == -ENOENT)
			continue;
		s->report->namespaces++;
		s->report->namespaces_unreadable += ns->err != 0;
		s->report->sets_unreadable += ns->table.sets_unreadable;
		s->report->objects += ns->table.n_rows;
	}
}

static void fill_head(struct event *head, uint32_t type, uint64_t time_ns,
		      const struct found_process *process)
{
	*head = (struct event){.type = type, .time_ns = time_ns};
	if (!process)
		return;
	head->pid = process->pid;
	head->tid = process->pid;
	head->uid = process->uid;
	head->ipcns = process->ipcns;
	memcpy(head->comm, process->comm, sizeof(head->comm));
}

static int tell_boundary(struct snapshot *s, uint32_t action, uint64_t time_ns,
			 const struct ipc_namespace *ns)
{
	struct snapshot_event event = {.action = action};

	fill_head(&event.head, EVENT_SNAPSHOT, time_ns, NULL);
	if (ns) {
		event.ipcns = ns->inum;
		event.limits = ns->table.limits;
	}
	return s->handler(s->context, &event.head);
}

/* 0: its own. The number is what the ledger gives to an address space of which it knows none. */
static uint64_t shared_space(const struct snapshot *s, size_t p)
{
	size_t space = s->readings.list[p].space;

	return space == p ? 0 : 1ULL << 32 | s->readings.processes.list[space].pid;
}

/* All mappings of the same segment in one event, at the place of the first of them. */
static int tell_mapping(struct snapshot *s, size_t p, size_t i)
{
	const struct found_process *process = &s->readings.processes.list[p];
	const struct reading *reading = &s->readings.list[p];
	const struct placing_mapping *placed = &s->placing.mappings[i];
	struct mapping_event event = {
		.mm = shared_space(s, p),
		.address = s->readings.mappings[i].start,
		.ipcns = placed->ipcns,
		.id = placed->id,
		.action = MAPPING_FOUND,
		.start_ns = process->start_ns,
	};

	for (size_t other = reading->first; other < reading->first + reading->count; other++) {
		const struct placing_mapping *same = &s->placing.mappings[other];

		if (same->result != PLACED || same->id != placed->id ||
		    same->ipcns != placed->ipcns)
			continue;
		if (other < i)
			return 0; /* told already */
		event.count++;
	}
	fill_head(&event.head, EVENT_MAPPING, reading->from_ns, process);
	s->report->mappings += event.count;
	return s->handler(s->context, &event.head);
}

static int tell_process(struct snapshot *s, size_t p)
{
	const struct found_process *process = &s->readings.processes.list[p];
	const struct reading *reading = &s->readings.list[p];
	struct process_event event = {
		.mm = shared_space(s, p),
		.start_ns = process->start_ns,
		.action = PROCESS_FOUND,
		.parent = process->parent,
		.cgroups = process->cgroups,
	};
	/* The mappings of an address space are told with the first process in it. */
	bool whole = !reading->err && !event.mm && !s->tables_only;
	int err = 0;

	if (reading->err == -ENOENT)
		return 0;
	for (size_t i = reading->first; !err && i < reading->first + reading->count; i++) {
		enum placing_result result = s->placing.mappings[i].result;

		if (result == PLACED) {
			err = tell_mapping(s, p, i);
		} else if (result == PLACED_AMBIGUOUS) {
			s->report->mappings_ambiguous++;
			whole = false;
		} else {
			s->report->mappings_unlisted += is_still_mapped(s, i);
		}
	}
	if (err)
		return err;
	fill_head(&event.head, EVENT_PROCESS, whole ? reading->from_ns : 0, process);
	event.read_ns = whole ? reading->to_ns : 0;
	return s->handler(s->context, &event.head);
}

/* Before what it made or used. NULL in *process: it has ended, or is hidden. */
static int find_process(struct snapshot *s, uint32_t pid, const struct found_process **process,
			bool *hidden)
{
	struct process_event event = {.action = PROCESS_FOUND};

	*process = processes__find(&s->readings.processes, pid);
	*hidden = !*process && !s->all_known && processes__is_hidden(s->proc_fd, pid);
	if (!*hidden)
		return 0;
	fill_head(&event.head, EVENT_PROCESS, 0, NULL);
	event.head.pid = event.head.tid = pid;
	return s->handler(s->context, &event.head);
}

static int tell_object(struct snapshot *s, const struct ipc_namespace *ns,
		       const struct object_row *row)
{
	const struct found_process *creator;
	bool hidden;
	int err = find_process(s, row->creator, &creator, &hidden);
	struct object_event event = {
		.action = OBJECT_FOUND,
		.kind = row->kind,
		.ipcns = ns->inum,
		.id = row->id,
		.size = row->size,
		.key = row->key,
		.mode = row->mode,
		.uid = row->uid,
		.gid = row->gid,
		/* Who is told of what happens would not hear that somebody has stopped waiting. */
		.nattch = row->nattch + (s->all_known ? 0 : row->waiting),
		.start_ns = creator ? creator->start_ns : 0,
		.changed_ns = s->epoch_ns + row->changed * NS_PER_S,
		.past = row->past,
	};

	fill_head(&event.head, EVENT_OBJECT, ns->table.time_ns, creator);
	event.head.pid = row->creator;
	return err ? err : s->handler(s->context, &event.head);
}

/* Rows are sorted by id, then namespace. */
static const struct placing_row *find_row(const struct placing *placing, int32_t id, uint32_t ipcns)
{
	size_t low = 0, high = placing->n_rows;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct placing_row *row = &placing->rows[middle];

		if (row->id == id && row->ipcns == ipcns)
			return row;
		if (row->id < id || (row->id == id && row->ipcns < ipcns))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Not all that is attached can be seen. */
static bool are_mappings_hidden(const struct snapshot_report *report)
{
	return report->processes_unreadable || report->processes_hidden ||
	       report->processes_confined || report->mappings_ambiguous ||
	       report->mappings_unlisted;
}

static int tell_hidden(struct snapshot *s, const struct ipc_namespace *ns,
		       const struct object_row *row)
{
	const struct placing_row *placed = find_row(&s->placing, row->id, ns->inum);
	struct mapping_event event = {
		.ipcns = ns->inum,
		.id = row->id,
		.action = MAPPING_FOUND,
	};

	if (!placed || placed->placed >= row->nattch)
		return 0;
	event.count = row->nattch - placed->placed;
	if (!s->tables_only && are_mappings_hidden(s->report))
		s->report->mappings_hidden += event.count;
	fill_head(&event.head, EVENT_MAPPING, ns->table.time_ns, NULL);
	return s->handler(s->context, &event.head);
}

static int tell_use(struct snapshot *s, const struct ipc_namespace *ns,
		    const struct object_use *use)
{
	const struct found_process *process;
	bool hidden;
	int err = find_process(s, use->pid, &process, &hidden);
	struct object_event event = {
		.action = OBJECT_USED,
		.kind = use->kind,
		.ipcns = ns->inum,
		.id = use->id,
	};

	if (err || (!process && !hidden))
		return err;
	event.start_ns = process ? process->start_ns : 0;
	/* When that was is not told. */
	fill_head(&event.head, EVENT_OBJECT, 0, process);
	event.head.pid = use->pid;
	return s->handler(s->context, &event.head);
}

/* Of an object whose creator is not known, its namespace may say whose it was. */
static int tell_container(struct snapshot *s, const struct ipc_namespace *ns)
{
	struct container_event event = {};
	struct container container;

	/* The initial one is the machine's. */
	if (!ns->table.n_rows || ns->inum == IPCNS_INIT_INO)
		return 0;
	fill_head(&event.head, EVENT_CONTAINER, ns->table.time_ns, NULL);
	event.head.ipcns = ns->inum;
	event.known = containers__of_namespace(s->proc_fd, &s->readings.processes, ns->inum,
					       &container);
	if (event.known) {
		event.runtime = container.runtime;
		memcpy(event.id, container.id, strlen(container.id));
	}
	return s->handler(s->context, &event.head);
}

static int tell_namespace(struct snapshot *s, const struct ipc_namespace *ns)
{
	int err = ns->err == -ENOENT ? 0 : tell_boundary(s, SNAPSHOT_NAMESPACE, s->begin_ns, ns);
	/* Who is told of what happens hears of what was attached while this was read. */
	bool hidden = s->tables_only || !s->all_known || are_mappings_hidden(s->report);

	if (err || ns->err)
		return err;
	for (size_t i = 0; !err && i < ns->table.n_rows; i++) {
		const struct object_row *row = &ns->table.rows[i];

		err = tell_object(s, ns, row);
		if (!err && hidden && row->kind == OBJECT_SHM)
			err = tell_hidden(s, ns, row);
	}
	for (size_t i = 0; !err && i < ns->table.n_uses; i++)
		err = tell_use(s, ns, &ns->table.uses[i]);
	if (!err)
		err = tell_container(s, ns);
	return err ? err : tell_boundary(s, SNAPSHOT_END, ns->table.time_ns, ns);
}

static int tell_all(struct snapshot *s)
{
	int err = tell_boundary(s, SNAPSHOT_BEGIN, s->begin_ns, NULL);

	for (size_t i = 0; !err && i < s->readings.processes.count; i++)
		err = tell_process(s, i);
	for (size_t i = 0; !err && i < s->namespaces.count; i++)
		err = tell_namespace(s, &s->namespaces.list[i]);
	return err ? err : tell_boundary(s, SNAPSHOT_END, s->begin_ns, NULL);
}

static int read_snapshot(snapshot_handler handler, void *context, struct snapshot_report *report,
			 bool tables_only, const struct process_knowledge *knowledge)
{
	struct snapshot s = {.handler = handler,
			     .context = context,
			     .report = report,
			     .tables_only = tables_only,
			     .all_known = knowledge};
	int err;

	*report = (struct snapshot_report){0};
	s.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.proc_fd < 0)
		return -errno;
	s.begin_ns = clock__ns(CLOCK_MONOTONIC);
	s.epoch_ns = s.begin_ns - clock__ns(CLOCK_REALTIME);
	if (knowledge)
		s.begin_ns = knowledge->begin_ns;
	err = readings__read(&s.readings, s.proc_fd, !tables_only, knowledge);
	report->processes = s.readings.n_read;
	report->processes_unreadable = s.readings.n_unreadable;
	report->processes_hidden = s.readings.hidden;
	report->processes_confined = processes__are_confined(s.proc_fd);
	if (!err)
		err = namespaces__read(&s.namespaces, &s.readings.processes, s.proc_fd, knowledge);
	if (!err && s.namespaces.list[0].err)
		err = s.namespaces.list[0].err; /* our own: no System V IPC, or no memory */
	if (!err)
		count_namespaces(&s);
	if (!err)
		err = place_mappings(&s);
	if (!err)
		err = tell_all(&s);
	namespaces__free(&s.namespaces);
	readings__free(&s.readings);
	free(s.mapping_process);
	free(s.placing.rows);
	free(s.placing.mappings);
	close(s.proc_fd);
	return err;
}

int snapshot__read(snapshot_handler handler, void *context, struct snapshot_report *report)
{
	return read_snapshot(handler, context, report, false, NULL);
}

int snapshot__read_tables(snapshot_handler handler, void *context, struct snapshot_report *report)
{
	return read_snapshot(handler, context, report, true, NULL);
}

int snapshot__read_known(snapshot_handler handler, void *context, struct snapshot_report *report,
			 bool tables_only, const struct process_knowledge *knowledge)
{
	return read_snapshot(handler, context, report, tables_only, knowledge);
}
