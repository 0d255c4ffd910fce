// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each record has of the kernel's own structs. It is compiled twice. With RDONLY_CAST a number
 * is given the type of a struct (6.2), and its members are plain loads; without, each is read
 * through a helper, which takes 80 instructions. A call of bpf_rdonly_cast that is never reached
 * would not do: without a JIT, or on arm64 before 5.18, programs may have none. And it is in this
 * file alone, as libbpf's linker (1.1) takes a function of the kernel from one object only.
 */
#include "ledger.bpf.h"

#ifdef RDONLY_CAST
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __attribute__((const));

#define CAST(pointer) \
	((typeof(pointer))bpf_rdonly_cast(pointer, bpf_core_type_id_kernel(typeof(*(pointer)))))

#define READ(pointer, ...)                            \
	({                                            \
		typeof(pointer) ___from = (pointer);  \
                                                      \
		___arrow(CAST(___from), __VA_ARGS__); \
	})

/* The same of the current task. */
#define READ_CURRENT(task, ...) READ(task, __VA_ARGS__)
#else
#define READ(pointer, ...) BPF_CORE_READ(pointer, __VA_ARGS__)

/*
 * Where the current task has its type, what it points at has one, too. But from 6.2 on, as
 * cgrp_storage_get, the verifier distinguishes what it trusts: it may then ask for a test that a
 * pointer is not NULL, and (6.3, btf_nested_type_is_trusted) goes through all of the kernel's
 * types, 3 ms at a time, for each one that is loaded from the task. It does neither with what was
 * cast.
 */
static __always_inline _Bool has_typed_members(void)
{
	return has_typed_task() &&
	       !bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_cgrp_storage_get);
}

#define READ_CURRENT(task, ...) \
	(has_typed_members() ? ___arrow(task, __VA_ARGS__) : READ(task, __VA_ARGS__))
#endif

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

/* As bpf_get_current_uid_gid has it, which translates it besides, where that changes nothing. */
static __always_inline __u64 identity_of(struct task_struct *task)
{
	__u32 uid = READ_CURRENT(task, cred, uid.val);

	return (__u64)uid << 32 | READ_CURRENT(task, nsproxy, ipc_ns, ns.inum);
}

__hidden __u64 current_identity(void)
{
	return identity_of(current_task());
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
static __always_inline __u64 fill_process(struct event *head, __u32 type)
{
	struct task_struct *task = current_task();

	head->time_ns = bpf_ktime_get_ns();
	fill_who(head, type, bpf_get_current_pid_tgid(), identity_of(task), task);
	return READ_CURRENT(task, group_leader, start_boottime);
}

__hidden int fill_mapping(struct mapping_event *event, struct vm_area_struct *vma)
{
	struct shm_file_data *data = READ(vma, vm_file, private_data);

	event->start_ns = fill_process(&event->head, EVENT_MAPPING);
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
	event->start_ns = fill_process(&event->head, EVENT_OBJECT);
	event->kind = kind;
	event->id = READ(perm, id);
	event->size = object_size(perm, kind);
	event->key = READ(perm, key);
	event->mode = READ(perm, mode);
	event->uid = READ(perm, uid.val);
	event->gid = READ(perm, gid.val);
	return 0;
}
