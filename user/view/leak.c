// SPDX-License-Identifier: GPL-2.0-only
#include "view/leak.h"

#include <string.h>
#include <sys/wait.h>

#include "base/escape.h"
#include "view/container_view.h"
#include "view/ledger.h"

static void keep_process(struct process_info *info, struct leak_container *container,
			 const struct ledger_process *process)
{
	ledger__process_info(process, info);
	container->known = info->container;
	if (info->container)
		container->container = *info->container;
	info->container = NULL;
}

void leak__describe(struct view_leak *view, const struct ledger_leak *leak)
{
	*view = (struct view_leak){
		.time_ns = leak->time_ns, .has_owner = leak->owner, .has_ended = leak->ended};
	ledger__object_info(leak->object, &view->object);
	view->object.owner = NULL;
	if (leak->owner)
		keep_process(&view->owner, &view->owner_container, leak->owner);
	if (leak->ended)
		keep_process(&view->ended, &view->ended_container, leak->ended);
}

const struct process_info *leak__subject(const struct view_leak *leak)
{
	return leak->has_ended ? &leak->ended : &leak->owner;
}

const struct container *leak__subject_container(const struct view_leak *leak)
{
	const struct leak_container *container = leak->has_ended ? &leak->ended_container
								 : &leak->owner_container;

	return container->known ? &container->container : NULL;
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

void leak__put_text(struct buffer *out, const struct view_leak *leak, bool utf8)
{
	char comm[ESCAPE_TEXT_MAX(EVENT_COMM_LEN)];

	if (leak->has_ended)
		leak__put_ending(out, &leak->ended);
	else
		buffer__put_str(out, "gone");
	buffer__put_str(out, ", leaving ");
	put_object(out, &leak->object);
	buffer__put_str(out, " that nothing uses");
	if (!leak->has_owner)
		return;
	escape__text(comm, leak->owner.comm, EVENT_COMM_LEN, utf8);
	buffer__put_str(out, "; left by ");
	buffer__put_str(out, comm);
	buffer__put_str(out, " (");
	buffer__put_u64(out, leak->owner.pid);
	if (leak->owner_container.known &&
	    container_view__is_real(&leak->owner_container.container)) {
		buffer__put_str(out, ", ");
		container_view__put_text(out, &leak->owner_container.container, utf8);
	}
	buffer__put_str(out, ") so far: ");
	buffer__put_u64(out, leak->owner.leaked);
}

void leak__put_end(struct json_writer *w, bool known, uint32_t status)
{
	json_writer__u64_or_null(w, "signal", known && WIFSIGNALED(status), WTERMSIG(status));
	json_writer__u64_or_null(w, "status", known && WIFEXITED(status), WEXITSTATUS(status));
}

static void put_process(struct json_writer *w, const char *key, bool known,
			const struct process_info *process, const struct leak_container *container)
{
	if (!known) {
		json_writer__null(w, key);
		return;
	}
	json_writer__begin(w, key);
	json_writer__u64(w, "pid", process->pid);
	json_writer__u64(w, "uid", process->uid);
	json_writer__string(w, "comm", process->comm, sizeof(process->comm));
	container_view__put_json(w, "container", container->known ? &container->container : NULL);
	json_writer__bool(w, "alive", process->alive);
	leak__put_end(w, !process->alive, process->status);
	json_writer__u64(w, "leaked", process->leaked);
	json_writer__end(w);
}

void leak__put_json(struct json_writer *w, const struct view_leak *leak)
{
	const struct object_info *object = &leak->object;

	json_writer__u64(w, "ipcns", object->ipcns);
	json_writer__str(w, "kind", object_kind__name(object->kind));
	json_writer__s64(w, "id", object->id);
	json_writer__u64(w, "key", object->key);
	json_writer__u64(w, "size", object->size);
	json_writer__str(w, "known", object_known__name(object->observed));
	put_process(w, "owner", leak->has_owner, &leak->owner, &leak->owner_container);
	put_process(w, "ended", leak->has_ended, &leak->ended, &leak->ended_container);
}
