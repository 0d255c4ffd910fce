/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs that feed the ledger share: a record is reserved, filled and sent, or counted
 * as lost.
 */
#ifndef SHMTRACE_LEDGER_BPF_H
#define SHMTRACE_LEDGER_BPF_H

#include "shmtrace.bpf.h"

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */
#define SHM_DEST   01000      /* include/linux/shm.h */

/* Which namespace and kind a struct ipc_ids is of: sets and queues do not say so themselves. */
struct ids_owner {
	__u32 ipcns;
	__u32 kind;
};

/* inference.bpf.c */
int ledger_from_call(struct call_stash *call, __u64 ret);

/* calls.bpf.c */
int count_lost_ledger(void);
__u64 ledger_wakeup_flags(__u64 now);

static __always_inline __u64 process_start_ns(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, start_boottime);
}

/* The pid of another task as the reader's pid namespace has it; 0: not visible there. */
static __always_inline __u32 visible_tgid_of(struct task_struct *task)
{
	struct pid *pid;
	unsigned int level;

	if (!pidns_ino)
		return BPF_CORE_READ(task, tgid);
	pid = BPF_CORE_READ(task, group_leader, thread_pid);
	level = BPF_CORE_READ(pid, level);
	for (unsigned int i = 0; i < 8 && i <= level; i++) {
		struct upid upid = {};

		bpf_core_read(&upid, sizeof(upid), &pid->numbers[i]);
		if (BPF_CORE_READ(upid.ns, ns.inum) == pidns_ino)
			return upid.nr;
	}
	return 0;
}

static __always_inline void fill_head(struct event *head, __u32 type)
{
	__u64 pid_tgid = visible_pid_tgid();

	head->time_ns = bpf_ktime_get_ns();
	head->type = type;
	head->pid = pid_tgid >> 32;
	head->tid = (__u32)pid_tgid;
	head->uid = (__u32)bpf_get_current_uid_gid();
	head->ipcns = current_ipcns_inum();
	head->reserved = 0;
	bpf_get_current_comm(head->comm, sizeof(head->comm));
}

#endif
