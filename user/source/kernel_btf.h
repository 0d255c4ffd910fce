/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which functions and structs the kernel's types name (/sys/kernel/btf/vmlinux,
 * Documentation/bpf/btf.rst). libbpf would answer that too, and would first take 20 to 90 ms to
 * index 150 thousand types, as it has to once more when it loads the programs.
 */
#ifndef SHMTRACE_SOURCE_KERNEL_BTF_H
#define SHMTRACE_SOURCE_KERNEL_BTF_H

struct kernel_btf;

/* 0 or -errno. */
int kernel_btf__open(struct kernel_btf **btf);
void kernel_btf__free(struct kernel_btf *btf);

/*
 * The id of that function's type, or -ENOENT. Of several with that name (a system call and what
 * stands for it where it is not built in) the first, which libbpf takes too. The first call reads
 * all types, which takes some milliseconds. -ENOMEM.
 */
int kernel_btf__function(struct kernel_btf *btf, const char *name);

/* The id of that struct's type, or -ENOENT. */
int kernel_btf__structure(const struct kernel_btf *btf, const char *name);

#endif
