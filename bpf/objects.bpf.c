// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of segments, sets and queues, by function hooks. All of it runs under the object's lock
 * or ids->rwsem, so that for one object the records stand in the ring as things happened: a segment
 * is announced before anybody can attach it, and an id is free only after its end was.
 */
#include "ledger.bpf.h"
#include "stash.bpf.h"

struct ids_owners_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64); /* struct ipc_ids * */
	__type(value, struct ids_owner);
};

struct ids_owners_map ids_owners SEC(".maps");

static __always_inline _Bool owner_in_ns(__u64 ids, __u64 ns, struct ids_owner *owner)
{
	const __u32 kinds[] = {
		[IPC_SEM_IDS] = OBJECT_SEM, [IPC_MSG_IDS] = OBJECT_MSG, [IPC_SHM_IDS] = OBJECT_SHM};
	const __u64 first = ns + bpf_core_field_offset(struct ipc_namespace, ids);
	const __u64 size = bpf_core_type_size(struct ipc_ids);

	if (ids == first)
		owner->kind = kinds[0];
	else if (ids == first + size)
		owner->kind = kinds[1];
	else if (ids == first + 2 * size)
		owner->kind = kinds[2];
	else
		return 0;
	owner->ipcns = ipcns_of(ns);
	return 1;
}

/* Remembered, as the end may come from another namespace, or from a kernel thread. */
static __always_inline void remember_owner(__u64 ids, const struct ids_owner *owner)
{
	/* A creation in a namespace that is known already is the usual case. */
	struct ids_owner *known = bpf_map_lookup_elem(&ids_owners, &ids);

	if (!known || known->ipcns != owner->ipcns || known->kind != owner->kind)
		bpf_map_update_elem(&ids_owners, &ids, owner, BPF_ANY);
}

__hidden int learn_ids(__u64 ids, __u64 ns)
{
	struct ids_owner owner;

	if (owner_in_ns(ids, ns, &owner))
		remember_owner(ids, &owner);
	return 0;
}

/* kind OBJECT_NONE: not known. */
static __always_inline struct ids_owner find_owner(__u64 ids)
{
	struct ids_owner owner = {.kind = OBJECT_NONE}, *known;

	if (owner_in_ns(ids, current_ipc_ns(), &owner))
		return owner;
	known = bpf_map_lookup_elem(&ids_owners, &ids);
	return known ? *known : owner;
}

/*
 * Why it goes. Marked before: this was the last detach. A kernel thread: the namespace has ended.
 * In one of the ctl calls: IPC_RMID. Otherwise kernel.shm_rmid_forced, at somebody's exit or
 * detach.
 */
static __always_inline __u32 destruction_cause(__u32 mode, __u32 kind)
{
	struct call_stash *call;

	if (kind == OBJECT_SHM && mode & SHM_DEST)
		return CAUSE_LAST_DETACH;
	if (current_task_flags() & PF_KTHREAD)
		return CAUSE_NAMESPACE;
	if (kind != OBJECT_SHM)
		return CAUSE_RMID;
	call = current_call();
	return call && call->call == CALL_SHMCTL ? CAUSE_RMID : CAUSE_FORCED;
}

static __noinline int send_object(struct kern_ipc_perm *perm, __u32 action, __u32 kind, __u32 ipcns)
{
	struct object_event *event;

	if (stopped)
		return 0;
	event = bpf_ringbuf_reserve(&events, OBJECT_EVENT_SEEN, 0);
	if (!event)
		return count_lost_ledger();
	fill_object(event, perm, kind);
	event->action = action;
	event->ipcns = ipcns;
	event->cause = action == OBJECT_DESTROYED ? destruction_cause(event->mode, kind) : 0;
	event->nattch = 0;
	bpf_ringbuf_submit(event, ledger_wakeup_flags(event->head.time_ns));
	return 0;
}

/* Still under the object's lock, taken before it can be found (ipc/util.c, ipc_addid). */
static __noinline int added(__u64 ids, struct kern_ipc_perm *perm, int ret)
{
	struct ids_owner owner;

	if (ret < 0 || !ids)
		return 0;
	if (!owner_in_ns(ids, current_ipc_ns(), &owner))
		return 0;
	remember_owner(ids, &owner);
	return send_object(perm, OBJECT_CREATED, owner.kind, owner.ipcns);
}

LEDGER_EXIT_HOOKS(ipc_addid, __u64, struct kern_ipc_perm *, added, 3)

static __noinline int removed(__u64 ids, struct kern_ipc_perm *perm)
{
	struct ids_owner owner = find_owner(ids);

	/* Of a namespace that nobody has told us of: the ledger's next snapshot finds it out. */
	if (owner.kind == OBJECT_NONE)
		return count_lost_ledger();
	return send_object(perm, OBJECT_DESTROYED, owner.kind, owner.ipcns);
}

LEDGER_ENTRY2_HOOKS(ipc_rmid, __u64, struct kern_ipc_perm *, removed)

/* do_shm_rmid with somebody attached (ipc/shm.c); again at a second IPC_RMID. */
static __noinline int marked(__u64 ids, struct kern_ipc_perm *perm)
{
	struct ids_owner owner = find_owner(ids);

	if (owner.kind == OBJECT_NONE)
		return count_lost_ledger();
	return send_object(perm, OBJECT_MARKED, owner.kind, owner.ipcns);
}

LEDGER_ENTRY2_HOOKS(ipc_set_key_private, __u64, struct kern_ipc_perm *, marked)

/* IPC_SET, always in the caller's namespace; which kind, the call says. */
static __noinline int updated(__u64 in, struct kern_ipc_perm *perm, int ret)
{
	struct call_stash *call;

	if (ret)
		return 0;
	call = current_call();
	if (!call)
		return count_lost_ledger();
	return send_object(perm, OBJECT_CHANGED, call_kind(call->call), current_ipcns());
}

LEDGER_EXIT_HOOKS(ipc_update_perm, __u64, struct kern_ipc_perm *, updated, 2)

/* A segment that goes is unlocked as well, by whatever makes it go. */
static __always_inline _Bool locks(const struct call_stash *call)
{
	const __u32 cmd = (__u32)call->args[1] & ~IPC_64;

	return call->call == CALL_SHMCTL && (cmd == SHM_LOCK || cmd == SHM_UNLOCK);
}

/*
 * SHM_LOCK and SHM_UNLOCK, still under the segment's lock (ipc/shm.c, shmctl_do_lock). The inode's
 * number is the segment's id; of huge pages there is no lock, and no call of this.
 */
static __noinline int locked(struct file *file, __u64 lock, int ret)
{
	struct object_event *event;
	struct call_stash *call;

	call = current_call();
	if (ret || stopped || !call || !locks(call))
		return 0;
	event = bpf_ringbuf_reserve(&events, OBJECT_EVENT_SEEN, 0);
	if (!event)
		return count_lost_ledger();
	__builtin_memset(event, 0, OBJECT_EVENT_SEEN);
	fill_head(&event->head, EVENT_OBJECT);
	event->action = OBJECT_LOCKED;
	event->kind = OBJECT_SHM;
	event->ipcns = event->head.ipcns;
	event->id = BPF_CORE_READ(file, f_inode, i_ino);
	event->cause = (__u32)lock != 0;
	bpf_ringbuf_submit(event, ledger_wakeup_flags(event->head.time_ns));
	return 0;
}

LEDGER_EXIT_HOOKS(shmem_lock, struct file *, __u64, locked, 3)

/* The end of a namespace comes from a kernel thread that is in another one. */
static __noinline int freed(__u64 ns, __u64 ids)
{
	return learn_ids(ids, ns);
}

LEDGER_ENTRY2_HOOKS(free_ipcs, __u64, __u64, freed)
