// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static enum log_level max_level = LOG_INFO;

void log__set_level(enum log_level level)
{
	max_level = level;
}

bool log__enabled(enum log_level level)
{
	return level <= max_level;
}

void log__print(enum log_level level, const char *format, ...)
{
	char line[1024];
	va_list args;

	if (!log__enabled(level))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	/* One write a line: two processes' messages on one terminal must not mix. */
	fprintf(stderr, "shmtrace: %s%s\n", level == LOG_DEBUG ? "debug: " : "", line);
}
