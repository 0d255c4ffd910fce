// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes descend from the command that was started: `trace -- CMD`.
 */
#include "shmtrace.bpf.h"

/* Runs in the parent, before the child does (kernel/fork.c, kernel_clone). */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_tgid = BPF_CORE_READ(parent, tgid);
	__u32 child_tgid = BPF_CORE_READ(child, tgid);
	__u32 visible_tgid = visible_pid_tgid() >> 32;
	__u8 one = 1;

	if (child_tgid == parent_tgid) /* a thread */
		return 0;
	if (!(followed_root && visible_tgid == followed_root) &&
	    !bpf_map_lookup_elem(&followed, &parent_tgid))
		return 0;
	if (bpf_map_update_elem(&followed, &child_tgid, &one, BPF_ANY))
		__sync_fetch_and_add(&followed_lost, 1);
	return 0;
}

/*
 * The number of an ended process is given to another one. signal->live counts the threads that have
 * not begun to exit, and is 0 here for the last of them (kernel/exit.c, do_exit, 5.10 to 7.2).
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	__u32 visible_tgid;

	if (BPF_CORE_READ(task, signal, live.counter) > 0)
		return 0;
	bpf_map_delete_elem(&followed, &tgid);
	visible_tgid = visible_pid_tgid() >> 32;
	if (followed_root && visible_tgid == followed_root)
		followed_root = 0;
	return 0;
}
