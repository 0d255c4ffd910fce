// SPDX-License-Identifier: GPL-2.0-only
#include "source/live_snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/spaces.h"
#include "source/tables.h"

struct known_task {
	struct task_record record;
	bool scattered; /* a thread of it is, or may be, in another namespace */
	UT_hash_handle hh;
};

/* One that a task is in. */
struct known_namespace {
	uint32_t ipcns;
	uint64_t address;
	UT_hash_handle hh;
};

struct live_snapshot {
	const struct bpf_source *source;
	struct known_task *tasks;
	struct known_namespace *namespaces;
	struct spaces *spaces;	    /* all else is of one reading alone */
	bool has_mappings;	    /* the kernel's own word, not /proc's */
	bool hidden;		    /* of some process neither of them tells */
	uint64_t from_ns, until_ns; /* when the mappings were read */
	snapshot_handler handler;
	void *context;
	int err;
};

static void add_namespace(struct live_snapshot *live, uint32_t ipcns, uint64_t address)
{
	struct known_namespace *ns;

	HASH_FIND(hh, live->namespaces, &ipcns, sizeof(ipcns), ns);
	if (ns || !ipcns)
		return;
	ns = calloc(1, sizeof(*ns));
	if (!ns) {
		live->err = -ENOMEM;
		return;
	}
	ns->ipcns = ipcns;
	ns->address = address;
	HASH_ADD(hh, live->namespaces, ipcns, sizeof(ipcns), ns);
}

static void add_task(void *context, const void *data)
{
	const struct task_record *record = data;
	struct live_snapshot *live = context;
	struct known_task *task;

	add_namespace(live, record->ipcns, record->ns);
	if (!record->pid || record->flags & TASK_ENDED)
		return;
	HASH_FIND(hh, live->tasks, &record->pid, sizeof(record->pid), task);
	/* Processes mostly come before their other threads. */
	if (task)
		task->scattered = true;
	if (task || record->flags & TASK_APART)
		return;
	task = calloc(1, sizeof(*task));
	if (!task) {
		live->err = -ENOMEM;
		return;
	}
	task->record = *record;
	HASH_ADD(hh, live->tasks, record.pid, sizeof(task->record.pid), task);
	if (record->mm && spaces__add(live->spaces, record))
		live->err = -ENOMEM;
}

/* The kernel itself has told all that is mapped there. */
static bool is_told(const struct live_snapshot *live, uint64_t mm)
{
	const struct known_space *space = spaces__find(live->spaces, mm);

	return live->has_mappings && !(space && space->unknown);
}

/* What the kernel says of the process's mappings, before the process itself, as snapshot.h orders.
 */
static int tell_mappings(struct live_snapshot *live, const struct process_event *process)
{
	const struct known_space *space = spaces__find(live->spaces, process->mm);
	int err = 0;

	for (const struct known_mapping *m = space ? space->mappings : NULL; m && !err;
	     m = m->next) {
		struct mapping_event event = {
			.head = process->head,
			.mm = process->mm,
			.address = m->address,
			.ipcns = m->ipcns,
			.id = m->id,
			.action = MAPPING_FOUND,
			.count = m->count,
			.start_ns = process->start_ns,
			.size = m->size,
		};

		event.head.type = EVENT_MAPPING;
		err = live->handler(live->context, &event.head);
	}
	return err;
}

static int hand_on_process(struct live_snapshot *live, const struct process_event *found,
			   const struct known_task *task)
{
	struct process_event process = *found;
	int err = 0;

	process.mm = task->record.mm;
	process.start_ns = task->record.start_ns;
	if (is_told(live, task->record.mm)) {
		/* The kernel knows of mappings that /proc does not show, and whose they are. */
		process.head.time_ns = live->from_ns;
		process.read_ns = live->until_ns;
		err = tell_mappings(live, &process);
	} else if (!process.head.time_ns) {
		live->hidden = true;
	}
	return err ? err : live->handler(live->context, &process.head);
}

static int tell_namespace(struct live_snapshot *live, const struct event *head, uint32_t ipcns)
{
	const struct snapshot_event event = {
		.head = *head, .action = SNAPSHOT_NAMESPACE, .ipcns = ipcns};

	return live->handler(live->context, &event.head);
}

/* All that any task is in, which /proc may leave open. */
static int tell_namespaces(struct live_snapshot *live, const struct event *head)
{
	struct known_namespace *ns, *next;
	int err = 0;

	HASH_ITER (hh, live->namespaces, ns, next) {
		err = tell_namespace(live, head, ns->ipcns);
		if (err)
			return err;
	}
	return tell_namespace(live, head, 0);
}

static bool is_last(const struct event *event)
{
	const struct snapshot_event *snapshot = (const struct snapshot_event *)event;

	return event->type == EVENT_SNAPSHOT && snapshot->action == SNAPSHOT_END &&
	       !snapshot->ipcns;
}

static int hand_on(void *context, const struct event *event)
{
	struct live_snapshot *live = context;
	int err;
	struct process_event process;
	struct mapping_event mapping;
	struct known_task *task;

	if (live->namespaces && is_last(event)) {
		err = tell_namespaces(live, event);
		if (err)
			return err;
	}
	if (event->type != EVENT_PROCESS && event->type != EVENT_MAPPING)
		return live->handler(live->context, event);
	HASH_FIND(hh, live->tasks, &event->pid, sizeof(event->pid), task);
	if (event->type == EVENT_PROCESS && task && task->record.mm)
		return hand_on_process(live, (const struct process_event *)event, task);
	if (event->type == EVENT_PROCESS && live->has_mappings) {
		/* It has no memory: that it is there is all that is known. */
		process = *(const struct process_event *)event;
		process.head.time_ns = process.read_ns = 0;
		return live->handler(live->context, &process.head);
	}
	if (event->type == EVENT_PROCESS)
		return live->handler(live->context, event);
	/* What /proc cannot place (pid 0) is mostly told. */
	if (task ? is_told(live, task->record.mm)
		 : live->has_mappings && (event->pid || !live->hidden))
		return 0;
	mapping = *(const struct mapping_event *)event;
	if (task) {
		mapping.mm = task->record.mm;
		mapping.start_ns = task->record.start_ns;
	}
	return live->handler(live->context, &mapping.head);
}

static void clear(struct live_snapshot *live)
{
	struct known_namespace *ns, *next_ns;
	struct known_task *task, *next_task;

	HASH_ITER (hh, live->namespaces, ns, next_ns) {
		HASH_DEL(live->namespaces, ns);
		free(ns);
	}
	HASH_ITER (hh, live->tasks, task, next_task) {
		HASH_DEL(live->tasks, task);
		free(task);
	}
}

static int list_known(void *context, struct processes *processes, int proc_fd)
{
	const struct live_snapshot *live = context;
	const struct known_task *task, *next;
	int err = 0;

	HASH_ITER (hh, live->tasks, task, next) {
		struct found_process process = {
			.pid = task->record.pid,
			.tid = task->record.pid,
			.parent = task->record.parent,
			.uid = task->record.uid,
			.ipcns = task->record.ipcns,
			.has_memory = task->record.mm,
			.has_threads = task->scattered,
			.start_ns = task->record.start_ns,
			.cgroups = task->record.cgroups,
		};

		memcpy(process.comm, task->record.comm, sizeof(process.comm));
		/* Its files are those of a thread that is still there. */
		if (task->record.flags & TASK_THREAD && !processes__look_again(proc_fd, &process))
			continue;
		err = processes__add(processes, &process);
		if (err)
			break;
	}
	processes__sort(processes);
	return err;
}

static int read_table(void *context, uint32_t ipcns, struct object_table *table)
{
	const struct live_snapshot *live = context;
	const struct known_namespace *ns;

	int err;

	HASH_FIND(hh, live->namespaces, &ipcns, sizeof(ipcns), ns);
	if (!ns)
		return -ENOENT;
	err = tables__read(live->source, ns->address, ipcns, table);
	if (err)
		pr_debug("cannot read the tables of ipc:[%u] by BPF: %s", ipcns, strerror(-err));
	return err;
}

static bool is_together(void *context, uint32_t pid)
{
	const struct live_snapshot *live = context;
	const struct known_task *task;

	HASH_FIND(hh, live->tasks, &pid, sizeof(pid), task);
	return task && !task->scattered;
}

struct second_look {
	bool (*has)(void *namespaces, uint32_t ipcns);
	void *namespaces;
	bool misses;
};

static void look_at_task(void *context, const void *data)
{
	const struct task_record *record = data;
	struct second_look *look = context;

	look->misses |= !look->has(look->namespaces, record->ipcns);
}

static bool are_all_in(void *context, bool (*has)(void *namespaces, uint32_t ipcns),
		       void *namespaces)
{
	const struct live_snapshot *live = context;
	struct second_look look = {.has = has, .namespaces = namespaces};

	return !bpf_source__for_each_task_namespace(live->source, look_at_task, &look) &&
	       !look.misses;
}

int live_snapshot__new(struct live_snapshot **out, const struct bpf_source *source)
{
	struct live_snapshot *live = calloc(1, sizeof(*live));

	if (!live)
		return -ENOMEM;
	live->source = source;
	live->spaces = spaces__new(source);
	if (!live->spaces) {
		free(live);
		return -ENOMEM;
	}
	*out = live;
	return 0;
}

void live_snapshot__free(struct live_snapshot *live)
{
	if (!live)
		return;
	spaces__free(live->spaces);
	free(live);
}

void live_snapshot__forget(struct live_snapshot *live)
{
	spaces__forget(live->spaces);
}

/* What the iterators tell. False: not even the processes. */
static bool iterate(struct live_snapshot *live)
{
	int err = bpf_source__for_each_task(live->source, add_task, live);

	if (err) {
		pr_debug("cannot iterate over processes: %s", strerror(-err));
		return false;
	}
	err = spaces__read(live->spaces);
	live->has_mappings = !err;
	if (err)
		pr_debug("cannot iterate over mappings: %s", strerror(-err));
	return true;
}

int live_snapshot__read(struct live_snapshot *live, snapshot_handler handler, void *context,
			struct snapshot_report *report)
{
	const struct process_knowledge knowledge = {.list = list_known,
						    .read_table = read_table,
						    .is_together = is_together,
						    .are_all_in = are_all_in,
						    .begin_ns = clock__ns(CLOCK_MONOTONIC),
						    .context = live};
	bool has_tasks;
	int err;

	live->handler = handler;
	live->context = context;
	live->has_mappings = live->hidden = false;
	live->err = 0;
	live->from_ns = knowledge.begin_ns;
	spaces__begin(live->spaces);
	has_tasks = iterate(live);
	live->until_ns = clock__ns(CLOCK_MONOTONIC);
	err = live->err;
	if (!err)
		err = snapshot__read_known(hand_on, live, report,
					   live->has_mappings && !spaces__has_unknown(live->spaces),
					   has_tasks ? &knowledge : NULL);
	clear(live);
	return err;
}
