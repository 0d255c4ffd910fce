// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks after the choice: their programs loaded, attached, taken off, and asked what they missed.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/perf_event.h>

#include <bpf/bpf.h>

#include "base/log.h"
#include "source/hooks.h"
#include "source/probe.h"
#include "source/tracefs.h"

static void select_program(struct hooks *hooks, struct bpf_program *program)
{
	if (!program)
		return;
	bpf_program__set_autoload(program, true);
	if (hooks->multi_returns && hook_program__is_return(program))
		bpf_program__set_expected_attach_type(program, BPF_TRACE_KPROBE_MULTI);
}

void hooks__select_programs(struct hooks *hooks)
{
	for (size_t i = 0; i < hooks->count; i++) {
		struct hook *hook = &hooks->hook[i];

		if (hook->way == WAY_NONE)
			continue;
		select_program(hooks, hook->programs[hook->way].enter);
		select_program(hooks, hook->programs[hook->way].exit);
	}
}

static struct bpf_link *attach_kprobe(struct hooks *hooks, struct bpf_program *program,
				      const char *target)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .syms = &target, .cnt = 1, .retprobe = true);

	if (!hook_program__is_return(program))
		return bpf_program__attach_kprobe(program, false, target);
	if (hooks->multi_returns)
		return bpf_program__attach_kprobe_multi_opts(program, NULL, &opts);
	return bpf_program__attach_kprobe(program, true, target);
}

static struct bpf_link *attach_tracepoint(struct hooks *hooks, struct bpf_program *program,
					  const char *target)
{
	struct bpf_link *link;
	int id, fd;

	id = tracefs__event_id(hooks->tracefs_fd, target);
	if (id < 0) {
		errno = -id;
		return NULL;
	}
	fd = probe__open_tracepoint(id);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	link = bpf_program__attach_perf_event(program, fd);
	if (!link) {
		int err = errno;

		close(fd);
		errno = err;
		return NULL;
	}
	/*
	 * The program is run by the tracepoint, for all CPUs. The event itself would count, on the
	 * CPU that it was opened for, and each call there would pay for it
	 * (kernel/trace/trace_syscalls.c, perf_syscall_enter: hlist_empty).
	 */
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	return link;
}

static int attach_one(struct hooks *hooks, struct hook *hook, struct bpf_program *program)
{
	char buffer[HOOK_TARGET_MAX];
	const char *target = hook__program_target(hook, program, buffer);
	struct bpf_link *link;

	switch (bpf_program__type(program)) {
	case BPF_PROG_TYPE_TRACING:
		link = bpf_program__attach_trace(program);
		break;
	case BPF_PROG_TYPE_KPROBE:
		link = attach_kprobe(hooks, program, target);
		break;
	default:
		link = attach_tracepoint(hooks, program, target);
		break;
	}
	if (!link)
		return hook->err[hook->way] = -errno;
	hooks->links[hooks->n_links++] = link;
	return 0;
}

int hooks__attach(struct hooks *hooks, const struct hook **failed)
{
	for (int enter = 0; enter < 2; enter++) {
		for (size_t i = 0; i < hooks->count; i++) {
			struct hook *hook = &hooks->hook[i];
			struct bpf_program *program;
			int err;

			if (hook->way == WAY_NONE)
				continue;
			program = enter ? hook->programs[hook->way].enter
					: hook->programs[hook->way].exit;
			if (!program)
				continue;
			err = attach_one(hooks, hook, program);
			if (err) {
				pr_debug("cannot attach %s by %s: %s", hook->name,
					 hook_way__name(hook->way), strerror(-err));
				hook->way = WAY_NONE;
				if (hook__is_optional(hook))
					continue;
				*failed = hook;
				return err;
			}
		}
	}
	return 0;
}

void hooks__detach(struct hooks *hooks)
{
	/* Entries were attached last and go first: nothing enters that cannot leave. */
	while (hooks->n_links)
		bpf_link__destroy(hooks->links[--hooks->n_links]);
}

void hooks__add_missed(const struct hooks *hooks, unsigned long long lost[CALL_COUNT])
{
	for (size_t i = 0; i < hooks->count; i++) {
		const struct hook *hook = &hooks->hook[i];
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		struct bpf_program *program;

		if (hook->way == WAY_NONE || hook->role != ROLE_CALL)
			continue;
		program = hook->programs[hook->way].enter;
		if (!bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &len))
			lost[hook->call] += info.recursion_misses;
	}
}
