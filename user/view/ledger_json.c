// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/json_writer.h"
#include "view/container_view.h"
#include "view/ledger.h"
#include "view/limits.h"
#include "view/object_json.h"
#include "view/words.h"

struct json_ledger {
	const struct ledger_view *view;
	const struct ledger *ledger;
	char line[OBJECT_JSON_BYTES];
	struct json_writer w;
	struct container_filter container;
	const struct object_info *object; /* whose holders are written */
};

const char *object_state__name(enum object_state state)
{
	static const char *const names[] = {
		[STATE_IN_USE] = "in-use", [STATE_IDLE] = "idle",	[STATE_ORPHAN] = "orphan",
		[STATE_DOOMED] = "doomed", [STATE_UNKNOWN] = "unknown", [STATE_GONE] = "gone"};

	return names[state];
}

const char *object_known__name(bool observed)
{
	return observed ? "observed" : "inferred";
}

const char *object_kind__name(uint32_t kind)
{
	static const char *const names[] = {
		[OBJECT_SHM] = "shm", [OBJECT_SEM] = "sem", [OBJECT_MSG] = "msg"};

	return kind < OBJECT_NONE ? names[kind] : "none";
}

static void begin(struct json_ledger *json, const char *type)
{
	json_writer__init(&json->w, json->line, sizeof(json->line));
	json_writer__begin(&json->w, NULL);
	json_writer__str(&json->w, "type", type);
	json_writer__u64(&json->w, "version", 1);
}

static void end(struct json_ledger *json)
{
	json_writer__end(&json->w);
	fwrite(json->line, 1, json_writer__finish(&json->w), json->view->out);
}

static void put_line(struct json_ledger *json, size_t len)
{
	fwrite(json->line, 1, len, json->view->out);
}

static void put_known(struct json_ledger *json, const char *key, uint64_t value)
{
	if (value)
		json_writer__u64(&json->w, key, value);
	else
		json_writer__null(&json->w, key);
}

static bool put_holder(void *context, const struct ledger_process *process, uint32_t mappings)
{
	struct json_ledger *json = context;
	struct process_info info;

	ledger__process_info(process, &info);
	if (json->view->pid && info.pid != json->view->pid)
		return true;
	put_line(json, object_json__holder(json->line, json->object, &info, mappings));
	return true;
}

static bool put_object(void *context, const struct ledger_object *object)
{
	struct json_ledger *json = context;
	struct object_info info;

	ledger__object_info(object, &info);
	if (!container_filter__passes(&json->container, json->ledger, object, &info))
		return true;
	json->object = &info;
	if (json->view->pid && info.creator != json->view->pid) {
		ledger__for_each_holder(object, put_holder, json);
		return true;
	}
	put_line(json,
		 object_json__object(json->line, json->ledger, &info, json->view->clock_offset_ns));
	ledger__for_each_holder(object, put_holder, json);
	return true;
}

static void put_ending(struct json_ledger *json, const struct process_info *info)
{
	if (!info->alive && WIFSIGNALED(info->status))
		json_writer__u64(&json->w, "signal", WTERMSIG(info->status));
	else
		json_writer__null(&json->w, "signal");
	if (!info->alive && WIFEXITED(info->status))
		json_writer__u64(&json->w, "status", WEXITSTATUS(info->status));
	else
		json_writer__null(&json->w, "status");
}

/* Of the many that never touched System V IPC there is nothing to say. */
static bool is_of_interest(const struct process_info *info)
{
	return info->calls || info->created || info->existing || info->attached || info->leaked;
}

static bool put_process(void *context, const struct ledger_process *process)
{
	struct json_ledger *json = context;
	struct process_info info;

	ledger__process_info(process, &info);
	if (!is_of_interest(&info) || (json->view->pid && info.pid != json->view->pid) ||
	    !container_filter__passes_process(&json->view->container, &info))
		return true;
	begin(json, "process");
	json_writer__u64(&json->w, "pid", info.pid);
	put_known(json, "parent", info.parent);
	json_writer__u64(&json->w, "uid", info.uid);
	json_writer__string(&json->w, "comm", info.comm, sizeof(info.comm));
	container_view__put_json(&json->w, "container", info.container);
	json_writer__bool(&json->w, "alive", info.alive);
	put_ending(json, &info);
	json_writer__u64(&json->w, "calls", info.calls);
	json_writer__u64(&json->w, "failed", info.failed);
	json_writer__u64(&json->w, "enospc", info.enospc);
	json_writer__begin(&json->w, "errors");
	for (int i = 0; i < LEDGER_ERRNOS; i++)
		if (info.errnos[i].number && words__errno_name(info.errnos[i].number))
			json_writer__u64(&json->w, words__errno_name(info.errnos[i].number),
					 info.errnos[i].count);
	json_writer__end(&json->w);
	json_writer__u64(&json->w, "created", info.created);
	json_writer__u64(&json->w, "existing", info.existing);
	json_writer__u64(&json->w, "existing_bytes", info.existing_bytes);
	json_writer__u64(&json->w, "attached", info.attached);
	json_writer__u64(&json->w, "attached_bytes", info.attached_bytes);
	json_writer__u64(&json->w, "peak_bytes", info.peak_bytes);
	json_writer__u64(&json->w, "leaked", info.leaked);
	end(json);
	return true;
}

static bool put_namespace(void *context, const struct namespace_info *info)
{
	struct json_ledger *json = context;

	begin(json, "namespace");
	json_writer__u64(&json->w, "ipcns", info->ipcns);
	json_writer__u64(&json->w, "segments", info->segments);
	json_writer__u64(&json->w, "pages", info->pages);
	json_writer__u64(&json->w, "sets", info->sets);
	json_writer__u64(&json->w, "semaphores", info->semaphores);
	json_writer__u64(&json->w, "queues", info->queues);
	json_writer__u64(&json->w, "orphans", info->orphans);
	if (info->limits.shmmni)
		limits__put_json(&json->w, &info->limits, false);
	else
		json_writer__null(&json->w, "limits");
	end(json);
	return true;
}

int ledger_view__print_json(const struct ledger_view *view, const struct ledger *ledger)
{
	struct json_ledger json = {.view = view, .ledger = ledger, .container = view->container};
	struct ledger_stats stats;

	if (!view->pid)
		ledger__for_each_namespace(ledger, put_namespace, &json);
	ledger__for_each_process(ledger, put_process, &json);
	ledger__for_each_object(ledger, put_object, &json);
	ledger__stats(ledger, &stats);
	begin(&json, "ledger");
	object_json__put_time(&json.w, "time", view->now_ns, view->clock_offset_ns);
	json_writer__u64(&json.w, "objects", stats.objects);
	json_writer__u64(&json.w, "processes", stats.processes);
	json_writer__u64(&json.w, "events", stats.events);
	json_writer__bool(&json.w, "exact", ledger__is_exact(ledger));
	json_writer__u64(&json.w, "lost", stats.lost);
	json_writer__u64(&json.w, "unsettled", stats.unsettled);
	json_writer__u64(&json.w, "drift", ledger__drift(ledger));
	json_writer__u64_or_null(&json.w, "unplaced", view->container.pattern,
				 json.container.unknown);
	end(&json);
	return 0;
}
