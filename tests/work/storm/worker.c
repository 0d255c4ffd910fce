// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process of the storm: takes its steps, is quiet, waits for the next burst. Children are reaped
 * by nobody (SIGCHLD is ignored), so that no zombie stands in a quiet moment.
 */
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "storm.h"

/*
 * For a child that is about to be made, with half of the steps that are left; NULL: there are
 * enough. Its seed depends on its parent's and on how many children that has had.
 */
struct slot *worker__claim(struct runner *r, uint32_t vm)
{
	struct slot *parent = r->slot;
	struct storm *storm = r->storm;
	uint32_t me = (uint32_t)getpid();

	if (atomic_load(&storm->live) > storm->slots / 4 * 3)
		return NULL;
	for (uint32_t i = 0; i < storm->slots; i++) {
		struct slot *slot = &storm->slot[i];
		uint32_t unused = 0;

		if (atomic_load(&slot->claimed) ||
		    !atomic_compare_exchange_strong(&slot->claimed, &unused, me))
			continue;
		atomic_fetch_add(&storm->claims, 1);
		atomic_fetch_add(&storm->live, 1);
		slot->quiet = 0;
		slot->leaving = 0;
		slot->step = 0;
		slot->children = 0;
		slot->seed = random__mix(parent->seed + ++parent->children);
		slot->vm = vm ? vm : atomic_fetch_add(&storm->vms, 1) + 1;
		slot->tag = parent->tag;
		slot->left = parent->left / 2;
		parent->left -= slot->left;
		return slot;
	}
	return NULL;
}

void worker__unclaim(struct runner *r, struct slot *slot)
{
	r->slot->left += slot->left;
	atomic_fetch_sub(&r->storm->live, 1);
	atomic_store(&slot->claimed, 0);
}

void worker__child(struct runner *r, struct slot *slot)
{
	r->slot = slot;
	r->threads = 0;
	r->shares = false;
	/* The death of the driver ends its own children at once; the others look for it, below. */
	if (getppid() == r->storm->driver)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/*
 * By the bare call: the kernel writes the pid into the table before anything of the child runs and
 * whatever happens to the parent, so that no process is ever unknown to the driver.
 */
long worker__fork(struct runner *r)
{
	struct slot *slot = worker__claim(r, 0);
	long pid;

	if (!slot)
		return -EAGAIN;
	pid = result(syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, &slot->pid, 0, 0));
	if (pid < 0)
		worker__unclaim(r, slot);
	if (pid)
		return pid;
	worker__child(r, slot);
	for (uint32_t i = r->count; i-- > 0;)
		if (r->pieces[i].dontfork)
			pieces__drop(r, &r->pieces[i]);
	return 0;
}

static bool driver_lives(struct storm *storm)
{
	struct pollfd driver = {.fd = storm->driver_pidfd, .events = POLLIN};

	return poll(&driver, 1, 0) == 0;
}

/* To _exit(2): nothing of libc's may run in a shared address space. */
void worker__leave(struct runner *r)
{
	atomic_store(&r->slot->leaving, 1);
	for (;;)
		syscall(SYS_exit_group, 0);
}

static void wait_for_burst(struct runner *r)
{
	struct storm *storm = r->storm;
	struct timespec second = {.tv_sec = 1};
	uint32_t now = atomic_load(&storm->generation);

	atomic_store(&r->slot->quiet, now);
	while (atomic_load(&storm->generation) == now) {
		syscall(SYS_futex, &storm->generation, FUTEX_WAIT, now, &second, NULL, 0);
		if (!driver_lives(storm))
			worker__leave(r);
	}
	if (atomic_load(&storm->over))
		worker__leave(r);
}

static void (*const operations[OP_COUNT])(struct runner *r) = {
#define OPERATION_FUNCTION(name, weight, hooks, ns) op__##name,
	OPERATION_LIST(OPERATION_FUNCTION)
#undef OPERATION_FUNCTION
};

void worker__step(struct runner *r, enum operation op)
{
	atomic_store(&r->slot->op, op);
	operations[op](r);
}

static enum operation choose(struct runner *r)
{
	uint32_t sum = 0, at;
	int op;

	for (op = 0; op < OP_COUNT; op++)
		sum += r->storm->weight[op];
	at = random__pick(r, sum);
	for (op = 0; at >= r->storm->weight[op]; op++)
		at -= r->storm->weight[op];
	return (enum operation)op;
}

void worker__run(struct runner *r)
{
	struct slot *slot = r->slot;

	for (;;) {
		while (atomic_load(&slot->left)) {
			atomic_fetch_sub(&slot->left, 1);
			atomic_fetch_add(&r->storm->steps, 1);
			/* A stream of its own for each step: a decision depends on no outcome. */
			r->random = random__mix(slot->seed ^ (uint64_t)++slot->step << 20);
			worker__step(r, choose(r));
		}
		wait_for_burst(r);
	}
}

/* storm --worker SLOT MEMFD: the same process in a new address space. */
int worker__main(char **argv)
{
	struct runner r = {0};
	int memfd = atoi(argv[1]);

	r.storm = mmap(NULL, sizeof(*r.storm), PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	if (r.storm == MAP_FAILED)
		die("mmap");
	prctl(PR_SET_NAME, "storm");
	r.slot = &r.storm->slot[atoi(argv[0])];
	r.slot->vm = atomic_fetch_add(&r.storm->vms, 1) + 1;
	worker__run(&r);
}
