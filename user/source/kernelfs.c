// SPDX-License-Identifier: GPL-2.0-only
#include "source/kernelfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

const struct kernelfs kernelfs_tracefs = {
	.type = "tracefs",
	.magic = TRACEFS_MAGIC,
	.mount_points = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"},
};

const struct kernelfs kernelfs_securityfs = {
	.type = "securityfs",
	.magic = SECURITYFS_MAGIC,
	.mount_points = {"/sys/kernel/security"},
};

const struct kernelfs kernelfs_bpffs = {
	.type = "bpf",
	.magic = BPF_FS_MAGIC,
	.mount_points = {"/sys/fs/bpf"},
};

const struct kernelfs kernelfs_debugfs = {
	.type = "debugfs",
	.magic = DEBUGFS_MAGIC,
	.mount_points = {"/sys/kernel/debug"},
};

const struct kernelfs kernelfs_cgroup2 = {
	.type = "cgroup2",
	.magic = CGROUP2_SUPER_MAGIC,
	.mount_points = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"},
};

const char *kernelfs__mount_point(const struct kernelfs *fs)
{
	for (size_t i = 0; fs->mount_points[i]; i++) {
		struct statfs found;

		if (!statfs(fs->mount_points[i], &found) &&
		    (unsigned long)found.f_type == fs->magic)
			return fs->mount_points[i];
	}
	return NULL;
}

/* A mount that is attached nowhere and goes with its descriptor. */
static int open_detached(const char *type)
{
	int fs_fd, fd, err;

	fs_fd = fsopen(type, FSOPEN_CLOEXEC);
	if (fs_fd < 0)
		return -errno;
	if (fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) {
		err = -errno;
		close(fs_fd);
		return err;
	}
	fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	err = fd < 0 ? -errno : fd;
	close(fs_fd);
	return err;
}

int kernelfs__open(const struct kernelfs *fs)
{
	const char *path = kernelfs__mount_point(fs);
	int fd;

	if (!path)
		return open_detached(fs->type);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
