// SPDX-License-Identifier: GPL-2.0-only
/*
 * The limits that came with a call that failed with ENOSPC. They are told as they stand; which of
 * them the call has hit is not guessed here.
 */
#include "view/limits.h"

static void put_use(struct buffer *out, const char *name, uint64_t used, uint64_t limit,
		    const char *unit)
{
	buffer__put_str(out, name);
	buffer__put_str(out, ": ");
	buffer__put_u64(out, used);
	buffer__put_str(out, " of ");
	buffer__put_u64(out, limit);
	buffer__put_char(out, ' ');
	buffer__put_str(out, unit);
	buffer__put_str(out, " in use");
}

void limits__put_text(struct buffer *out, const struct call_limits_event *event)
{
	const struct ipc_limits *limits = &event->limits;

	switch (event->call.call) {
	case CALL_SHMGET:
		put_use(out, "SHMMNI", limits->shmmni_used, limits->shmmni, "segments");
		put_use(out, ", SHMALL", limits->shmall_used, limits->shmall, "pages");
		break;
	case CALL_SEMGET:
		put_use(out, "SEMMNI", limits->semmni_used, limits->semmni, "sets");
		put_use(out, ", SEMMNS", limits->semmns_used, limits->semmns, "semaphores");
		break;
	case CALL_MSGGET:
		put_use(out, "MSGMNI", limits->msgmni_used, limits->msgmni, "queues");
		break;
	default:
		return;
	}
	buffer__put_str(out, " in ipc:[");
	buffer__put_u64(out, event->call.head.ipcns);
	buffer__put_char(out, ']');
	/* By then another process may have made or freed some: the numbers need not add up. */
	if (!(event->call.flags & CALL_F_LIMITS_EXACT))
		buffer__put_str(out, ", read after the call returned");
}

static void put_json_use(struct json_writer *w, const char *key, uint64_t used, uint64_t limit)
{
	json_writer__begin(w, key);
	json_writer__u64(w, "used", used);
	json_writer__u64(w, "limit", limit);
	json_writer__end(w);
}

static void put_json_limit(struct json_writer *w, const char *key, uint64_t limit)
{
	json_writer__begin(w, key);
	json_writer__u64(w, "limit", limit);
	json_writer__end(w);
}

void limits__put_json(struct json_writer *w, const struct ipc_limits *limits, bool exact)
{
	json_writer__begin(w, "limits");
	json_writer__bool(w, "exact", exact);
	put_json_use(w, "shmmni", limits->shmmni_used, limits->shmmni);
	put_json_use(w, "shmall", limits->shmall_used, limits->shmall);
	put_json_limit(w, "shmmax", limits->shmmax);
	put_json_limit(w, "semmsl", limits->semmsl);
	put_json_use(w, "semmni", limits->semmni_used, limits->semmni);
	put_json_use(w, "semmns", limits->semmns_used, limits->semmns);
	put_json_use(w, "msgmni", limits->msgmni_used, limits->msgmni);
	json_writer__end(w);
}
