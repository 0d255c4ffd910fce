// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of segments, by function hooks: one record for each that comes or goes, whatever made it
 * so (shmat, fork, exec, exit, munmap, mprotect, mremap). The kernel counts the same ones in
 * nattch. For one address space they are in order, as mmap_lock is held for writing or nobody else
 * is left.
 */
#include "ledger.bpf.h"

static __noinline int send_mapping(struct vm_area_struct *vma, struct file *file, __u32 action)
{
	struct shm_file_data *data = BPF_CORE_READ(file, private_data);
	struct mapping_event *event;

	if (stopped)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return count_lost_ledger();
	fill_head(&event->head, EVENT_MAPPING);
	/* Not the caller's: at fork it is the child's, and at exit the caller has none any more. */
	event->mm = (__u64)BPF_CORE_READ(vma, vm_mm);
	event->address = BPF_CORE_READ(vma, vm_start);
	event->ipcns = BPF_CORE_READ(data, ns, ns.inum);
	event->id = BPF_CORE_READ(data, id);
	event->action = action;
	event->count = 1;
	event->size = BPF_CORE_READ(data, file, f_inode, i_size);
	event->start_ns = current_start_ns();
	bpf_ringbuf_submit(event, ledger_wakeup_flags(event->head.time_ns));
	return 0;
}

static __noinline int mapped(struct file *file, struct vm_area_struct *vma, int ret)
{
	return ret ? 0 : send_mapping(vma, file, MAPPING_ATTACHED);
}

LEDGER_EXIT_HOOKS(shm_mmap, struct file *, struct vm_area_struct *, mapped, 2)

static __noinline int opened(struct vm_area_struct *vma)
{
	return send_mapping(vma, BPF_CORE_READ(vma, vm_file), MAPPING_INHERITED);
}

LEDGER_ENTRY_HOOKS(shm_open, struct vm_area_struct *, opened)

static __noinline int closed(struct vm_area_struct *vma)
{
	return send_mapping(vma, BPF_CORE_READ(vma, vm_file), MAPPING_DETACHED);
}

LEDGER_ENTRY_HOOKS(shm_close, struct vm_area_struct *, closed)
