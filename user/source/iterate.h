/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a BPF iterator (kernel/bpf/bpf_iter.c): a program that the kernel runs for each of its
 * tasks or mappings, and that writes records.
 */
#ifndef SHMTRACE_SOURCE_ITERATE_H
#define SHMTRACE_SOURCE_ITERATE_H

#include <stddef.h>

#include <bpf/libbpf.h>

/*
 * Calls `each` for every record, all of the same size in bytes; it is gone on return. of: what to
 * go through; NULL: all there is. 0 or -errno.
 */
int iterate(struct bpf_program *program, const union bpf_iter_link_info *of, size_t record_size,
	    void (*each)(void *context, const void *record), void *context);

#endif
