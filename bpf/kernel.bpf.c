// SPDX-License-Identifier: GPL-2.0-only
/*
 * What records have of the kernel's own structs, read here and nowhere else where it is read at
 * each call: libbpf's linker (1.1) takes a function of the kernel from one object only.
 */
#include "ledger.bpf.h"

/* Gives a number the type of a struct (6.2), if has_rdonly_cast says so. */
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak __attribute__((const));

#define CAST(pointer) \
	((typeof(pointer))bpf_rdonly_cast(pointer, bpf_core_type_id_kernel(typeof(*(pointer)))))

/*
 * As BPF_CORE_READ, whose every member costs 80 instructions: by plain loads where they can be had.
 */
#define READ(pointer, ...)                                             \
	({                                                             \
		typeof(pointer) ___from = (pointer);                   \
                                                                       \
		has_rdonly_cast ? ___arrow(CAST(___from), __VA_ARGS__) \
				: BPF_CORE_READ(___from, __VA_ARGS__); \
	})

/* Gives the current task with its type, since 5.11. */
static __always_inline _Bool has_typed_task(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

/*
 * What it points at has its type, too. From 6.2 on, as cgrp_storage_get, the verifier distinguishes
 * what it trusts: it may then ask for a test that a pointer is not NULL, and (6.3,
 * btf_nested_type_is_trusted) goes through all of the kernel's types, 3 ms at a time, for each one
 * that is loaded from the task. It does neither with what was cast.
 */
static __always_inline _Bool has_typed_members(void)
{
	return has_typed_task() &&
	       !bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_cgrp_storage_get);
}

static __always_inline struct task_struct *current_task(void)
{
	return has_typed_task() ? bpf_get_current_task_btf()
				: (struct task_struct *)bpf_get_current_task();
}

/* The same of the current task. */
#define READ_CURRENT(task, ...) \
	(has_typed_members() ? ___arrow(task, __VA_ARGS__) : READ(task, __VA_ARGS__))

__hidden __u64 current_ipc_ns(void)
{
	return (__u64)READ_CURRENT(current_task(), nsproxy, ipc_ns);
}

__hidden __u32 current_ipcns(void)
{
	return READ_CURRENT(current_task(), nsproxy, ipc_ns, ns.inum);
}

__hidden __u32 ipcns_of(__u64 ns)
{
	return READ((struct ipc_namespace *)ns, ns.inum);
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
static __always_inline void fill_who(struct event *head, __u32 type, __u64 pid_tgid,
				     struct task_struct *task)
{
	__u64 visible = visible_of(pid_tgid);

	head->type = type;
	head->pid = visible >> 32;
	head->tid = (__u32)visible;
	/* What bpf_get_current_uid_gid says as well, after a translation that changes nothing. */
	head->uid = READ_CURRENT(task, cred, uid.val);
	head->ipcns = READ_CURRENT(task, nsproxy, ipc_ns, ns.inum);
	head->cgroup = current_cgroup();
	if (has_typed_task()) {
		const __u64 *comm = (const __u64 *)task->comm;

		((__u64 *)head->comm)[0] = comm[0];
		((__u64 *)head->comm)[1] = comm[1];
	} else {
		bpf_get_current_comm(head->comm, sizeof(head->comm));
	}
}

__hidden int fill_caller(struct event *head, __u32 type, __u64 pid_tgid)
{
	fill_who(head, type, pid_tgid, current_task());
	return 0;
}

/* What inference needs besides (user/source/inference.c). */
__hidden int fill_inferable(struct call_ledger_event *event)
{
	struct task_struct *task = current_task();

	event->mm = (__u64)READ_CURRENT(task, mm);
	event->start_ns = READ_CURRENT(task, group_leader, start_boottime);
	event->gid = READ_CURRENT(task, cred, gid.val);
	return 0;
}

/* Head and start of the process. */
static __always_inline __u64 fill_head(struct event *head, __u32 type)
{
	struct task_struct *task = current_task();

	head->time_ns = bpf_ktime_get_ns();
	fill_who(head, type, bpf_get_current_pid_tgid(), task);
	return READ_CURRENT(task, group_leader, start_boottime);
}

__hidden int fill_mapping(struct mapping_event *event, struct vm_area_struct *vma)
{
	struct shm_file_data *data = READ(vma, vm_file, private_data);

	event->start_ns = fill_head(&event->head, EVENT_MAPPING);
	/* Not the caller's: at fork it is the child's, and at exit the caller has none any more. */
	event->mm = (__u64)READ(vma, vm_mm);
	event->address = READ(vma, vm_start);
	event->ipcns = READ(data, ns, ns.inum);
	event->id = READ(data, id);
	event->size = READ(data, file, f_inode, i_size);
	return 0;
}

static __always_inline __u64 object_size(struct kern_ipc_perm *perm, __u32 kind)
{
	/* The permissions are the first member of both. */
	if (kind == OBJECT_SHM)
		return READ((struct shmid_kernel *)perm, shm_segsz);
	if (kind == OBJECT_SEM)
		return READ((struct sem_array *)perm, sem_nsems);
	return 0;
}

__hidden int fill_object(struct object_event *event, struct kern_ipc_perm *perm, __u32 kind)
{
	event->start_ns = fill_head(&event->head, EVENT_OBJECT);
	event->kind = kind;
	event->id = READ(perm, id);
	event->size = object_size(perm, kind);
	event->key = READ(perm, key);
	event->mode = READ(perm, mode);
	event->uid = READ(perm, uid.val);
	event->gid = READ(perm, gid.val);
	return 0;
}
