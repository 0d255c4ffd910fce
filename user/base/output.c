// SPDX-License-Identifier: GPL-2.0-only
#include "base/output.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is writable takes that much of a pipe's buffer without waiting (pipe(7)). */
static ssize_t write_pieces(void *cookie, const char *data, size_t size)
{
	struct output *output = cookie;
	const int fd = fileno(output->sink);
	size_t written = 0;

	while (written < size) {
		const size_t left = size - written;
		ssize_t n;

		if (!output->await(output->context, fd)) {
			errno = ECANCELED;
			break;
		}
		n = write(fd, data + written, left < PIPE_BUF ? left : PIPE_BUF);
		if (n < 0)
			break;
		written += n;
	}
	return written;
}

static bool may_wait(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(fd));
}

int output__open(struct output *output, FILE *sink)
{
	const cookie_io_functions_t functions = {.write = write_pieces};

	output->sink = output->stream = sink;
	if (!may_wait(fileno(sink)))
		return 0;
	output->stream = fopencookie(output, "w", functions);
	return output->stream ? 0 : -ENOMEM;
}

void output__close(struct output *output)
{
	if (output->stream)
		fclose(output->stream);
	if (output->sink && output->sink != output->stream)
		fclose(output->sink);
	output->stream = output->sink = NULL;
}
