/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `shmtrace why`: the story of one object and the verdict on it, as text or as JSON Lines.
 */
#ifndef SHMTRACE_VIEW_WHY_H
#define SHMTRACE_VIEW_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ledger/ledger.h"
#include "ledger/usage.h"
#include "view/rm.h"

/* A process that has the segment attached, or is the last that used the set or queue. */
struct why_holder {
	struct process_info info;
	uint32_t mappings;
	uint64_t resident; /* bytes of the segment that it has touched and that are in memory */
	int err;	   /* 0, or -errno: why that is not known; also of sets and queues */
};

struct why_story {
	const struct ledger *ledger;
	const struct ledger_object *object;
	struct rm_row row; /* as view/verdict.h has it */
	struct why_holder *holders;
	size_t n_holders, holders_cap;
	uint32_t hidden; /* mappings of processes that may not be seen */
	/* Seconds of the wall clock; 0: not known. */
	int64_t now_s;
	int64_t created_s;
	int64_t changed_s;	 /* created then, or earlier and changed then */
	int64_t creator_start_s; /* when the process that has the creator's number began */
};

struct why_options {
	bool json;
	bool bytes;   /* exact numbers */
	uint32_t own; /* our IPC namespace */
};

/* 0 or -ENOMEM. Errors of writing stay on the stream. */
int why__print(const struct why_story *story, const struct why_options *options, FILE *out);

/* The same, as lines of the types "why" and "holder" of schema.json. */
void why__print_json(const struct why_story *story, uint32_t own, FILE *out);

/* Limits that an object of that kind counts against: one or two. The number of them. */
size_t why__limits(uint32_t kind, enum ipc_limit limits[2]);

/* Of its namespace; all 0: not known. */
void why__find_limits(const struct why_story *story, struct ipc_limits *limits);

/* /proc shows it; otherwise only its number is known (hidepid), and neither name nor user. */
bool why__is_seen(const struct process_info *process);

/* It began later than the object: its number may have been another's. */
bool why__creator_is_younger(const struct why_story *story);

#endif
