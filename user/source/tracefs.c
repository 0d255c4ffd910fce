// SPDX-License-Identifier: GPL-2.0-only
#include "source/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
