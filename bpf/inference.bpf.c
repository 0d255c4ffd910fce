// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where only system calls are seen, what they say about objects and mappings. The rest (munmap,
 * exit, exec, deferred removal, the end of namespaces) the ledger infers, and reconciles.
 */
#include "ledger.bpf.h"

#define IPC_PRIVATE 0
#define IPC_CREAT   01000
#define IPC_EXCL    02000
#define IPC_RMID    0
#define SHM_LOCK    11
#define SHM_UNLOCK  12
#define IPC_64	    0x0100

static __noinline int send_inferred_object(__u32 action, struct call_stash *call, __s32 id)
{
	const __u32 kind = call_kind(call->call);
	const _Bool has_size = call->call != CALL_MSGGET;
	const __u64 flags = call->args[has_size ? 2 : 1];
	struct object_event *event;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return count_lost_ledger();
	fill_head(&event->head, EVENT_OBJECT);
	event->action = action;
	event->kind = kind;
	event->ipcns = event->head.ipcns;
	event->id = id;
	event->size = has_size ? call->args[1] : 0;
	event->key = call->args[0];
	event->mode = flags & 0777;
	/* A new object belongs to who makes it. */
	event->uid = event->head.uid;
	event->gid = bpf_get_current_uid_gid() >> 32;
	if (action == OBJECT_LOCKED)
		event->cause = ((__u32)call->args[1] & ~IPC_64) == SHM_LOCK;
	else
		event->cause = !(event->key == IPC_PRIVATE || flags & IPC_EXCL);
	event->nattch = 0;
	__builtin_memset(&event->past, 0, sizeof(event->past));
	event->start_ns = current_start_ns();
	bpf_ringbuf_submit(event, ledger_wakeup_flags(event->head.time_ns));
	return 0;
}

static __noinline int send_inferred_mapping(__u32 action, __s32 id, __u64 address)
{
	struct mapping_event *event;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return count_lost_ledger();
	fill_head(&event->head, EVENT_MAPPING);
	event->mm = current_mm();
	event->address = address;
	event->ipcns = event->head.ipcns;
	event->id = id;
	event->action = action;
	event->count = 1;
	event->size = 0;
	event->start_ns = current_start_ns();
	bpf_ringbuf_submit(event, ledger_wakeup_flags(event->head.time_ns));
	return 0;
}

static __always_inline int infer_ctl(struct call_stash *call, __u64 cmd)
{
	const __u32 number = (__u32)cmd & ~IPC_64;

	if (call->call == CALL_SHMCTL && (number == SHM_LOCK || number == SHM_UNLOCK))
		return send_inferred_object(OBJECT_LOCKED, call, (__s32)call->args[0]);
	if (number != IPC_RMID)
		return 0;
	return send_inferred_object(OBJECT_REMOVED, call, (__s32)call->args[0]);
}

/* Of a call that succeeded. */
__hidden int ledger_from_call(struct call_stash *call, __u64 ret)
{
	const __u64 flags = call->args[call->call == CALL_MSGGET ? 1 : 2];

	switch (call->call) {
	case CALL_SHMGET:
	case CALL_SEMGET:
	case CALL_MSGGET:
		if ((__u32)call->args[0] != IPC_PRIVATE && !(flags & IPC_CREAT))
			return send_inferred_object(OBJECT_USED, call, (__s32)ret);
		return send_inferred_object(OBJECT_CREATED, call, (__s32)ret);
	case CALL_SHMAT:
		return send_inferred_mapping(MAPPING_ATTACHED, (__s32)call->args[0], ret);
	case CALL_SHMDT:
		return send_inferred_mapping(MAPPING_DETACHED, -1, call->args[0]);
	case CALL_SHMCTL:
	case CALL_MSGCTL:
		return infer_ctl(call, call->args[1]);
	case CALL_SEMCTL:
		return infer_ctl(call, call->args[2]);
	}
	return 0;
}
