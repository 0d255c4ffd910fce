// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system call hooks: syscalls:sys_enter_* and sys_exit_*. They need no more than tracepoints,
 * and do not see 32-bit callers (the kernel skips these tracepoints for them). A program that reads
 * an argument that the call does not have is refused at attach, hence the number of arguments.
 */
#include "shmtrace.bpf.h"

/* Written out, each argument has a relocation of its own; a loop would compute on ctx itself. */
#define LOAD_ARGS(stash, ctx, nargs)                       \
	do {                                               \
		(stash)->args[0] = (ctx)->args[0];         \
		if ((nargs) > 1)                           \
			(stash)->args[1] = (ctx)->args[1]; \
		if ((nargs) > 2)                           \
			(stash)->args[2] = (ctx)->args[2]; \
		if ((nargs) > 3)                           \
			(stash)->args[3] = (ctx)->args[3]; \
		if ((nargs) > 4)                           \
			(stash)->args[4] = (ctx)->args[4]; \
	} while (0)

/*
 * 0 would keep the event from everybody else who listens to the tracepoint, perf among them
 * (kernel/trace/bpf_trace.c, trace_call_bpf).
 */
#define PASS_ON 1

#define SYSCALL_HOOKS(ID, name, nargs)                                            \
	SEC("tracepoint/syscalls/sys_enter_" #name)                               \
	int enter_##name(struct trace_event_raw_sys_enter *ctx)                   \
	{                                                                         \
		struct call_stash call = {                                        \
			.call = CALL_##ID, .number = ctx->id, .abi = ABI_NATIVE}; \
                                                                                  \
		LOAD_ARGS(&call, ctx, nargs);                                     \
		call_enter(&call);                                                \
		return PASS_ON;                                                   \
	}

SYSCALL_HOOKS(SHMGET, shmget, 3)
SYSCALL_HOOKS(SHMAT, shmat, 3)
SYSCALL_HOOKS(SHMDT, shmdt, 1)
SYSCALL_HOOKS(SHMCTL, shmctl, 3)
SYSCALL_HOOKS(SEMGET, semget, 3)
SYSCALL_HOOKS(SEMCTL, semctl, 4)
SYSCALL_HOOKS(MSGGET, msgget, 2)
SYSCALL_HOOKS(MSGCTL, msgctl, 3)
SYSCALL_HOOKS(SEMOP, semop, 3)
SYSCALL_HOOKS(SEMTIMEDOP, semtimedop, 4)
SYSCALL_HOOKS(MSGSND, msgsnd, 4)
SYSCALL_HOOKS(MSGRCV, msgrcv, 5)

/*
 * One for all of them: the verifier takes 8 ms for it, and a program for each call would have it do
 * the same again for each. An exit of another call than the one that entered has missed its own.
 */
SEC("tracepoint")
int exit_any(struct trace_event_raw_sys_exit *ctx)
{
	call_exit(CALL_NATIVE | CALL_BY_NUMBER | (__u16)ctx->id, ctx->ret);
	return PASS_ON;
}
