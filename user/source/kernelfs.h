/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own file systems. Where nobody has mounted one, it is opened without mounting it
 * anywhere (fsopen(2), since 5.2): the machine is left as it was, however we end.
 */
#ifndef SHMTRACE_SOURCE_KERNELFS_H
#define SHMTRACE_SOURCE_KERNELFS_H

struct kernelfs {
	const char *type;	     /* "tracefs" */
	unsigned long magic;	     /* f_type of statfs(2) */
	const char *mount_points[3]; /* NULL-terminated */
};

extern const struct kernelfs kernelfs_tracefs;
extern const struct kernelfs kernelfs_securityfs;
extern const struct kernelfs kernelfs_bpffs;
extern const struct kernelfs kernelfs_debugfs;
extern const struct kernelfs kernelfs_cgroup2;

/* A directory descriptor, close-on-exec, owned by the caller; or -errno. */
int kernelfs__open(const struct kernelfs *fs);

/* Where it is mounted, or NULL where it is not. Static. */
const char *kernelfs__mount_point(const struct kernelfs *fs);

#endif
