// SPDX-License-Identifier: GPL-2.0-only
#include "view/cells.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/vector.h"

#define NAME_BYTES 64

struct user_name {
	uint32_t uid;
	char name[NAME_BYTES]; /* "": it has none */
};

const char *user_names__get(struct user_names *names, uint32_t uid)
{
	const struct passwd *user;
	struct user_name *list;

	for (size_t i = 0; i < names->count; i++)
		if (names->list[i].uid == uid)
			return names->list[i].name;
	list = vector__room(names->list, names->count, &names->cap, sizeof(*list));
	if (!list)
		return "";
	names->list = list;
	list += names->count++;
	list->uid = uid;
	user = getpwuid(uid);
	snprintf(list->name, sizeof(list->name), "%s", user ? user->pw_name : "");
	return list->name;
}

void user_names__free(struct user_names *names)
{
	free(names->list);
	*names = (struct user_names){0};
}

void cell__put_user(struct buffer *out, struct user_names *names, uint32_t uid, bool utf8)
{
	const char *name = user_names__get(names, uid);

	if (*name)
		cell__put_escaped(out, name, utf8);
	else
		buffer__put_u64(out, uid);
}

void cell__put_escaped(struct buffer *out, const char *bytes, bool utf8)
{
	size_t len = strlen(bytes);
	char *to = buffer__reserve(out, ESCAPE_TEXT_MAX(len));

	if (to)
		buffer__commit(out, escape__text(to, bytes, len, utf8));
}

void cell__put_bytes(struct buffer *out, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	unsigned int unit = 0;
	uint64_t rest = 0;
	char text[32];

	for (; bytes >= 1024; bytes >>= 10, unit++)
		rest = bytes & 1023;
	if (bytes < 10 && unit && rest * 10 / 1024)
		snprintf(text, sizeof(text), "%" PRIu64 ".%" PRIu64 "%c", bytes, rest * 10 / 1024,
			 units[unit]);
	else
		snprintf(text, sizeof(text), "%" PRIu64 "%c", bytes, units[unit]);
	buffer__put_str(out, text);
}

void cell__put_age(struct buffer *out, uint64_t seconds)
{
	static const struct {
		uint64_t seconds;
		char name;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t unit = 0;

	while (units[unit].seconds > 1 && seconds < units[unit].seconds)
		unit++;
	buffer__put_u64(out, seconds / units[unit].seconds);
	buffer__put_char(out, units[unit].name);
}

void cell__put_time(struct buffer *out, int64_t time_s)
{
	time_t seconds = time_s;
	char text[48];
	struct tm tm;

	if (localtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%F %T", &tm))
		buffer__put_str(out, text);
}
