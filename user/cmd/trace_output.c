// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where `trace` writes to. Of a pipe, a socket or a terminal nobody may read, for however long:
 * then signals are waited for as well.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/trace.h"

#define OUTPUT_BUFFER (1UL << 16)

/* What is writable takes that much of a pipe's buffer without waiting (pipe(7)). */
static ssize_t write_patiently(void *cookie, const char *data, size_t size)
{
	struct trace *trace = cookie;
	size_t written = 0;

	while (written < size) {
		const size_t left = size - written;
		ssize_t n;

		if (!trace_wait__for_output(trace, fileno(trace->sink))) {
			errno = ECANCELED;
			break;
		}
		n = write(fileno(trace->sink), data + written, left < PIPE_BUF ? left : PIPE_BUF);
		if (n < 0)
			break;
		written += n;
	}
	return written;
}

static bool may_block(FILE *sink)
{
	struct stat st;

	return !fstat(fileno(sink), &st) &&
	       (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(fileno(sink)));
}

int trace_output__open(struct trace *trace)
{
	const cookie_io_functions_t functions = {.write = write_patiently};

	trace->sink = trace->options.output ? fopen(trace->options.output, "we") : stdout;
	if (!trace->sink) {
		pr_err("cannot open %s: %s", trace->options.output, strerror(errno));
		return -errno;
	}
	trace->out = trace->sink;
	if (may_block(trace->sink))
		trace->out = fopencookie(trace, "w", functions);
	if (!trace->out) {
		pr_err("out of memory");
		return -ENOMEM;
	}
	/* Given no memory glibc would ignore the size, and write a page at a time. */
	trace->out_buffer = malloc(OUTPUT_BUFFER);
	if (trace->out_buffer)
		setvbuf(trace->out, trace->out_buffer, _IOFBF, OUTPUT_BUFFER);
	return 0;
}

bool trace_output__is_terminal(const struct trace *trace)
{
	return isatty(fileno(trace->sink));
}

void trace_output__close(struct trace *trace)
{
	if (trace->out)
		fclose(trace->out);
	if (trace->sink && trace->sink != trace->out)
		fclose(trace->sink);
	free(trace->out_buffer);
}
