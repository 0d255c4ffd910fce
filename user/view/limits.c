// SPDX-License-Identifier: GPL-2.0-only
/*
 * The limits of a namespace as they stand.
 */
#include "view/limits.h"

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
