// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"

static enum log_level max_level = LOG_INFO;

void log__set_level(enum log_level level)
{
	max_level = level;
}

bool log__enabled(enum log_level level)
{
	return level <= max_level;
}

static bool is_plain(const char *line)
{
	for (; *line; line++)
		if ((unsigned char)*line < ' ' || (unsigned char)*line > '~')
			return false;
	return true;
}

void log__print(enum log_level level, const char *format, ...)
{
	char line[1024], safe[ESCAPE_TEXT_MAX(sizeof(line))];
	va_list args;

	if (!log__enabled(level))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	/* Names and arguments may hold anything; these messages go to a terminal. */
	if (is_plain(line))
		memcpy(safe, line, strlen(line) + 1);
	else
		escape__text(safe, line, sizeof(line), false);
	/* One write a line: two processes' messages on one terminal must not mix. */
	fprintf(stderr, "shmtrace: %s%s\n", level == LOG_DEBUG ? "debug: " : "", safe);
}
