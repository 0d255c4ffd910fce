// SPDX-License-Identifier: GPL-2.0-only
#include "source/inference.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#define IPC_64 0x0100 /* include/linux/ipc.h of the kernel: given with a command */

static struct event head_of(const struct call_ledger_event *from, enum event_type type)
{
	struct event head = from->call.head;

	head.type = type;
	head.time_ns += from->call.duration_ns;
	return head;
}

static enum object_kind kind_of(const struct call_event *call)
{
	switch (call->call) {
	case CALL_SEMGET:
	case CALL_SEMCTL:
		return OBJECT_SEM;
	case CALL_MSGGET:
	case CALL_MSGCTL:
		return OBJECT_MSG;
	default:
		return OBJECT_SHM;
	}
}

static const struct event *object(const struct call_ledger_event *from, union inference *out,
				  enum object_action action, int32_t id)
{
	out->object = (struct object_event){
		.head = head_of(from, EVENT_OBJECT),
		.action = action,
		.kind = kind_of(&from->call),
		.ipcns = from->call.head.ipcns,
		.id = id,
		/* A new object belongs to who makes it. */
		.uid = from->call.head.uid,
		.gid = from->gid,
		.start_ns = from->start_ns,
	};
	return &out->object.head;
}

/* A get that may not make anything has looked up what was there. */
static const struct event *got(const struct call_ledger_event *from, union inference *out)
{
	const struct call_event *call = &from->call;
	const bool has_size = call->call != CALL_MSGGET;
	const uint64_t flags = call->args[has_size ? 2 : 1];
	const uint32_t key = call->args[0];
	const bool makes = key == IPC_PRIVATE || flags & IPC_CREAT;

	object(from, out, makes ? OBJECT_CREATED : OBJECT_USED, (int32_t)call->ret);
	out->object.key = key;
	out->object.size = has_size ? call->args[1] : 0;
	out->object.mode = flags & 0777;
	out->object.cause = !(key == IPC_PRIVATE || flags & IPC_EXCL);
	return &out->object.head;
}

static const struct event *mapping(const struct call_ledger_event *from, union inference *out,
				   enum mapping_action action, int32_t id, uint64_t address)
{
	out->mapping = (struct mapping_event){
		.head = head_of(from, EVENT_MAPPING),
		.mm = from->mm,
		.address = address,
		.ipcns = from->call.head.ipcns,
		.id = id,
		.action = action,
		.count = 1,
		.start_ns = from->start_ns,
	};
	return &out->mapping.head;
}

static const struct event *controlled(const struct call_ledger_event *from, union inference *out)
{
	const struct call_event *call = &from->call;
	const uint64_t arg = call->args[call->call == CALL_SEMCTL ? 2 : 1];
	const uint32_t command = (uint32_t)arg & ~IPC_64;

	if (command == IPC_RMID)
		return object(from, out, OBJECT_REMOVED, (int32_t)call->args[0]);
	if (call->call != CALL_SHMCTL || (command != SHM_LOCK && command != SHM_UNLOCK))
		return NULL;
	object(from, out, OBJECT_LOCKED, (int32_t)call->args[0]);
	out->object.cause = command == SHM_LOCK;
	return &out->object.head;
}

const struct event *inference__of(const struct call_ledger_event *from, union inference *out)
{
	const struct call_event *call = &from->call;

	if (call->flags & CALL_F_NO_RESULT)
		return NULL;
	switch (call->call) {
	case CALL_SHMGET:
	case CALL_SEMGET:
	case CALL_MSGGET:
		return got(from, out);
	case CALL_SHMAT:
		return mapping(from, out, MAPPING_ATTACHED, (int32_t)call->args[0], call->ret);
	case CALL_SHMDT:
		return mapping(from, out, MAPPING_DETACHED, -1, call->args[0]);
	case CALL_SHMCTL:
	case CALL_SEMCTL:
	case CALL_MSGCTL:
		return controlled(from, out);
	}
	return NULL;
}
