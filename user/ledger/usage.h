/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The limits of an IPC namespace: how full each is, and who fills it.
 */
#ifndef SHMTRACE_LEDGER_USAGE_H
#define SHMTRACE_LEDGER_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger.h"

/*
 * X(NAME, kind, unit): those that bound all objects of a namespace together have a use; the
 * others bound one object. Sources: ipc/shm.c newseg, ipc/sem.c newary, ipc/msg.c newque.
 */
#define IPC_LIMIT_LIST(X)                   \
	X(SHMMNI, SHM, "segments")          \
	X(SHMALL, SHM, "pages")             \
	X(SEMMNI, SEM, "sets")              \
	X(SEMMNS, SEM, "semaphores")        \
	X(MSGMNI, MSG, "queues")            \
	X(SHMMAX, SHM, "bytes a segment")   \
	X(SHMMIN, SHM, "byte a segment")    \
	X(SEMMSL, SEM, "semaphores a set")  \
	X(SEMOPM, SEM, "operations a call") \
	X(MSGMAX, MSG, "bytes a message")   \
	X(MSGMNB, MSG, "bytes a queue")

enum ipc_limit {
	LIMIT_NONE,
#define IPC_LIMIT_ENUM(NAME, kind, unit) LIMIT_##NAME,
	IPC_LIMIT_LIST(IPC_LIMIT_ENUM)
#undef IPC_LIMIT_ENUM
};

#define IPC_LIMITS_USED LIMIT_MSGMNI /* LIMIT_SHMMNI to this one have a use */

/* "SHMMNI"; "" of LIMIT_NONE. Static. */
const char *ipc_limit__name(enum ipc_limit limit);
/* What it counts: "segments". Static. */
const char *ipc_limit__unit(enum ipc_limit limit);
/* enum object_kind */
uint32_t ipc_limit__kind(enum ipc_limit limit);
/* Its value and, where it has one, its use (else 0), out of a namespace's numbers. */
uint64_t ipc_limit__value(enum ipc_limit limit, const struct ipc_limits *limits);
uint64_t ipc_limit__used(enum ipc_limit limit, const struct ipc_limits *limits);

/* What an object counts with against a limit of its kind that has a use, in the unit of that. */
uint64_t ledger__amount(const struct ledger_object *object, enum ipc_limit limit);

/* Objects that processes of one name and user, in one container, have made, summed. */
struct usage_holder {
	char comm[EVENT_COMM_LEN + 1]; /* another process's bytes; "": not known */
	uint32_t uid;		       /* the creator's; of the object's owner where not known */
	const struct container *container; /* NULL: not known. Valid until the next event. */
	uint32_t pid;	   /* the creator, where it is one alone; 0: several, or not known */
	bool alive;	   /* one of the creators at least */
	uint64_t amount;   /* in the unit of the limit */
	uint64_t orphaned; /* of it: of objects that nothing uses */
	uint32_t objects;
	uint32_t objects_orphaned;
	uint32_t objects_ended; /* whose creator is known to have ended */
};

enum { USAGE_HOLDERS = 3, USAGE_ORPHAN_IDS = 16 };

struct usage {
	uint64_t amount; /* that the ledger's objects take, in the unit of the limit */
	uint64_t orphaned;
	uint32_t objects;
	uint32_t objects_orphaned;
	uint32_t objects_unknown;		    /* nobody uses them that we know of: no proof */
	uint64_t unknown;			    /* of the amount: theirs */
	size_t n_orphan_ids;			    /* of those below */
	int32_t orphan_ids[USAGE_ORPHAN_IDS];	    /* of what nothing uses: the lowest, in order */
	size_t n_holders;			    /* all there are, not those below alone */
	struct usage_holder holders[USAGE_HOLDERS]; /* the largest first */
};

/* Who fills that limit, one of those that have a use. 0 or -ENOMEM. */
int ledger__usage(const struct ledger *ledger, uint32_t ipcns, enum ipc_limit limit,
		  struct usage *usage);

/*
 * The same of all namespaces and all limits that have a use, in one pass over the objects, and in
 * no order. Where nothing exists nothing is told. Stops when `each` returns false. 0 or -ENOMEM.
 */
int ledger__for_each_usage(const struct ledger *ledger,
			   bool (*each)(void *context, uint32_t ipcns, enum ipc_limit limit,
					const struct usage *usage),
			   void *context);

#endif
