// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes: found by pid while they live; kept after their end as long as something of them is
 * left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"

/* /proc has the start of a process in clock ticks of 10 ms, the kernel in nanoseconds. */
#define START_TOLERANCE_NS 20000000ULL

struct ledger_process *process__find(struct ledger *ledger, uint32_t pid)
{
	return hash__find(&ledger->processes, &pid, sizeof(pid));
}

bool process__same_start(uint64_t a, uint64_t b)
{
	uint64_t difference = a > b ? a - b : b - a;

	return !a || !b || difference <= START_TOLERANCE_NS;
}

/* Late news of one whose number the live process has been given since. */
static bool is_bygone(const struct ledger_process *process, uint64_t start_ns)
{
	return !process__same_start(process->start_ns, start_ns) && start_ns < process->start_ns;
}

static struct ledger_process *process_new(struct ledger *ledger, uint32_t pid, uint64_t start_ns)
{
	struct ledger_process *process = pool__alloc(&ledger->process_pool);

	if (!process) {
		ledger->out_of_memory = true;
		return NULL;
	}
	process->pid = pid;
	process->start_ns = start_ns;
	process->alive = true;
	if (!hash__add(&ledger->processes, process)) {
		pool__free(&ledger->process_pool, process);
		ledger->out_of_memory = true;
		return NULL;
	}
	return process;
}

struct ledger_process *process__get(struct ledger *ledger, uint32_t pid, uint64_t start_ns,
				    const struct event *head)
{
	struct ledger_process *process;

	if (!pid)
		return NULL;
	process = process__find(ledger, pid);
	if (process && is_bygone(process, start_ns))
		return NULL;
	if (process && !process__same_start(process->start_ns, start_ns)) {
		/* The number is another process's now, and we did not see the end of the first, nor
		 * perhaps what it detached. */
		if (process->space)
			space__doubt(ledger, process->space);
		process__end(ledger, process, 0, head ? head->time_ns : 0);
		process = NULL;
	}
	if (!process)
		process = process_new(ledger, pid, start_ns);
	if (!process)
		return NULL;
	if (!process->start_ns)
		process->start_ns = start_ns;
	if (head && process->known_ns < head->time_ns)
		process->known_ns = head->time_ns;
	if (head && head->pid == pid) {
		process->uid = head->uid;
		memcpy(process->comm, head->comm, sizeof(process->comm));
	}
	return process;
}

void process__hold(struct ledger_process *process)
{
	process->references++;
}

static void free_if_unused(struct ledger *ledger, struct ledger_process *process)
{
	/* A reading that has seen it alive may not have been told yet. */
	if (process->alive || process->references || ledger->snapshot_open)
		return;
	DL_DELETE2(ledger->ended, process, prev_ended, next_ended);
	ledger->n_ended--;
	container__drop(ledger, &process->container);
	free(process->errors);
	pool__free(&ledger->process_pool, process);
}

void process__release(struct ledger *ledger, struct ledger_process *process)
{
	process->references--;
	free_if_unused(ledger, process);
}

void process__free_ended(struct ledger *ledger)
{
	struct ledger_process *process, *next;

	for (process = ledger->ended; process; process = next) {
		next = process->next_ended;
		free_if_unused(ledger, process);
	}
}

bool process__ended_since(struct ledger *ledger, uint32_t pid, uint64_t start_ns, uint64_t time_ns)
{
	struct ledger_process *process = ledger->ended ? ledger->ended->prev_ended : NULL;

	/* Latest first; those who ended before the snapshot began are not asked for. */
	while (process && process->ended_ns >= ledger->snapshot_ns) {
		if (process->pid == pid && process->ended_ns >= time_ns &&
		    process__same_start(process->start_ns, start_ns))
			return true;
		process = process == ledger->ended ? NULL : process->prev_ended;
	}
	return false;
}

/* hold_last: the detaches to come are this process's doing. */
static void leave_space(struct ledger *ledger, struct ledger_process *process, bool hold_last,
			uint64_t time_ns)
{
	struct address_space *space = process->space;
	struct ledger_process *before;

	if (!space)
		return;
	DL_DELETE2(space->processes, process, prev_of_space, next_of_space);
	process->space = NULL;
	process->attached_bytes = 0;
	if (space->processes)
		return;
	if (space->changed_ns < time_ns)
		space->changed_ns = time_ns;
	if (hold_last) {
		before = space->last_ended;
		process__hold(process);
		space->last_ended = process;
		if (before)
			process__release(ledger, before);
	}
	/* What remains after an end will be detached now, but by events that could not be matched
	 * where we do not know how often; and after an exec, where we do not know by which number.
	 */
	if (!ledger->options.mappings_observed || space->unsettled ||
	    (space->assumed && !hold_last))
		space__clear(ledger, space, process, time_ns);
	space__free_if_unused(ledger, space);
}

void process__enter_space(struct ledger *ledger, struct ledger_process *process, uint64_t mm,
			  uint64_t time_ns)
{
	struct address_space *space;

	if (!mm || (process->space && process->space->mm == mm))
		return;
	leave_space(ledger, process, false, time_ns);
	space = space__get(ledger, mm);
	if (!space)
		return;
	process->space = space;
	space->generation = 0;
	DL_APPEND2(space->processes, process, prev_of_space, next_of_space);
	for (struct mapping *m = space->mappings; m; m = m->next_of_space)
		process->attached_bytes += m->object->size;
	if (process->peak_bytes < process->attached_bytes)
		process->peak_bytes = process->attached_bytes;
}

void process__end(struct ledger *ledger, struct ledger_process *process, uint32_t status,
		  uint64_t time_ns)
{
	struct ledger_object *object, *next;

	/* Held, so that whoever is told of a leak below can still look at it. */
	process__hold(process);
	hash__remove(&ledger->processes, process);
	process->alive = false;
	process->status = status;
	process->ended_ns = time_ns;
	leave_space(ledger, process, true, time_ns);
	DL_APPEND2(ledger->ended, process, prev_ended, next_ended);
	ledger->n_ended++;
	use__remove_all(ledger, process, time_ns);
	/* In the order in which it made them. */
	for (object = process->objects ? process->objects->prev_of_owner : NULL; object;
	     object = next) {
		next = object == process->objects ? NULL : object->prev_of_owner;
		object__check_leak(ledger, object, process, time_ns);
	}
	process__release(ledger, process);
}

/* What was attached when all hooks were on is there rightly or not, whenever it was copied. */
static bool has_all_found(const struct address_space *to, const struct address_space *from)
{
	for (const struct mapping *m = from->mappings; m; m = m->next_of_space) {
		const struct mapping *copied = mapping__find(to, m->object);

		if (m->found_ns &&
		    (!copied || (copied->count != m->count && from->changed_ns <= from->read_ns)))
			return false;
	}
	return true;
}

/*
 * A fork copies the mappings first, and only then is there a child (copy_process, kernel/fork.c).
 * One that was on its way when the hooks went on has said nothing of what it copied, or only of the
 * last ones, and no reading has found its child yet.
 */
static void check_copied(struct ledger *ledger, const struct ledger_process *parent,
			 struct address_space *to, uint64_t time_ns)
{
	const struct address_space *from = parent->space;

	/* A reading has found it, or will, if it lives so long. */
	if (time_ns <= ledger->snapshot_ns)
		return;
	if (!from || !from->whole || from->unsettled || !has_all_found(to, from))
		space__doubt(ledger, to);
}

static void apply_forked(struct ledger *ledger, const struct process_event *event)
{
	struct ledger_process *parent, *child;
	struct address_space *from, *to;
	bool was_whole;

	if (event->child == event->head.pid)
		return;
	child = process__get(ledger, event->child, event->start_ns, &event->head);
	if (!child)
		return;
	child->parent = event->head.pid;
	child->forks_whole = true;
	parent = process__find(ledger, event->head.pid);
	was_whole = !parent || parent->forks_whole;
	if (parent) {
		parent->forks_whole = true;
		container__inherit(ledger, child, parent);
	}
	/* What it inherited is in what a reading has found of it, if one has. */
	if (child->found_ns) {
		to = space__find(ledger, event->mm);
		if (to && !to->processes) {
			space__clear(ledger, to, NULL, event->head.time_ns);
			space__free_if_unused(ledger, to);
		}
		if (parent)
			use__inherit(parent, child);
		return;
	}
	child->uid = event->head.uid;
	memcpy(child->comm, event->head.comm, sizeof(child->comm));
	from = parent ? parent->space : NULL;
	process__enter_space(ledger, child, event->mm, event->head.time_ns);
	to = child->space;
	if (parent)
		use__inherit(parent, child);
	if (!to || from == to || to->read_ns > event->head.time_ns)
		return;
	/* That space is older, and its parent has left it by now: what it has was not read. */
	if (event->status == FORK_SHARES) {
		if (!to->whole)
			space__doubt(ledger, to);
		return;
	}
	to->changed_ns = event->head.time_ns;
	to->whole = true;
	if (ledger->options.mappings_observed) {
		if (!was_whole)
			check_copied(ledger, parent, to, event->head.time_ns);
		return;
	}
	if (from)
		mapping__copy_all(ledger, from, to);
	/* We do not know what the parent had then: it was not read, or later. */
	if (!from || !from->whole || from->unsettled || from->read_ns >= event->head.time_ns)
		space__doubt(ledger, to);
}

static void exec_space(struct ledger *ledger, struct ledger_process *process,
		       const struct process_event *event)
{
	process__enter_space(ledger, process, event->mm, event->head.time_ns);
	if (!process->space)
		return;
	process->space->changed_ns = event->head.time_ns;
	process->space->whole = true;
}

void process__apply(struct ledger *ledger, const struct process_event *event)
{
	struct ledger_process *process;

	switch (event->action) {
	case PROCESS_FORKED:
		apply_forked(ledger, event);
		return;
	case PROCESS_EXECED:
		process = process__get(ledger, event->head.pid, event->start_ns, &event->head);
		if (!process)
			return;
		/* Its other threads have ended, and what they did. */
		process->forks_whole = true;
		if (process->found_ns < event->head.time_ns)
			exec_space(ledger, process, event);
		container__forget_at_exec(ledger, process);
		/* It no longer knows what it knew; what it made it still answers for. */
		use__remove_all(ledger, process, event->head.time_ns);
		return;
	case PROCESS_EXITED:
		process = process__find(ledger, event->head.pid);
		if (process && process__same_start(process->start_ns, event->start_ns))
			process__end(ledger, process, event->status, event->head.time_ns);
		return;
	case PROCESS_FOUND:
		snapshot__found_process(ledger, event);
		return;
	}
}

static void count_failure(struct ledger *ledger, struct ledger_process *process, int number)
{
	if (!process->errors)
		process->errors = calloc(1, sizeof(*process->errors));
	if (!process->errors) {
		ledger->out_of_memory = true;
		return;
	}
	process->errors->failed++;
	process->errors->enospc += number == ENOSPC;
	for (int i = 0; i < LEDGER_ERRNOS; i++) {
		if (process->errors->errnos[i].number &&
		    process->errors->errnos[i].number != number)
			continue;
		process->errors->errnos[i].number = number;
		process->errors->errnos[i].count++;
		return;
	}
}

/* Commands that look and change nothing: who looks at an object does not use it (sem(7),
 * msgctl(2)). */
static bool only_looks(const struct call_event *call)
{
	enum {
		STAT = 2,
		INFO = 3,
		GET_PID = 11, /* of semctl; MSG_STAT of msgctl */
		GET_ALL = 13, /* MSG_STAT_ANY */
		GET_ZCNT = 15,
		SEM_STATS = 18, /* to SEM_STAT_ANY, 20 */
		CMD_64 = 0x100,
	};
	const bool sem = call->call == CALL_SEMCTL;
	const uint32_t cmd = (uint32_t)call->args[sem ? 2 : 1] & ~CMD_64;

	if (!sem && call->call != CALL_MSGCTL)
		return false;
	return cmd == STAT || cmd == INFO ||
	       (cmd >= GET_PID && cmd <= (sem ? GET_ZCNT : GET_ALL)) || (sem && cmd >= SEM_STATS);
}

/* The id that a call of a set or queue works on, -1 where it is about none. */
static int32_t used_id(const struct call_event *call, uint32_t *kind)
{
	*kind = OBJECT_SEM;
	switch (call->call) {
	case CALL_SEMGET:
		return call->ret;
	case CALL_SEMCTL:
	case CALL_SEMOP:
	case CALL_SEMTIMEDOP:
		return call->args[0];
	case CALL_MSGGET:
		*kind = OBJECT_MSG;
		return call->ret;
	case CALL_MSGCTL:
	case CALL_MSGSND:
	case CALL_MSGRCV:
		*kind = OBJECT_MSG;
		return call->args[0];
	default:
		return -1;
	}
}

void process__count_call(struct ledger *ledger, const struct call_event *call)
{
	struct ledger_process *process = process__get(ledger, call->head.pid, 0, &call->head);
	struct object_key key = {.ipcns = call->head.ipcns};
	struct ledger_object *object;

	if (!process)
		return;
	process->calls++;
	if (call->ret < 0 && call->ret >= -4095) {
		count_failure(ledger, process, -call->ret);
		return;
	}
	if (only_looks(call))
		return;
	key.id = used_id(call, &key.kind);
	object = key.id < 0 ? NULL : object__find(ledger, &key);
	if (object) {
		use__add(ledger, process, object, call->head.time_ns);
		object__touch(object, call->head.time_ns);
	}
}
