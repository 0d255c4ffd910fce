/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this kernel and these privileges allow, found out by trying it. Everything that is tried is
 * taken back before the call returns.
 */
#ifndef SHMTRACE_SOURCE_PROBE_H
#define SHMTRACE_SOURCE_PROBE_H

#include <stdbool.h>

/* Each loads a program that does nothing, attaches it there and removes it. 0 or -errno. */
int probe__fentry(const char *function, bool at_exit);
/* Loads it only: what the verifier allows. */
int probe__fentry_load(const char *function, bool at_exit);
/* The kernel has a function of that name: 0 or -ENOENT. */
int probe__in_kallsyms(const char *function);
int probe__kprobe(const char *function, bool at_return);
int probe__tracepoint(int event_id);

/* A perf event on that tracepoint, on all CPUs, owned by the caller; or -errno. */
int probe__open_tracepoint(int event_id);

/* By its release: for what nothing else tells. */
bool probe__kernel_at_least(int major, int minor);

/* The running kernel's BTF names the function. */
bool probe__in_btf(const char *function);
/* Its BTF names the member of that struct, perhaps in an unnamed struct or union within. */
bool probe__has_member(const char *structure, const char *member);
/* Programs may give a number the type of a struct (bpf_rdonly_cast, 6.2, not without a JIT). */
bool probe__rdonly_cast(void);
/* The running kernel has BTF: 0 or -errno. */
int probe__btf(void);

/* A ring buffer map can be made (since 5.8): 0 or -errno; EPERM: not with these privileges. */
int probe__ringbuf(void);

/*
 * Tasks are preempted inside the kernel: "full" or "lazy" preemption. Then a fentry program that is
 * preempted halfway keeps every other task on that CPU from running it, for a whole time slice
 * (kernel/bpf/trampoline.c, __bpf_prog_enter_recur: prog->active). Kprobes run with preemption off.
 */
bool probe__is_preemptible(void);

/* Frees the BTF that the calls above share. */
void probe__close(void);

#endif
