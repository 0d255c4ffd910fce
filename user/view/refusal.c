// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cause is one line of its own function here; what is likely says so, and what is not known does.
 */
#include "view/refusal.h"

#include <errno.h>

#include "base/escape.h"
#include "view/container_view.h"
#include "view/words.h"

static void put_ns(struct buffer *out, const struct refusal *refusal)
{
	buffer__put_str(out, " in ipc:[");
	buffer__put_u64(out, refusal->call->head.ipcns);
	buffer__put_char(out, ']');
}

static void put_comm(struct buffer *out, const char *comm, bool utf8)
{
	char *to = buffer__reserve(out, ESCAPE_TEXT_MAX(EVENT_COMM_LEN));

	if (to)
		buffer__commit(out, escape__text(to, comm, EVENT_COMM_LEN, utf8));
}

static void put_octal(struct buffer *out, uint32_t mode)
{
	buffer__put_char(out, '0');
	for (int shift = 6; shift >= 0; shift -= 3)
		buffer__put_char(out, '0' + (mode >> shift & 7));
}

/* "12 pages", "1 page" */
static void put_count(struct buffer *out, uint64_t count, const char *singular)
{
	buffer__put_u64(out, count);
	buffer__put_char(out, ' ');
	buffer__put_str(out, singular);
	if (count != 1)
		buffer__put_char(out, 's');
}

static const char *object_noun(const struct call_event *call)
{
	return call->call == CALL_SHMGET   ? "segment"
	       : call->call == CALL_SEMGET ? "semaphore set"
					   : "message queue";
}

/* "SEMMNI: 32000 of 32000 sets in use" */
static void put_use(struct buffer *out, enum ipc_limit limit, const struct ipc_limits *limits)
{
	buffer__put_str(out, ipc_limit__name(limit));
	buffer__put_str(out, ": ");
	buffer__put_u64(out, ipc_limit__used(limit, limits));
	buffer__put_str(out, " of ");
	buffer__put_u64(out, ipc_limit__value(limit, limits));
	buffer__put_char(out, ' ');
	buffer__put_str(out, ipc_limit__unit(limit));
	buffer__put_str(out, " in use");
}

/* A limit of one object: nothing is in use of it. */
static void put_bound(struct buffer *out, const struct refusal *refusal)
{
	buffer__put_str(out, ipc_limit__name(refusal->limit));
	buffer__put_str(out, ": ");
	switch (refusal->limit) {
	case LIMIT_SHMMIN:
		buffer__put_str(out, "a new segment must have at least 1 byte");
		return;
	case LIMIT_SEMMSL:
		buffer__put_s64(out, (int32_t)refusal->wanted);
		break;
	default:
		buffer__put_u64(out, refusal->wanted);
	}
	buffer__put_str(out, " asked for, at most ");
	buffer__put_u64(out, refusal->value);
	buffer__put_char(out, ' ');
	buffer__put_str(out, ipc_limit__unit(refusal->limit));
	put_ns(out, refusal);
}

static void put_limit(struct buffer *out, const struct refusal *refusal)
{
	if (refusal->limit > IPC_LIMITS_USED) {
		put_bound(out, refusal);
		return;
	}
	put_use(out, refusal->limit, &refusal->limits);
	put_ns(out, refusal);
	if (refusal->wanted > 1) {
		buffer__put_str(out, ", ");
		buffer__put_u64(out, refusal->wanted);
		buffer__put_str(out, " more asked for");
	}
	if (refusal->also) {
		buffer__put_str(out, "; ");
		buffer__put_str(out, ipc_limit__name(refusal->also));
		buffer__put_str(out, " is full as well");
	}
}

/* Whose the object is that has the key. */
static void put_holder_of_key(struct buffer *out, const struct refusal *refusal, bool utf8)
{
	struct process_info creator;
	struct object_info object;

	buffer__put_str(out, object_noun(refusal->call));
	if (!refusal->object) {
		buffer__put_str(out, " not known");
		return;
	}
	ledger__object_info(refusal->object, &object);
	buffer__put_char(out, ' ');
	buffer__put_s64(out, object.id);
	if (object.kind != OBJECT_MSG) {
		buffer__put_str(out, " of ");
		put_count(out, object.size, object.kind == OBJECT_SHM ? "byte" : "semaphore");
	}
	buffer__put_str(out, ", mode ");
	put_octal(out, object.mode & 0777);
	buffer__put_str(out, ", owner uid ");
	buffer__put_u64(out, object.uid);
	if (object.owner) {
		ledger__process_info(object.owner, &creator);
		buffer__put_str(out, ", made by ");
		put_comm(out, creator.comm, utf8);
		buffer__put_str(out, " (");
		buffer__put_u64(out, creator.pid);
		buffer__put_str(out, creator.alive ? ")" : ", ended)");
	} else if (object.creator) {
		buffer__put_str(out, ", made by process ");
		buffer__put_u64(out, object.creator);
		buffer__put_str(out, ", ended");
	}
}

static void put_overcommit(struct buffer *out, const struct refusal *refusal)
{
	const struct memory_facts *memory = &refusal->memory;

	buffer__put_str(out, "overcommit: ");
	buffer__put_u64(out, refusal->call->args[1]);
	buffer__put_str(out, " bytes asked for, ");
	if (memory->overcommit == 2) {
		buffer__put_u64(out, memory->committed);
		buffer__put_str(out, " of ");
		buffer__put_u64(out, memory->commit_limit);
		buffer__put_str(out, " bytes promised (vm.overcommit_memory=2)");
	} else {
		buffer__put_str(out, "memory and swap have ");
		buffer__put_u64(out, memory->ram + memory->swap);
		buffer__put_str(out, " (vm.overcommit_memory=0)");
	}
}

static void put_huge_pool(struct buffer *out, const struct refusal *refusal)
{
	const struct memory_facts *memory = &refusal->memory;
	const uint64_t size = refusal->call->args[1];

	buffer__put_str(out, "huge pages: ");
	buffer__put_u64(out, (size + memory->huge_size - 1) / memory->huge_size);
	buffer__put_str(out, " of ");
	buffer__put_u64(out, memory->huge_size >> 10);
	buffer__put_str(out, " kB asked for, ");
	buffer__put_u64(out, memory->huge_free);
	buffer__put_str(out, " free; see vm.nr_hugepages");
}

static void put_cgroup(struct buffer *out, const struct refusal *refusal)
{
	buffer__put_str(out, "the caller's memory cgroup is full: ");
	buffer__put_u64(out, refusal->memory.cgroup_used);
	buffer__put_str(out, " of ");
	buffer__put_u64(out, refusal->memory.cgroup_max);
	buffer__put_str(out, " bytes");
}

/* The numbers that speak against each limit. */
static void put_unknown(struct buffer *out, const struct refusal *refusal)
{
	const uint32_t kind = refusal->call->call == CALL_SHMGET   ? OBJECT_SHM
			      : refusal->call->call == CALL_SEMGET ? OBJECT_SEM
								   : OBJECT_MSG;

	buffer__put_str(out, "cause not known");
	if (refusal->error != ENOSPC || !refusal->has_limits)
		return;
	for (enum ipc_limit limit = LIMIT_NONE + 1; limit <= IPC_LIMITS_USED; limit++) {
		if (ipc_limit__kind(limit) != kind)
			continue;
		buffer__put_str(out, "; ");
		put_use(out, limit, &refusal->limits);
	}
	put_ns(out, refusal);
	if (!(refusal->call->flags & CALL_F_LIMITS_EXACT))
		buffer__put_str(out, ", read after the call returned");
}

static void put_cause(struct buffer *out, const struct refusal *refusal, bool utf8)
{
	if (refusal->certainty == CERTAINTY_LIKELY)
		buffer__put_str(out, "likely ");
	switch (refusal->cause) {
	case REFUSAL_UNKNOWN:
		put_unknown(out, refusal);
		break;
	case REFUSAL_LIMIT:
		put_limit(out, refusal);
		break;
	case REFUSAL_EXISTS:
		buffer__put_str(out, "the key is taken: ");
		put_holder_of_key(out, refusal, utf8);
		break;
	case REFUSAL_SMALLER:
		buffer__put_str(out, "what has the key is smaller: ");
		put_holder_of_key(out, refusal, utf8);
		break;
	case REFUSAL_DENIED:
		buffer__put_str(out, "what has the key is not for uid ");
		buffer__put_u64(out, refusal->call->head.uid);
		buffer__put_str(out, ": ");
		put_holder_of_key(out, refusal, utf8);
		break;
	case REFUSAL_EMPTY_SET:
		buffer__put_str(out, "a new set must have at least 1 semaphore");
		break;
	case REFUSAL_SIZE:
		buffer__put_str(out, "larger than a segment can be");
		break;
	case REFUSAL_HUGE_SIZE:
		buffer__put_str(out, "this system has no huge pages of that size");
		break;
	case REFUSAL_HUGE_POOL:
		put_huge_pool(out, refusal);
		break;
	case REFUSAL_HUGE_DENIED:
		buffer__put_str(out, "huge pages take CAP_IPC_LOCK, or the group in "
				     "vm.hugetlb_shm_group");
		break;
	case REFUSAL_OVERCOMMIT:
		put_overcommit(out, refusal);
		break;
	case REFUSAL_CGROUP:
		put_cgroup(out, refusal);
		break;
	case REFUSAL_KERNEL_MEMORY:
		buffer__put_str(out, "the kernel had no memory for its own part of it");
		break;
	case REFUSAL_FILE_TABLE:
		buffer__put_str(out, "the system's table of open files is full: see fs.file-max");
		break;
	case REFUSAL_FILE_SYSTEM:
		buffer__put_str(out, "no inode for the segment: no limit of System V IPC");
		break;
	}
}

static void put_holder(struct buffer *out, const struct usage_holder *holder, bool utf8)
{
	if (*holder->comm) {
		put_comm(out, holder->comm, utf8);
		buffer__put_str(out, " (");
		if (holder->pid) {
			buffer__put_u64(out, holder->pid);
			buffer__put_str(out, ", ");
		}
		buffer__put_str(out, "uid ");
		buffer__put_u64(out, holder->uid);
		if (holder->objects_ended == holder->objects)
			buffer__put_str(out, ", ended");
		if (container_view__is_real(holder->container)) {
			buffer__put_str(out, ", ");
			container_view__put_text(out, holder->container, utf8);
		}
	} else if (holder->pid && holder->objects_ended == holder->objects) {
		buffer__put_str(out, "process ");
		buffer__put_u64(out, holder->pid);
		buffer__put_str(out, " (owner uid ");
		buffer__put_u64(out, holder->uid);
		buffer__put_str(out, ", ended");
	} else {
		buffer__put_str(out, "creators not known (owner uid ");
		buffer__put_u64(out, holder->uid);
	}
	buffer__put_str(out, "): ");
	buffer__put_u64(out, holder->amount);
	if (holder->orphaned) {
		buffer__put_str(out, ", orphaned ");
		buffer__put_u64(out, holder->orphaned);
	}
}

/* "made by httpd (uid 33, ended): 31870, orphaned 31870; …" */
static void put_usage(struct buffer *out, const struct usage *usage, bool utf8)
{
	uint64_t others = usage->amount;

	buffer__put_str(out, "made by ");
	for (size_t i = 0; i < usage->n_holders && i < USAGE_HOLDERS; i++) {
		if (i)
			buffer__put_str(out, "; ");
		put_holder(out, &usage->holders[i], utf8);
		others -= usage->holders[i].amount;
	}
	if (usage->n_holders > USAGE_HOLDERS) {
		buffer__put_str(out, "; others: ");
		buffer__put_u64(out, others);
	}
}

void refusal__put_text(struct buffer *out, const struct view_refusal *view, unsigned int indent,
		       bool utf8)
{
	const struct refusal *refusal = view->refusal;

	buffer__put_spaces(out, indent);
	put_cause(out, refusal, utf8);
	buffer__put_char(out, '\n');
	if (refusal->has_usage && refusal->usage.n_holders) {
		buffer__put_spaces(out, indent);
		put_usage(out, &refusal->usage, utf8);
		buffer__put_char(out, '\n');
	}
	for (size_t i = 0; i < view->remedy.n_lines; i++) {
		buffer__put_spaces(out, indent);
		buffer__put_str(out, view->remedy.lines[i]);
		buffer__put_char(out, '\n');
	}
}

void suppressed__put_text(struct buffer *out, const struct view_suppressed *suppressed)
{
	buffer__put_u64(out, suppressed->count);
	if (suppressed->call == CALL_COUNT) {
		buffer__put_str(out, " more failures, of too many kinds at once: not explained");
		return;
	}
	buffer__put_str(out, " more ");
	buffer__put_str(out, words__call_name(suppressed->call));
	buffer__put_str(out, " that failed with ");
	buffer__put_str(out, words__errno_name(suppressed->error));
	if (suppressed->limit) {
		buffer__put_str(out, " by ");
		buffer__put_str(out, ipc_limit__name(suppressed->limit));
	}
	buffer__put_str(out, " in ipc:[");
	buffer__put_u64(out, suppressed->ipcns);
	buffer__put_str(out, "]: not explained again");
}
