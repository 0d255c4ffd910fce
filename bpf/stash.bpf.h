/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a call is kept between its entry and its exit. To put it into a hash table and to take it
 * out again would cost as much as all the rest, so a thread has a place of its own in an array,
 * found by its number, from its first call until it ends. Where two threads share a number's lower
 * bits, the second one takes the hash table.
 *
 * A place is claimed by an insertion that only one thread can win (5.10 has no atomic instruction
 * that tells the old value), and given back in reverse order. In between nobody else writes to it.
 */
#ifndef SHMTRACE_STASH_BPF_H
#define SHMTRACE_STASH_BPF_H

#include "shmtrace.bpf.h"

struct places_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STASH_PLACES);
	__type(key, __u32);
	__type(value, struct call_stash);
};

struct claims_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STASH_PLACES);
	__type(key, __u32);   /* index of the place */
	__type(value, __u32); /* thread */
};

struct stash_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32); /* thread, in the initial pid namespace */
	__type(value, struct call_stash);
};

extern struct places_map places SEC(".maps");
extern struct claims_map claims SEC(".maps");
extern struct stash_map stash SEC(".maps");

/* The place that the thread may have; whose it is, its tid says. */
static __always_inline struct call_stash *stash_place(__u32 tid)
{
	__u32 index = tid % STASH_PLACES;

	return bpf_map_lookup_elem(&places, &index);
}

/* Of a place that is nobody's. */
static __always_inline _Bool stash_claim(struct call_stash *place, __u32 tid)
{
	__u32 index = tid % STASH_PLACES;

	if (bpf_map_update_elem(&claims, &index, &tid, BPF_NOEXIST))
		return 0;
	place->tid = tid;
	return 1;
}

static __always_inline void stash_give_back(struct call_stash *place)
{
	__u32 index = place->tid % STASH_PLACES;

	place->time_ns = 0;
	place->tid = 0;
	bpf_map_delete_elem(&claims, &index);
}

/* The call that the thread is in, whose place it may be; NULL: none was seen at its entry. */
static __always_inline struct call_stash *stash_of(struct call_stash *place, __u32 tid)
{
	if (place && place->tid == tid)
		return place->time_ns ? place : NULL;
	return bpf_map_lookup_elem(&stash, &tid);
}

static __always_inline struct call_stash *current_call(void)
{
	__u32 tid = current_tid();

	return stash_of(stash_place(tid), tid);
}

#endif
