// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of segments, by function hooks: one record for each that comes or goes, whatever made it
 * so (shmat, fork, exec, exit, munmap, mprotect, mremap). The kernel counts the same ones in
 * nattch. For one address space they are in order, as mmap_lock is held for writing or nobody else
 * is left.
 */
#include "ledger.bpf.h"

static __noinline int send_mapping(struct vm_area_struct *vma, __u32 action)
{
	struct mapping_event *event;

	if (stopped)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return count_lost_ledger();
	fill_mapping(event, vma);
	event->action = action;
	event->count = 1;
	bpf_ringbuf_submit(event, ledger_wakeup_flags(event->head.time_ns));
	return 0;
}

static __noinline int mapped(__u64 file, struct vm_area_struct *vma, int ret)
{
	return ret ? 0 : send_mapping(vma, MAPPING_ATTACHED);
}

LEDGER_EXIT_HOOKS(shm_mmap, __u64, struct vm_area_struct *, mapped, 2)

static __noinline int opened(struct vm_area_struct *vma)
{
	return send_mapping(vma, MAPPING_INHERITED);
}

LEDGER_ENTRY_HOOKS(shm_open, struct vm_area_struct *, opened)

static __noinline int closed(struct vm_area_struct *vma)
{
	return send_mapping(vma, MAPPING_DETACHED);
}

LEDGER_ENTRY_HOOKS(shm_close, struct vm_area_struct *, closed)
