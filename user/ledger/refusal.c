// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/refusal.h"

#include <errno.h>

#include "ledger/internal.h"

/* include/uapi/linux/ipc.h, shm.h */
#define IPC_PRIVATE    0
#define FLAG_HUGETLB   04000
#define FLAG_NORESERVE 010000
#define HUGE_SHIFT     26
#define HUGE_MASK      0x3f

#define MAX_FILE_SIZE INT64_MAX /* MAX_LFS_FILESIZE of 64-bit kernels, include/linux/fs.h */

static const char *const cause_names[] = {
	[REFUSAL_UNKNOWN] = "unknown",
	[REFUSAL_LIMIT] = "limit",
	[REFUSAL_EXISTS] = "exists",
	[REFUSAL_SMALLER] = "smaller",
	[REFUSAL_DENIED] = "denied",
	[REFUSAL_EMPTY_SET] = "empty-set",
	[REFUSAL_SIZE] = "size",
	[REFUSAL_HUGE_SIZE] = "huge-size",
	[REFUSAL_HUGE_POOL] = "huge-pool",
	[REFUSAL_HUGE_DENIED] = "huge-denied",
	[REFUSAL_OVERCOMMIT] = "overcommit",
	[REFUSAL_CGROUP] = "cgroup",
	[REFUSAL_KERNEL_MEMORY] = "kernel-memory",
	[REFUSAL_FILE_TABLE] = "file-table",
	[REFUSAL_FILE_SYSTEM] = "file-system",
};

const char *refusal_cause__name(enum refusal_cause cause)
{
	return cause_names[cause];
}

const char *refusal_certainty__name(enum refusal_certainty certainty)
{
	static const char *const names[] = {"unknown", "likely", "exact"};

	return names[certainty];
}

bool refusal__is_explained(int error)
{
	switch (error) {
	case EEXIST:
	case EINVAL:
	case EACCES:
	case ENOSPC:
	case ENOMEM:
	case EPERM:
	case ENFILE:
		return true;
	default:
		return false;
	}
}

bool refusal__is_one(const struct call_event *call)
{
	return (call->call == CALL_SHMGET || call->call == CALL_SEMGET ||
		call->call == CALL_MSGGET) &&
	       call->ret < 0 && call->ret > -4096 && refusal__is_explained(-call->ret);
}

static uint32_t flags_of(const struct call_event *call)
{
	return call->call == CALL_MSGGET ? call->args[1] : call->args[2];
}

static int32_t nsems_of(const struct call_event *call)
{
	return call->args[1];
}

static uint64_t pages_of(const struct call_event *call)
{
	const uint64_t size = call->args[1];

	return size / LEDGER_PAGE_BYTES + (size % LEDGER_PAGE_BYTES != 0);
}

bool refusal__is_huge(const struct call_event *call)
{
	return call->call == CALL_SHMGET && flags_of(call) & FLAG_HUGETLB;
}

uint64_t refusal__huge_size(const struct call_event *call)
{
	const unsigned int shift = flags_of(call) >> HUGE_SHIFT & HUGE_MASK;

	return refusal__is_huge(call) && shift ? 1ULL << shift : 0;
}

static uint32_t kind_of(const struct call_event *call)
{
	return call->call == CALL_SHMGET   ? OBJECT_SHM
	       : call->call == CALL_SEMGET ? OBJECT_SEM
					   : OBJECT_MSG;
}

/* Nothing else fits where the kernel's own path is known; else it is the likely one. */
static void set(struct refusal *refusal, enum refusal_cause cause, bool exact)
{
	refusal->cause = cause;
	refusal->certainty = exact ? CERTAINTY_EXACT : CERTAINTY_LIKELY;
}

static void set_limit(struct refusal *refusal, enum ipc_limit limit, uint64_t wanted, bool exact)
{
	set(refusal, REFUSAL_LIMIT, exact);
	refusal->limit = limit;
	refusal->wanted = wanted;
	refusal->used = ipc_limit__used(limit, &refusal->limits);
	refusal->value = ipc_limit__value(limit, &refusal->limits);
}

/* The object that has the key refuses a caller that asks for more than it has. */
static bool is_smaller(const struct refusal *refusal)
{
	return refusal->object && refusal->object->size < refusal->call->args[1];
}

/* used + wanted > value, as the kernel compares sums; an overflow counts as more. */
static bool is_beyond(uint64_t used, uint64_t wanted, uint64_t value)
{
	return used + wanted > value || used + wanted < used;
}

/* The limits that a new object runs into, in the order of the kernel's checks. */
static void explain_full(struct refusal *refusal)
{
	const struct call_event *call = refusal->call;
	const bool exact = call->flags & CALL_F_LIMITS_EXACT;
	const struct ipc_limits *limits = &refusal->limits;
	enum ipc_limit sum = LIMIT_NONE, number;
	uint64_t wanted = 0;

	if (!refusal->has_limits)
		return;
	switch (call->call) {
	case CALL_SHMGET:
		wanted = pages_of(call);
		if (is_beyond(limits->shmall_used, wanted, limits->shmall))
			sum = LIMIT_SHMALL;
		number = LIMIT_SHMMNI;
		break;
	case CALL_SEMGET:
		wanted = nsems_of(call);
		if (is_beyond(limits->semmns_used, wanted, limits->semmns))
			sum = LIMIT_SEMMNS;
		number = LIMIT_SEMMNI;
		break;
	default:
		number = LIMIT_MSGMNI;
	}
	if (ipc_limit__used(number, limits) < ipc_limit__value(number, limits))
		number = LIMIT_NONE;
	if (sum) {
		set_limit(refusal, sum, wanted, exact);
		refusal->also = number;
	} else if (number) {
		set_limit(refusal, number, 1, exact);
	}
}

static void explain_enospc(struct refusal *refusal)
{
	const struct call_event *call = refusal->call;

	/* newseg: the size does not come back from its number of pages, 32-bit shift and all. */
	if (call->call == CALL_SHMGET && call->args[1] > UINT64_MAX - LEDGER_PAGE_BYTES + 1) {
		set(refusal, REFUSAL_SIZE, true);
		return;
	}
	if (call->stage == GET_FILE) {
		set(refusal, REFUSAL_FILE_SYSTEM, true);
		return;
	}
	explain_full(refusal);
	if (refusal->cause == REFUSAL_UNKNOWN && refusal__is_huge(call) && call->stage == GET_NEW &&
	    call->flags & CALL_F_LIMITS_EXACT)
		set(refusal, REFUSAL_FILE_SYSTEM, true);
}

/* newseg was reached, or may have been. */
static void explain_new_segment(struct refusal *refusal, bool exact)
{
	const struct call_event *call = refusal->call;
	const uint64_t size = call->args[1];

	if (size < 1)
		set_limit(refusal, LIMIT_SHMMIN, size, exact);
	else if (refusal->has_limits && size > refusal->limits.shmmax)
		set_limit(refusal, LIMIT_SHMMAX, size, exact);
	else if (refusal__is_huge(call))
		set(refusal, REFUSAL_HUGE_SIZE, exact);
	else if (size > MAX_FILE_SIZE)
		set(refusal, REFUSAL_SIZE, exact);
}

static void explain_einval_shm(struct refusal *refusal)
{
	switch (refusal->call->stage) {
	case GET_LOOKUP:
		set(refusal, REFUSAL_SMALLER, true);
		break;
	case GET_NEW:
	case GET_FILE:
		explain_new_segment(refusal, true);
		break;
	default:
		if (is_smaller(refusal))
			set(refusal, REFUSAL_SMALLER, false);
		else if (!refusal->object)
			explain_new_segment(refusal, false);
	}
}

static void explain_einval_sem(struct refusal *refusal)
{
	const struct call_event *call = refusal->call;
	const int32_t nsems = nsems_of(call);
	const bool staged = call->stage != GET_UNKNOWN;

	if (call->stage == GET_NEW) {
		set(refusal, REFUSAL_EMPTY_SET, true);
		return;
	}
	/* Before anything is looked up (ksys_semget). */
	if (refusal->has_limits && (nsems < 0 || (uint32_t)nsems > refusal->limits.semmsl))
		set_limit(refusal, LIMIT_SEMMSL, (int64_t)nsems, staged);
	else if (staged || is_smaller(refusal))
		set(refusal, REFUSAL_SMALLER, staged);
	else if (!nsems && !refusal->object)
		set(refusal, REFUSAL_EMPTY_SET, false);
}

/* More than the system may promise (mm/util.c, __vm_enough_memory; mm/shmem.c, shmem_acct_size). */
static bool is_overcommitted(const struct refusal *refusal)
{
	const struct memory_facts *memory = &refusal->memory;
	const uint64_t size = pages_of(refusal->call) * LEDGER_PAGE_BYTES;

	switch (memory->overcommit) {
	case 0:
		return !(flags_of(refusal->call) & FLAG_NORESERVE) && memory->ram != UINT64_MAX &&
		       memory->swap != UINT64_MAX && size > memory->ram + memory->swap;
	case 2:
		return memory->commit_limit != UINT64_MAX &&
		       is_beyond(memory->committed, size, memory->commit_limit);
	default:
		return false;
	}
}

/* A semaphore takes a cache line of the kernel's memory (struct sem, ipc/sem.c). */
static bool is_cgroup_full(const struct refusal *refusal)
{
	const struct memory_facts *memory = &refusal->memory;
	uint64_t needed = 1 << 20; /* of what is used, that much may be gone again by now */

	if (refusal->call->call == CALL_SEMGET && nsems_of(refusal->call) > 0)
		needed += 64ULL * nsems_of(refusal->call);
	return memory->cgroup_max != UINT64_MAX && memory->cgroup_used != UINT64_MAX &&
	       memory->cgroup_used + needed >= memory->cgroup_max;
}

static bool is_pool_empty(const struct refusal *refusal)
{
	const struct memory_facts *memory = &refusal->memory;
	const uint64_t size = refusal->call->args[1];

	return memory->huge_free != UINT64_MAX && memory->huge_size &&
	       memory->huge_free < (size + memory->huge_size - 1) / memory->huge_size;
}

/* What the memory looks like comes after the call: it proves a cause only beside the kernel's path.
 */
static void explain_enomem(struct refusal *refusal)
{
	const struct call_event *call = refusal->call;

	if (refusal__is_huge(call)) {
		if (refusal->has_memory && is_pool_empty(refusal))
			set(refusal, REFUSAL_HUGE_POOL, call->stage == GET_NEW);
	} else if (call->call == CALL_SHMGET && call->stage != GET_NEW) {
		if (refusal->has_memory && is_overcommitted(refusal))
			set(refusal, REFUSAL_OVERCOMMIT, call->stage == GET_FILE);
	}
	if (refusal->cause != REFUSAL_UNKNOWN)
		return;
	if (refusal->has_memory && is_cgroup_full(refusal))
		set(refusal, REFUSAL_CGROUP, false);
	else if (call->stage == GET_NEW && !refusal__is_huge(call))
		set(refusal, REFUSAL_KERNEL_MEMORY, true);
}

static void explain_cause(struct refusal *refusal)
{
	const struct call_event *call = refusal->call;

	switch (refusal->error) {
	case EEXIST:
		set(refusal, REFUSAL_EXISTS, true);
		break;
	case EACCES:
		set(refusal, REFUSAL_DENIED, call->stage == GET_LOOKUP || refusal->object);
		break;
	case ENOSPC:
		explain_enospc(refusal);
		break;
	case EINVAL:
		if (call->call == CALL_SHMGET)
			explain_einval_shm(refusal);
		else if (call->call == CALL_SEMGET)
			explain_einval_sem(refusal);
		break;
	case ENOMEM:
		explain_enomem(refusal);
		break;
	case EPERM:
		if (refusal__is_huge(call))
			set(refusal, REFUSAL_HUGE_DENIED, call->stage == GET_NEW);
		break;
	case ENFILE:
		set(refusal, REFUSAL_FILE_TABLE, true);
		break;
	}
}

int refusal__explain(struct refusal *refusal, const struct call_event *call,
		     const struct ledger *ledger, const struct memory_facts *memory)
{
	int err = 0;

	*refusal = (struct refusal){.call = call, .error = -call->ret};
	if (call->head.type == EVENT_CALL_LIMITS) {
		refusal->limits = ((const struct call_limits_event *)call)->limits;
		refusal->has_limits = true;
	}
	if (memory) {
		refusal->memory = *memory;
		refusal->has_memory = true;
	}
	if (ledger)
		refusal->object = ledger__find_key(ledger, call->head.ipcns, kind_of(call),
						   call->args[0]);
	explain_cause(refusal);
	if (ledger && refusal->limit && refusal->limit <= IPC_LIMITS_USED) {
		err = ledger__usage(ledger, call->head.ipcns, refusal->limit, &refusal->usage);
		refusal->has_usage = !err;
	}
	return err;
}

bool refusal__may_be_shortage(int error)
{
	/* EINVAL: SHMMAX, SEMMSL */
	return error == ENOSPC || error == ENOMEM || error == ENFILE || error == EINVAL;
}

bool refusal__is_shortage(const struct refusal *refusal)
{
	switch (refusal->cause) {
	case REFUSAL_UNKNOWN:
		return refusal->error == ENOSPC || refusal->error == ENOMEM;
	case REFUSAL_LIMIT:
		/* No segment of 0 bytes, no set of -1 semaphores: nothing lacks there. */
		return refusal->limit != LIMIT_SHMMIN &&
		       !(refusal->limit == LIMIT_SEMMSL && (int64_t)refusal->wanted < 0);
	case REFUSAL_HUGE_POOL:
	case REFUSAL_OVERCOMMIT:
	case REFUSAL_CGROUP:
	case REFUSAL_KERNEL_MEMORY:
	case REFUSAL_FILE_TABLE:
	case REFUSAL_FILE_SYSTEM:
		return true;
	case REFUSAL_EXISTS:
	case REFUSAL_SMALLER:
	case REFUSAL_DENIED:
	case REFUSAL_EMPTY_SET:
	case REFUSAL_SIZE:
	case REFUSAL_HUGE_SIZE:
	case REFUSAL_HUGE_DENIED:
		break;
	}
	return false;
}
