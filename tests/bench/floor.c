// SPDX-License-Identifier: GPL-2.0-only
/*
 * floor OBJECT calls|ledger [auto|functions|syscalls]: attaches the empty programs of OBJECT
 * (floor.bpf.o) where shmtrace attaches its own, and in the same ways, until it gets a signal.
 * calls: the hooks of the calls that trace shows by default; ledger: those of top, and of trace
 * unless it is told otherwise.
 *
 * shmtrace's own hooks are attached first, and taken off again: which ways the kernel allows is
 * found out by the code that is measured.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "source/bpf.h"
#include "source/hooks.h"

static int fail(const char *what, int err)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(-err));
	return 1;
}

static int ignore(void *context, const struct event *event)
{
	(void)context;
	(void)event;
	return 0;
}

static const struct hook *find(const struct hooks *hooks, const char *name)
{
	for (size_t i = 0; i < hooks->count; i++)
		if (!strcmp(hooks->hook[i].name, name))
			return &hooks->hook[i];
	return NULL;
}

static bool has_programs(const struct hook *hook, const struct hook *like)
{
	const struct hook_programs *ours = &hook->programs[like->way];
	const struct hook_programs *theirs = &like->programs[like->way];

	return !ours->enter == !theirs->enter && !ours->exit == !theirs->exit;
}

/* Every hook that is on there has its empty program here, at entry and exit alike. */
static bool choose_same(struct hooks *hooks, const struct hooks *like)
{
	hooks->multi_returns = like->multi_returns;
	for (size_t i = 0; i < like->count; i++) {
		const struct hook *theirs = &like->hook[i];
		struct hook *ours = (struct hook *)find(hooks, theirs->name);

		if (theirs->way == WAY_NONE)
			continue;
		if (!ours || !has_programs(ours, theirs)) {
			fprintf(stderr, "floor: floor.bpf.c has no program on %s (%s)\n",
				theirs->name, hook_way__name(theirs->way));
			return false;
		}
		ours->way = theirs->way;
	}
	return true;
}

/* Processes come by tracepoints with a type, which hooks.c leaves to others. */
static int attach_lifecycle(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		if (strncmp(bpf_program__name(program), "sched_process_", 14) ||
		    !bpf_program__autoload(program))
			continue;
		if (!bpf_program__attach(program))
			return -errno;
	}
	return 0;
}

static void select_lifecycle(struct bpf_object *object, bool wanted)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) if (!strncmp(bpf_program__name(program),
								   "sched_process_", 14))
		bpf_program__set_autoload(program, wanted);
}

static bool has_lifecycle_hooks(const struct hooks *hooks)
{
	for (size_t i = 0; i < hooks->count; i++)
		if (hooks->hook[i].role == ROLE_LIFECYCLE && hooks->hook[i].way != WAY_NONE)
			return true;
	return false;
}

/* What shmtrace takes on this kernel. */
static int learn(const struct bpf_source_options *options, struct bpf_source **source)
{
	char why[512] = "";
	int err = bpf_source__open(source, options, ignore, NULL, why, sizeof(why));

	if (err)
		fprintf(stderr, "floor: %s\n", why);
	return err;
}

static int attach(const char *path, const struct bpf_source_options *options)
{
	struct bpf_source *source = NULL;
	const struct hook *failed = NULL;
	struct bpf_object *object;
	struct hooks hooks;
	size_t expected;
	int err;

	object = bpf_object__open_file(path, NULL);
	if (!object)
		return fail(path, -errno);
	err = hooks__init(&hooks, object);
	if (err)
		return fail("hooks", err);
	if (learn(options, &source) || !choose_same(&hooks, bpf_source__hooks(source)))
		return 1;
	select_lifecycle(object,
			 options->ledger && !has_lifecycle_hooks(bpf_source__hooks(source)));
	expected = bpf_source__hooks(source)->n_links;
	/* It asks its hooks for names that are its own object's: only now may that go. */
	bpf_source__close(source);
	hooks__select_programs(&hooks);
	err = bpf_object__load(object);
	if (err)
		return fail("cannot load the empty programs", err);
	err = hooks__attach(&hooks, &failed);
	if (err)
		return fail(failed->name, err);
	err = attach_lifecycle(object);
	if (err)
		return fail("sched_process", err);
	if (hooks.n_links != expected) {
		fprintf(stderr, "floor: %zu programs attached, of shmtrace %zu\n", hooks.n_links,
			expected);
		return 1;
	}
	fprintf(stderr, "floor: %zu empty programs by %s\n", hooks.n_links,
		hook_way__name(hooks__main_way(&hooks)));
	return 0;
}

int main(int argc, char *argv[])
{
	static const char *const sets[] = {"auto", "functions", "syscalls"};
	struct bpf_source_options options = {.calls = BPF_SOURCE_CALLS_CONTROL, .buffer = 4096};
	sigset_t set;
	int number;

	if (argc < 3 || (strcmp(argv[2], "calls") && strcmp(argv[2], "ledger"))) {
		fprintf(stderr, "usage: floor OBJECT calls|ledger [auto|functions|syscalls]\n");
		return 2;
	}
	options.ledger = !strcmp(argv[2], "ledger");
	for (int i = 0; argc > 3 && i < 3; i++)
		if (!strcmp(argv[3], sets[i]))
			options.hooks = (enum hook_set)i;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (attach(argv[1], &options))
		return 1;
	/* The programs go with the process. */
	sigwait(&set, &number);
	return 0;
}
