// SPDX-License-Identifier: GPL-2.0-only
/*
 * The floor that costs are measured against: programs that do nothing, one on each hook that
 * shmtrace may take. Their names are those of bpf/, so that floor.c attaches them as
 * user/source/hooks.c does; it refuses to run when one is missing.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* 1 as in bpf/tracepoints.bpf.c: 0 would keep the event from others who listen. */
#define EMPTY(section, name) \
	SEC(section)         \
	int name(void *ctx)  \
	{                    \
		return 1;    \
	}

/* fentry and fexit must return 0. */
#define EMPTY_TRACING(section, name) \
	SEC(section)                 \
	int name(void *ctx)          \
	{                            \
		return 0;            \
	}

#define FUNCTION_ENTRY(symbol, name)                   \
	EMPTY_TRACING("fentry/" symbol, fentry_##name) \
	EMPTY("kprobe/" symbol, kprobe_##name)

#define FUNCTION_EXIT(symbol, name)                  \
	EMPTY_TRACING("fexit/" symbol, fexit_##name) \
	EMPTY("kretprobe/" symbol, kretprobe_##name)

#define FUNCTION(symbol, name)       \
	FUNCTION_ENTRY(symbol, name) \
	FUNCTION_EXIT(symbol, name)

#define SYSCALL(name) EMPTY("tracepoint/syscalls/sys_enter_" #name, enter_##name)
EMPTY("tracepoint", exit_any)

#if defined(__TARGET_ARCH_x86)
#define SYS	   "__x64_sys_"
#define SYS_32	   "__ia32_sys_"
#define SYS_COMPAT "__ia32_compat_sys_"
#else
#define SYS	   "__arm64_sys_"
#define SYS_COMPAT "__arm64_compat_sys_"
#endif

/* kretprobe_any, exit_any: of all calls. */
#define CALL_FUNCTION(symbol, name)  \
	FUNCTION_ENTRY(symbol, name) \
	EMPTY_TRACING("fexit/" symbol, fexit_##name)
EMPTY("kretprobe", kretprobe_any)

#define CALL(name)    \
	SYSCALL(name) \
	CALL_FUNCTION(SYS #name, name)

CALL(shmget)
CALL(shmat)
CALL(shmdt)
CALL(shmctl)
CALL(semget)
CALL(semctl)
CALL(msgget)
CALL(msgctl)
CALL(semop)
CALL(semtimedop)
CALL(msgsnd)
CALL(msgrcv)

CALL_FUNCTION(SYS_COMPAT "shmat", shmat_32)
CALL_FUNCTION(SYS_COMPAT "msgsnd", msgsnd_32)
CALL_FUNCTION(SYS_COMPAT "msgrcv", msgrcv_32)
#if defined(__TARGET_ARCH_x86)
CALL_FUNCTION(SYS_32 "shmget", shmget_32)
CALL_FUNCTION(SYS_32 "shmdt", shmdt_32)
CALL_FUNCTION(SYS_COMPAT "shmctl", shmctl_32)
CALL_FUNCTION(SYS_32 "semget", semget_32)
CALL_FUNCTION(SYS_COMPAT "semctl", semctl_32)
CALL_FUNCTION(SYS_32 "msgget", msgget_32)
CALL_FUNCTION(SYS_COMPAT "msgctl", msgctl_32)
CALL_FUNCTION(SYS_32 "semtimedop", semtimedop_32)
CALL_FUNCTION(SYS_COMPAT "ipc", ipc_32)
#else
CALL_FUNCTION(SYS_COMPAT "old_shmctl", shmctl_32)
CALL_FUNCTION(SYS_COMPAT "old_semctl", semctl_32)
CALL_FUNCTION(SYS_COMPAT "old_msgctl", msgctl_32)
CALL_FUNCTION("__arm64_sys_semtimedop_time32", semtimedop_32)
#endif

FUNCTION("newseg", newseg)
FUNCTION("newary", newary)
FUNCTION("newque", newque)
FUNCTION_EXIT("shmem_kernel_file_setup", shmem_kernel_file_setup)

#define LEDGER_ENTRY(name) FUNCTION_ENTRY(#name, name)
/* By fexit alone, or by both probes: a return probe has no arguments. */
#define LEDGER_EXIT(name)          \
	FUNCTION_EXIT(#name, name) \
	EMPTY("kprobe/" #name, kprobe_##name)

LEDGER_EXIT(ipc_addid)
LEDGER_EXIT(ipc_update_perm)
LEDGER_EXIT(shmem_lock)
LEDGER_EXIT(shm_mmap)
LEDGER_ENTRY(ipc_rmid)
LEDGER_ENTRY(ipc_set_key_private)
LEDGER_ENTRY(free_ipcs)
LEDGER_ENTRY(shm_open)
LEDGER_ENTRY(shm_close)

EMPTY("kprobe/wake_up_new_task", kprobe_wake_up_new_task)
EMPTY("kprobe/setup_new_exec", kprobe_setup_new_exec)
EMPTY("kprobe/taskstats_exit", kprobe_taskstats_exit)

EMPTY_TRACING("tp_btf/sched_process_fork", sched_process_fork)
EMPTY_TRACING("tp_btf/sched_process_exec", sched_process_exec)
EMPTY_TRACING("tp_btf/sched_process_exit", sched_process_exit)

char LICENSE[] SEC("license") = "GPL";
