/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the kernel refused a shmget, semget or msgget: which of the causes of its errno it was, in
 * the order of the kernel's own checks (ipc/util.c ipcget, ipc/shm.c newseg, ipc/sem.c ksys_semget
 * and newary, ipc/msg.c newque; the same from 5.10 to 7.2). Where nothing fits it says so.
 */
#ifndef SHMTRACE_LEDGER_REFUSAL_H
#define SHMTRACE_LEDGER_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "ledger/ledger.h"
#include "ledger/usage.h"

enum refusal_cause {
	REFUSAL_UNKNOWN,
	REFUSAL_LIMIT,	       /* refusal.limit */
	REFUSAL_EXISTS,	       /* EEXIST: the key is taken */
	REFUSAL_SMALLER,       /* EINVAL: the object that has the key is smaller than asked for */
	REFUSAL_DENIED,	       /* EACCES: the object that has the key is not for the caller */
	REFUSAL_EMPTY_SET,     /* EINVAL: a new set of no semaphores */
	REFUSAL_SIZE,	       /* EINVAL, ENOSPC: larger than any file, or than an address */
	REFUSAL_HUGE_SIZE,     /* EINVAL: no huge pages of that size */
	REFUSAL_HUGE_POOL,     /* ENOMEM: not enough huge pages are free */
	REFUSAL_HUGE_DENIED,   /* EPERM: huge pages are not for the caller */
	REFUSAL_OVERCOMMIT,    /* ENOMEM: more memory than the system may promise */
	REFUSAL_CGROUP,	       /* ENOMEM: the caller's memory cgroup is full */
	REFUSAL_KERNEL_MEMORY, /* ENOMEM: the kernel's own memory for the object */
	REFUSAL_FILE_TABLE,    /* ENFILE: fs.file-max */
	REFUSAL_FILE_SYSTEM,   /* ENOSPC: an inode of the file system behind segments */
};

enum refusal_certainty {
	CERTAINTY_UNKNOWN, /* of REFUSAL_UNKNOWN alone */
	CERTAINTY_LIKELY,  /* it fits, and something else may have been it */
	CERTAINTY_EXACT,   /* nothing else fits */
};

/* What the system says of its memory after the call, of ENOMEM. UINT64_MAX: not known. */
struct memory_facts {
	int overcommit; /* vm.overcommit_memory; -1: not known */
	uint64_t ram, swap;
	uint64_t commit_limit, committed; /* bytes, as all of these but the counts of pages */
	uint64_t huge_size;
	uint64_t huge_free; /* pages that are free, not reserved, or may still be made */
	uint64_t cgroup_max, cgroup_used;
};

struct refusal {
	const struct call_event *call;
	int error; /* errno */
	enum refusal_cause cause;
	enum refusal_certainty certainty;

	/* LIMIT */
	enum ipc_limit limit;
	uint64_t used, value; /* when the kernel compared them, or soon after it */
	uint64_t wanted;      /* what the call asked for, in the limit's unit */
	enum ipc_limit also;  /* would refuse it as well, were this one raised; LIMIT_NONE: none */
	bool has_limits;
	struct ipc_limits limits; /* all of the namespace */
	bool has_usage;		  /* a limit that has a use, and the ledger was asked */
	struct usage usage;

	/* EXISTS, SMALLER, DENIED: who has the key; NULL: not known */
	const struct ledger_object *object;

	/* ENOMEM */
	bool has_memory;
	struct memory_facts memory;
};

/* Errnos of a get that are explained: not ENOENT, which says all that there is to say. */
bool refusal__is_explained(int error);
/* The call is a get that failed with one of them. */
bool refusal__is_one(const struct call_event *call);

/*
 * Explains it. ledger: as it was when the call failed; NULL: there is none. memory: of ENOMEM;
 * NULL: not known. call must live as long as the refusal, the ledger may not change meanwhile. 0 or
 * -ENOMEM: then it is explained, but has no usage.
 */
int refusal__explain(struct refusal *refusal, const struct call_event *call,
		     const struct ledger *ledger, const struct memory_facts *memory);

/*
 * Refused for want of something of which there is only so much, and not for what the call asked
 * for: a limit that may be raised or emptied, memory, or an unknown cause that looks like these.
 */
bool refusal__is_shortage(const struct refusal *refusal);
/* A get that failed with this errno may have been refused so. */
bool refusal__may_be_shortage(int error);

/* The size of the huge pages that a shmget asks for, in bytes; 0: of default size, or none. */
uint64_t refusal__huge_size(const struct call_event *call);
/* It asks for huge pages. */
bool refusal__is_huge(const struct call_event *call);

/* "smaller", for JSON and for scripts; static. */
const char *refusal_cause__name(enum refusal_cause cause);
const char *refusal_certainty__name(enum refusal_certainty certainty);

#endif
