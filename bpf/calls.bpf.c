// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path of one call: stashed at its entry, sent at its exit. All sets of hooks end here.
 */
#include "ledger.bpf.h"
#include "stash.bpf.h"

static __u64 last_wakeup_ns;
static __u64 lost_total;
static __u64 lost_reported;

static __always_inline void count_lost(__u32 call)
{
	if (call >= CALL_COUNT)
		return;
	__sync_fetch_and_add(&lost_calls[call], 1);
	__sync_fetch_and_add(&lost_total, 1);
}

__hidden int count_lost_ledger(void)
{
	__sync_fetch_and_add(&lost_ledger, 1);
	__sync_fetch_and_add(&lost_total, 1);
	return 0;
}

/*
 * Wakes the reader only if it has not been woken for an interval. It relies on this: after a
 * wake-up it keeps looking until it has found nothing for longer than the interval, and only then
 * sleeps.
 */
static __always_inline __u64 wakeup_flags(__u64 now)
{
	if (now - last_wakeup_ns < wakeup_interval_ns)
		return BPF_RB_NO_WAKEUP;
	last_wakeup_ns = now;
	return BPF_RB_FORCE_WAKEUP;
}

__hidden __u64 ledger_wakeup_flags(__u64 now)
{
	return wakeup_flags(now);
}

/* Says in the stream that calls were lost since it was last said. The counts are totals. */
static __always_inline void report_lost(__u64 now)
{
	struct lost_event *event;
	__u64 total = lost_total;

	if (total == lost_reported)
		return;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return;
	__builtin_memset(&event->head, 0, sizeof(event->head));
	event->head.time_ns = now;
	event->head.type = EVENT_LOST;
	for (int i = 0; i < CALL_COUNT; i++)
		event->calls[i] = lost_calls[i];
	event->ledger = lost_ledger;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	lost_reported = total;
}

/* Where the old ipc(2) interface passes by pointer, the values are the caller's memory. */
static __always_inline __u32 read_indirect(struct call_stash *call, __u64 *ret)
{
	__u32 words[2] = {};

	if (call->abi != ABI_COMPAT_IPC)
		return 0;
	if (call->call == CALL_SHMAT && !is_error(*ret)) {
		/* ipc/syscall.c: put_user(raddr, third), and the call itself returns 0 */
		if (bpf_probe_read_user(words, sizeof(*words), (void *)call->args[5]))
			return CALL_F_NO_RESULT;
		*ret = words[0];
	} else if (call->kludge) {
		/* struct ipc_kludge, version 0 of the call */
		if (bpf_probe_read_user(words, sizeof(words), (void *)call->args[5]))
			return CALL_F_KLUDGE_FAULT;
		call->args[1] = words[0];
		call->args[3] = words[1];
	}
	return 0;
}

/* What is known of a call at its exit. */
struct call_end {
	__u64 now;
	__u64 pid_tgid;
	__u64 identity; /* see current_identity */
	__u64 ret;
	__u32 flags; /* CALL_F_* */
};

static __always_inline void fill_call(struct call_event *event, const struct call_stash *call,
				      const struct call_end *end, __u32 type)
{
	event->head.time_ns = call->time_ns;
	fill_who(&event->head, type, end->pid_tgid, end->identity, current_task());
	for (int i = 0; i < EVENT_ARGS_MAX; i++)
		event->args[i] = call->args[i];
	event->ret = end->ret;
	event->duration_ns = end->now - call->time_ns;
	event->call = call->call;
	event->abi = call->abi;
	event->stage = GET_UNKNOWN;
	if (is_get(call->call) && is_error(end->ret) && staged_calls & 1U << (call->call & 31))
		event->stage = call->stage ?: GET_LOOKUP;
	event->flags = end->flags;
}

static __always_inline void send_call(const struct call_stash *call, const struct call_end *end)
{
	struct call_event *event;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		count_lost(call->call);
		return;
	}
	fill_call(event, call, end, EVENT_CALL);
	bpf_ringbuf_submit(event, wakeup_flags(end->now));
}

/* Errnos of a get behind which a limit may stand (ipc/shm.c newseg, ipc/sem.c ksys_semget). */
static __always_inline _Bool is_limited(const struct call_stash *call, __s64 ret)
{
	return is_get(call->call) && (ret == -ENOSPC || ret == -EINVAL || ret == -ENOMEM);
}

/* It carries the limits as they were: see limits.bpf.c. */
static __always_inline void send_call_limits(const struct call_stash *call, struct call_end *end)
{
	__u32 tid = (__u32)end->pid_tgid;
	struct call_limits_event *event;
	struct ipc_limits *exact;
	struct ipc_limits late = {};

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		count_lost(call->call);
		return;
	}
	exact = call->stage ? bpf_map_lookup_elem(&limits, &tid) : NULL;
	if (exact) {
		event->limits = *exact;
		end->flags = CALL_F_LIMITS_EXACT;
	} else {
		limits_read(&late);
		event->limits = late;
		end->flags = 0;
	}
	fill_call(&event->call, call, end, EVENT_CALL_LIMITS);
	bpf_ringbuf_submit(event, wakeup_flags(end->now));
}

/* A call that succeeded says something of an object or a mapping (user/source/inference.c). */
static __always_inline _Bool tells_ledger(const struct call_stash *call)
{
	__u32 cmd;

	switch (call->call) {
	case CALL_SHMGET:
	case CALL_SEMGET:
	case CALL_MSGGET:
	case CALL_SHMAT:
	case CALL_SHMDT:
		return 1;
	case CALL_SHMCTL:
		cmd = (__u32)call->args[1] & ~IPC_64;
		return cmd == IPC_RMID || cmd == SHM_LOCK || cmd == SHM_UNLOCK;
	case CALL_MSGCTL:
		return ((__u32)call->args[1] & ~IPC_64) == IPC_RMID;
	case CALL_SEMCTL:
		return ((__u32)call->args[2] & ~IPC_64) == IPC_RMID;
	}
	return 0;
}

static __always_inline void send_call_ledger(const struct call_stash *call,
					     const struct call_end *end, _Bool wanted)
{
	struct call_ledger_event *event;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		if (wanted)
			count_lost(call->call);
		count_lost_ledger();
		return;
	}
	fill_call(&event->call, call, end, EVENT_CALL_LEDGER);
	fill_inferable(event);
	event->unwanted = !wanted;
	bpf_ringbuf_submit(event, wakeup_flags(end->now));
}

/* What we read from the kernel by System V IPC ourselves is no news. */
static __always_inline _Bool is_own(__u64 pid_tgid)
{
	return visible_of(pid_tgid) >> 32 == own_pid;
}

/* Its exit was not seen: who asked for the call misses it, and the ledger what it did. */
static __always_inline void count_missed(const struct call_stash *call, __u32 tid)
{
	if (!call->unwanted)
		count_lost(call->call);
	else if (call->tells)
		count_lost_ledger();
	if (call->stage)
		bpf_map_delete_elem(&limits, &tid);
}

/*
 * time_ns is set last, so that what shmtrace itself does is no part of the duration. A call that is
 * still there is one whose exit was not seen: a return probe that found no free slot, or a program
 * that did not run because another one ran on that CPU.
 */
static __always_inline int stash_in_place(struct call_stash *place, struct call_stash *call,
					  __u32 tid)
{
	if (place->time_ns)
		count_missed(place, tid);
	call->tid = tid;
	*place = *call;
	place->time_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int stash_in_table(struct call_stash *call, __u32 tid)
{
	struct call_stash *before = bpf_map_lookup_elem(&stash, &tid);

	if (before)
		count_missed(before, tid);
	call->tid = tid;
	call->time_ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&stash, &tid, call, BPF_ANY))
		count_lost(call->call);
	return 0;
}

__hidden int call_enter(struct call_stash *call)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)pid_tgid;
	struct call_stash *place;

	if (stopped || is_own(pid_tgid))
		return 0;
	if (filters_callers && !caller_passes()) {
		if (!ledger)
			return 0;
		call->unwanted = 1;
	}
	/* Here the call is a constant: at the exit the verifier would go through each of them. */
	call->tells = ledger_by_calls && tells_ledger(call);
	place = stash_place(tid);
	if (place && !place->tid && stash_claim(place, tid))
		/* What it had before its place was free. */
		bpf_map_delete_elem(&stash, &tid);
	if (place && place->tid == tid)
		return stash_in_place(place, call, tid);
	return stash_in_table(call, tid);
}

/* At its end: nobody can have the same number before. */
__hidden int forget_thread(__u32 tid)
{
	struct call_stash *place = stash_place(tid);
	struct call_stash *call = stash_of(place, tid);

	if (call && !stopped)
		count_missed(call, tid);
	if (place && place->tid == tid)
		stash_give_back(place);
	else if (call)
		bpf_map_delete_elem(&stash, &tid);
	return 0;
}

static __always_inline _Bool may_be_indirect(__u32 call)
{
	return call == CALL_IPC || (call & (CALL_BY_NUMBER | CALL_ANY) && !(call & CALL_NATIVE));
}

/* Which call the exit is of: a stash of another one has missed its own. */
static __always_inline _Bool is_stash_of(const struct call_stash *stash, __u32 call)
{
	if (call & CALL_ANY)
		return 1;
	if (call & CALL_BY_NUMBER)
		return stash->number == (__u16)call;
	if (call == CALL_IPC)
		return stash->abi == ABI_COMPAT_IPC;
	return stash->call == call && stash->abi != ABI_COMPAT_IPC;
}

/*
 * The functions of other files are called first: the verifier before 6.5 takes all numbers that it
 * knows by then for such as must be equal, and goes through what follows once for each set of them.
 */
__hidden int call_exit(__u32 id, __s64 ret)
{
	struct call_end end = {
		.now = bpf_ktime_get_ns(),
		.pid_tgid = bpf_get_current_pid_tgid(),
		.identity = current_identity(),
		.ret = ret,
	};
	__u32 tid = (__u32)end.pid_tgid;
	struct call_stash *place, *call;
	_Bool wanted, tells;

	place = stash_place(tid);
	call = stash_of(place, tid);
	if (!call)
		return 0;
	if (stopped)
		goto out;
	if (!is_stash_of(call, id)) {
		count_missed(call, tid);
		goto out;
	}
	/* What is constant for a program comes first: the verifier then goes one way only. */
	if (may_be_indirect(id))
		end.flags = read_indirect(call, &end.ret);
	wanted = !(filters_callers && call->unwanted) &&
		 (!filters_results || result_passes(call, end.ret));
	tells = ledger_by_calls && call->tells && !is_error(end.ret);
	if (!wanted && !tells)
		goto out;
	report_lost(end.now);
	if (tells)
		send_call_ledger(call, &end, wanted);
	else if (is_limited(call, end.ret))
		send_call_limits(call, &end);
	else
		send_call(call, &end);
out:
	/*
	 * What failed_new has kept, of a call that is not sent, too: the thread's next one must not
	 * find it.
	 */
	if (call->stage && is_error(end.ret))
		bpf_map_delete_elem(&limits, &tid);
	if (place && place->tid == tid)
		place->time_ns = 0;
	else
		bpf_map_delete_elem(&stash, &tid);
	return 0;
}
