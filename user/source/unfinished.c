// SPDX-License-Identifier: GPL-2.0-only
#include "source/unfinished.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

#include <bpf/bpf.h>

#include "base/clock.h"

#define UNFINISHED_NS 1000000000ULL

static void add_if_unfinished(const struct call_stash *stash, uint64_t now_ns,
			      unsigned long long lost[CALL_COUNT])
{
	if (!stash->time_ns || stash->call >= CALL_COUNT || stash->unwanted)
		return;
	if ((kill(stash->tid, 0) && errno == ESRCH) ||
	    (!(CALLS_BLOCKING & 1U << stash->call) && stash->time_ns + UNFINISHED_NS < now_ns))
		lost[stash->call]++;
}

void unfinished__add(int places, int table, unsigned long long lost[CALL_COUNT])
{
	const uint64_t now_ns = clock__ns(CLOCK_MONOTONIC);
	uint32_t tid, *previous = NULL;
	struct call_stash stash;

	for (uint32_t i = 0; i < STASH_PLACES; i++)
		if (!bpf_map_lookup_elem(places, &i, &stash))
			add_if_unfinished(&stash, now_ns, lost);
	while (!bpf_map_get_next_key(table, previous, &tid)) {
		previous = &tid;
		if (!bpf_map_lookup_elem(table, &tid, &stash))
			add_if_unfinished(&stash, now_ns, lost);
	}
}
