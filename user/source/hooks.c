// SPDX-License-Identifier: GPL-2.0-only
#include "source/hooks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "source/kernelfs.h"
#include "source/probe.h"
#include "source/tracefs.h"

#define ENOTSUPP 524 /* include/linux/errno.h of the kernel: trampolines on arm64 before 6.12 */

static const struct {
	const char *prefix;
	enum hook_way way;
	bool is_exit;
} program_kinds[] = {
	{"fentry_", WAY_FENTRY, false},	   {"fexit_", WAY_FENTRY, true},
	{"kprobe_", WAY_KPROBE, false},	   {"kretprobe_", WAY_KPROBE, true},
	{"enter_", WAY_TRACEPOINT, false}, {"exit_", WAY_TRACEPOINT, true},
};

static const char *const call_names[] = {
#define CALL_NAME(ID, name) [CALL_##ID] = #name,
	CALL_LIST(CALL_NAME)
#undef CALL_NAME
};

const char *hook_way__name(enum hook_way way)
{
	static const char *const names[] = {"fentry", "kprobe+fexit", "kprobe", "tracepoint",
					    "none"};

	return names[way];
}

const char *hook_way__reason(enum hook_way way, int err)
{
	switch (-err) {
	case 0:
		return "yes";
	case EPERM:
		return "refused";
	case EACCES:
		return way == WAY_FENTRY ? "no argument" : "refused";
	case ENOENT:
	case ESRCH:
		return way == WAY_TRACEPOINT ? "no event"
		       : way == WAY_KPROBE   ? "no function"
					     : "not in BTF";
	case EADDRNOTAVAIL:
		return "no function";
	case ENOTSUPP:
	case EOPNOTSUPP:
		return way == WAY_KPROBE || way == WAY_KPROBE_FEXIT ? "not built in"
								    : "unsupported";
	default:
		return strerror(-err);
	}
}

/* "fentry/__x64_sys_shmget", "tracepoint/syscalls/sys_enter_shmget"; NULL: of several hooks. */
static const char *section_target(const struct bpf_program *program)
{
	const char *slash = strchr(bpf_program__section_name(program), '/');

	return slash ? slash + 1 : NULL;
}

const char *hook__target(const struct hook *hook, enum hook_way way)
{
	const struct hook_programs *programs = &hook->programs[way];
	struct bpf_program *program = programs->enter ? programs->enter : programs->exit;

	return program ? section_target(program) : NULL;
}

const char *hook__program_target(const struct hook *hook, const struct bpf_program *program,
				 char target[HOOK_TARGET_MAX])
{
	const char *there = section_target(program);

	if (there)
		return there;
	if (bpf_program__type(program) == BPF_PROG_TYPE_KPROBE)
		return hook__target(hook, WAY_KPROBE);
	snprintf(target, HOOK_TARGET_MAX, "syscalls/sys_exit_%s", hook->name);
	return target;
}

/* ipc/shm.c, ipc/sem.c, ipc/msg.c, mm/shmem.c: what a get calls on its way to a new object. */
static const struct limits_hook {
	const char *name;
	enum call_id call;
	bool is_first;
} limits_hooks[] = {
	{"newseg", CALL_SHMGET, true},
	{"newary", CALL_SEMGET, true},
	{"newque", CALL_MSGGET, true},
	{"shmem_kernel_file_setup", CALL_SHMGET, false},
};

static const struct limits_hook *find_limits_hook(const char *name)
{
	for (size_t i = 0; i < sizeof(limits_hooks) / sizeof(*limits_hooks); i++)
		if (!strcmp(name, limits_hooks[i].name))
			return &limits_hooks[i];
	return NULL;
}

uint32_t hooks__staged_calls(const struct hooks *hooks)
{
	uint32_t calls = 0;

	for (size_t i = 0; i < hooks->count; i++) {
		const struct hook *hook = &hooks->hook[i];

		if (hook->way != WAY_NONE && hook->role == ROLE_LIMITS &&
		    find_limits_hook(hook->name)->is_first)
			calls |= 1U << hook->call;
	}
	return calls;
}

static bool is_lifecycle_hook(const char *name)
{
	return !strcmp(name, "wake_up_new_task") || !strcmp(name, "setup_new_exec") ||
	       !strcmp(name, "taskstats_exit");
}

static bool has_way(const struct hook *hook, enum hook_way way)
{
	return hook->programs[way].enter || hook->programs[way].exit;
}

static struct hook *find_or_add(struct hooks *hooks, const char *name)
{
	const struct limits_hook *limits = find_limits_hook(name);
	struct hook *hook;
	size_t len;

	for (size_t i = 0; i < hooks->count; i++)
		if (!strcmp(hooks->hook[i].name, name))
			return &hooks->hook[i];
	if (hooks->count == HOOKS_MAX || strlen(name) >= HOOK_NAME_MAX)
		return NULL;
	hook = &hooks->hook[hooks->count++];
	strcpy(hook->name, name);
	len = strcspn(name, "_");
	hook->compat = !strcmp(name + len, "_32");
	hook->way = WAY_NONE;
	hook->role = ROLE_CALL;
	/* "shmget", "ipc_32"; but "ipc_rmid" is no call. */
	for (hook->call = 0; hook->call < CALL_COUNT; hook->call++)
		if (strlen(call_names[hook->call]) == len &&
		    !strncmp(call_names[hook->call], name, len) && (!name[len] || hook->compat))
			break;
	if (limits) {
		hook->role = ROLE_LIMITS;
		hook->call = limits->call;
	} else if (hook->call == CALL_COUNT) {
		hook->role = is_lifecycle_hook(name) ? ROLE_LIFECYCLE : ROLE_LEDGER;
	}
	return hook;
}

/*
 * fentry is the cheapest, and not exact where programs can be preempted. kretprobes have a slot for
 * each caller, few of them (kernel/kprobes.c, maxactive): with more callers asleep in the function
 * than that, returns are missed. fexit and, since fprobes keep their returns on the task's own
 * stack (6.14), kprobe.multi have no such limit.
 */
static void set_order(struct hooks *hooks)
{
	static const enum hook_way usual[] = {WAY_FENTRY, WAY_KPROBE_FEXIT, WAY_KPROBE,
					      WAY_TRACEPOINT};
	static const enum hook_way preemptible[] = {WAY_KPROBE, WAY_FENTRY, WAY_KPROBE_FEXIT,
						    WAY_TRACEPOINT};
	const bool is_preemptible = probe__is_preemptible();

	memcpy(hooks->order, is_preemptible ? preemptible : usual, sizeof(hooks->order));
	hooks->multi_returns = is_preemptible && probe__kernel_at_least(6, 14);
}

/* Entry by one way, exit by another. */
static void mix_ways(struct hooks *hooks)
{
	for (size_t i = 0; i < hooks->count; i++) {
		struct hook_programs *programs = hooks->hook[i].programs;

		if (programs[WAY_KPROBE].enter && programs[WAY_FENTRY].exit)
			programs[WAY_KPROBE_FEXIT] = (struct hook_programs){
				.enter = programs[WAY_KPROBE].enter,
				.exit = programs[WAY_FENTRY].exit,
			};
	}
}

bool hook_program__is_return(const struct bpf_program *program)
{
	return !strncmp(bpf_program__name(program), "kretprobe_", strlen("kretprobe_"));
}

static void share_exit(struct hooks *hooks, enum hook_way way, struct bpf_program *program)
{
	for (size_t i = 0; i < hooks->count; i++)
		if (hooks->hook[i].role == ROLE_CALL && hooks->hook[i].programs[way].enter)
			hooks->hook[i].programs[way].exit = program;
}

int hook__explain_refusal(const struct hook *hook, enum hook_set set, char *why, size_t why_size)
{
	const char *separator = " by ";
	bool refused = false;
	size_t len;

	len = snprintf(why, why_size, "cannot hook %s", hook->name);
	for (enum hook_way way = 0; way < WAY_COUNT && len < why_size; way++) {
		int err = hook->err[way];

		if (!err)
			continue;
		refused |= err == -EPERM || err == -EACCES;
		len += snprintf(why + len, why_size - len, "%s%s (%s)", separator,
				hook_way__name(way), hook_way__reason(way, err));
		separator = ", ";
	}
	if (len < why_size)
		snprintf(why + len, why_size - len, "; %ssee 'shmtrace doctor'",
			 set == HOOKS_AUTO ? "" : "try --hooks=auto, or ");
	return refused ? -EPERM : -ENOTSUP;
}

int hooks__init(struct hooks *hooks, struct bpf_object *object)
{
	struct bpf_program *program, *shared[WAY_COUNT] = {};

	memset(hooks, 0, sizeof(*hooks));
	hooks->tracefs_fd = kernelfs__open(&kernelfs_tracefs);
	set_order(hooks);
	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		for (size_t i = 0; i < sizeof(program_kinds) / sizeof(*program_kinds); i++) {
			const enum hook_way way = program_kinds[i].way;
			size_t len = strlen(program_kinds[i].prefix);
			struct hook *hook;

			if (strncmp(name, program_kinds[i].prefix, len))
				continue;
			bpf_program__set_autoload(program, false);
			if (!strcmp(name + len, "any")) {
				shared[way] = program;
				continue;
			}
			hook = find_or_add(hooks, name + len);
			if (!hook)
				return -E2BIG;
			if (program_kinds[i].is_exit)
				hook->programs[way].exit = program;
			else
				hook->programs[way].enter = program;
		}
	}
	share_exit(hooks, WAY_TRACEPOINT, shared[WAY_TRACEPOINT]);
	share_exit(hooks, WAY_KPROBE, shared[WAY_KPROBE]);
	mix_ways(hooks);
	return 0;
}

void hooks__close(struct hooks *hooks)
{
	hooks__detach(hooks);
	if (hooks->tracefs_fd >= 0)
		close(hooks->tracefs_fd);
	hooks->tracefs_fd = -1;
}

static int probe_one(struct hooks *hooks, const struct hook *hook, struct bpf_program *program)
{
	char buffer[HOOK_TARGET_MAX];
	const char *target = hook__program_target(hook, program, buffer);
	int id;

	switch (bpf_program__type(program)) {
	case BPF_PROG_TYPE_TRACING:
		return probe__fentry(target,
				     bpf_program__expected_attach_type(program) == BPF_TRACE_FEXIT);
	case BPF_PROG_TYPE_KPROBE:
		return probe__kprobe(target, hook_program__is_return(program));
	case BPF_PROG_TYPE_TRACEPOINT:
		if (hooks->tracefs_fd < 0)
			return hooks->tracefs_fd;
		id = tracefs__event_id(hooks->tracefs_fd, target);
		return id < 0 ? id : probe__tracepoint(id);
	default:
		return -EINVAL;
	}
}

/*
 * Without attaching, which takes the kernel up to a second to undo: the function is one that may be
 * hooked, or the event exists.
 */
static int look_at(struct hooks *hooks, const struct hook *hook, struct bpf_program *program)
{
	char buffer[HOOK_TARGET_MAX];
	const char *target = hook__program_target(hook, program, buffer);
	int id;

	switch (bpf_program__type(program)) {
	case BPF_PROG_TYPE_TRACING:
		return probe__fentry_load(target, bpf_program__expected_attach_type(program) ==
							  BPF_TRACE_FEXIT);
	case BPF_PROG_TYPE_KPROBE:
		/*
		 * Its types are read already, and have what the symbols have: all of these are
		 * global or have their address taken, so none is there as a clone alone.
		 */
		return probe__in_btf(target) ? 0 : probe__in_kallsyms(target);
	default:
		if (hooks->tracefs_fd < 0)
			return hooks->tracefs_fd;
		id = tracefs__event_id(hooks->tracefs_fd, target);
		return id < 0 ? id : 0;
	}
}

int hooks__look_at(struct hooks *hooks, struct hook *hook, enum hook_way way)
{
	const struct hook_programs *programs = &hook->programs[way];
	int err = 0;

	if (!has_way(hook, way))
		return hook->err[way] = -ENOENT;
	if (programs->enter)
		err = look_at(hooks, hook, programs->enter);
	if (!err && programs->exit)
		err = look_at(hooks, hook, programs->exit);
	return hook->err[way] = err;
}

int hooks__probe(struct hooks *hooks, struct hook *hook, enum hook_way way)
{
	const struct hook_programs *programs = &hook->programs[way];
	int err = 0;

	if (!has_way(hook, way))
		return hook->err[way] = -ENOENT;
	if (programs->enter)
		err = probe_one(hooks, hook, programs->enter);
	if (!err && programs->exit)
		err = probe_one(hooks, hook, programs->exit);
	return hook->err[way] = err;
}

bool hook__is_optional(const struct hook *hook)
{
	return hook->compat || hook->role == ROLE_LIMITS;
}

int hooks__probe_way(struct hooks *hooks, enum hook_way way)
{
	return hooks__probe(hooks, find_or_add(hooks, "shmget"), way);
}

static bool set_has_way(enum hook_set set, enum hook_way way)
{
	if (set == HOOKS_FUNCTIONS)
		return way != WAY_TRACEPOINT;
	if (set == HOOKS_SYSCALLS)
		return way == WAY_TRACEPOINT;
	return true;
}

/*
 * Without probing: only what costs nothing to know. A function that the BTF does not name would
 * make the load of the whole object fail; the others are found out at attach.
 */
static int guess(struct hook *hook, enum hook_way way, const int way_err[WAY_COUNT])
{
	if (!has_way(hook, way))
		return -ENOENT;
	if (way_err[way])
		return way_err[way];
	if ((way == WAY_FENTRY || way == WAY_KPROBE_FEXIT) &&
	    !probe__in_btf(hook__target(hook, way)))
		return -ENOENT;
	return 0;
}

static int choose_way(struct hooks *hooks, struct hook *hook, enum hook_set set, bool thorough,
		      const int way_err[WAY_COUNT])
{
	int err = -ENOENT;

	hook->way = WAY_NONE;
	for (int i = 0; i < WAY_COUNT; i++) {
		enum hook_way way = hooks->order[i];

		if (!set_has_way(set, way) || !has_way(hook, way))
			continue;
		/* A way that the whole machine refuses is not tried for each hook again. */
		err = way_err[way] ? way_err[way]
		      : thorough   ? hooks__probe(hooks, hook, way)
				   : guess(hook, way, way_err);
		hook->err[way] = err;
		if (!err) {
			hook->way = way;
			return 0;
		}
	}
	return err;
}

int hooks__choose(struct hooks *hooks, enum hook_set set, uint32_t calls, bool thorough,
		  const struct hook **failed)
{
	int *way_err = hooks->way_err;
	bool usable = false;
	int err;

	memset(way_err, 0, sizeof(hooks->way_err));
	for (int i = 0; i < WAY_COUNT && !usable; i++) {
		enum hook_way way = hooks->order[i];

		if (!set_has_way(set, way))
			continue;
		/* Taking a probe off a tracepoint takes 70 ms: the attach itself is the probe. */
		if (way == WAY_TRACEPOINT && !thorough)
			break;
		way_err[way] = hooks__probe_way(hooks, way);
		usable = !way_err[way] && !thorough;
	}
	for (size_t i = 0; i < hooks->count; i++) {
		struct hook *hook = &hooks->hook[i];

		/* ipc(2) stands for any call; what a get goes through serves that get alone. */
		hook->way = WAY_NONE;
		if (hook->role == ROLE_LEDGER || hook->role == ROLE_LIFECYCLE ||
		    (hook->call != CALL_IPC && !(calls & 1U << hook->call)))
			continue;
		err = choose_way(hooks, hook, set, thorough, way_err);
		if (err && !hook__is_optional(hook)) {
			*failed = hook;
			return err;
		}
	}
	return 0;
}

/* All hooks of the role or none. */
static bool choose_role(struct hooks *hooks, enum hook_role role, enum hook_set set, bool thorough)
{
	int way_err[WAY_COUNT];
	bool all = true;

	/* Who may not read the argument of a system call may yet attach to what has another. */
	for (int way = 0; way < WAY_COUNT; way++)
		way_err[way] = hooks->way_err[way] == -EACCES ? 0 : hooks->way_err[way];
	for (size_t i = 0; all && i < hooks->count; i++)
		if (hooks->hook[i].role == role)
			all = !choose_way(hooks, &hooks->hook[i], set, thorough, way_err);
	for (size_t i = 0; !all && i < hooks->count; i++)
		if (hooks->hook[i].role == role)
			hooks->hook[i].way = WAY_NONE;
	return all;
}

bool hooks__choose_lifecycle(struct hooks *hooks, enum hook_set set, bool thorough)
{
	return hooks->order[0] == WAY_KPROBE && hooks__main_way(hooks) == WAY_KPROBE &&
	       choose_role(hooks, ROLE_LIFECYCLE, set, thorough);
}

bool hooks__choose_ledger(struct hooks *hooks, enum hook_set set, bool thorough)
{
	/* Where the calls themselves take tracepoints, functions are out of reach. */
	return hooks__main_way(hooks) != WAY_TRACEPOINT &&
	       choose_role(hooks, ROLE_LEDGER, set, thorough);
}

enum hook_way hooks__main_way(const struct hooks *hooks)
{
	for (size_t i = 0; i < hooks->count; i++)
		if (hooks->hook[i].way != WAY_NONE && hooks->hook[i].role == ROLE_CALL &&
		    !hooks->hook[i].compat)
			return hooks->hook[i].way;
	return WAY_NONE;
}
