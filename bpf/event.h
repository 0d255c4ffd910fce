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
	EVENT_CALL_LIMITS = 2, /* struct call_limits_event: a get that a limit may have refused */
	EVENT_LOST = 3,	       /* struct lost_event */
	EVENT_OBJECT = 4,      /* struct object_event */
	EVENT_MAPPING = 5,     /* struct mapping_event */
	EVENT_PROCESS = 6,     /* struct process_event */
	EVENT_SNAPSHOT = 7,    /* struct snapshot_event: begin and end of what was found */
	EVENT_CONTAINER = 8,   /* struct container_event */
	EVENT_CALL_LEDGER = 9, /* struct call_ledger_event; source/ makes two events of it */
};

enum object_kind { OBJECT_SHM, OBJECT_SEM, OBJECT_MSG, OBJECT_NONE };

/* How the caller reached the kernel. */
enum call_abi {
	ABI_NATIVE = 0,	    /* the 64-bit system call */
	ABI_COMPAT = 1,	    /* a 32-bit caller, the system call of that name */
	ABI_COMPAT_IPC = 2, /* a 32-bit caller through ipc(2), decoded */
};

/* call_event.flags */
#define CALL_F_NO_RESULT    (1 << 0) /* shmat by ipc(2): the address could not be read back */
#define CALL_F_KLUDGE_FAULT (1 << 1) /* msgrcv by ipc(2): struct ipc_kludge could not be read */
#define CALL_F_LIMITS_EXACT (1 << 2) /* limits read where they are stable, see limits.bpf.c */
#define CALL_F_NO_DURATION  (1 << 3) /* the entry was not seen: duration_ns is unknown */

/* How far a get came before it failed: which of the causes of an errno are left. */
enum get_stage {
	GET_UNKNOWN = 0, /* by system call hooks, or where the functions inside cannot be hooked */
	GET_LOOKUP = 1,	 /* it failed by its arguments, or by the object that has its key */
	GET_NEW = 2,	 /* it failed when it made a new object */
	GET_FILE = 3,	 /* a segment's file could not be made (shmem_kernel_file_setup) */
};

/* Common head of all records. */
struct event {
	__u64 time_ns; /* CLOCK_MONOTONIC; of a call: when it entered the kernel */
	__u32 type;    /* enum event_type */
	__u32 pid;     /* process (tgid) in our own pid namespace; 0: not visible there */
	__u32 tid;     /* thread in our own pid namespace; 0: not visible there */
	__u32 uid;     /* real uid in the initial user namespace */
	__u32 ipcns;   /* inode number of the caller's IPC namespace */
	__u32 cgroup;  /* low half of the id of its cgroup of version 2; 0: not asked for */
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
	__u16 call;  /* enum call_id */
	__u8 abi;    /* enum call_abi */
	__u8 stage;  /* enum get_stage, of a get that failed; else 0 */
	__u32 flags; /* CALL_F_* */
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
	__u32 semopm; /* operations a semop may have */
	__u32 msgmax; /* bytes a message may have */
	__u32 msgmnb; /* bytes that a new queue may hold */
};

struct call_limits_event {
	struct call_event call;
	struct ipc_limits limits;
};

/*
 * Where only system calls are seen: a call that succeeded and says something of an object or a
 * mapping, with what the ledger needs to know besides (user/source/inference.c).
 */
struct call_ledger_event {
	struct call_event call;
	__u64 mm;	/* of the caller */
	__u64 start_ns; /* of the caller */
	__u32 gid;	/* real gid in the initial user namespace */
	__u32 unwanted; /* 1: for the ledger alone, since a filter does not let the call pass */
};

/* What the ledger lives on. All times are CLOCK_MONOTONIC; process starts are CLOCK_BOOTTIME. */

enum object_action {
	OBJECT_CREATED = 1, /* cause 1: or looked up, if it was there before */
	OBJECT_DESTROYED = 2,
	OBJECT_MARKED = 3,  /* IPC_RMID while attached: goes with its last detach */
	OBJECT_CHANGED = 4, /* IPC_SET: owner and mode are the new ones */
	OBJECT_USED = 5,    /* the process in the head has looked it up or operated on it */
	OBJECT_FOUND = 6,   /* snapshot: it exists, with nattch mappings */
	OBJECT_LOCKED = 8,  /* SHM_LOCK, or SHM_UNLOCK with cause 0 */
	OBJECT_REMOVED = 7, /* IPC_RMID returned: destroyed, or marked while it is attached */
};

/* Why an object was destroyed (bpf/objects.bpf.c says how it is told). */
enum object_cause {
	CAUSE_UNKNOWN = 0,
	CAUSE_RMID = 1,	       /* IPC_RMID at once */
	CAUSE_LAST_DETACH = 2, /* IPC_RMID before, then the last detach */
	CAUSE_FORCED = 3, /* kernel.shm_rmid_forced: its creator has ended or nobody attaches it */
	CAUSE_NAMESPACE = 4, /* its IPC namespace has ended */
};

/*
 * What the kernel itself keeps of an object's use, whoever watches: seconds of the wall clock, and
 * pids in our own pid namespace; 0: never, not visible, or not kept.
 */
struct object_past {
	__s64 since;   /* the latest of creation, IPC_SET and all use */
	__s64 last[2]; /* segment: attach, detach; set: operation, -; queue: send, receive */
	/* segment: who attached or detached last, -; set: last operators of its semaphores, two of
	   them; queue: sender, receiver */
	__u32 last_pids[2];
};

struct object_event {
	struct event head; /* who did it; FOUND: pid is the creator's where it is known, else 0 */
	__u32 action;	   /* enum object_action */
	__u32 kind;	   /* enum object_kind */
	__u32 ipcns;	   /* inode number of the object's namespace; 0: not known */
	__s32 id;
	__u64 size; /* shm: bytes; sem: semaphores; msg: 0 */
	__u32 key;  /* as created; FOUND: as the kernel has it, 0 once marked */
	__u32 mode; /* permissions, and 01000 marked, 02000 locked (include/linux/shm.h) */
	__u32 uid;  /* owner, initial user namespace; FOUND: as /proc shows it */
	__u32 gid;
	__u32 cause;	/* enum object_cause, of DESTROYED */
	__u32 nattch;	/* FOUND: mappings, as the kernel counts them; sets: sleep on it */
	__u64 start_ns; /* start of the process in the head; 0: not known */
	/* Only of FOUND, in other records there may be nothing any more: see OBJECT_EVENT_SEEN. */
	__u64 changed_ns; /* begin of the second of its making, or of IPC_SET; 0: not known */
	struct object_past past;
};

/* Length of the records that the kernel side sends, none of which is FOUND. */
#define OBJECT_EVENT_SEEN __builtin_offsetof(struct object_event, changed_ns)

enum mapping_action {
	MAPPING_ATTACHED = 1,  /* shmat */
	MAPPING_INHERITED = 2, /* shm_open: fork, split, mremap */
	MAPPING_DETACHED = 3,  /* shm_close; without an id: the one at that address (shmdt) */
	MAPPING_FOUND = 4,     /* snapshot: the process in the head has `count` of them; pid 0: some
				  that we may not see, after the object's FOUND */
};

/* One mapping of a segment, in one address space: the kernel counts these, not processes. */
struct mapping_event {
	struct event head; /* who did it, which need not be who owns the address space */
	__u64 mm; /* the address space: a kernel pointer, reused after its end; FOUND: may be 0 */
	__u64 address;
	__u32 ipcns;	/* of the segment */
	__s32 id;	/* -1: not known */
	__u32 action;	/* enum mapping_action */
	__u32 count;	/* of FOUND, else 1 */
	__u64 start_ns; /* of the process in the head */
	__u64 size;	/* of the segment, in bytes; 0: not said */
};

#define FORK_SHARES 1 /* the child is in its parent's address space (CLONE_VM) */

enum process_action {
	PROCESS_FORKED = 1, /* head: the parent */
	PROCESS_EXECED = 2,
	PROCESS_EXITED = 3, /* its last thread */
	PROCESS_FOUND = 4,  /* snapshot */
};

struct process_event {
	struct event head; /* FORKED: the parent; else the process itself */
	__u64 mm;	/* FORKED: the child's; EXECED: the new one; FOUND: its own, 0: not known */
	__u64 start_ns; /* of the subject: the child of FORKED */
	__u32 action;	/* enum process_action */
	__u32 child;	/* FORKED: its pid */
	__u32 status;	/* EXITED: as wait(2) would say it; FORKED: FORK_SHARES or 0 */
	__u32 parent;	/* FOUND */
	/*
	 * FOUND comes after the MAPPING_FOUND records of the process and says that these are all:
	 * the moment by which they were read, from head.time_ns on.
	 */
	__u64 read_ns;
	__u64 cgroups; /* FOUND: of one snapshot, who has the same is in the same ones; 0: not known
			*/
};

enum snapshot_action {
	SNAPSHOT_BEGIN = 1,
	SNAPSHOT_END = 2,
	SNAPSHOT_CUT = 3, /* it ends here, and not all processes were read: instead of END with 0 */
	SNAPSHOT_NAMESPACE = 4, /* it exists, whether or not it can be read; 0: all were told */
};

/* Brackets FOUND records: END makes what was not found in that namespace gone. */
struct snapshot_event {
	struct event head; /* time_ns: when reading began, of both */
	__u32 action;	   /* enum snapshot_action */
	__u32 ipcns;	   /* END: this namespace was read whole; 0: all processes were told */
	struct ipc_limits limits; /* END with a namespace; all 0: not known */
};

#define EVENT_CONTAINER_LEN 256

/* What container a process is in; of pid 0: all processes of the IPC namespace in the head. */
struct container_event {
	struct event head;
	__u64 start_ns; /* of the process; 0: not known */
	__u32 known;	/* 0: it could not be read, and what was said before stays; of a namespace:
			   they are in several */
	__u32 runtime;	/* enum container_runtime (base/container.h) */
	char id[EVENT_CONTAINER_LEN]; /* NUL-terminated, rest 0; somebody else's bytes */
};

/*
 * Calls that could not be delivered, since the programs were attached: totals, not differences, so
 * that a repeated record does no harm. It stands in the stream before the first record that found
 * room again.
 */
struct lost_event {
	struct event head; /* pid, tid, uid, ipcns, comm: 0 */
	__u64 calls[CALL_COUNT];
	__u64 ledger; /* records for the ledger */
};

/*
 * A call between its entry and its exit: in the thread's own place (map `places`), or where that is
 * another's in the map `stash`, whose key is the thread. See bpf/stash.bpf.h. It fills a line of
 * the cache.
 */
struct call_stash {
	__u64 time_ns; /* 0, in a place: its thread is in no call */
	__u64 args[EVENT_ARGS_MAX];
	__u32 tid;	   /* thread, in the initial pid namespace; 0, of a place: nobody's */
	__u16 number;	   /* of the system call, by the ABI of its caller */
	__u8 call;	   /* enum call_id */
	__u8 abi : 2;	   /* enum call_abi */
	__u8 stage : 2;	   /* enum get_stage, GET_UNKNOWN for GET_LOOKUP */
	__u8 kludge : 1;   /* msgrcv by version 0 of ipc(2): args[5] is its struct ipc_kludge */
	__u8 unwanted : 1; /* stashed for the ledger alone */
	__u8 tells : 1;	   /* the ledger of an object or a mapping, if it succeeds */
};

#define STASH_PLACES 4096 /* a power of two: that of a thread is its number modulo this */

/*
 * An object that -k follows: key of the map `objects`, which the user side seeds with those that
 * exist already. Equal ids of two namespaces are two objects.
 */
struct object_key {
	__u32 ipcns; /* inode number */
	__u32 kind;  /* enum object_kind */
	__s32 id;
};

/*
 * What the iterator over tasks writes, one for each process, and one for each other thread that is
 * in another IPC namespace than the first.
 */
struct task_record {
	__u64 mm; /* 0: of a kernel thread, of a process that ends, of TASK_APART */
	__u64 start_ns;
	__u64 ns;      /* the address of the namespace */
	__u64 cgroups; /* an address: who has the same is in the same cgroups; 0: not known */
	__u32 pid;     /* in the reader's pid namespace */
	__u32 parent;
	__u32 uid;
	__u32 ipcns;
	__u32 flags;	/* TASK_* */
	__u32 reserved; /* 0 */
	__u64 changes; /* with TASK_COUNTED: another number where anything was mapped or unmapped */
	char comm[EVENT_COMM_LEN];
};

#define TASK_ENDED   0x1 /* not waited for yet; other threads may go on */
#define TASK_THREAD  0x2 /* of a process whose first thread has ended */
#define TASK_APART   0x4 /* a thread in another namespace than its process */
#define TASK_COUNTED 0x8

/* What the iterator over mappings writes, one for each mapping of a segment. */
struct vma_record {
	__u64 mm;
	__u64 address;
	__u32 ipcns;
	__s32 id;   /* -1: what is written of this address space is not all, or not all of it so */
	__u64 size; /* bytes */
	__u32 tid;  /* the thread it was found by: address spaces may be found by several */
	__u32 reserved; /* 0 */
};

/* An object as it stands in the kernel's table. */
struct object_record {
	__s64 changed; /* seconds of the wall clock */
	__u64 size;
	__s32 id;
	__u32 key;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 nattch;
	__u32 creator; /* segments: pid in the reader's pid namespace; 0: not visible there */
	__u32 index;
};

struct use_record {
	__s32 id;
	__u32 pid; /* as above, of who last operated, sent or received */
};

enum table_result {
	TABLE_READ,
	TABLE_CHANGES, /* was changed meanwhile: read it again */
	TABLE_UNKNOWN, /* this kernel has other tables */
};

/*
 * What read_table has read: the objects of one kind at the 64 places around an index; of sets of
 * up to 8 semaphores with all last operators, of larger ones with those of the first 8. Asked for
 * one set from a semaphore on, it gives the next TABLE_OPERATORS_MAX operators and no object.
 */
#define TABLE_PAGE_SLOTS    64
#define TABLE_USES_MAX	    512
#define TABLE_OPERATORS_IN  8
#define TABLE_OPERATORS_MAX 256

struct table_page {
	__u32 result; /* enum table_result */
	__u32 ipcns;  /* after all was read */
	__s32 last;   /* index of the last object; -1: there is none */
	__u32 n_objects;
	__u32 n_uses;
	__u32 reserved;		  /* 0 */
	struct ipc_limits limits; /* with index 0 */
	struct object_record objects[TABLE_PAGE_SLOTS];
	struct use_record uses[TABLE_USES_MAX];
};

#define EVENT_ASSERT(cond) _Static_assert(cond, #cond)
EVENT_ASSERT(sizeof(struct event) == 48);
EVENT_ASSERT(__builtin_offsetof(struct event, comm) == 32);
EVENT_ASSERT(sizeof(struct call_event) == 48 + 48 + 24);
EVENT_ASSERT(__builtin_offsetof(struct call_event, ret) == 96);
EVENT_ASSERT(__builtin_offsetof(struct call_event, flags) == 116);
EVENT_ASSERT(sizeof(struct ipc_limits) == 72);
EVENT_ASSERT(__builtin_offsetof(struct call_limits_event, limits) == sizeof(struct call_event));
EVENT_ASSERT(sizeof(struct call_ledger_event) == sizeof(struct call_event) + 24);
EVENT_ASSERT(sizeof(struct lost_event) == sizeof(struct event) + 8 * (CALL_COUNT + 1));
EVENT_ASSERT(sizeof(struct object_past) == 32);
EVENT_ASSERT(sizeof(struct object_event) == 48 + 16 + 8 + 24 + 16 + sizeof(struct object_past));
EVENT_ASSERT(__builtin_offsetof(struct object_event, start_ns) == 96);
EVENT_ASSERT(sizeof(struct mapping_event) == 48 + 48);
EVENT_ASSERT(sizeof(struct process_event) == 48 + 48);
EVENT_ASSERT(sizeof(struct snapshot_event) == 48 + 8 + sizeof(struct ipc_limits));
EVENT_ASSERT(sizeof(struct container_event) == 48 + 16 + EVENT_CONTAINER_LEN);
EVENT_ASSERT(sizeof(struct call_stash) == 64);
EVENT_ASSERT(sizeof(struct object_key) == 12);
#undef EVENT_ASSERT

#endif
