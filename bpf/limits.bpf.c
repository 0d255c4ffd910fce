// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far a get came before it failed, and the limits of the caller's IPC namespace at that moment.
 * newseg, newary and newque run under ids->rwsem held for writing (ipc/util.c, ipcget_new), so that
 * at their return the numbers are those the kernel compared. Read later, at the exit of the system
 * call, another process may have changed them: then CALL_F_LIMITS_EXACT is not set.
 */
#include "shmtrace.bpf.h"
#include "stash.bpf.h"

__hidden int limits_of(struct ipc_namespace *ns, struct ipc_limits *out)
{
	int sem_ctls[4] = {};

	out->shmmax = BPF_CORE_READ(ns, shm_ctlmax);
	out->shmall = BPF_CORE_READ(ns, shm_ctlall);
	out->shmall_used = BPF_CORE_READ(ns, shm_tot);
	out->shmmni = BPF_CORE_READ(ns, shm_ctlmni);
	out->shmmni_used = BPF_CORE_READ(ns, ids[IPC_SHM_IDS].in_use);
	/* sem_ctls: SEMMSL, SEMMNS, SEMOPM, SEMMNI (ipc/sem.c, sc_semmsl and following) */
	BPF_CORE_READ_INTO(&sem_ctls, ns, sem_ctls);
	out->semmsl = sem_ctls[0];
	out->semmns = sem_ctls[1];
	out->semopm = sem_ctls[2];
	out->semmni = sem_ctls[3];
	out->semmns_used = BPF_CORE_READ(ns, used_sems);
	out->semmni_used = BPF_CORE_READ(ns, ids[IPC_SEM_IDS].in_use);
	out->msgmni = BPF_CORE_READ(ns, msg_ctlmni);
	out->msgmax = BPF_CORE_READ(ns, msg_ctlmax);
	out->msgmnb = BPF_CORE_READ(ns, msg_ctlmnb);
	out->msgmni_used = BPF_CORE_READ(ns, ids[IPC_MSG_IDS].in_use);
	return 0;
}

__hidden int limits_read(struct ipc_limits *out)
{
	return limits_of((struct ipc_namespace *)current_ipc_ns(), out);
}

/* Of callers that a filter dropped there is no stash, and nothing is kept. */
static __noinline int reached(__u8 stage)
{
	struct call_stash *call = current_call();

	if (call && is_get(call->call))
		call->stage = stage;
	return 0;
}

static __noinline int failed_new(int ret)
{
	struct ipc_limits now = {};
	__u32 tid = current_tid();

	if (ret != -ENOSPC && ret != -EINVAL && ret != -ENOMEM)
		return 0;
	if (!current_call())
		return 0;
	limits_read(&now);
	bpf_map_update_elem(&limits, &tid, &now, BPF_ANY);
	return 0;
}

#define NEW_HOOKS(name)                                                                          \
	SEC("fentry/" #name)                                                                     \
	int BPF_PROG(fentry_##name)                                                              \
	{                                                                                        \
		return reached(GET_NEW);                                                         \
	}                                                                                        \
	SEC("fexit/" #name)                                                                      \
	int BPF_PROG(fexit_##name, struct ipc_namespace *ns, struct ipc_params *params, int ret) \
	{                                                                                        \
		return failed_new(ret);                                                          \
	}                                                                                        \
	SEC("kprobe/" #name)                                                                     \
	int BPF_KPROBE(kprobe_##name)                                                            \
	{                                                                                        \
		return reached(GET_NEW);                                                         \
	}                                                                                        \
	SEC("kretprobe/" #name)                                                                  \
	int BPF_KRETPROBE(kretprobe_##name, int ret)                                             \
	{                                                                                        \
		return failed_new(ret);                                                          \
	}

NEW_HOOKS(newseg)
NEW_HOOKS(newary)
NEW_HOOKS(newque)

static __always_inline int made_file(__s64 file)
{
	return is_error(file) ? reached(GET_FILE) : 0;
}

/* (name, size, flags); the arguments' types are not the same in all versions. */
SEC("fexit/shmem_kernel_file_setup")
int fexit_shmem_kernel_file_setup(unsigned long long *ctx)
{
	return made_file(ctx[3]);
}

SEC("kretprobe/shmem_kernel_file_setup")
int BPF_KRETPROBE(kretprobe_shmem_kernel_file_setup, long file)
{
	return made_file(file);
}
