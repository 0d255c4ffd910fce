// SPDX-License-Identifier: GPL-2.0-only
#include "source/diagnosis.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/privileges.h"
#include "source/bpf.h"
#include "source/ipcns.h"
#include "source/kernelfs.h"
#include "source/probe.h"

struct diagnosis_owner {
	struct diagnosis diagnosis; /* first: freed by its address */
	struct bpf_source *source;  /* owns the programs that the hooks name */
};

/* "none [integrity] confidentiality" */
static void read_lockdown(char *mode, size_t size)
{
	char text[128] = {}, *begin, *end;
	int dir, fd;

	dir = kernelfs__open(&kernelfs_securityfs);
	if (dir < 0)
		return;
	fd = openat(dir, "lockdown", O_RDONLY | O_CLOEXEC);
	close(dir);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0) {
		begin = strchr(text, '[');
		end = begin ? strchr(begin, ']') : NULL;
		if (end && (size_t)(end - begin) <= size) {
			*end = '\0';
			strcpy(mode, begin + 1);
		}
	}
	close(fd);
}

static void check_capabilities(struct diagnosis *diagnosis)
{
	static const struct diagnosis_capability needs[DIAGNOSIS_CAPABILITIES] = {
		{.name = "cap_bpf", .need = "to load programs"},
		{.name = "cap_perfmon", .need = "to attach programs"},
		{.name = "cap_dac_read_search", .need = "to read tracefs, unless uid 0"},
		{.name = "cap_sys_admin",
		 .need = "where tracefs is not mounted, or kernel.perf_event_paranoid is 3"},
		{.name = "cap_sys_resource", .need = "to lock memory before Linux 5.11"},
	};
	int major = 0, minor = 0;

	sscanf(diagnosis->kernel.release, "%d.%d", &major, &minor);

	for (size_t i = 0; i < DIAGNOSIS_CAPABILITIES; i++) {
		diagnosis->capabilities[i] = needs[i];
		/* Since then maps are charged to the memory cgroup, not to RLIMIT_MEMLOCK. */
		diagnosis->capabilities[i].needed = strcmp(needs[i].name, "cap_sys_resource") ||
						    major < 5 || (major == 5 && minor < 11);
		diagnosis->capabilities[i].have = privileges__have(needs[i].name);
	}
}

/*
 * One hook of each way is really attached; of the others it is looked at whether they can be, as
 * taking each off again takes the kernel long. check_start attaches all that are chosen.
 */
static void check_hooks(struct diagnosis *diagnosis)
{
	struct hooks *hooks = &diagnosis->hooks;
	int way_err[WAY_COUNT] = {};

	for (enum hook_way way = 0; way < WAY_COUNT; way++)
		way_err[way] = hooks__probe_way(hooks, way);
	for (size_t i = 0; i < hooks->count; i++) {
		struct hook *hook = &hooks->hook[i];

		hook->way = WAY_NONE;
		for (int n = 0; n < WAY_COUNT; n++) {
			enum hook_way way = hooks->order[n];

			hook->err[way] = way_err[way];
			if (!way_err[way])
				hooks__look_at(hooks, hook, way);
			if (!hook->err[way] && hook->way == WAY_NONE)
				hook->way = way;
		}
		if (hook->way != WAY_NONE || hook->role != ROLE_CALL)
			continue;
		if (hook->compat)
			diagnosis->compat_usable = false;
		else
			diagnosis->usable = false;
	}
}

static int ignore_event(void *context, const struct event *event)
{
	(void)context;
	(void)event;
	return 0;
}

/* A real start, with everything: what cannot be attached shows only now. */
static void check_start(struct diagnosis *diagnosis)
{
	const struct bpf_source_options options = {
		.calls = BPF_SOURCE_CALLS_ALL, .buffer = 4096, .ledger = true};
	struct bpf_source *source;
	int err;

	err = bpf_source__open(&source, &options, ignore_event, NULL, diagnosis->start_why,
			       sizeof(diagnosis->start_why));
	if (err) {
		diagnosis->usable = false;
		return;
	}
	diagnosis->ledger_observed = bpf_source__mappings_observed(source);
	bpf_source__close(source);
}

struct diagnosis *diagnosis__make(void)
{
	struct diagnosis_owner *owner = calloc(1, sizeof(*owner));
	struct diagnosis *diagnosis = &owner->diagnosis;
	int fd;

	if (!owner)
		return NULL;
	uname(&diagnosis->kernel);
	diagnosis->uid = geteuid();
	check_capabilities(diagnosis);
	diagnosis->bpf_err = probe__ringbuf();
	diagnosis->btf_err = probe__btf();
	read_lockdown(diagnosis->lockdown, sizeof(diagnosis->lockdown));
	diagnosis->tracefs_path = kernelfs__mount_point(&kernelfs_tracefs);
	fd = kernelfs__open(&kernelfs_tracefs);
	if (fd < 0)
		diagnosis->tracefs_err = fd;
	else
		close(fd);
	diagnosis->bpffs_path = kernelfs__mount_point(&kernelfs_bpffs);
	diagnosis->ipcns = ipcns__inum();
	diagnosis->limits_err = ipcns__limits(&diagnosis->limits);
	diagnosis->usable = !diagnosis->bpf_err && !diagnosis->btf_err;
	diagnosis->compat_usable = diagnosis->usable;
	diagnosis->hooks_err = bpf_source__open_unloaded(&owner->source);
	if (!diagnosis->hooks_err) {
		diagnosis->hooks = *bpf_source__hooks(owner->source);
		check_hooks(diagnosis);
	}
	if (diagnosis->usable)
		check_start(diagnosis);
	probe__close();
	return diagnosis;
}

void diagnosis__free(struct diagnosis *diagnosis)
{
	struct diagnosis_owner *owner = (struct diagnosis_owner *)diagnosis;

	if (!owner)
		return;
	bpf_source__close(owner->source);
	free(owner);
}
