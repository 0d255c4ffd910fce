/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the ledger share. Objects, processes and address spaces are found by hash;
 * between them stand links: a mapping joins an address space and a segment, a use joins a process
 * and a semaphore set or queue. Every link is in the lists of both its ends.
 *
 * With a million objects an event costs what it waits for memory: the structs are laid out so that
 * what events read and write stands in as few cache lines (64 bytes) as it can.
 */
#ifndef SHMTRACE_LEDGER_INTERNAL_H
#define SHMTRACE_LEDGER_INTERNAL_H

#include "base/hash.h"
#include "base/pool.h"

/* Where memory runs out the entry is not added, and the caller sees that it is not there. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "ledger/ledger.h"

#define LEDGER_FEW	  4096	  /* objects; with their processes and mappings a megabyte */
#define LEDGER_PAGE_BYTES 4096ULL /* of x86_64 and of Debian's arm64 kernels */

#define MODE_MARKED 01000 /* SHM_DEST, include/linux/shm.h */
#define MODE_LOCKED 02000 /* SHM_LOCKED */

/* One address space attaching one segment, count times. */
struct mapping {
	struct address_space *space;
	struct ledger_object *object;
	struct mapping *prev_of_space, *next_of_space;
	struct mapping *prev_of_object, *next_of_object;
	uint32_t count;
	uint32_t n_addresses; /* known ones: `one`, or else `many` */
	uint64_t found_ns;    /* the reading that last found it */
	/* Only where mappings are not observed one by one, and most have a single one. */
	union {
		uint64_t one;
		uint64_t *many;
	} addresses[];
};

struct address_space {
	uint64_t mm;			   /* the key */
	struct ledger_process *processes;  /* live ones that run in it */
	struct mapping *mappings;	   /* the latest first */
	struct ledger_process *last_ended; /* a reference: whose end the last detaches belong to */
	uint64_t changed_ns;		   /* the latest event about it that was applied */
	/* A snapshot read it from the one moment to the other: older events are in that. */
	uint64_t read_from_ns, read_ns;
	uint32_t generation : 29; /* of the snapshot that first met it without a process */
	/* Something happened while it was read: only the next reading will tell. */
	bool unsettled : 1;
	bool whole : 1; /* we know all that it has: from its beginning, or by a reading */
	/* Found without the kernel's pointer: mm is made up, events will name another. */
	bool assumed : 1;
};

/*
 * Sets and queues that processes know, since they have made them or worked with them. A child knows
 * what its parent did: until one of them learns more they share a lineage, and what either learns
 * then begins a new one after it. So a fork costs the same whatever is known. One that but a single
 * other one comes after is joined with that: there are fewer than twice as many as processes.
 */
struct lineage {
	struct lineage *before;				 /* NULL: nothing was known before */
	struct lineage *afters;				 /* those that this one is before */
	struct lineage *prev_of_before, *next_of_before; /* among the afters of `before` */
	struct ledger_process *heirs;			 /* whose latest it is */
	struct use *uses;
	uint32_t n_afters, n_heirs, n_uses;
};

struct use {
	struct lineage *lineage;
	struct ledger_object *object;
	struct use *prev_of_lineage, *next_of_lineage;
	struct use *prev_of_object, *next_of_object;
	uint64_t last_ns;
};

struct ledger_object {
	struct object_key key;
	uint32_t ipc_key;
	uint64_t size;
	struct mapping *mappings;
	struct use *uses;
	struct ledger_process *owner; /* a reference; NULL: not known */
	struct ledger_object *prev_of_owner, *next_of_owner;
	/* The second line. */
	uint64_t created_ns, last_ns;
	uint64_t changed_ns; /* created, or changed by IPC_SET, as far as we saw; 0: we did not */
	uint64_t known_ns;   /* it existed then: older news of its end are another's */
	uint32_t mode;
	uint32_t nattch;
	uint32_t hidden;  /* more mappings, whose processes the snapshot might not see; of a set
			     processes that wait for it */
	uint32_t creator; /* pid, also where the process is not known; 0: nothing is known */
	uint32_t uid, gid;
	uint32_t generation : 27; /* of the snapshot that last found it */
	bool observed : 1;	  /* its creation was seen */
	bool met : 1;		  /* a mapping is all that is known of it */
	bool reported : 1;	  /* as a leak, since it was last used */
	bool creator_gone : 1;	  /* whoever has the creator's number by now is another */
	bool has_past : 1;	  /* `past` is there: ledger_options.keep_past */
	struct object_past past[];
};

/* Shared by all that are in it. */
struct ledger_container {
	struct container container; /* rest of the id 0: all of it is the key */
	uint32_t references;
	UT_hash_handle hh;
};

/* Of the few processes whose calls fail. */
struct error_counts {
	uint64_t failed, enospc;
	struct {
		int number;
		uint64_t count;
	} errnos[LEDGER_ERRNOS];
};

struct ledger_process {
	uint32_t pid;		  /* the key, while it lives */
	uint32_t references : 30; /* by objects it owns and address spaces it ended in */
	bool alive : 1;
	bool forks_whole : 1; /* its next fork begins when all hooks are on: none is on its way */
	uint64_t start_ns;
	struct ledger_process *next_of_space; /* while it lives */
	struct ledger_object *objects; /* that it made and that still exist, the latest first */
	uint64_t existing_bytes, attached_bytes, peak_bytes;
	uint32_t existing, leaked;
	/* The second line. */
	char comm[EVENT_COMM_LEN];
	uint32_t uid;
	uint32_t created;
	uint64_t known_ns; /* it lived then */
	uint64_t calls;
	struct error_counts *errors;	    /* NULL: none has failed */
	struct ledger_container *container; /* a reference; NULL: not known */
	struct lineage *lineage;	    /* NULL: it knows nothing */
	/* The third. */
	struct ledger_process *prev_of_lineage, *next_of_lineage;
	struct address_space *space; /* NULL: not known, or ended */
	union {
		struct { /* while it lives */
			struct ledger_process *prev_of_space;
			/* A reading saw all that it had; what is older is in that. 0: none did. */
			uint64_t found_ns;
		};
		struct { /* of ledger.ended */
			struct ledger_process *prev_ended, *next_ended;
		};
	};
	uint64_t ended_ns;
	uint32_t parent;
	uint32_t status;
	uint32_t generation : 31;
	bool container_told : 1; /* else what `container` says is the parent's */
};

/* What they are made for; growing one of them is a decision. */
_Static_assert(sizeof(struct ledger_object) == 128, "two cache lines");
_Static_assert(offsetof(struct ledger_process, comm) == 64, "what mappings touch: one cache line");
_Static_assert(sizeof(struct ledger_process) == 192, "three");
_Static_assert(sizeof(struct mapping) == 64, "one cache line");
_Static_assert(sizeof(struct address_space) == 64, "one cache line");

struct namespace
{
	uint32_t ipcns;
	uint32_t generation;		    /* of the snapshot that last found it to exist */
	struct ledger_container *container; /* of all its processes; NULL: not known */
	struct namespace_info info;
	UT_hash_handle hh;
};

struct tombstone {
	struct object_key key;
	uint64_t destroyed_ns;
	UT_hash_handle hh;
};

enum expected {
	EXPECTED_NOTHING,
	EXPECTED_CALL,	  /* process */
	EXPECTED_NEW,	  /* process; of the object there is but its place */
	EXPECTED_OBJECT,  /* object */
	EXPECTED_MAPPING, /* space, object */
};

/* Where an event that is expected leads to. */
struct expectation {
	uint32_t what;			 /* enum expected */
	uint64_t process, space, object; /* codes */
};

struct ledger {
	struct ledger_options options;
	struct hash objects;
	struct hash processes; /* live, by pid */
	struct hash spaces;
	struct pool object_pool, process_pool, space_pool, mapping_pool, use_pool, lineage_pool;
	struct ledger_process *ended; /* that something still refers to */
	struct namespace *namespaces;
	struct ledger_container *containers;
	struct tombstone *tombstones; /* destroyed while a snapshot is being read */
	bool snapshot_open;
	bool namespaces_told; /* by this one: all that exist */
	bool loaded; /* a snapshot has been completed: from then on its corrections are drift */
	bool lost;   /* since the last complete snapshot */
	bool lost_before_end; /* lost while this one was being read */
	uint32_t generation;
	uint64_t snapshot_ns;
	uint64_t lost_calls;
	uint64_t drift;
	uint64_t events;
	uint64_t last_ns; /* time of the latest event */
	size_t few;	  /* objects: with fewer all is in the cache anyway */
	size_t n_mappings, n_uses, n_ended, n_unsettled;
	bool out_of_memory;
	uint32_t n_expected;
	struct expectation expected[LEDGER_EXPECT_AHEAD];
};

/* processes.c */
struct ledger_process *process__find(struct ledger *ledger, uint32_t pid);
/* Finds or makes the live process of that number. start_ns 0: whatever its start. NULL: pid 0, one
 * that has ended and whose number is another's now, or no memory. */
struct ledger_process *process__get(struct ledger *ledger, uint32_t pid, uint64_t start_ns,
				    const struct event *head);
void process__hold(struct ledger_process *process);
void process__release(struct ledger *ledger, struct ledger_process *process);
void process__end(struct ledger *ledger, struct ledger_process *process, uint32_t status,
		  uint64_t time_ns);
/* Those who ended while a snapshot was read were kept for it. */
void process__free_ended(struct ledger *ledger);
/* That one, or one of the same number and start, has ended at or after that moment. */
bool process__ended_since(struct ledger *ledger, uint32_t pid, uint64_t start_ns, uint64_t time_ns);
bool process__same_start(uint64_t a, uint64_t b);
void process__apply(struct ledger *ledger, const struct process_event *event);
void process__count_call(struct ledger *ledger, const struct call_event *call);
/* Binds the process to that address space, out of the one it was in. */
void process__enter_space(struct ledger *ledger, struct ledger_process *process, uint64_t mm,
			  uint64_t time_ns);

/* containers.c */
void container__apply(struct ledger *ledger, const struct container_event *event);
/* The child begins in its parent's. */
void container__inherit(struct ledger *ledger, struct ledger_process *child,
			const struct ledger_process *parent);
/* Whoever puts a process into a container or unit does so before the exec. */
void container__forget_at_exec(struct ledger *ledger, struct ledger_process *process);
void container__drop(struct ledger *ledger, struct ledger_container **container);
void namespace__free(struct ledger *ledger, struct namespace *ns);

/* mappings.c */
struct address_space *space__find(struct ledger *ledger, uint64_t mm);
struct address_space *space__get(struct ledger *ledger, uint64_t mm);
/* All of its mappings are gone, by the doing of that process. */
void space__clear(struct ledger *ledger, struct address_space *space,
		  const struct ledger_process *ended, uint64_t time_ns);
/* To what each process of the space has attached, and to its peak. */
void space__add_bytes(struct address_space *space, uint64_t difference);
/* The number of a space that was found without one: no kernel pointer is that small. */
static inline uint64_t space__made_up(uint32_t pid)
{
	return 1ULL << 32 | pid;
}
/* A space that was found without its number gets it: both are one. */
struct address_space *space__learn(struct ledger *ledger, struct address_space *assumed,
				   uint64_t mm, uint64_t time_ns);
void space__doubt(struct ledger *ledger, struct address_space *space);
void space__free_if_unused(struct ledger *ledger, struct address_space *space);
struct mapping *mapping__find(const struct address_space *space,
			      const struct ledger_object *object);
/* Frees neither space nor object, so that callers may go on with both. */
void mapping__set_count(struct ledger *ledger, struct address_space *space,
			struct ledger_object *object, uint32_t count);
/* Events alone do not say where those of an address space are that we did not see made. For ledgers
 * whose mappings are not observed, as the two below. */
void mapping__remember_address(struct ledger *ledger, struct mapping *m, uint64_t address);
void mapping__forget_addresses(struct mapping *m);
bool mapping__knows_address(const struct mapping *m, uint64_t address);
/* Takes a mapping whose count is no longer part of nattch out of all lists. */
void mapping__drop(struct ledger *ledger, struct mapping *m);
void mapping__copy_all(struct ledger *ledger, const struct address_space *from,
		       struct address_space *to);
void mapping__apply(struct ledger *ledger, const struct mapping_event *event);

/* objects.c */
struct ledger_object *object__find(struct ledger *ledger, const struct object_key *key);
/* Finds it, or makes one of which nothing else is known. NULL: no memory. */
struct ledger_object *object__get(struct ledger *ledger, const struct object_key *key);
void object__set_owner(struct ledger *ledger, struct ledger_object *object,
		       struct ledger_process *owner);
/* Something happened to it then; old news do not make it less. */
void object__touch(struct ledger_object *object, uint64_t time_ns);
/* That a segment counts with against SHMALL. */
uint64_t object__pages(const struct ledger_object *object);
void object__set_size(struct ledger_object *object, uint64_t size);
void object__destroy(struct ledger *ledger, struct ledger_object *object);
void object__apply(struct ledger *ledger, const struct object_event *event);
enum object_state object__state(const struct ledger_object *object);
/* Reports the leak if it is one now and has not been reported. */
void object__check_leak(struct ledger *ledger, struct ledger_object *object,
			const struct ledger_process *ended, uint64_t time_ns);
/* Somebody uses it again: should it be left once more, that is another leak. */
void object__unreport(struct ledger_object *object);
struct namespace *namespace__get(struct ledger *ledger, uint32_t ipcns);

/* lineage.c */
void use__add(struct ledger *ledger, struct ledger_process *process, struct ledger_object *object,
	      uint64_t time_ns);
void use__free(struct ledger *ledger, struct use *use);
/* It knows nothing any more: reports what thereby becomes a leak. */
void use__remove_all(struct ledger *ledger, struct ledger_process *process, uint64_t time_ns);
/* A child knows the ids that its parent knows. Once more does no harm. */
void use__inherit(const struct ledger_process *parent, struct ledger_process *child);
/* As ledger__for_each_holder; false where that stopped. Each process once. */
bool use__for_each_process(const struct ledger_object *object,
			   bool (*each)(void *context, const struct ledger_process *process,
					uint32_t mappings),
			   void *context);

/* snapshot.c */
void snapshot__apply(struct ledger *ledger, const struct snapshot_event *event);
void snapshot__found_object(struct ledger *ledger, const struct object_event *event);
void snapshot__found_mapping(struct ledger *ledger, const struct mapping_event *event);
void snapshot__found_process(struct ledger *ledger, const struct process_event *event);
void snapshot__bury(struct ledger *ledger, const struct object_key *key, uint64_t time_ns);
/* Something is not known, and one that has begun by now may not tell either. */
void snapshot__miss(struct ledger *ledger);
/* What was kept because of the one that is being read is needed no longer. */
void snapshot__close(struct ledger *ledger);

#endif
