/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects that nobody uses, out of a ledger: which they are, whose they were, and what says so.
 * What `shmtrace leaks` shows and `shmtrace rm` removes.
 */
#ifndef SHMTRACE_VIEW_UNUSED_H
#define SHMTRACE_VIEW_UNUSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "ledger/ledger.h"
#include "view/container_view.h"

struct unused_filter {
	unsigned int kinds; /* bits by enum object_kind */
	uint32_t ipcns;	    /* inode number; 0: all namespaces */
	uint64_t min_size;  /* bytes; sets and queues have none */
	uint64_t min_age_s; /* seconds without any use */
	bool of_user;
	uint32_t uid;			    /* owner, with of_user */
	struct container_filter *container; /* NULL: all */
	int64_t now_s;			    /* the wall clock */
};

/* What was found, the largest first: segments by bytes, sets by semaphores, queues. */
struct unused {
	struct object_info *orphans; /* proven */
	size_t n_orphans, orphans_cap;
	struct object_info *unknown; /* nobody is known to use them, which proves nothing */
	size_t n_unknown, unknown_cap;
	bool out_of_memory;
};

/* 0 or -ENOMEM; unused__free also after an error. What it has is valid as long as the ledger. */
int unused__find(struct unused *unused, const struct ledger *ledger,
		 const struct unused_filter *filter);
void unused__free(struct unused *unused);

struct unused_sum {
	uint32_t kinds[OBJECT_NONE]; /* objects of each */
	uint64_t bytes;		     /* of segments */
	uint64_t semaphores;
};

void unused__sum(const struct object_info *list, size_t count, struct unused_sum *sum);

/* "3 segments (12M), 1 semaphore set (4 semaphores), 2 queues"; "" where there is nothing. */
void unused__put_sum(struct buffer *out, const struct unused_sum *sum);

/* Orphans of one user, left by processes of one name in one container. */
struct unused_owner {
	uint32_t uid;
	char comm[EVENT_COMM_LEN + 1];	   /* "": not known */
	const struct container *container; /* NULL: not known. Belongs to the ledger. */
	struct unused_sum sum;
	int64_t since;	 /* of the one that has been unused for the longest time; 0: not known */
	bool observed;	 /* of all of them the creation was seen */
	bool ended;	 /* it is known how all who left them ended: by `status` */
	uint32_t status; /* as wait(2) */
};

/* The largest first. An array that the caller frees; NULL: there are none, or out of memory. */
struct unused_owner *unused__sum_owners(const struct unused *unused, const struct ledger *ledger,
					size_t *count);

/* Seconds without any use. false: not known. */
bool unused__age(const struct object_info *info, int64_t now_s, uint64_t *seconds);

/* How the creator ended, where that was seen. */
bool unused__creator_end(const struct object_info *info, struct process_info *creator);

/*
 * A segment's last user, by the kernel's word, where that is another than its creator and runs: who
 * has had it attached may attach it again. NULL: there is none.
 */
const struct ledger_process *unused__last_user(const struct ledger *ledger,
					       const struct object_info *info);

/* "httpd[4390] runs", "4388 has ended", escaped. */
void unused__put_process(struct buffer *out, const struct ledger *ledger, uint32_t pid, bool utf8);

/* "not attached; creator 4388 has ended; never attached", escaped. */
void unused__put_evidence(struct buffer *out, const struct ledger *ledger,
			  const struct object_info *info, bool utf8);

#define UNUSED_EVIDENCE_BYTES 512 /* is room enough for it */

#endif
