// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of a 32-bit program, made by a 64-bit one on x86: int $0x80 takes the numbers, registers
 * and 32-bit pointers of i386. Half of them go through ipc(2), half by numbers of their own.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include "storm.h"

#ifdef __x86_64__

enum {
	I386_GETPID = 20,
	I386_IPC = 117,
	I386_SEMGET = 393,
	I386_SEMCTL = 394,
	I386_SHMGET = 395,
	I386_SHMCTL = 396,
	I386_SHMAT = 397,
	I386_SHMDT = 398,
	I386_MSGGET = 399,
	I386_MSGCTL = 402,
};

static int32_t call_i386(int number, long a, long b, long c, long d, long e)
{
	int32_t ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

/* The kernel answers with SIGSEGV where it was built or started without 32-bit programs. */
bool compat__available(void)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0)
		_exit(call_i386(I386_GETPID, 0, 0, 0, 0, 0) != getpid());
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void segment(struct runner *r, bool ipc)
{
	long size = (1 + random__pick(r, STORM_PAGES)) * (long)STORM_PAGE - r->slot->tag;
	int32_t id = ipc ? call_i386(I386_IPC, 23, IPC_PRIVATE, size, 0600, 0)
			 : call_i386(I386_SHMGET, IPC_PRIVATE, size, 0600, 0, 0);

	if (id < 0)
		return;
	done(r, T_COMPAT_SHM);
	pool__publish(r, KIND_SHM, id);
}

/* To an address of the kernel's choice, below 4 GB. */
static void attach(struct runner *r, bool ipc, uint32_t *low)
{
	long id = pool__some_segment(r);
	uint32_t at;

	if (id < 0 || r->count == STORM_PIECES)
		return;
	if (ipc) {
		if (call_i386(I386_IPC, 21, id, 0, P(low), 0))
			return;
		at = *low;
	} else {
		at = (uint32_t)call_i386(I386_SHMAT, id, 0, 0, 0, 0);
		if (at > -4096u)
			return;
	}
	pieces__add(r, (void *)(uintptr_t)at, STORM_PAGE, (int32_t)id)->whole = true;
	done(r, T_COMPAT_ATTACH);
}

/* One that lies below 4 GB, made now where there is none. */
static void detach(struct runner *r, bool ipc, uint32_t *low)
{
	uint32_t i = 0;
	long at;

	while (i < r->count && P(r->pieces[i].address) >> 32)
		i++;
	if (i == r->count)
		attach(r, !ipc, low);
	if (i == r->count)
		return;
	at = P(r->pieces[i].address);
	if (!(ipc ? call_i386(I386_IPC, 22, 0, 0, 0, at) : call_i386(I386_SHMDT, at, 0, 0, 0, 0)))
		done(r, T_COMPAT_DETACH);
	pieces__drop(r, &r->pieces[i]);
}

static void remove_segment(struct runner *r, bool ipc)
{
	int32_t id = pool__take(r, KIND_SHM);

	if (id >= 0 && !(ipc ? call_i386(I386_IPC, 24, id, IPC_RMID, 0, 0)
			     : call_i386(I386_SHMCTL, id, IPC_RMID, 0, 0, 0)))
		done(r, T_COMPAT_RMID);
}

static void set_or_queue(struct runner *r, bool ipc, uint32_t *low)
{
	int32_t id;

	if (random__pick(r, 2)) {
		id = ipc ? call_i386(I386_IPC, 2, IPC_PRIVATE, 3, 0600, 0)
			 : call_i386(I386_SEMGET, IPC_PRIVATE, 3, 0600, 0, 0);
		if (id < 0 || (ipc ? call_i386(I386_IPC, 3, id, 0, IPC_RMID, P(low))
				   : call_i386(I386_SEMCTL, id, 0, IPC_RMID, 0, 0)))
			return;
		done(r, T_COMPAT_SEM);
	} else {
		id = ipc ? call_i386(I386_IPC, 13, IPC_PRIVATE, 0600, 0, 0)
			 : call_i386(I386_MSGGET, IPC_PRIVATE, 0600, 0, 0, 0);
		if (id < 0 || (ipc ? call_i386(I386_IPC, 14, id, IPC_RMID, 0, 0)
				   : call_i386(I386_MSGCTL, id, IPC_RMID, 0, 0, 0)))
			return;
		done(r, T_COMPAT_MSG);
	}
}

void op__compat(struct runner *r)
{
	uint32_t what = random__pick(r, 6);
	bool ipc = random__pick(r, 2);
	uint32_t *low = mmap(NULL, STORM_PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		return;
	if (what == 0)
		segment(r, ipc);
	else if (what < 3)
		attach(r, ipc, low);
	else if (what == 3)
		detach(r, ipc, low);
	else if (what == 4)
		remove_segment(r, ipc);
	else
		set_or_queue(r, ipc, low);
	munmap(low, STORM_PAGE);
}

#else

bool compat__available(void)
{
	return false;
}

void op__compat(struct runner *r)
{
	(void)r;
}

#endif
