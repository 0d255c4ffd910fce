// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

static enum log_level max_level = LOG_INFO;

static struct {
	bool on;
	bool asked; /* for the latest one */
	size_t first, count;
	char *lines[LOG_HELD_MAX];
} held;

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

static void keep(char *line)
{
	if (held.count == LOG_HELD_MAX) {
		free(held.lines[held.first]);
		held.first = (held.first + 1) % LOG_HELD_MAX;
		held.count--;
	}
	held.lines[(held.first + held.count++) % LOG_HELD_MAX] = line;
	held.asked = false;
}

void log__hold(bool hold)
{
	held.on = hold;
	while (!hold && held.count) {
		char *line = held.lines[held.first];

		fprintf(stderr, "shmtrace: %s\n", line);
		free(line);
		held.first = (held.first + 1) % LOG_HELD_MAX;
		held.count--;
	}
}

const char *log__held(void)
{
	if (!held.count || held.asked)
		return NULL;
	held.asked = true;
	return held.lines[(held.first + held.count - 1) % LOG_HELD_MAX];
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
	if (held.on) {
		char *kept = NULL;

		if (asprintf(&kept, "%s%s", level == LOG_DEBUG ? "debug: " : "", safe) >= 0)
			keep(kept);
		return;
	}
	/* One write a line: two processes' messages on one terminal must not mix. */
	fprintf(stderr, "shmtrace: %s%s\n", level == LOG_DEBUG ? "debug: " : "", safe);
}
