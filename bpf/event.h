/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI between the BPF programs and the user side: every record in the ring buffer is one of
 * the structs below, told apart by event.type. Both sides are built together, so the layout may
 * change from one version to the next; recordings carry their own version.
 *
 * Fixed-width fields, no implicit padding, sizes and offsets asserted at the end.
 */
#ifndef SHMTRACE_EVENT_H
#define SHMTRACE_EVENT_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define EVENT_COMM_LEN 16 /* TASK_COMM_LEN of the kernel */
#define EVENT_ARGS_MAX 6

/*
 * The calls that are traced: X(ENUM, name). The order is that of enum call_id and of the counters
 * of lost calls. CALL_IPC is an ipc(2) of a 32-bit caller that decodes into none of the others.
 */
#define CALL_LIST(X)              \
	X(SHMGET, shmget)         \
	X(SHMAT, shmat)           \
	X(SHMDT, shmdt)           \
	X(SHMCTL, shmctl)         \
	X(SEMGET, semget)         \
	X(SEMCTL, semctl)         \
	X(MSGGET, msgget)         \
	X(MSGCTL, msgctl)         \
	X(SEMOP, semop)           \
	X(SEMTIMEDOP, semtimedop) \
	X(MSGSND, msgsnd)         \
	X(MSGRCV, msgrcv)         \
	X(IPC, ipc)

enum call_id {
#define CALL_ENUM(ID, name) CALL_##ID,
	CALL_LIST(CALL_ENUM)
#undef CALL_ENUM
		CALL_COUNT,
};

enum event_type {
	EVENT_CALL = 1,	       /* struct call_event */
	EVENT_CALL_LIMITS = 2, /* struct call_limits_event: a get that failed with ENOSPC */
	EVENT_LOST = 3,	       /* struct lost_event */
};

/* How the caller reached the kernel. */
enum call_abi {
	ABI_NATIVE = 0,	    /* the 64-bit system call */
	ABI_COMPAT = 1,	    /* a 32-bit caller, the system call of that name */
	ABI_COMPAT_IPC = 2, /* a 32-bit caller through ipc(2), decoded */
};

/* call_event.flags */
#define CALL_F_NO_RESULT    (1 << 0) /* shmat by ipc(2): the address could not be read back */
#define CALL_F_KLUDGE_FAULT (1 << 1) /* msgrcv by ipc(2): struct ipc_kludge could not be read */
#define CALL_F_LIMITS_EXACT (1 << 2) /* limits read where they are stable, under ids->rwsem */
#define CALL_F_NO_DURATION  (1 << 3) /* the entry was not seen: duration_ns is unknown */

/* Common head of all records. */
struct event {
	__u64 time_ns;	/* CLOCK_MONOTONIC; of a call: when it entered the kernel */
	__u32 type;	/* enum event_type */
	__u32 pid;	/* process (tgid) in our own pid namespace; 0: not visible there */
	__u32 tid;	/* thread in our own pid namespace; 0: not visible there */
	__u32 uid;	/* real uid in the initial user namespace */
	__u32 ipcns;	/* inode number of the caller's IPC namespace */
	__u32 reserved; /* 0 */
	char comm[EVENT_COMM_LEN]; /* at exit; another process's bytes: escape before printing */
};

/*
 * One finished system call. args are those of the call named by `call`, in its own order, also
 * when it came through ipc(2); of 32-bit callers they are zero-extended. ABI_COMPAT_IPC: the
 * fourth argument of semctl is what ipc's pointer points at, and args[5] holds that pointer; so
 * does args[5] of a msgrcv that takes buffer and type from a struct ipc_kludge (version 0), 0
 * otherwise.
 */
struct call_event {
	struct event head;
	__u64 args[EVENT_ARGS_MAX];
	__s64 ret; /* result or -errno, of shmat the address; also the kernel's own -512 to -516 */
	__u64 duration_ns;
	__u16 call;    /* enum call_id */
	__u8 abi;      /* enum call_abi */
	__u8 reserved; /* 0 */
	__u32 flags;   /* CALL_F_* */
};

/*
 * The limits of the caller's IPC namespace and the use of each, as the kernel compares them
 * (ipc/shm.c newseg, ipc/sem.c newary, ipc/msg.c newque, 5.10 to 7.2).
 */
struct ipc_limits {
	__u64 shmmax;	   /* bytes a segment may have */
	__u64 shmall;	   /* pages that all segments may have together */
	__u64 shmall_used; /* pages, each segment rounded up */
	__u32 shmmni;	   /* segments */
	__u32 shmmni_used;
	__u32 semmsl; /* semaphores a set may have */
	__u32 semmni; /* sets */
	__u32 semmni_used;
	__u32 semmns; /* semaphores */
	__u32 semmns_used;
	__u32 msgmni; /* queues */
	__u32 msgmni_used;
	__u32 reserved; /* 0 */
};

struct call_limits_event {
	struct call_event call;
	struct ipc_limits limits;
};

/*
 * Calls that could not be delivered, since the programs were attached: totals, not differences, so
 * that a repeated record does no harm. It stands in the stream before the first record that found
 * room again.
 */
struct lost_event {
	struct event head; /* pid, tid, uid, ipcns, comm: 0 */
	__u64 calls[CALL_COUNT];
};

enum object_kind { OBJECT_SHM, OBJECT_SEM, OBJECT_MSG, OBJECT_NONE };

/*
 * An object that -k follows: key of the map `objects`, which the user side seeds with those that
 * exist already. Equal ids of two namespaces are two objects.
 */
struct object_key {
	__u32 ipcns; /* inode number */
	__u32 kind;  /* enum object_kind */
	__s32 id;
};

#define EVENT_ASSERT(cond) _Static_assert(cond, #cond)
EVENT_ASSERT(sizeof(struct event) == 48);
EVENT_ASSERT(__builtin_offsetof(struct event, comm) == 32);
EVENT_ASSERT(sizeof(struct call_event) == 48 + 48 + 24);
EVENT_ASSERT(__builtin_offsetof(struct call_event, ret) == 96);
EVENT_ASSERT(__builtin_offsetof(struct call_event, flags) == 116);
EVENT_ASSERT(sizeof(struct ipc_limits) == 64);
EVENT_ASSERT(__builtin_offsetof(struct call_limits_event, limits) == sizeof(struct call_event));
EVENT_ASSERT(sizeof(struct lost_event) == sizeof(struct event) + 8 * CALL_COUNT);
EVENT_ASSERT(sizeof(struct object_key) == 12);
#undef EVENT_ASSERT

#endif
