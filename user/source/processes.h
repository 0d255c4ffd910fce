/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes of the machine, as /proc shows them to us: those that run. What has ended and was
 * not yet waited for holds nothing any more and is left out.
 */
#ifndef SHMTRACE_SOURCE_PROCESSES_H
#define SHMTRACE_SOURCE_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

struct found_process {
	uint32_t pid;
	uint32_t tid; /* a thread that runs: pid, unless its first thread has ended */
	uint32_t parent;
	uint32_t uid;	   /* real */
	uint32_t ipcns;	   /* inode number, of that thread; 0: we may not know */
	bool has_memory;   /* an address space; kernel threads have none */
	bool has_threads;  /* more than one: each may be in a namespace of its own */
	uint64_t start_ns; /* CLOCK_BOOTTIME; of /proc, in steps of a clock tick (10 ms) */
	uint64_t cgroups;  /* who has the same is in the same ones; 0: not known */
	char comm[EVENT_COMM_LEN];
};

struct processes {
	struct found_process *list; /* by pid, ascending */
	size_t count;
	size_t cap;
};

/* Below /proc, where the files of its running thread are: all threads have such a directory. */
#define PROCESS_DIR_LEN 16
void processes__dir(const struct found_process *process, char dir[PROCESS_DIR_LEN]);

/*
 * What somebody knows of all processes already: of ten thousand, /proc takes 100 ms and more to
 * tell what an iterator in the kernel tells in 10.
 */
struct object_table;
struct process_knowledge {
	uint64_t begin_ns; /* CLOCK_MONOTONIC: before it was learnt */
	/* As processes__read: those that have begun since are left out. */
	int (*list)(void *context, struct processes *processes, int proc_fd);
	/* All objects of a namespace; otherwise -errno, and somebody has to go there. */
	int (*read_table)(void *context, uint32_t ipcns, struct object_table *table);
	/* None of its threads is in another namespace than that. */
	bool (*is_together)(void *context, uint32_t pid);
	/* Looks at all once more: every thread is in a namespace of which `has` says true. */
	bool (*are_all_in)(void *context, bool (*has)(void *namespaces, uint32_t ipcns),
			   void *namespaces);
	void *context;
};

/* proc_fd: /proc. 0 or -errno; processes__free also after an error. */
int processes__read(struct processes *processes, int proc_fd);
/* Adds one. 0 or -ENOMEM. */
int processes__add(struct processes *processes, const struct found_process *process);
/* To be called when all have been added. */
void processes__sort(struct processes *processes);
void processes__free(struct processes *processes);

/* Reads one of them anew, perhaps by another thread of it. False: it has ended. */
bool processes__look_again(int proc_fd, struct found_process *process);

/* NULL: there is none that runs. */
const struct found_process *processes__find(const struct processes *processes, uint32_t pid);

/*
 * A process of that number exists, although /proc does not show it to us (its mount option
 * hidepid). Those that have ended and were not waited for are shown.
 */
bool processes__is_hidden(int proc_fd, uint32_t pid);

/* Not in the initial PID namespace: /proc shows no process outside of this one. */
bool processes__are_confined(int proc_fd);

/*
 * Inode number of the IPC namespace of the thread with that directory below /proc; 0 where we may
 * not know: it takes the right to trace it (ptrace(2)).
 */
uint32_t processes__read_ipcns(int proc_fd, const char *dir);

/* /proc/PID/stat. */
struct process_stat {
	char comm[EVENT_COMM_LEN]; /* NUL-terminated; the file has more of a kernel thread's */
	char state;
	uint32_t parent;
	uint32_t flags; /* PF_* of include/linux/sched.h */
	uint32_t threads;
	uint64_t start_ticks;
	uint64_t vsize; /* bytes; 0: no address space */
};

/* The comm may hold anything, ") R 1 (" and newlines too. 0 or -EINVAL. */
int processes__parse_stat(const char *text, size_t len, struct process_stat *stat);

/* The real uid in /proc/PID/status. 0 or -EINVAL. */
int processes__parse_uid(const char *text, size_t len, uint32_t *uid);

#endif
