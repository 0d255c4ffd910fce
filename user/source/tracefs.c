// SPDX-License-Identifier: GPL-2.0-only
#include "source/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char *const mount_points[] = {
	"/sys/kernel/tracing",
	"/sys/kernel/debug/tracing",
};

const char *tracefs__mount_point(void)
{
	for (size_t i = 0; i < sizeof(mount_points) / sizeof(*mount_points); i++) {
		struct statfs fs;

		if (!statfs(mount_points[i], &fs) && fs.f_type == TRACEFS_MAGIC)
			return mount_points[i];
	}
	return NULL;
}

/* A mount that is attached nowhere and goes with its descriptor. */
static int open_detached(void)
{
	int fs_fd, fd, err;

	fs_fd = fsopen("tracefs", FSOPEN_CLOEXEC);
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

int tracefs__open(void)
{
	const char *path = tracefs__mount_point();
	int fd;

	if (!path)
		return open_detached();
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int tracefs__event_id(int tracefs_fd, const char *event)
{
	char path[PATH_MAX], text[16] = {};
	ssize_t len;
	int fd, id;

	snprintf(path, sizeof(path), "events/%s/id", event);
	fd = openat(tracefs_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	id = len > 0 ? atoi(text) : 0;
	return id > 0 ? id : -EINVAL;
}
