// SPDX-License-Identifier: GPL-2.0-only
/*
 * The limits of the caller's IPC namespace at the moment that a get fails with ENOSPC. newseg,
 * newary and newque run under ids->rwsem held for writing (ipc/util.c, ipcget_new), so that at
 * their return the numbers are those the kernel compared. Read later, at the exit of the system
 * call, another process may have changed them: then CALL_F_LIMITS_EXACT is not set.
 */
#include "shmtrace.bpf.h"

#define ENOSPC 28

__hidden int limits_read(struct ipc_limits *out)
{
	struct ipc_namespace *ns = current_ipc_ns();
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

static __noinline int failed_get(int ret)
{
	struct ipc_limits now = {};
	__u32 tid = current_tid();

	if (ret != -ENOSPC)
		return 0;
	/* Of callers that a filter dropped nothing is kept: nobody would remove it. */
	if (!bpf_map_lookup_elem(&stash, &tid))
		return 0;
	limits_read(&now);
	bpf_map_update_elem(&limits, &tid, &now, BPF_ANY);
	return 0;
}

#define LIMITS_HOOKS(name)                                                                       \
	SEC("fexit/" #name)                                                                      \
	int BPF_PROG(fexit_##name, struct ipc_namespace *ns, struct ipc_params *params, int ret) \
	{                                                                                        \
		return failed_get(ret);                                                          \
	}                                                                                        \
	SEC("kretprobe/" #name)                                                                  \
	int BPF_KRETPROBE(kretprobe_##name, int ret)                                             \
	{                                                                                        \
		return failed_get(ret);                                                          \
	}

LIMITS_HOOKS(newseg)
LIMITS_HOOKS(newary)
LIMITS_HOOKS(newque)
