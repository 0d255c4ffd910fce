/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is mapped in which address space, as the kernel's iterators say, from one look to the next:
 * since Linux 6.4 it counts the changes of each, and those without any are not read again.
 */
#ifndef SHMTRACE_SOURCE_SPACES_H
#define SHMTRACE_SOURCE_SPACES_H

#include <stdbool.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "source/bpf.h"

/* Mappings of one segment in one address space. */
struct known_mapping {
	uint32_t ipcns;
	int32_t id;
	uint32_t count;
	uint64_t address; /* of the first */
	uint64_t size;	  /* of the segment, in bytes */
	struct known_mapping *next;
};

struct known_space {
	uint64_t mm;
	uint64_t changes, start_ns; /* task_record's, of who was seen in it, before it was read */
	uint32_t tid;  /* whose records count: others find the same mappings again; 0: none yet */
	uint32_t look; /* that last saw somebody in it */
	bool read;     /* by then, and not again unless it has changed */
	bool unknown;  /* the mappings are not all */
	struct known_mapping *mappings;
	UT_hash_handle hh;
};

struct spaces;

struct spaces *spaces__new(const struct bpf_source *source); /* NULL: out of memory */
void spaces__free(struct spaces *spaces);		     /* also of NULL */

/* All will be read anew. */
void spaces__forget(struct spaces *spaces);

/*
 * A look: begin, a process at a time, then read. After that it may be asked for them, until the
 * next one begins. 0 or -errno; after an error of read nothing is known.
 */
void spaces__begin(struct spaces *spaces);
int spaces__add(struct spaces *spaces, const struct task_record *task);
int spaces__read(struct spaces *spaces);
const struct known_space *spaces__find(const struct spaces *spaces, uint64_t mm); /* or NULL */
/* Of some the mappings are not all. */
bool spaces__has_unknown(const struct spaces *spaces);

#endif
