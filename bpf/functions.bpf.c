// SPDX-License-Identifier: GPL-2.0-only
/*
 * The function hooks: the kernel's own wrapper of each system call, by fentry/fexit, and by
 * kprobe/kretprobe where those do not attach. They see 32-bit callers as well, and cost nothing to
 * any other call. The wrapper takes one argument, the caller's registers.
 *
 * The program's name says its hook: WAY_CALL, with _32 for the wrapper that only 32-bit callers
 * take.
 */
#include "shmtrace.bpf.h"
#include "registers.bpf.h"

/* By the number of the system call that the thread is in, which 5.15 and later tell. */
static __always_inline __u32 current_call_number(void)
{
	struct task_struct *task;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return CALL_ANY;
	task = bpf_get_current_task_btf();
	return CALL_BY_NUMBER | (__u16)((struct pt_regs *)bpf_task_pt_regs(task))->SYS_NUMBER;
}

/* The exits of all calls, as exit_any is for tracepoints; programs of fexit are for one each. */
SEC("kretprobe")
int BPF_KRETPROBE(kretprobe_any, long ret)
{
	return call_exit(current_call_number(), ret);
}

#define FENTRY_HOOKS(symbol, suffix, load, ID, name, nargs)                      \
	SEC("fentry/" symbol)                                                    \
	int BPF_PROG(fentry_##name##suffix, const struct pt_regs *regs)          \
	{                                                                        \
		struct call_stash call = {.call = CALL_##ID};                    \
                                                                                 \
		load(&call, regs, nargs, READ_DIRECT);                           \
		return call_enter(&call);                                        \
	}                                                                        \
	SEC("fexit/" symbol)                                                     \
	int BPF_PROG(fexit_##name##suffix, const struct pt_regs *regs, long ret) \
	{                                                                        \
		return call_exit(CALL_##ID, ret);                                \
	}

#define KPROBE_HOOKS(symbol, suffix, load, ID, name, nargs)               \
	SEC("kprobe/" symbol)                                             \
	int BPF_KPROBE(kprobe_##name##suffix, const struct pt_regs *regs) \
	{                                                                 \
		struct call_stash call = {.call = CALL_##ID};             \
                                                                          \
		load(&call, regs, nargs, READ_PROBE);                     \
		return call_enter(&call);                                 \
	}

#define FUNCTION_HOOKS(symbol, suffix, load, ID, name, nargs) \
	FENTRY_HOOKS(symbol, suffix, load, ID, name, nargs)   \
	KPROBE_HOOKS(symbol, suffix, load, ID, name, nargs)

#define NATIVE(ID, name, nargs) FUNCTION_HOOKS(SYS_NATIVE #name, , LOAD_NATIVE, ID, name, nargs)

NATIVE(SHMGET, shmget, 3)
NATIVE(SHMAT, shmat, 3)
NATIVE(SHMDT, shmdt, 1)
NATIVE(SHMCTL, shmctl, 3)
NATIVE(SEMGET, semget, 3)
NATIVE(SEMCTL, semctl, 4)
NATIVE(MSGGET, msgget, 2)
NATIVE(MSGCTL, msgctl, 3)
NATIVE(SEMOP, semop, 3)
NATIVE(SEMTIMEDOP, semtimedop, 4)
NATIVE(MSGSND, msgsnd, 4)
NATIVE(MSGRCV, msgrcv, 5)

#define COMPAT(ID, name, nargs, symbol) FUNCTION_HOOKS(symbol, _32, LOAD_COMPAT, ID, name, nargs)

#if defined(__TARGET_ARCH_x86)
/* arch/x86/entry/syscalls/syscall_32.tbl, 393 to 402 and 420 */
COMPAT(SHMGET, shmget, 3, "__ia32_sys_shmget")
COMPAT(SHMAT, shmat, 3, "__ia32_compat_sys_shmat")
COMPAT(SHMDT, shmdt, 1, "__ia32_sys_shmdt")
COMPAT(SHMCTL, shmctl, 3, "__ia32_compat_sys_shmctl")
COMPAT(SEMGET, semget, 3, "__ia32_sys_semget")
COMPAT(SEMCTL, semctl, 4, "__ia32_compat_sys_semctl")
COMPAT(MSGGET, msgget, 2, "__ia32_sys_msgget")
COMPAT(MSGCTL, msgctl, 3, "__ia32_compat_sys_msgctl")
COMPAT(SEMTIMEDOP, semtimedop, 4, "__ia32_sys_semtimedop")
COMPAT(MSGSND, msgsnd, 4, "__ia32_compat_sys_msgsnd")
COMPAT(MSGRCV, msgrcv, 5, "__ia32_compat_sys_msgrcv")

/* ipc(2), the only way of glibc before 2.31: call, first, second, third, ptr, fifth. */
enum ipc_number {
	IPC_SEMOP = 1,
	IPC_SEMGET = 2,
	IPC_SEMCTL = 3,
	IPC_SEMTIMEDOP = 4,
	IPC_MSGSND = 11,
	IPC_MSGRCV = 12,
	IPC_MSGGET = 13,
	IPC_MSGCTL = 14,
	IPC_SHMAT = 21,
	IPC_SHMDT = 22,
	IPC_SHMGET = 23,
	IPC_SHMCTL = 24,
};

#define SET_CALL(ID, ...)                                                                       \
	do {                                                                                    \
		const __u64 values[] = {__VA_ARGS__};                                           \
                                                                                                \
		call->call = CALL_##ID;                                                         \
		_Pragma("unroll") for (int i = 0; i < EVENT_ARGS_MAX; i++)                      \
			call->args[i] = i < (int)(sizeof(values) / sizeof(*values)) ? values[i] \
										    : 0;        \
	} while (0)

/*
 * call->args holds the six arguments of ipc(2) and becomes those of the call it stands for
 * (ipc/syscall.c, compat_ksys_ipc).
 */
static __noinline int decode_ipc(struct call_stash *call)
{
	const __u64 first = call->args[1], second = call->args[2], third = call->args[3];
	const __u64 ptr = call->args[4], fifth = call->args[5];
	const __u32 version = (__u32)call->args[0] >> 16;
	__u32 word = 0;

	switch (call->args[0] & 0xffff) {
	case IPC_SEMOP:
		SET_CALL(SEMOP, first, ptr, second);
		break;
	case IPC_SEMGET:
		SET_CALL(SEMGET, first, second, third);
		break;
	case IPC_SEMCTL:
		bpf_probe_read_user(&word, sizeof(word), (void *)ptr);
		SET_CALL(SEMCTL, first, second, third, word, 0, ptr);
		break;
	case IPC_SEMTIMEDOP:
		SET_CALL(SEMTIMEDOP, first, ptr, second, fifth);
		break;
	case IPC_MSGSND:
		SET_CALL(MSGSND, first, ptr, second, third);
		break;
	case IPC_MSGRCV:
		SET_CALL(MSGRCV, first, ptr, second, fifth, third, version ? 0 : ptr);
		call->kludge = version == 0;
		break;
	case IPC_MSGGET:
		SET_CALL(MSGGET, first, second);
		break;
	case IPC_MSGCTL:
		SET_CALL(MSGCTL, first, second, ptr);
		break;
	case IPC_SHMAT:
		SET_CALL(SHMAT, first, ptr, second, 0, 0, third);
		break;
	case IPC_SHMDT:
		SET_CALL(SHMDT, ptr);
		break;
	case IPC_SHMGET:
		SET_CALL(SHMGET, first, second, third);
		break;
	case IPC_SHMCTL:
		SET_CALL(SHMCTL, first, second, ptr);
		break;
	}
	return call->call;
}

static __always_inline int ipc_enter(struct call_stash *call)
{
	call->abi = ABI_COMPAT_IPC;
	if (!(hooked_calls & (1U << (decode_ipc(call) & 31))))
		return 0;
	return call_enter(call);
}

#define SYS_IPC "__ia32_compat_sys_ipc"

SEC("fentry/" SYS_IPC)
int BPF_PROG(fentry_ipc_32, const struct pt_regs *regs)
{
	struct call_stash call = {.call = CALL_IPC};

	LOAD_COMPAT(&call, regs, 6, READ_DIRECT);
	return ipc_enter(&call);
}

SEC("fexit/" SYS_IPC)
int BPF_PROG(fexit_ipc_32, const struct pt_regs *regs, long ret)
{
	return call_exit(CALL_IPC, ret);
}

SEC("kprobe/" SYS_IPC)
int BPF_KPROBE(kprobe_ipc_32, const struct pt_regs *regs)
{
	struct call_stash call = {.call = CALL_IPC};

	LOAD_COMPAT(&call, regs, 6, READ_PROBE);
	return ipc_enter(&call);
}

#elif defined(__TARGET_ARCH_arm64)
/* arch/arm64/include/asm/unistd32.h; the other calls share the native wrapper */
COMPAT(SHMAT, shmat, 3, "__arm64_compat_sys_shmat")
COMPAT(SHMCTL, shmctl, 3, "__arm64_compat_sys_old_shmctl")
COMPAT(SEMCTL, semctl, 4, "__arm64_compat_sys_old_semctl")
COMPAT(MSGCTL, msgctl, 3, "__arm64_compat_sys_old_msgctl")
COMPAT(SEMTIMEDOP, semtimedop, 4, "__arm64_sys_semtimedop_time32")
COMPAT(MSGSND, msgsnd, 4, "__arm64_compat_sys_msgsnd")
COMPAT(MSGRCV, msgrcv, 5, "__arm64_compat_sys_msgrcv")
#endif
