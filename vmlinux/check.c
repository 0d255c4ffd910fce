// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiled, never run, before any BPF program: headers made from kernels of small configurations
 * lack the System V IPC structures, and CO-RE would then fail on the user's machine, not here.
 */
#include "vmlinux.h"

#define NEED(type, member) _Static_assert(sizeof(((type *)0)->member) > 0, #type "." #member)

NEED(struct shmid_kernel, shm_perm);
NEED(struct sem_array, sem_nsems);
NEED(struct msg_queue, q_perm);
NEED(struct sysv_shm, shm_clist);
NEED(struct sysv_sem, undo_list);
NEED(struct kern_ipc_perm, key);
NEED(struct ipc_params, key);
NEED(struct ipc_ids, in_use);
NEED(struct ipc_namespace, shm_ctlmni);
NEED(struct ipc_namespace, used_sems);
NEED(struct ipc_namespace, msg_ctlmni);
NEED(struct ipc_namespace, msg_ctlmax);
NEED(struct ipc_namespace, msg_ctlmnb);
NEED(struct nsproxy, ipc_ns);
NEED(struct trace_event_raw_sys_enter, args);
NEED(struct trace_event_raw_sys_exit, ret);
