// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is there now, by iterators: above all what /proc does not tell, or leaves open. A process's
 * address space, and which namespace a mapping's segment is of.
 */
#include "ledger.bpf.h"

/*
 * One thread speaks for all, and the first one may have ended. The numbers of an iterator's task
 * are plain loads here and below, and what it points to is not: see has_typed_task.
 */
static __always_inline _Bool speaks_for_all(struct task_struct *task)
{
	return task->pid == task->tgid ||
	       (BPF_CORE_READ(task, mm) && !BPF_CORE_READ(task, group_leader, mm));
}

/*
 * Each end of a change counts, of those in the making too (since 6.4, for locks of single mappings:
 * 5e31275cc997; CONFIG_PER_VMA_LOCK). exec brings another address space, perhaps at the same place.
 */
static __always_inline void count_changes(struct task_record *record, struct task_struct *task)
{
	struct mm_struct *mm = (struct mm_struct *)record->mm;
	__u32 count = 0;

	if (!mm || !bpf_core_field_exists(mm->mm_lock_seq))
		return;
	bpf_core_read(&count, sizeof(count), &mm->mm_lock_seq);
	record->changes = (__u64)task->self_exec_id << 32 | count;
	record->flags |= TASK_COUNTED;
}

/* Tasks are mostly in the same namespace as the one before. */
static __u64 last_ns;

/* Processes as they are: above all the address space of each, which /proc does not tell. */
SEC("iter/task")
int iter_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_record record = {};
	struct ipc_namespace *ns;

	if (!task)
		return 0;
	if (!ctx->meta->seq_num)
		last_ns = 0;
	record.mm = (__u64)BPF_CORE_READ(task, mm);
	record.pid = pidns_ino ? visible_tgid_of(task) : (__u32)task->tgid;
	ns = BPF_CORE_READ(task, nsproxy, ipc_ns);
	if (!speaks_for_all(task)) {
		/* unshare(2) and setns(2) move one thread alone. */
		if (!ns || ns == BPF_CORE_READ(task, group_leader, nsproxy, ipc_ns))
			return 0;
		record.mm = 0;
		record.flags = TASK_APART;
	} else if (task->pid != task->tgid) {
		record.flags = TASK_THREAD;
	}
	if (task->exit_state)
		record.flags |= TASK_ENDED;
	/* Without CONFIG_CGROUPS there are none. */
	if (bpf_core_field_exists(task->cgroups))
		record.cgroups = (__u64)BPF_CORE_READ(task, cgroups);
	record.start_ns = task->pid == task->tgid ? task->start_boottime : process_start_ns(task);
	record.parent = visible_tgid_of(BPF_CORE_READ(task, real_parent));
	record.uid = BPF_CORE_READ(task, cred, uid.val);
	record.ipcns = BPF_CORE_READ(ns, ns.inum);
	record.ns = (__u64)ns;
	bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), task->comm);
	count_changes(&record, task);
	for (int i = 0; ns && (__u64)ns != last_ns && i < 3; i++)
		learn_ids((__u64)ns + bpf_core_field_offset(struct ipc_namespace, ids) +
				  i * bpf_core_type_size(struct ipc_ids),
			  (__u64)ns);
	last_ns = (__u64)ns;
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

/* Only which namespaces tasks are in, each run of the same once. */
SEC("iter/task")
int iter_task_namespace(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_record record = {};
	struct ipc_namespace *ns;

	if (!task)
		return 0;
	if (!ctx->meta->seq_num)
		last_ns = 0;
	ns = BPF_CORE_READ(task, nsproxy, ipc_ns);
	if (!ns || (__u64)ns == last_ns)
		return 0;
	record.pid = visible_tgid_of(task);
	if (!record.pid)
		return 0;
	last_ns = record.ns = (__u64)ns;
	record.ipcns = BPF_CORE_READ(ns, ns.inum);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

/*
 * The kernel's shm_close, once a mapping of a segment has been met: looking it up among the symbols
 * would take as long as all the rest of a start. One is known by its file: of the kernel's own, a
 * root of its own without a directory, and SYSV with the key (newseg, ipc/shm.c, 5.10 to 7.2).
 * Files of programs either lie in a directory or are named by the kernel, as "memfd:".
 */
static void *shm_close;

static __always_inline _Bool is_segment_file(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct shm_file_data *data = BPF_CORE_READ(file, private_data);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	char name[4] = {};

	if (!dentry || BPF_CORE_READ(dentry, d_parent) != dentry)
		return 0;
	/* Opened by /proc/PID/map_files it has that name, too, and is mapped as any file. */
	if (!inode || BPF_CORE_READ(data, file, f_inode) != inode)
		return 0;
	bpf_probe_read_kernel(name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
	return name[0] == 'S' && name[1] == 'Y' && name[2] == 'S' && name[3] == 'V';
}

static __always_inline _Bool maps_segment(struct vm_area_struct *vma)
{
	struct file *file = BPF_CORE_READ(vma, vm_file);
	void *close;

	if (!file)
		return 0;
	close = BPF_CORE_READ(vma, vm_ops, close);
	if (!close || shm_close)
		return close && close == shm_close;
	if (!is_segment_file(file))
		return 0;
	/* A mapping that is taken out of its list meanwhile may become another (iter_task_list). */
	if (BPF_CORE_READ(vma, vm_file) != file || BPF_CORE_READ(vma, vm_ops, close) != close)
		return 0;
	shm_close = close;
	return 1;
}

static __always_inline void write_mapping(struct seq_file *seq, struct task_struct *task,
					  struct vm_area_struct *vma)
{
	struct shm_file_data *data = BPF_CORE_READ(vma, vm_file, private_data);
	struct vma_record record = {};

	record.mm = (__u64)BPF_CORE_READ(vma, vm_mm);
	record.address = BPF_CORE_READ(vma, vm_start);
	record.ipcns = BPF_CORE_READ(data, ns, ns.inum);
	record.id = BPF_CORE_READ(data, id);
	record.size = BPF_CORE_READ(data, file, f_inode, i_size);
	record.tid = BPF_CORE_READ(task, pid);
	bpf_seq_write(seq, &record, sizeof(record));
}

#define VM_MAYSHARE 0x80 /* include/linux/mm.h */

/* shmat(2) always maps shared (do_shmat, ipc/shm.c): one plain load spares the others the rest. */
static __always_inline _Bool may_map_segment(struct vm_area_struct *vma)
{
	return !bpf_core_field_exists(vma->vm_flags) || vma->vm_flags & VM_MAYSHARE;
}

/* Every mapping of a segment (since 5.12). */
SEC("iter/task_vma")
int iter_task_vma(struct bpf_iter__task_vma *ctx)
{
	struct vm_area_struct *vma = ctx->vma;
	struct task_struct *task = ctx->task;

	if (task && vma && may_map_segment(vma) && maps_segment(vma))
		write_mapping(ctx->meta->seq, task, vma);
	return 0;
}

/*
 * The same before 5.12, by the list of an address space (which 6.1 has no more: 763ecb035029). No
 * lock can be taken for it, so each step, and in the end the whole, is held against what the kernel
 * counts: whatever takes something out of the list first takes it out of the caches, which
 * vmacache_seqnum numbers, and what is put in is counted by map_count (mm/mmap.c, mm/vmacache.c).
 */
struct vm_area_struct___list {
	struct vm_area_struct___list *vm_next;
} __attribute__((preserve_access_index));

struct mm_struct___list {
	struct vm_area_struct___list *mmap;
	__u64 vmacache_seqnum;
} __attribute__((preserve_access_index));

/* Steps of one call, and calls: the verifier goes through both loops, but not one in the other. */
#define WALK_STEPS 256
#define WALK_CALLS 256

enum walk_result { WALK_ENDED, WALK_FOUND, WALK_GOES_ON, WALK_LOST };

/*
 * A function that is verified by itself takes no pointers (5.10), and one reader iterates at a
 * time. No struct: clang takes it apart and leaves a BTF that the kernel refuses.
 */
static struct mm_struct *walk_mm;
static struct vm_area_struct___list *walk_next;
static struct vm_area_struct *walk_found;
static __u32 walk_count;

/* To the next mapping of a segment. */
__noinline int walk_on(void)
{
	for (int i = 0; i < WALK_STEPS; i++) {
		struct vm_area_struct___list *next = walk_next;
		struct vm_area_struct *vma = (struct vm_area_struct *)next;

		if (!vma)
			return WALK_ENDED;
		/* One that was taken out may be part of another address space by now. */
		if (BPF_CORE_READ(vma, vm_mm) != walk_mm)
			return WALK_LOST;
		walk_count++;
		walk_next = BPF_CORE_READ(next, vm_next);
		if (!maps_segment(vma))
			continue;
		walk_found = vma;
		return WALK_FOUND;
	}
	return WALK_GOES_ON;
}

/* The output of one task must fit into the iterator's buffer, and one more record after this. */
static __always_inline _Bool has_room(struct seq_file *seq, __u64 start)
{
	return BPF_CORE_READ(seq, count) - start + 2 * sizeof(struct vma_record) <=
	       BPF_CORE_READ(seq, size);
}

/* Tells that the mappings of this address space are not known by what is written of it. */
static __always_inline void write_unknown(struct seq_file *seq, struct task_struct *task, __u64 mm)
{
	struct vma_record record = {.mm = mm, .id = -1};

	record.tid = BPF_CORE_READ(task, pid);
	bpf_seq_write(seq, &record, sizeof(record));
}

SEC("iter/task")
int iter_task_list(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	int result = WALK_GOES_ON;
	struct mm_struct___list *list;
	struct mm_struct *mm;
	__u64 seqnum, start;

	if (!task || !speaks_for_all(task))
		return 0;
	mm = BPF_CORE_READ(task, mm);
	if (!mm)
		return 0;
	list = (struct mm_struct___list *)mm;
	start = BPF_CORE_READ(seq, count);
	seqnum = BPF_CORE_READ(list, vmacache_seqnum);
	walk_next = BPF_CORE_READ(list, mmap);
	walk_mm = mm;
	walk_count = 0;
	for (int i = 0; i < WALK_CALLS; i++) {
		result = walk_on();
		if (result == WALK_GOES_ON)
			continue;
		if (result != WALK_FOUND || !has_room(seq, start))
			break;
		write_mapping(seq, task, walk_found);
	}
	if (result != WALK_ENDED || walk_count != (__u32)BPF_CORE_READ(mm, map_count) ||
	    seqnum != BPF_CORE_READ(list, vmacache_seqnum) || mm != BPF_CORE_READ(task, mm))
		write_unknown(seq, task, (__u64)mm);
	return 0;
}
