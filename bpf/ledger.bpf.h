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

/* objects.bpf.c */
int learn_ids(__u64 ids, __u64 ns);

/* kernel.bpf.c */
int fill_inferable(struct call_ledger_event *event);
int fill_mapping(struct mapping_event *event, struct vm_area_struct *vma);
int fill_object(struct object_event *event, struct kern_ipc_perm *perm, __u32 kind);

/* calls.bpf.c */
int count_lost_ledger(void);
__u64 ledger_wakeup_flags(__u64 now);

static __always_inline __u64 process_start_ns(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, start_boottime);
}

static __always_inline __u32 current_task_flags(void)
{
	struct task_struct *task = current_task();

	return has_typed_task() ? task->flags : BPF_CORE_READ(task, flags);
}

/* A number as the reader's pid namespace has it; 0: not visible there. */
static __always_inline __u32 visible_nr(struct pid *pid)
{
	unsigned int level;

	if (!pidns_ino)
		return BPF_CORE_READ(pid, numbers[0].nr);
	level = BPF_CORE_READ(pid, level);
	for (unsigned int i = 0; i < 8 && i <= level; i++) {
		struct upid upid = {};

		bpf_core_read(&upid, sizeof(upid), &pid->numbers[i]);
		if (BPF_CORE_READ(upid.ns, ns.inum) == pidns_ino)
			return upid.nr;
	}
	return 0;
}

static __always_inline __u32 visible_tgid_of(struct task_struct *task)
{
	if (!pidns_ino)
		return BPF_CORE_READ(task, tgid);
	return visible_nr(BPF_CORE_READ(task, group_leader, thread_pid));
}

static __always_inline void fill_head(struct event *head, __u32 type)
{
	head->time_ns = bpf_ktime_get_ns();
	fill_who(head, type, bpf_get_current_pid_tgid(), current_identity(), current_task());
}

/*
 * Hooks of the ledger, by both ways of functions. A return probe has no arguments: the entry keeps
 * them.
 */
#define HOOK_ARGS_MAX 2

struct hook_args_key {
	__u32 tid;
	__u32 hook;
};

struct hook_args {
	__u64 arg[HOOK_ARGS_MAX];
};

struct hook_args_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct hook_args_key);
	__type(value, struct hook_args);
};

extern struct hook_args_map hook_args SEC(".maps");

static __always_inline int keep_args(__u32 hook, __u64 first, __u64 second)
{
	struct hook_args_key key = {.tid = current_tid(), .hook = hook};
	struct hook_args args = {.arg = {first, second}};

	bpf_map_update_elem(&hook_args, &key, &args, BPF_ANY);
	return 0;
}

static __always_inline struct hook_args take_args(__u32 hook)
{
	struct hook_args_key key = {.tid = current_tid(), .hook = hook};
	struct hook_args *kept = bpf_map_lookup_elem(&hook_args, &key);
	struct hook_args args = {};

	if (!kept)
		return args;
	args = *kept;
	bpf_map_delete_elem(&hook_args, &key);
	return args;
}

enum ledger_hook {
	HOOK_shm_mmap,
	HOOK_ipc_addid,
	HOOK_ipc_update_perm,
	HOOK_shmem_lock,
};

/* handler(first), at the entry. */
#define LEDGER_ENTRY_HOOKS(name, type, handler)           \
	SEC("fentry/" #name)                              \
	int fentry_##name(unsigned long long *ctx)        \
	{                                                 \
		return handler((type)ctx[0]);             \
	}                                                 \
	SEC("kprobe/" #name)                              \
	int kprobe_##name(struct pt_regs *ctx)            \
	{                                                 \
		return handler((type)PT_REGS_PARM1(ctx)); \
	}

/* handler(first, second), at the entry. */
#define LEDGER_ENTRY2_HOOKS(name, type, type2, handler)                              \
	SEC("fentry/" #name)                                                         \
	int fentry_##name(unsigned long long *ctx)                                   \
	{                                                                            \
		return handler((type)ctx[0], (type2)ctx[1]);                         \
	}                                                                            \
	SEC("kprobe/" #name)                                                         \
	int kprobe_##name(struct pt_regs *ctx)                                       \
	{                                                                            \
		return handler((type)PT_REGS_PARM1(ctx), (type2)PT_REGS_PARM2(ctx)); \
	}

/* handler(first, second, ret), at the return; nargs is the function's own, where fexit has ret. */
#define LEDGER_EXIT_HOOKS(name, type, type2, handler, nargs)                                 \
	SEC("fexit/" #name)                                                                  \
	int fexit_##name(unsigned long long *ctx)                                            \
	{                                                                                    \
		return handler((type)ctx[0], (type2)ctx[1], (int)ctx[nargs]);                \
	}                                                                                    \
	SEC("kprobe/" #name)                                                                 \
	int kprobe_##name(struct pt_regs *ctx)                                               \
	{                                                                                    \
		return keep_args(HOOK_##name, PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx));       \
	}                                                                                    \
	SEC("kretprobe/" #name)                                                              \
	int kretprobe_##name(struct pt_regs *ctx)                                            \
	{                                                                                    \
		struct hook_args args = take_args(HOOK_##name);                              \
                                                                                             \
		return handler((type)args.arg[0], (type2)args.arg[1], (int)PT_REGS_RC(ctx)); \
	}

#endif
