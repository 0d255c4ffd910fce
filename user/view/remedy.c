// SPDX-License-Identifier: GPL-2.0-only
#include "view/remedy.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "source/ipcns.h"
#include "view/ledger.h"

/*
 * What the kernel takes (ipc/ipc_sysctl.c, 5.10 to 7.2) and begins with (include/uapi/linux/shm.h,
 * sem.h, msg.h). IDS_MAX stands for struct remedy_place's.
 */
#define IDS_MAX	   0
#define ULONG_LESS (ULONG_MAX - (1UL << 24))

static const struct rule {
	const char *sysctl; /* NULL: it cannot be set */
	uint64_t max;
	uint64_t initial;
} rules[] = {
	[LIMIT_NONE] = {NULL, 0, 0},
	[LIMIT_SHMMNI] = {"shmmni", IDS_MAX, 4096},
	[LIMIT_SHMALL] = {"shmall", ULONG_MAX, ULONG_LESS},
	[LIMIT_SEMMNI] = {"sem", IDS_MAX, 32000},
	[LIMIT_SEMMNS] = {"sem", INT_MAX, 1024000000},
	[LIMIT_MSGMNI] = {"msgmni", IDS_MAX, 32000},
	[LIMIT_SHMMAX] = {"shmmax", ULONG_MAX, ULONG_LESS},
	[LIMIT_SHMMIN] = {NULL, 1, 1},
	/* struct sembuf numbers the semaphores of a set with 16 bits. */
	[LIMIT_SEMMSL] = {"sem", 65536, 32000},
	[LIMIT_SEMOPM] = {"sem", INT_MAX, 500},
	[LIMIT_MSGMAX] = {"msgmax", INT_MAX, 8192},
	[LIMIT_MSGMNB] = {"msgmnb", INT_MAX, 16384},
};

static uint64_t twice(uint64_t value)
{
	return value > UINT64_MAX / 2 ? UINT64_MAX : 2 * value;
}

static uint64_t max_of(enum ipc_limit limit, const struct remedy_place *place)
{
	return rules[limit].max == IDS_MAX ? place->ids_max : rules[limit].max;
}

/* 0: it is at its most already, or no value would do. */
static uint64_t target(enum ipc_limit limit, const struct ipc_limits *limits,
		       const struct remedy_place *place, uint64_t wanted)
{
	const uint64_t value = ipc_limit__value(limit, limits);
	const uint64_t used = ipc_limit__used(limit, limits);
	const uint64_t max = max_of(limit, place);
	uint64_t to = twice(value > used ? value : used);
	uint64_t need = used > UINT64_MAX - wanted ? UINT64_MAX : used + wanted;

	if (!rules[limit].sysctl || value >= max || wanted > max)
		return 0;
	/* Of 0, which allows nothing, twice is no help. */
	if (!to)
		to = rules[limit].initial;
	if (to < need)
		to = need;
	return to < max ? to : max;
}

static void put_raise(char command[REMEDY_COMMAND_BYTES], const char *prefix, enum ipc_limit limit,
		      const struct ipc_limits *limits, uint64_t to)
{
	const struct ipc_limits *l = limits;

	/* One file for four limits, in this order: the others stay as they are. */
	if (!strcmp(rules[limit].sysctl, "sem"))
		snprintf(command, REMEDY_COMMAND_BYTES,
			 "%ssysctl -w 'kernel.sem=%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "'",
			 prefix, limit == LIMIT_SEMMSL ? to : l->semmsl,
			 limit == LIMIT_SEMMNS ? to : l->semmns,
			 limit == LIMIT_SEMOPM ? to : l->semopm,
			 limit == LIMIT_SEMMNI ? to : l->semmni);
	else
		snprintf(command, REMEDY_COMMAND_BYTES, "%ssysctl -w kernel.%s=%" PRIu64, prefix,
			 rules[limit].sysctl, to);
}

/* "1 segment", "3 semaphore sets" */
static int put_objects(char *text, size_t size, enum ipc_limit limit, uint32_t objects)
{
	static const char *const nouns[] = {
		[OBJECT_SHM] = "segment", [OBJECT_SEM] = "semaphore set", [OBJECT_MSG] = "queue"};

	return snprintf(text, size, "%u %s%s", objects, nouns[ipc_limit__kind(limit)],
			objects == 1 ? "" : "s");
}

/* "3 segments (12 pages)", where the limit counts something else than objects. */
static void put_orphans(char *text, size_t size, enum ipc_limit limit, const struct usage *usage)
{
	int len = put_objects(text, size, limit, usage->objects_orphaned);

	if (limit == LIMIT_SHMALL)
		snprintf(text + len, size - len, " (%" PRIu64 " page%s)", usage->orphaned,
			 usage->orphaned == 1 ? "" : "s");
	else if (limit == LIMIT_SEMMNS)
		snprintf(text + len, size - len, " (%" PRIu64 " semaphore%s)", usage->orphaned,
			 usage->orphaned == 1 ? "" : "s");
}

/* The pieces, up to NULL. */
static void add_line(struct remedy *remedy, ...)
{
	char *line = remedy->lines[remedy->n_lines++];
	const char *piece;
	struct buffer out;
	va_list pieces;

	buffer__init(&out, line, REMEDY_LINE_BYTES - 1);
	va_start(pieces, remedy);
	while ((piece = va_arg(pieces, const char *)))
		buffer__put_str(&out, piece);
	va_end(pieces);
	line[out.len] = '\0';
}

static void put_remove(char command[REMEDY_COMMAND_BYTES], const char *prefix, uint32_t kind,
		       const struct usage *usage)
{
	int len = snprintf(command, REMEDY_COMMAND_BYTES, "%sshmtrace rm", prefix);

	for (size_t i = 0; kind != OBJECT_SHM && i < usage->n_orphan_ids; i++)
		len += snprintf(command + len, REMEDY_COMMAND_BYTES - len, " %s:%" PRId32,
				object_kind__name(kind), usage->orphan_ids[i]);
}

static void find_unused(struct remedy *remedy, const char *prefix, const char *where,
			enum ipc_limit limit, const struct usage *usage)
{
	static const char options[] = {[OBJECT_SHM] = 'm', [OBJECT_SEM] = 's', [OBJECT_MSG] = 'q'};
	const uint32_t kind = ipc_limit__kind(limit);
	char objects[80], first[32] = "";

	if (!usage->objects_orphaned && !usage->objects_unknown)
		return;
	/* Without history only segments are proven unused; the others are shown as unknown. */
	if (usage->objects_orphaned && kind == OBJECT_SHM)
		snprintf(remedy->look, sizeof(remedy->look), "%sshmtrace leaks", prefix);
	else
		snprintf(remedy->look, sizeof(remedy->look), "%sshmtrace leaks --unknown -%c",
			 prefix, options[kind]);
	if (usage->objects_orphaned) {
		put_orphans(objects, sizeof(objects), limit, usage);
		put_remove(remedy->remove, prefix, kind, usage);
		if (kind != OBJECT_SHM && usage->objects_orphaned > usage->n_orphan_ids)
			snprintf(first, sizeof(first), ", the first %zu of them",
				 usage->n_orphan_ids);
		add_line(remedy, where, "remove ", objects, " that nothing uses", first, ": ",
			 remedy->remove, " (to look first: ", remedy->look, ")", NULL);
	} else {
		put_objects(objects, sizeof(objects), limit, usage->objects_unknown);
		add_line(remedy, where, "look at ", objects,
			 " that nobody is known to use, which proves nothing: ", remedy->look,
			 NULL);
	}
}

static void find_raise(struct remedy *remedy, const char *prefix, const char *where,
		       enum ipc_limit limit, const struct ipc_limits *limits,
		       const struct remedy_place *place, uint64_t wanted)
{
	const uint64_t max = max_of(limit, place);
	const char * or = remedy->n_lines ? "or " : "";
	char most[32], extend[64] = "";
	bool to_most;

	if (!rules[limit].sysctl)
		return;
	snprintf(most, sizeof(most), "%" PRIu64, max);
	if (rules[limit].max == IDS_MAX && max < IPCNS_IDS_MAX_EXTENDED)
		snprintf(extend, sizeof(extend), " (%u when booted with ipcmni_extend)",
			 IPCNS_IDS_MAX_EXTENDED);
	remedy->raise_to = target(limit, limits, place, wanted);
	if (!remedy->raise_to) {
		add_line(remedy, "it cannot be raised", wanted > max ? " so far" : "",
			 ": this kernel takes at most ", most, extend, NULL);
		return;
	}
	to_most = remedy->raise_to == max;
	put_raise(remedy->raise, prefix, limit, limits, remedy->raise_to);
	add_line(remedy, or, where, "raise it",
		 to_most ? " to the most that this kernel takes" : "", to_most ? extend : "", ": ",
		 remedy->raise, NULL);
}

void remedy__find(struct remedy *remedy, enum ipc_limit limit, const struct ipc_limits *limits,
		  const struct usage *usage, const struct remedy_place *place, uint64_t wanted)
{
	char prefix[32] = "", where[32] = "";

	*remedy = (struct remedy){};
	if (limit == LIMIT_NONE)
		return;
	if (place->ipcns && place->pid)
		snprintf(prefix, sizeof(prefix), "nsenter -t %u -i ", place->pid);
	else if (place->ipcns)
		snprintf(where, sizeof(where), "inside ipc:[%u] ", place->ipcns);
	if (usage)
		find_unused(remedy, prefix, where, limit, usage);
	find_raise(remedy, prefix, where, limit, limits, place, wanted);
}
