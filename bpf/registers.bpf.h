/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the arguments of a system call stand in the registers that the kernel's wrappers take
 * (arch/x86/include/asm/syscall_wrapper.h, arch/arm64/include/asm/syscall_wrapper.h).
 */
#ifndef SHMTRACE_REGISTERS_BPF_H
#define SHMTRACE_REGISTERS_BPF_H

/* fentry knows the type of its argument and may load through it; a kprobe may not. */
#define READ_DIRECT(regs, member) ((regs)->member)
#define READ_PROBE(regs, member)  BPF_CORE_READ(regs, member)

#if defined(__TARGET_ARCH_x86)

#define SYS_NATIVE "__x64_sys_"
#define SYS_NUMBER orig_ax

#define LOAD_NATIVE(stash, regs, nargs, read)               \
	do {                                                \
		(stash)->number = read(regs, SYS_NUMBER);   \
		(stash)->abi = ABI_NATIVE;                  \
		(stash)->args[0] = read(regs, di);          \
		if ((nargs) > 1)                            \
			(stash)->args[1] = read(regs, si);  \
		if ((nargs) > 2)                            \
			(stash)->args[2] = read(regs, dx);  \
		if ((nargs) > 3)                            \
			(stash)->args[3] = read(regs, r10); \
		if ((nargs) > 4)                            \
			(stash)->args[4] = read(regs, r8);  \
	} while (0)

#define LOAD_COMPAT(stash, regs, nargs, read)                     \
	do {                                                      \
		(stash)->number = read(regs, SYS_NUMBER);         \
		(stash)->abi = ABI_COMPAT;                        \
		(stash)->args[0] = (__u32)read(regs, bx);         \
		if ((nargs) > 1)                                  \
			(stash)->args[1] = (__u32)read(regs, cx); \
		if ((nargs) > 2)                                  \
			(stash)->args[2] = (__u32)read(regs, dx); \
		if ((nargs) > 3)                                  \
			(stash)->args[3] = (__u32)read(regs, si); \
		if ((nargs) > 4)                                  \
			(stash)->args[4] = (__u32)read(regs, di); \
		if ((nargs) > 5)                                  \
			(stash)->args[5] = (__u32)read(regs, bp); \
	} while (0)

#elif defined(__TARGET_ARCH_arm64)

#define SYS_NATIVE "__arm64_sys_"
#define SYS_NUMBER syscallno

#define PSR_MODE32_BIT 0x10 /* arch/arm64/include/uapi/asm/ptrace.h */

/* A 32-bit caller takes most of the native wrappers too; it is told by its processor state. */
#define LOAD_NATIVE(stash, regs, nargs, read)                                                \
	do {                                                                                 \
		const __u64 mask = read(regs, pstate) & PSR_MODE32_BIT ? 0xffffffff : ~0ULL; \
                                                                                             \
		(stash)->number = read(regs, SYS_NUMBER);                                    \
		(stash)->abi = mask == ~0ULL ? ABI_NATIVE : ABI_COMPAT;                      \
		(stash)->args[0] = mask & read(regs, regs[0]);                               \
		if ((nargs) > 1)                                                             \
			(stash)->args[1] = mask & read(regs, regs[1]);                       \
		if ((nargs) > 2)                                                             \
			(stash)->args[2] = mask & read(regs, regs[2]);                       \
		if ((nargs) > 3)                                                             \
			(stash)->args[3] = mask & read(regs, regs[3]);                       \
		if ((nargs) > 4)                                                             \
			(stash)->args[4] = mask & read(regs, regs[4]);                       \
	} while (0)

#define LOAD_COMPAT LOAD_NATIVE

#else
#error "no register layout for this architecture"
#endif

#endif
