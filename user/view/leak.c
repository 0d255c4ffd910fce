// SPDX-License-Identifier: GPL-2.0-only
#include "view/leak.h"

#include <string.h>
#include <sys/wait.h>

#include "base/escape.h"
#include "view/ledger.h"

void leak__subject(const struct ledger_leak *leak, struct process_info *subject)
{
	const struct ledger_process *process = leak->ended ? leak->ended : leak->owner;

	memset(subject, 0, sizeof(*subject));
	if (process)
		ledger__process_info(process, subject);
}

void leak__put_ending(struct buffer *out, const struct process_info *process)
{
	const char *name;

	if (process->alive) {
		buffer__put_str(out, "last detach");
		return;
	}
	buffer__put_str(out, "exit ");
	if (!WIFSIGNALED(process->status)) {
		buffer__put_u64(out, WEXITSTATUS(process->status));
		return;
	}
	name = sigabbrev_np(WTERMSIG(process->status));
	buffer__put_str(out, name ? "SIG" : "signal ");
	if (name)
		buffer__put_str(out, name);
	else
		buffer__put_u64(out, WTERMSIG(process->status));
}

static void put_object(struct buffer *out, const struct object_info *object)
{
	static const char *const names[] = {[OBJECT_SHM] = "segment ",
					    [OBJECT_SEM] = "semaphore set ",
					    [OBJECT_MSG] = "message queue "};

	buffer__put_str(out, names[object->kind]);
	buffer__put_s64(out, object->id);
	if (object->kind == OBJECT_MSG)
		return;
	buffer__put_str(out, " (");
	buffer__put_u64(out, object->size);
	buffer__put_str(out, object->kind == OBJECT_SHM ? " byte" : " semaphore");
	buffer__put_str(out, object->size == 1 ? ")" : "s)");
}

void leak__put_text(struct buffer *out, const struct ledger_leak *leak, bool utf8)
{
	char comm[ESCAPE_TEXT_MAX(EVENT_COMM_LEN)];
	struct process_info process;
	struct object_info object;

	ledger__object_info(leak->object, &object);
	leak__subject(leak, &process);
	if (leak->ended)
		leak__put_ending(out, &process);
	else
		buffer__put_str(out, "gone");
	buffer__put_str(out, ", leaving ");
	put_object(out, &object);
	buffer__put_str(out, " that nothing uses");
	if (!leak->owner)
		return;
	ledger__process_info(leak->owner, &process);
	escape__text(comm, process.comm, EVENT_COMM_LEN, utf8);
	buffer__put_str(out, "; left by ");
	buffer__put_str(out, comm);
	buffer__put_str(out, " (");
	buffer__put_u64(out, process.pid);
	buffer__put_str(out, ") so far: ");
	buffer__put_u64(out, process.leaked);
}

static void put_process(struct json_writer *w, const char *key,
			const struct ledger_process *process)
{
	struct process_info info;

	if (!process) {
		json_writer__null(w, key);
		return;
	}
	ledger__process_info(process, &info);
	json_writer__begin(w, key);
	json_writer__u64(w, "pid", info.pid);
	json_writer__u64(w, "uid", info.uid);
	json_writer__string(w, "comm", info.comm, sizeof(info.comm));
	json_writer__bool(w, "alive", info.alive);
	if (!info.alive && WIFSIGNALED(info.status))
		json_writer__u64(w, "signal", WTERMSIG(info.status));
	else
		json_writer__null(w, "signal");
	if (!info.alive && WIFEXITED(info.status))
		json_writer__u64(w, "status", WEXITSTATUS(info.status));
	else
		json_writer__null(w, "status");
	json_writer__u64(w, "leaked", info.leaked);
	json_writer__end(w);
}

void leak__put_json(struct json_writer *w, const struct ledger_leak *leak)
{
	struct object_info object;

	ledger__object_info(leak->object, &object);
	json_writer__u64(w, "ipcns", object.ipcns);
	json_writer__str(w, "kind", object_kind__name(object.kind));
	json_writer__s64(w, "id", object.id);
	json_writer__u64(w, "key", object.key);
	json_writer__u64(w, "size", object.size);
	json_writer__str(w, "known", object.observed ? "observed" : "inferred");
	put_process(w, "owner", leak->owner);
	put_process(w, "ended", leak->ended);
}
