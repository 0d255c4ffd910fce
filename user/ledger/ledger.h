/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who created what, who holds it, and what nobody uses any more. Events in, state out: no clock, no
 * I/O; the same events always give the same state. It takes events in any order and with gaps, and
 * never fails on what they say.
 */
#ifndef SHMTRACE_LEDGER_LEDGER_H
#define SHMTRACE_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "event.h"

/* Bits by enum object_kind. */
#define OBJECT_KINDS_ALL (1u << OBJECT_SHM | 1u << OBJECT_SEM | 1u << OBJECT_MSG)

struct ledger;
struct ledger_object;
struct ledger_process;

enum object_state {
	STATE_IN_USE,  /* attached; of a set or queue: a live process made or used it */
	STATE_IDLE,    /* nobody attached, its creator lives */
	STATE_ORPHAN,  /* nobody uses it, all who did have ended, never marked: a leak */
	STATE_DOOMED,  /* marked for removal, waits for its last detach */
	STATE_UNKNOWN, /* nobody uses it that we know of, and it is older than our knowledge */
	STATE_GONE,    /* destroyed; kept for nobody but who holds a pointer in a notice */
};

enum process_errno_limits {
	LEDGER_ERRNOS = 6
}; /* errnos counted, in the order of their first occurrence */

/* A process leaves an object behind, or the last one that used an orphan has gone. */
struct ledger_leak {
	uint64_t time_ns;
	const struct ledger_object *object;
	const struct ledger_process *owner; /* creator; NULL: not known */
	const struct ledger_process *ended; /* whose end or detach left it; NULL: not known */
};

struct ledger_options {
	/*
	 * Mappings are reported one by one, also inherited and closed ones (function hooks).
	 * Otherwise fork copies the parent's, and exec and the end of the last process of an
	 * address space clear them.
	 */
	bool mappings_observed;
	/* Keeps what snapshots tell of the past of objects (object_info.past): 32 bytes each. */
	bool keep_past;
	/* Called from ledger__apply. What it points at is valid during the call. NULL: not wanted.
	 */
	void (*leaked)(void *context, const struct ledger_leak *leak);
	void *context;
};

/* NULL: out of memory. */
struct ledger *ledger__new(const struct ledger_options *options);
void ledger__free(struct ledger *ledger);

/* 0 or -ENOMEM, after which the ledger is inexact. */
int ledger__apply(struct ledger *ledger, const struct event *event);

/*
 * The event that will be applied after LEDGER_EXPECT_AHEAD others; NULL: not known. Called for each
 * that is applied, it gets what they will touch into the processor's cache, and changes nothing
 * that anybody can see. Of use with more objects than the cache can hold.
 */
#define LEDGER_EXPECT_AHEAD 16 /* a power of two */
void ledger__expect(struct ledger *ledger, const struct event *event);

/* Events were lost since the last complete snapshot: what stands here may be wrong. */
bool ledger__is_exact(const struct ledger *ledger);
/* Corrections that snapshots made. */
uint64_t ledger__drift(const struct ledger *ledger);

/* What a view may know of an object. Strings belong to the ledger. */
struct object_info {
	uint32_t ipcns;
	uint32_t kind; /* enum object_kind */
	int32_t id;
	uint32_t key;  /* as created, where that was seen */
	uint64_t size; /* bytes; semaphores */
	uint32_t mode; /* with 01000 marked, 02000 locked */
	uint32_t uid, gid;
	uint32_t nattch;	      /* mappings, hidden ones too */
	uint32_t waiting;	      /* for a set, that nobody else was found to use */
	uint32_t creator;	      /* pid; 0: not known */
	uint64_t created_ns, last_ns; /* 0: before our time */
	struct object_past
		past;  /* as the kernel's tables last had it, with keep_past; 0: not read */
	bool observed; /* its creation was seen */
	enum object_state state;
	const struct ledger_process *owner; /* NULL: not known */
};

/* What a pointer in here points at is valid until the next event. */
struct process_info {
	uint32_t pid;
	uint64_t start_ns;
	uint32_t parent;
	uint32_t uid;
	char comm[EVENT_COMM_LEN + 1];
	const struct container *container; /* NULL: not known */
	bool alive;
	uint32_t status; /* as wait(2), once it has ended */
	uint64_t calls, failed, enospc;
	struct {
		int number;
		uint64_t count;
	} errnos[LEDGER_ERRNOS];
	uint32_t created, existing, leaked; /* objects; the last is part of the second */
	uint64_t existing_bytes;
	uint32_t attached; /* segments */
	uint64_t attached_bytes, peak_bytes;
};

struct namespace_info {
	uint32_t ipcns;
	uint32_t segments, sets, queues;
	uint64_t pages, semaphores;
	uint32_t orphans;
	struct ipc_limits limits; /* of the last snapshot; all 0: not known */
};

void ledger__object_info(const struct ledger_object *object, struct object_info *info);
void ledger__process_info(const struct ledger_process *process, struct process_info *info);

/*
 * The container that an object belongs to: its creator's; where that is not known, the one that all
 * live processes of its IPC namespace are in. by_namespace: it is known by that. NULL: not known.
 * Valid until the next event.
 */
const struct container *ledger__container_of(const struct ledger *ledger,
					     const struct object_info *object, bool *by_namespace);

/* NULL: not known. */
const struct container *ledger__process_container(const struct ledger_process *process);
/* It has been told since it began, or since its last exec; else it is its parent's at the fork. */
bool ledger__container_is_told(const struct ledger_process *process);

/* It has segments attached. */
bool ledger__is_attached(const struct ledger_process *process);

/* Each calls `each` for everything that it has, in no order; stops when it returns false. */
void ledger__for_each_object(const struct ledger *ledger,
			     bool (*each)(void *context, const struct ledger_object *object),
			     void *context);
void ledger__for_each_process(const struct ledger *ledger,
			      bool (*each)(void *context, const struct ledger_process *process),
			      void *context);
void ledger__for_each_namespace(const struct ledger *ledger,
				bool (*each)(void *context, const struct namespace_info *info),
				void *context);

/*
 * Who is attached to a segment: live processes and the mappings of the address space of each. Of a
 * set or queue, live processes that made or used it, with 0.
 */
void ledger__for_each_holder(const struct ledger_object *object,
			     bool (*each)(void *context, const struct ledger_process *process,
					  uint32_t mappings),
			     void *context);

const struct ledger_object *ledger__find_object(const struct ledger *ledger, uint32_t ipcns,
						uint32_t kind, int32_t id);

/* The one that a get with that key finds; NULL: none, or the key is IPC_PRIVATE. */
const struct ledger_object *ledger__find_key(const struct ledger *ledger, uint32_t ipcns,
					     uint32_t kind, uint32_t key);

/* The live process of that number; NULL: none is known. */
const struct ledger_process *ledger__find_process(const struct ledger *ledger, uint32_t pid);

struct ledger_stats {
	size_t objects, processes, address_spaces, mappings;
	size_t bytes; /* allocated, tables included */
	uint64_t events;
	uint64_t lost;	  /* events, since the start */
	size_t unsettled; /* address spaces that changed while they were read */
};

void ledger__stats(const struct ledger *ledger, struct ledger_stats *stats);

#endif
