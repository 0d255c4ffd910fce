/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the workloads share. Every call goes through syscall(2), so that each odd argument really
 * reaches the kernel: libc's wrappers add IPC_64, cut types and dereference.
 *
 * The same source is built three ways: native, 32-bit by the numbers of the single calls (393 to
 * 402), and 32-bit through ipc(2) when WORK_IPC is defined, see the *_32.c files.
 */
#ifndef SHMTRACE_WORK_H
#define SHMTRACE_WORK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>
#include <linux/ipc.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define P(pointer)    ((long)(pointer))

/* Bits above an int that the kernel cuts off and a tracer may see; none in a 32-bit program. */
#define HIGH_BITS ((long)(0x5eed000000000000ULL))

/*
 * Ids that no object has: negative, or with an index that the default limits do not reach. What
 * could change somebody else's object uses our own ids or these.
 */
static const long no_ids[] __attribute__((unused)) = {
	-1, -2, -2147483647 - 1, 0x7fffffff, 0x40007fff, 0x5fffffff,
};

/* Keys of our own, different in every process, so that parallel runs do not meet. */
static inline long own_key(int n)
{
	return (long)(0x5a000000u | ((unsigned int)getpid() & 0xffff) << 8 | (unsigned int)n);
}

#ifdef WORK_IPC

#define IPC_CALL(number, a, b, c, d, e) syscall(SYS_ipc, number, a, b, c, d, e)

static inline long do_shmget(long key, long size, long flags)
{
	return IPC_CALL(23, key, size, flags, 0, 0);
}

static inline long do_shmat(long id, long addr, long flags)
{
	/* The address comes back through a pointer. */
	unsigned long result = 0;
	long ret = IPC_CALL(21, id, flags, P(&result), addr, 0);

	return ret < 0 ? ret : (long)result;
}

static inline long do_shmdt(long addr)
{
	return IPC_CALL(22, 0, 0, 0, addr, 0);
}

static inline long do_shmctl(long id, long cmd, long buf)
{
	return IPC_CALL(24, id, cmd, 0, buf, 0);
}

static inline long do_semget(long key, long nsems, long flags)
{
	return IPC_CALL(2, key, nsems, flags, 0, 0);
}

static inline long do_semctl(long id, long num, long cmd, long arg)
{
	return IPC_CALL(3, id, num, cmd, P(&arg), 0);
}

static inline long do_semop(long id, long sops, long nsops)
{
	return IPC_CALL(1, id, nsops, 0, sops, 0);
}

static inline long do_semtimedop(long id, long sops, long nsops, long timeout)
{
	return IPC_CALL(4, id, nsops, 0, sops, timeout);
}

static inline long do_msgget(long key, long flags)
{
	return IPC_CALL(13, key, flags, 0, 0, 0);
}

static inline long do_msgctl(long id, long cmd, long buf)
{
	return IPC_CALL(14, id, cmd, 0, buf, 0);
}

static inline long do_msgsnd(long id, long buf, long size, long flags)
{
	return IPC_CALL(11, id, size, flags, buf, 0);
}

static inline long do_msgrcv(long id, long buf, long size, long type, long flags)
{
	/* The old way: buffer and type behind a pointer. Version 1 is in ipc_32.c. */
	long kludge[2] = {buf, type};

	return IPC_CALL(12, id, size, flags, P(kludge), 0);
}

#else

static inline long do_shmget(long key, long size, long flags)
{
	return syscall(SYS_shmget, key, size, flags);
}

static inline long do_shmat(long id, long addr, long flags)
{
	return syscall(SYS_shmat, id, addr, flags);
}

static inline long do_shmdt(long addr)
{
	return syscall(SYS_shmdt, addr);
}

static inline long do_shmctl(long id, long cmd, long buf)
{
	return syscall(SYS_shmctl, id, cmd, buf);
}

static inline long do_semget(long key, long nsems, long flags)
{
	return syscall(SYS_semget, key, nsems, flags);
}

static inline long do_semctl(long id, long num, long cmd, long arg)
{
	return syscall(SYS_semctl, id, num, cmd, arg);
}

#ifdef SYS_semop
static inline long do_semop(long id, long sops, long nsops)
{
	return syscall(SYS_semop, id, sops, nsops);
}

static inline long do_semtimedop(long id, long sops, long nsops, long timeout)
{
	return syscall(SYS_semtimedop, id, sops, nsops, timeout);
}
#else
/* i386 has no number for semop, and for semtimedop only that with 64-bit times. */
static inline long do_semtimedop(long id, long sops, long nsops, long timeout)
{
	return syscall(SYS_semtimedop_time64, id, sops, nsops, timeout);
}

static inline long do_semop(long id, long sops, long nsops)
{
	return do_semtimedop(id, sops, nsops, 0);
}
#endif

static inline long do_msgget(long key, long flags)
{
	return syscall(SYS_msgget, key, flags);
}

static inline long do_msgctl(long id, long cmd, long buf)
{
	return syscall(SYS_msgctl, id, cmd, buf);
}

static inline long do_msgsnd(long id, long buf, long size, long flags)
{
	return syscall(SYS_msgsnd, id, buf, size, flags);
}

static inline long do_msgrcv(long id, long buf, long size, long type, long flags)
{
	return syscall(SYS_msgrcv, id, buf, size, type, flags);
}

#endif

/* The timespec of do_semtimedop: 64-bit except through ipc(2) and in a 64-bit program's own. */
struct work_timespec {
#ifdef WORK_IPC
	long sec;
	long nsec;
#else
	long long sec;
	long long nsec;
#endif
};

static int failures __attribute__((unused));

static inline void expect(const char *what, int line, long ret, int err, int saved)
{
	if (err ? ret == -1 && saved == err : ret != -1)
		return;
	fprintf(stderr, "line %d: %s: returned %ld (%s), not %s\n", line, what, ret,
		ret == -1 ? strerror(saved) : "success", err ? strerror(err) : "success");
	failures++;
}

/* The call must succeed (err 0) or fail with err. */
#define WANT(call, err)                                        \
	do {                                                   \
		errno = 0;                                     \
		long want_ret = (call);                        \
		expect(#call, __LINE__, want_ret, err, errno); \
	} while (0)

static inline void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

#endif
