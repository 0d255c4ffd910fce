/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF objects share before they are linked into one: the maps and settings (config.bpf.c),
 * the path of a call from its entry to the ring buffer (calls.bpf.c), the filters (filter.bpf.c).
 * __hidden functions are verified as static ones, once a caller, so that 5.10 takes pointers.
 */
#ifndef SHMTRACE_BPF_H
#define SHMTRACE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "event.h"

#define MAX_ERRNO 4095 /* include/linux/err.h */
#define ENOMEM	  12
#define EINVAL	  22
#define ENOSPC	  28

#define IPC_RMID   0 /* include/uapi/linux/ipc.h, include/uapi/linux/shm.h */
#define IPC_64	   0x0100
#define SHM_LOCK   11
#define SHM_UNLOCK 12

#define IPC_SEM_IDS 0 /* indices of ipc_namespace.ids (ipc/util.h) */
#define IPC_MSG_IDS 1
#define IPC_SHM_IDS 2

struct attach_key {
	__u64 address;
	__u32 tgid; /* in the initial pid namespace */
	__u32 reserved;
};

struct limits_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct ipc_limits);
};

struct pids_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
};

/* Preallocated, as all maps: 5.10 warns in its log of programs that allocate while they run. */
struct followed_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
};

struct objects_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct object_key);
	__type(value, __u8);
};

struct attaches_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct attach_key);
	__type(value, __u8);
};

struct events_map {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

extern struct limits_map limits SEC(".maps");
extern struct pids_map filter_pids SEC(".maps");
extern struct followed_map followed SEC(".maps");
extern struct objects_map objects SEC(".maps");
extern struct attaches_map attaches SEC(".maps");
extern struct events_map events SEC(".maps");

/* Settings: constant for the verifier, which drops what is switched off. See config.bpf.c. */
extern const __u32 own_pid;
extern const __u64 pidns_dev;
extern const __u64 pidns_ino;
extern const __u64 wakeup_interval_ns;
extern const _Bool tell_cgroups;
extern const _Bool ledger;
extern const _Bool ledger_by_calls;
extern const __u32 hooked_calls;
extern const __u32 wanted_calls;
extern const _Bool filters_callers;
extern const _Bool filters_results;
extern const _Bool filter_by_pid;
extern const _Bool filter_by_descent;
extern const _Bool filter_by_uid;
extern const _Bool filter_by_failure;
extern const _Bool filter_by_key;
extern const _Bool filter_by_id;
extern const __u32 filter_uid;
extern const __u32 filter_errno;
extern const __u32 filter_ipcns;
extern const __u32 filter_key;
extern const __s32 filter_id;
extern const __u64 filter_min_size;
extern const __u32 filter_comm_len;
extern const char filter_comm[EVENT_COMM_LEN];

/* State, read by the user side through the mapping of .bss. */
extern __u32 followed_root;
extern _Bool stopped;
extern __u32 staged_calls;
extern __u64 followed_lost;
extern __u64 lost_calls[CALL_COUNT];
extern __u64 lost_ledger;

/* calls.bpf.c */
int call_enter(struct call_stash *call);
int call_exit(__u32 id, __s64 ret);
#define CALL_BY_NUMBER (1u << 16) /* with the number of the system call instead */
#define CALL_ANY       (1u << 17) /* which one is not known */
#define CALL_NATIVE    (1u << 18) /* besides: of a 64-bit caller, so no ipc(2) */
int forget_thread(__u32 tid);

/* filter.bpf.c */
int caller_passes(void);
int result_passes(struct call_stash *call, __s64 ret);

/* kernel.bpf.c */
__u64 current_identity(void); /* uid << 32 | inode number of the IPC namespace */
__u64 current_ipc_ns(void);
__u32 ipcns_of(__u64 ns);
__u32 current_ipcns(void);

/* limits.bpf.c */
int limits_of(struct ipc_namespace *ns, struct ipc_limits *out);
int limits_read(struct ipc_limits *out); /* of the current one */

/*
 * The id pair of the current thread (as the helper gives it: the argument) as the reader's pid
 * namespace sees it, tgid << 32 | tid; 0 where it sees none of it.
 * In the initial namespace the helper of every kernel gives it at once.
 */
static __always_inline __u64 visible_of(__u64 pid_tgid)
{
	struct bpf_pidns_info info = {};

	if (!pidns_ino)
		return pid_tgid;
	if (bpf_get_ns_current_pid_tgid(pidns_dev, pidns_ino, &info, sizeof(info)))
		return 0;
	return (__u64)info.tgid << 32 | info.pid;
}

static __always_inline __u64 visible_pid_tgid(void)
{
	return visible_of(bpf_get_current_pid_tgid());
}

static __always_inline __u32 current_tid(void)
{
	return (__u32)bpf_get_current_pid_tgid();
}

/* Gives the current task with its type, since 5.11. */
static __always_inline _Bool has_typed_task(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

static __always_inline struct task_struct *current_task(void)
{
	return has_typed_task() ? bpf_get_current_task_btf()
				: (struct task_struct *)bpf_get_current_task();
}

/* Which also a kernel without CONFIG_CGROUPS takes, as there nobody asks for it. */
static __always_inline __u32 current_cgroup(void)
{
	return tell_cgroups ? (__u32)bpf_get_current_cgroup_id() : 0;
}

/*
 * Everything but the time; pid_tgid as the helper gives it. Behind its NUL the name may have bytes
 * of an older one (before 5.17).
 */
static __always_inline void fill_who(struct event *head, __u32 type, __u64 pid_tgid, __u64 identity,
				     struct task_struct *task)
{
	__u64 visible = visible_of(pid_tgid);

	head->type = type;
	head->pid = visible >> 32;
	head->tid = (__u32)visible;
	head->uid = identity >> 32;
	head->ipcns = (__u32)identity;
	head->cgroup = current_cgroup();
	if (has_typed_task()) {
		const __u64 *comm = (const __u64 *)task->comm;

		((__u64 *)head->comm)[0] = comm[0];
		((__u64 *)head->comm)[1] = comm[1];
	} else {
		bpf_get_current_comm(head->comm, sizeof(head->comm));
	}
}

static __always_inline _Bool is_error(__s64 ret)
{
	return ret < 0 && ret >= -MAX_ERRNO;
}

static __always_inline _Bool is_get(__u32 call)
{
	return call == CALL_SHMGET || call == CALL_SEMGET || call == CALL_MSGGET;
}

static __always_inline enum object_kind call_kind(__u32 call)
{
	switch (call) {
	case CALL_SHMGET:
	case CALL_SHMAT:
	case CALL_SHMDT:
	case CALL_SHMCTL:
		return OBJECT_SHM;
	case CALL_SEMGET:
	case CALL_SEMCTL:
	case CALL_SEMOP:
	case CALL_SEMTIMEDOP:
		return OBJECT_SEM;
	case CALL_MSGGET:
	case CALL_MSGCTL:
	case CALL_MSGSND:
	case CALL_MSGRCV:
		return OBJECT_MSG;
	default:
		return OBJECT_NONE;
	}
}

#endif
