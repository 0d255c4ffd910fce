/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which container or systemd unit a process is in, by the text of /proc/PID/cgroup. The kernel
 * knows no containers: each runtime has its own way to name the cgroup that it makes for one.
 */
#ifndef SHMTRACE_BASE_CONTAINER_H
#define SHMTRACE_BASE_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum container_runtime {
	RUNTIME_NONE, /* neither in a container nor in a unit */
	RUNTIME_UNIT, /* no container: a service or scope of systemd */
	RUNTIME_DOCKER,
	RUNTIME_CONTAINERD,
	RUNTIME_CRIO,
	RUNTIME_PODMAN,
	RUNTIME_LXC,
	RUNTIME_NSPAWN,
	RUNTIME_OCI, /* a container's id, by a runtime that does not name itself */
	RUNTIME_COUNT,
};

/* The longest name of a cgroup (NAME_MAX), and NUL. */
#define CONTAINER_ID_LEN 256
/* Digits of an id that tables show, as docker ps does. */
#define CONTAINER_ID_SHORT 12

struct container {
	enum container_runtime runtime;
	/* 64 hexadecimal digits; of LXC and nspawn a name; of a unit its name. Somebody else's
	 * bytes. */
	char id[CONTAINER_ID_LEN];
};

/*
 * text: /proc/PID/cgroup, one line a hierarchy (cgroups(7)); cgroup names have no newline
 * (kernel/cgroup/cgroup.c, cgroup_mkdir). Of nested containers it is the innermost, and a unit
 * counts only where there is no container.
 */
void container__parse(const char *text, size_t len, struct container *container);

/* "docker", "containerd", "cri-o", "podman", "lxc", "nspawn", "oci", "systemd"; "none". Static. */
const char *container_runtime__name(enum container_runtime runtime);

/* Hexadecimal digits, that may be cut short. */
bool container__has_hex_id(const struct container *container);

bool container__equal(const struct container *a, const struct container *b);

/*
 * pattern: the beginning of an id in hexadecimal; a whole name of LXC or nspawn; a unit's name,
 * for a service also without ".service". Before each there may be its runtime: "docker:3f2a".
 */
bool container__matches(const struct container *container, const char *pattern);

#endif
