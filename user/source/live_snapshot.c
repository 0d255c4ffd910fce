// SPDX-License-Identifier: GPL-2.0-only
#include "source/live_snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/log.h"

struct known_task {
	uint32_t pid;
	uint64_t mm;
	uint64_t start_ns;
	UT_hash_handle hh;
};

struct live_snapshot {
	struct known_task *tasks;
	snapshot_handler handler;
	void *context;
};

static void add_task(void *context, const struct task_record *record)
{
	struct live_snapshot *live = context;
	struct known_task *task;

	HASH_FIND(hh, live->tasks, &record->pid, sizeof(record->pid), task);
	if (task || !record->pid || !record->mm)
		return;
	task = calloc(1, sizeof(*task));
	if (!task)
		return;
	task->pid = record->pid;
	task->mm = record->mm;
	task->start_ns = record->start_ns;
	HASH_ADD(hh, live->tasks, pid, sizeof(task->pid), task);
}

static int hand_on(void *context, const struct event *event)
{
	struct live_snapshot *live = context;
	struct mapping_event mapping;
	struct process_event process;
	struct known_task *task;

	HASH_FIND(hh, live->tasks, &event->pid, sizeof(event->pid), task);
	if (task && event->type == EVENT_MAPPING) {
		mapping = *(const struct mapping_event *)event;
		mapping.mm = task->mm;
		mapping.start_ns = task->start_ns;
		return live->handler(live->context, &mapping.head);
	}
	if (task && event->type == EVENT_PROCESS) {
		process = *(const struct process_event *)event;
		process.mm = task->mm;
		process.start_ns = task->start_ns;
		return live->handler(live->context, &process.head);
	}
	return live->handler(live->context, event);
}

int live_snapshot__read(const struct bpf_source *source, snapshot_handler handler, void *context,
			struct snapshot_report *report)
{
	struct live_snapshot live = {.handler = handler, .context = context};
	struct known_task *task, *next;
	int err;

	err = bpf_source__for_each_task(source, add_task, &live);
	if (err)
		pr_debug("cannot iterate over tasks: %s", strerror(-err));
	err = snapshot__read(hand_on, &live, report);
	HASH_ITER (hh, live.tasks, task, next) {
		HASH_DEL(live.tasks, task);
		free(task);
	}
	return err;
}
