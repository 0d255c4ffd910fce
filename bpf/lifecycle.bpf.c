// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of processes: for the ledger, and to know who descends from the command that was
 * started. The end of each thread gives up its place in the stash.
 */
#include "ledger.bpf.h"

static __noinline int send_process(__u32 action, struct task_struct *subject, __u32 child,
				   __u32 status)
{
	struct process_event *event;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return count_lost_ledger();
	fill_head(&event->head, EVENT_PROCESS);
	event->mm = (__u64)BPF_CORE_READ(subject, mm);
	event->start_ns = process_start_ns(subject);
	event->action = action;
	event->child = child;
	event->status = status;
	event->parent = 0;
	event->read_ns = event->cgroups = 0;
	bpf_ringbuf_submit(event, ledger_wakeup_flags(event->head.time_ns));
	return 0;
}

static __always_inline void follow_child(__u32 parent_tgid, __u32 child_tgid)
{
	__u32 visible_tgid = visible_pid_tgid() >> 32;
	__u8 one = 1;

	if (!(followed_root && visible_tgid == followed_root) &&
	    !bpf_map_lookup_elem(&followed, &parent_tgid))
		return;
	if (bpf_map_update_elem(&followed, &child_tgid, &one, BPF_ANY))
		__sync_fetch_and_add(&followed_lost, 1);
}

/* In the parent, before the child runs (kernel/fork.c, kernel_clone). */
static __noinline int forked(struct task_struct *child)
{
	struct task_struct *parent = (struct task_struct *)bpf_get_current_task();
	__u32 parent_tgid = bpf_get_current_pid_tgid() >> 32;
	__u32 child_tgid = BPF_CORE_READ(child, tgid);
	__u64 mm;

	if (child_tgid == parent_tgid || stopped) /* a thread */
		return 0;
	if (filter_by_descent)
		follow_child(parent_tgid, child_tgid);
	mm = (__u64)BPF_CORE_READ(child, mm);
	/* Kernel threads have no address space, and nothing to do with us. */
	if (ledger && mm)
		send_process(PROCESS_FORKED, child, visible_tgid_of(child),
			     mm == (__u64)BPF_CORE_READ(parent, mm) ? FORK_SHARES : 0);
	return 0;
}

static __noinline int execed(void)
{
	if (ledger && !stopped)
		send_process(PROCESS_EXECED, (struct task_struct *)bpf_get_current_task(), 0, 0);
	return 0;
}

/*
 * The number of an ended process is given to another one. signal->live counts the threads that have
 * not begun to exit, and is 0 here for the last of them (kernel/exit.c, do_exit, 5.10 to 7.2).
 */
static __noinline int exited(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	__u32 visible_tgid, status;

	forget_thread(BPF_CORE_READ(task, pid));
	if (BPF_CORE_READ(task, signal, live.counter) > 0 || stopped)
		return 0;
	if (filter_by_descent) {
		bpf_map_delete_elem(&followed, &tgid);
		visible_tgid = visible_pid_tgid() >> 32;
		if (followed_root && visible_tgid == followed_root)
			followed_root = 0;
	}
	if (ledger && !(BPF_CORE_READ(task, flags) & PF_KTHREAD)) {
		status = BPF_CORE_READ(task, signal, group_exit_code);
		if (!status)
			status = BPF_CORE_READ(task, exit_code);
		send_process(PROCESS_EXITED, task, 0, status);
	}
	return 0;
}

SEC("tp_btf/sched_process_fork")
int sched_process_fork(unsigned long long *ctx)
{
	return forked((struct task_struct *)ctx[1]);
}

SEC("tp_btf/sched_process_exec")
int sched_process_exec(void *ctx)
{
	return execed();
}

SEC("tp_btf/sched_process_exit")
int sched_process_exit(unsigned long long *ctx)
{
	return exited((struct task_struct *)ctx[0]);
}

/*
 * The same where programs can be preempted, and tracepoints then lose some: what the kernel calls
 * just after the first tracepoint, just before the third, and while the new program is set up.
 */
SEC("kprobe/wake_up_new_task")
int kprobe_wake_up_new_task(struct pt_regs *ctx)
{
	return forked((struct task_struct *)PT_REGS_PARM1(ctx));
}

SEC("kprobe/setup_new_exec")
int kprobe_setup_new_exec(struct pt_regs *ctx)
{
	return execed();
}

SEC("kprobe/taskstats_exit")
int kprobe_taskstats_exit(struct pt_regs *ctx)
{
	return exited((struct task_struct *)PT_REGS_PARM1(ctx));
}
