// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/trace_ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where memory runs out the entry is not added, and the caller sees that it is not there. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/descent.h"
#include "source/containers.h"
#include "source/live_snapshot.h"
#include "view/leak.h"

#define RECONCILE_NS	 30000000000ULL /* at a slow pace */
#define SETTLE_NS	 100000000ULL	/* the kernel takes no longer to remove what it will */
#define RECONCILE_MIN_NS 1000000000ULL	/* after a loss, and where mappings are inferred */

struct waiting_leak {
	struct object_key key;
	struct view_leak leak;
	UT_hash_handle hh;
};

struct trace_ledger {
	struct view *view;
	const struct bpf_source_options *filters;
	const char *container; /* NULL: all */
	struct ledger *ledger;
	struct containers *containers;
	struct live_snapshot *live; /* NULL before the start */
	bool mappings_observed;
	uint64_t reconciled_ns;
	bool changed;		    /* since then */
	struct waiting_leak *leaks; /* that wait to be said, the oldest first */
	struct descent *family;	    /* the command and its descendants, ended ones too; or NULL */
	bool out_of_memory;
};

/* Who has ended stays: what such a process has left is the command's. */
static int follow_fork(struct trace_ledger *self, const struct process_event *fork)
{
	if (descent__has(self->family, fork->head.pid))
		return descent__forked(self->family, fork->head.pid, fork->child);
	/* The number has been given to a process of somebody else. */
	descent__ended(self->family, fork->child);
	return 0;
}

static bool passes(const struct trace_ledger *self, const struct view_leak *leak)
{
	const struct bpf_source_options *filters = self->filters;
	const struct process_info *subject = leak__subject(leak);
	const struct container *container = leak__subject_container(leak);
	bool wanted = !filters->n_pids;

	if (self->family && !(leak->has_owner && descent__has(self->family, leak->owner.pid)) &&
	    !(leak->has_ended && descent__has(self->family, leak->ended.pid)))
		return false;
	if (self->container && !(container && container__matches(container, self->container)))
		return false;
	for (size_t i = 0; i < filters->n_pids; i++)
		wanted |= filters->pids[i] == subject->pid;
	return wanted && (!filters->by_uid || filters->uid == subject->uid) &&
	       (!filters->comm || strstr(subject->comm, filters->comm)) &&
	       (!filters->ipcns || filters->ipcns == leak->object.ipcns);
}

static void forget_leak(struct trace_ledger *self, struct waiting_leak *waiting)
{
	HASH_DEL(self->leaks, waiting);
	free(waiting);
}

static void set_key(struct object_key *key, const struct object_info *object)
{
	*key = (struct object_key){.ipcns = object->ipcns, .kind = object->kind, .id = object->id};
}

/*
 * It is not said at once: with kernel.shm_rmid_forced, and when a namespace ends with its last
 * process, the kernel removes in the next moment what that process leaves; and another process may
 * take it up. Who then leaves it again is the one to be named.
 */
static void leaked(void *context, const struct ledger_leak *leak)
{
	struct waiting_leak *waiting, *before;
	struct trace_ledger *self = context;

	if (!self->view || !self->view->ops->leak)
		return;
	waiting = calloc(1, sizeof(*waiting));
	if (!waiting)
		goto out_of_memory;
	leak__describe(&waiting->leak, leak);
	set_key(&waiting->key, &waiting->leak.object);
	HASH_FIND(hh, self->leaks, &waiting->key, sizeof(waiting->key), before);
	if (before)
		forget_leak(self, before);
	if (!passes(self, &waiting->leak)) {
		free(waiting);
		return;
	}
	HASH_ADD(hh, self->leaks, key, sizeof(waiting->key), waiting);
	if (waiting->hh.tbl)
		return;
	free(waiting);
out_of_memory:
	self->out_of_memory = true;
}

/* It is still there, nobody has used it since, and it is the same one. */
static bool is_still_left(const struct trace_ledger *self, const struct view_leak *leak)
{
	const struct ledger_object *object = ledger__find_object(
		self->ledger, leak->object.ipcns, leak->object.kind, leak->object.id);
	struct object_info now;

	if (!object)
		return false;
	ledger__object_info(object, &now);
	return now.state == STATE_ORPHAN && now.created_ns == leak->object.created_ns;
}

/* Of those up to that moment. */
static bool say_leaks(struct trace_ledger *self, uint64_t until_ns)
{
	struct waiting_leak *waiting, *next;
	bool said = false;

	HASH_ITER (hh, self->leaks, waiting, next) {
		if (waiting->leak.time_ns > until_ns)
			break;
		if (is_still_left(self, &waiting->leak)) {
			self->view->ops->leak(self->view, &waiting->leak);
			said = true;
		}
		forget_leak(self, waiting);
	}
	return said;
}

struct trace_ledger *trace_ledger__new(struct view *view, const struct bpf_source_options *filters,
				       const char *container, bool mappings_observed)
{
	struct trace_ledger *self = calloc(1, sizeof(*self));
	const struct ledger_options options = {
		.mappings_observed = mappings_observed, .leaked = leaked, .context = self};

	if (!self)
		return NULL;
	self->view = view;
	self->filters = filters;
	self->container = container;
	self->mappings_observed = mappings_observed;
	self->ledger = ledger__new(&options);
	if (filters->root)
		self->family = descent__new(filters->root);
	self->containers = containers__new(filters->cgroups);
	if (!self->ledger || !self->containers || (filters->root && !self->family)) {
		trace_ledger__free(self);
		return NULL;
	}
	return self;
}

void trace_ledger__free(struct trace_ledger *self)
{
	struct waiting_leak *waiting, *next;

	if (!self)
		return;
	HASH_ITER (hh, self->leaks, waiting, next)
		forget_leak(self, waiting);
	ledger__free(self->ledger);
	containers__free(self->containers);
	live_snapshot__free(self->live);
	if (self->family)
		descent__free(self->family);
	free(self);
}

const struct ledger *trace_ledger__get(const struct trace_ledger *self)
{
	return self->ledger;
}

void trace_ledger__expect(struct trace_ledger *self, const struct event *event)
{
	ledger__expect(self->ledger, event);
}

static int apply(void *context, const struct event *event)
{
	struct trace_ledger *self = context;
	int err = ledger__apply(self->ledger, event);

	return err ? err : containers__see(self->containers, self->ledger, event);
}

int trace_ledger__start(struct trace_ledger *self, const struct bpf_source *source)
{
	struct snapshot_report report;
	int err = live_snapshot__new(&self->live, source);

	return err ? err : live_snapshot__read(self->live, apply, self, &report);
}

int trace_ledger__apply(struct trace_ledger *self, const struct event *event)
{
	const struct process_event *process = (const struct process_event *)event;

	self->changed = true;
	if (self->family && event->type == EVENT_PROCESS && process->action == PROCESS_FORKED &&
	    follow_fork(self, process))
		self->out_of_memory = true;
	return self->out_of_memory ? -ENOMEM : apply(self, event);
}

const struct container *trace_ledger__container(const struct trace_ledger *self, uint32_t pid)
{
	const struct ledger_process *process = ledger__find_process(self->ledger, pid);

	return process ? ledger__process_container(process) : NULL;
}

/* From then on what is left has been left for good. */
static bool say_settled_leaks(struct trace_ledger *self, uint64_t now_ns)
{
	/* What system calls do not show, forced removal too, only the kernel's tables do. */
	return self->leaks &&
	       say_leaks(self, self->mappings_observed ? now_ns - SETTLE_NS : self->reconciled_ns);
}

static int compare(struct trace_ledger *self, uint64_t now_ns)
{
	struct snapshot_report report;

	self->changed = false;
	self->reconciled_ns = now_ns;
	return live_snapshot__read(self->live, apply, self, &report);
}

int trace_ledger__tick(struct trace_ledger *self, uint64_t now_ns, bool idle, bool *said)
{
	const bool hasty = !ledger__is_exact(self->ledger) || !self->mappings_observed;
	const uint64_t interval = hasty ? RECONCILE_MIN_NS : RECONCILE_NS;
	int err = 0;

	/* Where calls never pause it must be done all the same. */
	if (self->changed && now_ns - self->reconciled_ns >= (idle ? interval : 2 * interval))
		err = compare(self, now_ns);
	*said = say_settled_leaks(self, now_ns);
	return err;
}

int trace_ledger__finish(struct trace_ledger *self, uint64_t now_ns)
{
	int err = 0;

	if (self->leaks && !self->mappings_observed)
		err = compare(self, now_ns);
	say_leaks(self, UINT64_MAX);
	return err;
}
