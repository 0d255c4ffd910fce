// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on processes and threads. Those that share an address space are made by clone(2) with
 * a stack of their own each and without thread-local storage of their own: they may use nothing of
 * libc's that keeps state, but errno, which is a guess then.
 */
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

#include "storm.h"

enum { STACK = 64 << 10 };

/* At the low end of the stack that a new flow of control gets. */
struct start {
	struct runner runner;
	_Atomic uint32_t runs; /* tid, cleared by the kernel at the end */
	struct slot *slot;
	bool exec;
};

static struct start *new_start(struct runner *r)
{
	struct start *start = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				   -1, 0);

	if (start == MAP_FAILED)
		return NULL;
	/* The pages of the old one stay its own: a copy of its list would be used twice. */
	start->runner.storm = r->storm;
	start->runner.slot = r->slot;
	start->runner.random = r->random;
	return start;
}

static bool is_leader(void)
{
	return syscall(SYS_gettid) == getpid();
}

void op__fork(struct runner *r)
{
	bool leader = is_leader(), kept = false;
	uint32_t had = r->count;

	for (uint32_t i = 0; i < r->count; i++)
		kept |= r->pieces[i].dontfork;
	if (worker__fork(r) <= 0)
		return;
	done(r, T_FORK);
	if (had)
		done(r, T_FORK_INHERIT);
	if (!leader)
		done(r, T_FORK_THREAD);
	if (kept)
		done(r, T_DONTFORK_FORK);
}

void op__exit(struct runner *r)
{
	done(r, T_EXIT);
	if (r->shares && r->count)
		done(r, T_CLONE_VM_HOLDS);
	else if (r->count)
		done(r, T_EXIT_ATTACHED);
	worker__leave(r);
}

void op__kill(struct runner *r)
{
	done(r, T_KILL_SELF);
	atomic_store(&r->slot->leaving, 1);
	kill(getpid(), SIGKILL);
}

void op__exec(struct runner *r)
{
	char slot[16], memfd[16];
	char *argv[] = {"storm", "--worker", slot, memfd, NULL};
	char *environment[] = {NULL};

	snprintf(slot, sizeof(slot), "%d", (int)(r->slot - r->storm->slot));
	snprintf(memfd, sizeof(memfd), "%d", r->storm->memfd);
	done(r, T_EXEC);
	if (r->count)
		done(r, T_EXEC_ATTACHED);
	if (!is_leader())
		done(r, T_EXEC_THREAD);
	if (r->threads)
		done(r, T_EXEC_THREADS);
	/* thread-self: the main thread may have exited, and has no file then. */
	execve("/proc/thread-self/exe", argv, environment);
	perror("storm: cannot execute itself");
	worker__leave(r);
}

static int new_thread(int (*run)(void *), struct start *start)
{
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;

	atomic_store(&start->runs, 1);
	return clone(run, (char *)start + STACK, flags, start, NULL, NULL, &start->runs);
}

static int thread_attaches(void *argument)
{
	struct start *start = argument;

	op__attach(&start->runner);
	return 0;
}

static int __attribute__((noreturn)) thread_sleeps(void *argument)
{
	(void)argument;
	for (;;)
		syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
}

/* What another flow attached is ours to change, now that it has ended. */
static void adopt(struct runner *r, struct start *start)
{
	for (uint32_t i = 0; i < start->runner.count; i++) {
		struct piece *theirs = &start->runner.pieces[i];

		*pieces__add(r, theirs->address, theirs->length, theirs->id) = *theirs;
	}
	munmap(start, STACK);
}

void op__sleeper(struct runner *r)
{
	struct start *start;

	if (r->threads == STORM_THREADS_MAX)
		return;
	start = new_start(r);
	if (!start)
		return;
	if (new_thread(thread_sleeps, start) < 0) {
		munmap(start, STACK);
		return;
	}
	r->threads++;
	done(r, T_THREAD_STAYS);
}

void op__thread(struct runner *r)
{
	struct start *start;
	uint32_t tid;

	if (!random__pick(r, 3)) {
		op__sleeper(r);
		return;
	}
	start = new_start(r);
	if (!start)
		return;
	if (new_thread(thread_attaches, start) < 0) {
		munmap(start, STACK);
		return;
	}
	/* One load: a wait for the tid to change from 0 would have no end. */
	while ((tid = atomic_load(&start->runs)))
		syscall(SYS_futex, &start->runs, FUTEX_WAIT, tid, NULL, NULL, 0);
	adopt(r, start);
	done(r, T_THREAD_EXIT);
}

static int thread_goes_on(void *argument)
{
	struct start *start = argument;

	worker__run(&start->runner);
}

/* Another thread goes on; the process has an empty /proc/PID/maps from now on. */
void op__leader(struct runner *r)
{
	struct start *start;

	if (!is_leader())
		return;
	start = new_start(r);
	if (!start)
		return;
	start->runner = *r;
	done(r, T_LEADER_EXIT);
	if (new_thread(thread_goes_on, start) < 0) {
		munmap(start, STACK);
		return;
	}
	for (;;)
		syscall(SYS_exit, 0);
}

static int shares(void *argument)
{
	struct start *start = argument;

	worker__child(&start->runner, start->slot);
	start->runner.shares = true;
	op__attach(&start->runner);
	worker__run(&start->runner);
}

/* A process of its own in our address space, which lives on as long as any of them. */
void op__clonevm(struct runner *r)
{
	struct slot *slot = worker__claim(r, r->slot->vm);
	struct start *start;

	if (!slot)
		return;
	start = new_start(r);
	if (!start) {
		worker__unclaim(r, slot);
		return;
	}
	start->slot = slot;
	if (clone(shares, (char *)start + STACK, CLONE_VM | CLONE_PARENT_SETTID | SIGCHLD, start,
		  &slot->pid) < 0) {
		worker__unclaim(r, slot);
		munmap(start, STACK);
		return;
	}
	done(r, T_CLONE_VM);
}

static int vforked(void *argument)
{
	struct start *start = argument;

	worker__child(&start->runner, start->slot);
	op__attach(&start->runner);
	if (start->exec)
		op__exec(&start->runner);
	worker__leave(&start->runner);
}

/* The parent waits until the child has left its address space, and has what it attached. */
void op__vfork(struct runner *r)
{
	struct slot *slot = worker__claim(r, r->slot->vm);
	struct start *start;
	int pid;

	if (!slot)
		return;
	start = new_start(r);
	if (!start) {
		worker__unclaim(r, slot);
		return;
	}
	start->slot = slot;
	start->exec = random__pick(r, 2);
	pid = clone(vforked, (char *)start + STACK,
		    CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, start, &slot->pid);
	if (pid < 0) {
		worker__unclaim(r, slot);
		munmap(start, STACK);
		return;
	}
	if (start->exec)
		done(r, T_VFORK_EXEC);
	else if (start->runner.count)
		done(r, T_VFORK_ATTACH);
	adopt(r, start);
}
