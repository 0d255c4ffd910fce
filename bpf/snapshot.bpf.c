// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is there now, by iterators: above all what /proc does not tell, or leaves open. A process's
 * address space, and which namespace a mapping's segment is of.
 */
#include "ledger.bpf.h"

/* Processes as they are: above all the address space of each, which /proc does not tell. */
SEC("iter/task")
int iter_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_record record = {};
	struct ipc_namespace *ns;

	if (!task)
		return 0;
	record.mm = (__u64)BPF_CORE_READ(task, mm);
	record.pid = visible_tgid_of(task);
	ns = BPF_CORE_READ(task, nsproxy, ipc_ns);
	/* One thread speaks for all, and the first one may have ended. */
	if (BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid) &&
	    (!record.mm || BPF_CORE_READ(task, group_leader, mm))) {
		/* unshare(2) and setns(2) move one thread alone. */
		if (!ns || ns == BPF_CORE_READ(task, group_leader, nsproxy, ipc_ns))
			return 0;
		record.mm = 0;
	}
	record.start_ns = process_start_ns(task);
	record.parent = visible_tgid_of(BPF_CORE_READ(task, real_parent));
	record.uid = BPF_CORE_READ(task, cred, uid.val);
	record.ipcns = BPF_CORE_READ(ns, ns.inum);
	bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), task->comm);
	for (int i = 0; ns && i < 3; i++)
		learn_ids((__u64)ns + bpf_core_field_offset(struct ipc_namespace, ids) +
				  i * bpf_core_type_size(struct ipc_ids),
			  (__u64)ns);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

/* Of a kernel that does not name it nothing matches, and the user side does not ask. */
extern const void shm_close __ksym __weak;

/* Every mapping of a segment (since 5.12). */
SEC("iter/task_vma")
int iter_task_vma(struct bpf_iter__task_vma *ctx)
{
	struct vm_area_struct *vma = ctx->vma;
	struct task_struct *task = ctx->task;
	struct vma_record record = {};
	struct shm_file_data *data;

	if (!task || !vma || !BPF_CORE_READ(vma, vm_ops) ||
	    (const void *)BPF_CORE_READ(vma, vm_ops, close) != &shm_close)
		return 0;
	data = BPF_CORE_READ(vma, vm_file, private_data);
	record.mm = (__u64)BPF_CORE_READ(vma, vm_mm);
	record.address = BPF_CORE_READ(vma, vm_start);
	record.ipcns = BPF_CORE_READ(data, ns, ns.inum);
	record.id = BPF_CORE_READ(data, id);
	record.size = BPF_CORE_READ(data, file, f_inode, i_size);
	record.tid = BPF_CORE_READ(task, pid);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
