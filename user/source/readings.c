// SPDX-License-Identifier: GPL-2.0-only
#include "source/readings.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/vector.h"

static int keep_mapping(void *context, const struct segment_mapping *mapping)
{
	struct readings *r = context;
	struct segment_mapping *mappings = vector__room(r->mappings, r->n_mappings, &r->cap,
							sizeof(*mappings));

	if (!mappings)
		return -ENOMEM;
	r->mappings = mappings;
	mappings[r->n_mappings++] = *mapping;
	return 0;
}

/*
 * A child of vfork(2) or clone(CLONE_VM) has its parent's address space, and mappings there count
 * once. Where the two may not be compared, they are taken for two.
 */
static size_t find_space(const struct readings *r, size_t i)
{
	const struct found_process *process = &r->processes.list[i];
	const struct found_process *parent = processes__find(&r->processes, process->parent);

	if (!parent || !parent->has_memory || !process->has_memory ||
	    syscall(SYS_kcmp, process->tid, parent->tid, KCMP_VM, 0, 0))
		return i;
	return parent - r->processes.list;
}

/* Whoever has another's address space has its mappings. */
static void share_readings(struct readings *r)
{
	for (size_t i = 0; i < r->processes.count; i++) {
		struct reading *reading = &r->list[i];
		size_t space = reading->space, steps = 0;

		/* A pid given again meanwhile could close a circle. */
		while (r->list[space].space != space && steps++ < r->processes.count)
			space = r->list[space].space;
		if (space == i || r->list[space].space != space)
			continue;
		reading->space = space;
		reading->first = r->list[space].first;
		reading->count = r->list[space].count;
		reading->from_ns = r->list[space].from_ns;
		reading->to_ns = r->list[space].to_ns;
		/* The other may have ended, and this one not. */
		reading->err = r->list[space].err ? -EAGAIN : 0;
	}
}

static void read_maps(struct readings *r, size_t i, bool with_mappings)
{
	const struct found_process *process = &r->processes.list[i];
	struct reading *reading = &r->list[i];
	char dir[PROCESS_DIR_LEN];

	r->n_mappings = reading->first;
	reading->err = 0;
	reading->from_ns = clock__ns(CLOCK_MONOTONIC);
	reading->space = with_mappings ? find_space(r, i) : i;
	if (with_mappings && process->has_memory && reading->space == i) {
		processes__dir(process, dir);
		reading->err = maps__read(r->maps, dir, keep_mapping, r);
	}
	reading->to_ns = clock__ns(CLOCK_MONOTONIC);
	reading->count = r->n_mappings - reading->first;
	if (reading->err == -ESRCH)
		reading->err = -ENOENT;
}

static int read_process(struct readings *r, size_t i, int proc_fd, bool with_mappings)
{
	struct found_process *process = &r->processes.list[i];
	struct reading *reading = &r->list[i];

	reading->first = r->n_mappings;
	read_maps(r, i, with_mappings);
	/* Its first thread alone may have ended since it was listed (ESRCH since Linux 6.16). */
	if (reading->err == -ENOENT && processes__look_again(proc_fd, process))
		read_maps(r, i, with_mappings);
	if (reading->err == -ENOMEM)
		return reading->err;
	if (reading->err == -ENOENT)
		return 0;
	r->n_read++;
	/* One that ends has neither a namespace nor anything mapped. */
	r->n_unreadable += reading->err || (process->has_memory && !process->ipcns);
	return 0;
}

int readings__read(struct readings *r, int proc_fd, bool with_mappings,
		   const struct process_knowledge *knowledge)
{
	int err;

	*r = (struct readings){0};
	err = maps__new(&r->maps, proc_fd);
	if (!err && knowledge)
		err = knowledge->list(knowledge->context, &r->processes, proc_fd);
	else if (!err)
		err = processes__read(&r->processes, proc_fd);
	if (err)
		return err;
	/* The first process always runs, and is not ours. */
	r->hidden = processes__is_hidden(proc_fd, 1);
	r->list = calloc(r->processes.count + 1, sizeof(*r->list));
	if (!r->list)
		return -ENOMEM;
	for (size_t i = 0; !err && i < r->processes.count; i++)
		err = read_process(r, i, proc_fd, with_mappings);
	share_readings(r);
	return err;
}

void readings__free(struct readings *r)
{
	processes__free(&r->processes);
	maps__free(r->maps);
	free(r->list);
	free(r->mappings);
	*r = (struct readings){0};
}
