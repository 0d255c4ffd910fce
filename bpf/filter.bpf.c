// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which calls are wanted: by the caller at the entry, by the object and the result at the exit.
 */
#include "shmtrace.bpf.h"

#define IPC_PRIVATE  0
#define IPC_INFO     3
#define MSG_STAT     11
#define MSG_INFO     12
#define MSG_STAT_ANY 13
#define SHM_STAT     13
#define SHM_INFO     14
#define SHM_STAT_ANY 15
#define SEM_STAT     18
#define SEM_INFO     19
#define SEM_STAT_ANY 20

static __always_inline _Bool is_followed(__u32 visible_tgid)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	/* The root is known by the number that the reader's fork returned, not by the global one.
	 */
	if (followed_root && visible_tgid == followed_root)
		return 1;
	return bpf_map_lookup_elem(&followed, &tgid) != NULL;
}

static __noinline int comm_passes(void)
{
	char comm[EVENT_COMM_LEN] = {};

	bpf_get_current_comm(comm, sizeof(comm));
	for (__u32 start = 0; start < EVENT_COMM_LEN; start++) {
		for (__u32 i = 0; i < EVENT_COMM_LEN; i++) {
			if (i == filter_comm_len)
				return 1;
			if (start + i >= EVENT_COMM_LEN || comm[start + i] != filter_comm[i])
				break;
		}
	}
	return 0;
}

__hidden int caller_passes(void)
{
	if (filter_by_pid || filter_by_descent) {
		__u32 tgid = visible_pid_tgid() >> 32;

		if (filter_by_pid && !bpf_map_lookup_elem(&filter_pids, &tgid))
			return 0;
		if (filter_by_descent && !is_followed(tgid))
			return 0;
	}
	if (filter_by_uid && (__u32)bpf_get_current_uid_gid() != filter_uid)
		return 0;
	if (filter_ipcns && current_ipcns() != filter_ipcns)
		return 0;
	if (filter_comm_len && !comm_passes())
		return 0;
	return 1;
}

static __always_inline _Bool size_passes(const struct call_stash *call)
{
	switch (call->call) {
	case CALL_SHMGET:
		return call->args[1] >= filter_min_size;
	case CALL_MSGSND:
	case CALL_MSGRCV:
		return call->args[2] >= filter_min_size;
	default:
		return 0;
	}
}

/*
 * The id that a call is about, -1 where it is about none. Of the commands that take an index into
 * the kernel's table (SHM_STAT and its like) the result is the id.
 */
static __always_inline __s32 object_id(const struct call_stash *call, __s64 ret)
{
	__u32 cmd;

	if (is_get(call->call))
		return is_error(ret) ? -1 : (__s32)ret;
	switch (call->call) {
	case CALL_SHMCTL:
		cmd = (__u32)call->args[1] & ~IPC_64;
		if (cmd == IPC_INFO || cmd == SHM_INFO)
			return -1;
		if (cmd == SHM_STAT || cmd == SHM_STAT_ANY)
			return is_error(ret) ? -1 : (__s32)ret;
		break;
	case CALL_SEMCTL:
		cmd = (__u32)call->args[2] & ~IPC_64;
		if (cmd == IPC_INFO || cmd == SEM_INFO)
			return -1;
		if (cmd == SEM_STAT || cmd == SEM_STAT_ANY)
			return is_error(ret) ? -1 : (__s32)ret;
		break;
	case CALL_MSGCTL:
		cmd = (__u32)call->args[1] & ~IPC_64;
		if (cmd == IPC_INFO || cmd == MSG_INFO)
			return -1;
		if (cmd == MSG_STAT || cmd == MSG_STAT_ANY)
			return is_error(ret) ? -1 : (__s32)ret;
		break;
	case CALL_IPC:
	case CALL_SHMDT:
		return -1;
	}
	return (__s32)call->args[0];
}

static __always_inline _Bool is_removal(const struct call_stash *call)
{
	switch (call->call) {
	case CALL_SHMCTL:
	case CALL_MSGCTL:
		return ((__u32)call->args[1] & ~IPC_64) == IPC_RMID;
	case CALL_SEMCTL:
		return ((__u32)call->args[2] & ~IPC_64) == IPC_RMID;
	}
	return 0;
}

/* -k follows the object behind the key: the get names the key, all later calls only the id. */
static __always_inline _Bool key_passes(const struct call_stash *call, __s32 id, __s64 ret)
{
	struct object_key key = {};
	__u8 one = 1;

	if (is_get(call->call)) {
		if ((__u32)call->args[0] != filter_key)
			return 0;
		if (id < 0)
			return 1;
	} else if (id < 0) {
		return 0;
	}
	key.ipcns = current_ipcns();
	key.kind = call_kind(call->call);
	key.id = id;
	if (is_get(call->call)) {
		bpf_map_update_elem(&objects, &key, &one, BPF_ANY);
		return 1;
	}
	if (!bpf_map_lookup_elem(&objects, &key))
		return 0;
	if (is_removal(call) && ret == 0 && call->call != CALL_SHMCTL)
		bpf_map_delete_elem(&objects, &key);
	return 1;
}

/* shmdt names an address: it passes when the attach that returned the address did. */
static __noinline int object_passes(const struct call_stash *call, __s64 ret)
{
	struct attach_key attach = {};
	__u8 one = 1;
	__s32 id;

	attach.tgid = bpf_get_current_pid_tgid() >> 32;
	if (call->call == CALL_SHMDT) {
		attach.address = call->args[0];
		if (!bpf_map_lookup_elem(&attaches, &attach))
			return 0;
		if (ret == 0)
			bpf_map_delete_elem(&attaches, &attach);
		return 1;
	}
	id = object_id(call, ret);
	if (filter_by_id && id != filter_id)
		return 0;
	if (filter_by_key && !key_passes(call, id, ret))
		return 0;
	if (call->call == CALL_SHMAT && !is_error(ret)) {
		attach.address = ret;
		bpf_map_update_elem(&attaches, &attach, &one, BPF_ANY);
	}
	return 1;
}

/* The object is looked at first, whatever the result: what it learns serves the calls to come. */
__hidden int result_passes(struct call_stash *call, __s64 ret)
{
	if ((filter_by_key || filter_by_id) && !object_passes(call, ret))
		return 0;
	if (!(wanted_calls & (1U << (call->call & 31))))
		return 0;
	if (filter_by_failure && !is_error(ret))
		return 0;
	if (filter_errno && ret != -(__s64)filter_errno)
		return 0;
	if (filter_min_size && !size_passes(call))
		return 0;
	return 1;
}
