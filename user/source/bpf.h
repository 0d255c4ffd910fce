/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel as a source of events: loads and attaches the BPF programs and reads their ring
 * buffer.
 */
#ifndef SHMTRACE_SOURCE_BPF_H
#define SHMTRACE_SOURCE_BPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "event.h"
#include "source/hooks.h"

#define BPF_SOURCE_BUFFER_DEFAULT (8UL << 20) /* bytes */
/* What makes, attaches and removes; all but what moves data. Bits by enum call_id. */
#define BPF_SOURCE_CALLS_CONTROL                                                       \
	(1U << CALL_SHMGET | 1U << CALL_SHMAT | 1U << CALL_SHMDT | 1U << CALL_SHMCTL | \
	 1U << CALL_SEMGET | 1U << CALL_SEMCTL | 1U << CALL_MSGGET | 1U << CALL_MSGCTL)

#define BPF_SOURCE_CALLS_ALL ((1U << CALL_COUNT) - 1)

#define BPF_SOURCE_BUFFER_MAX (1UL << 30)

/* An event that will be handed over soon, or NULL: for ledger__expect. */
typedef void (*bpf_source_ahead)(void *context, const struct event *event);

/* All filters run in the kernel, and all that are set must pass. */
struct bpf_source_options {
	enum hook_set hooks;
	uint32_t calls;	      /* bits by enum call_id */
	size_t buffer;	      /* bytes, rounded up to a power of two of pages */
	const uint32_t *pids; /* processes, numbers of our own pid namespace */
	size_t n_pids;	      /* 0: all */
	uint32_t root;	      /* this process and its descendants; 0: all */
	bool by_uid;
	uid_t uid;
	const char *comm; /* part of the name; NULL: all */
	bool failed;	  /* failed calls only */
	int error;	  /* failed with this errno only; 0: all */
	bool by_key;
	uint32_t key;
	bool by_id;
	int id;
	uint32_t ipcns;		/* inode number; 0: all */
	uint64_t min_size;	/* bytes; 0: all */
	bool cgroups;		/* event.cgroup is wanted: containers__by_id */
	bool ledger;		/* also what the ledger lives on, which no filter touches */
	bpf_source_ahead ahead; /* NULL: not wanted */
};

struct bpf_source;

/*
 * Returns 0 to go on, anything else to end the current bpf_source__consume after this event.
 * The event is gone when the handler returns.
 */
typedef int (*bpf_source_handler)(void *context, const struct event *event);

/*
 * From its return on no event is missed. 0 or -errno; then why says in one line what failed and
 * what to do. ENOTSUP and EPERM: this kernel or these privileges do not allow it.
 */
int bpf_source__open(struct bpf_source **source, const struct bpf_source_options *options,
		     bpf_source_handler handler, void *context, char *why, size_t why_size);
void bpf_source__close(struct bpf_source *source);

/* The BPF object opened and not loaded, to look at its hooks; free with bpf_source__close. */
int bpf_source__open_unloaded(struct bpf_source **source);
struct hooks *bpf_source__hooks(struct bpf_source *source);

/*
 * How long to pause before the next bpf_source__consume, in ms; the pause begins now. *fd is what
 * to listen to meanwhile, or -1: while events come the ring is always readable, and time alone
 * makes batches.
 */
int bpf_source__pause_ms(struct bpf_source *source, int *fd);

/* Mappings come one by one, by function hooks (struct ledger_options). */
bool bpf_source__mappings_observed(const struct bpf_source *source);

/*
 * Calls `each` with a struct task_record for every process, as the kernel has it. 0 or -errno: then
 * the address space of a process is not known before its first event. Needs options.ledger.
 */
int bpf_source__for_each_task(const struct bpf_source *source,
			      void (*each)(void *context, const void *task_record), void *context);

/*
 * The same with a struct vma_record for every mapping of a segment; where that does not tell all of
 * an address space (before 5.12, if it is large or changes meanwhile), one record with id -1.
 * EOPNOTSUPP: this kernel does not name what tells them, and /proc must do.
 */
int bpf_source__for_each_mapping(const struct bpf_source *source,
				 void (*each)(void *context, const void *vma_record),
				 void *context);

/*
 * The objects of one kind around an index, in the table of a namespace that some task was in a
 * moment ago (its task_record.ns); semaphore not 0: see struct table_page, which is good until the
 * next call. 0 or -errno: EAGAIN where the table changed meanwhile, another where this kernel
 * cannot be asked so. Needs options.ledger.
 */
int bpf_source__read_table(const struct bpf_source *source, uint64_t ns, uint32_t kind,
			   uint32_t index, uint32_t semaphore, const struct table_page **page);

/*
 * Only of that process, by one of its threads, or (whole) by all of them. Since Linux 6.1; before,
 * it is as the one above. Nothing where it has ended.
 */
int bpf_source__for_each_mapping_of(const struct bpf_source *source, uint32_t pid, bool whole,
				    void (*each)(void *context, const void *vma_record),
				    void *context);

/*
 * For a look at namespaces alone: of each task whose namespace is another than that of the one
 * before a struct task_record with pid, ns and ipcns.
 */
int bpf_source__for_each_task_namespace(const struct bpf_source *source,
					void (*each)(void *context, const void *task_record),
					void *context);

/* Hands over what is there. Returns the number of events, or -errno. */
int bpf_source__consume(struct bpf_source *source);

/* No event comes after this. What was captured can still be consumed; the hooks go in close. */
void bpf_source__stop(struct bpf_source *source);

/* Totals since the start, by enum call_id: no room, or not run by the kernel. */
void bpf_source__lost(const struct bpf_source *source, unsigned long long lost[CALL_COUNT]);

/* Records for the ledger that were lost, since the start. */
unsigned long long bpf_source__lost_ledger(const struct bpf_source *source);

/* Children of followed processes that could not be followed. */
unsigned long long bpf_source__unfollowed(const struct bpf_source *source);

#endif
