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

struct user {
	uint32_t uid;
	char name[NAME_BYTES]; /* "": it has none */
};

void cells__put_bytes(struct buffer *out, uint64_t bytes)
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

void cells__put_age(struct buffer *out, uint64_t seconds)
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

void cells__put_time(struct buffer *out, int64_t time_s)
{
	time_t seconds = time_s;
	char text[48];
	struct tm tm;

	if (localtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%F %T", &tm))
		buffer__put_str(out, text);
}

void cells__put_count(struct buffer *out, uint64_t count, const char *what)
{
	buffer__put_u64(out, count);
	buffer__put_char(out, ' ');
	buffer__put_str(out, what);
	buffer__put_str(out, count == 1 ? "" : "s");
}

void cells__put_key(struct buffer *out, uint32_t key)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08x", key);
	buffer__put_str(out, text);
}

void cells__put_escaped(struct buffer *out, const char *bytes, bool utf8)
{
	size_t len = strlen(bytes);
	char *to = buffer__reserve(out, ESCAPE_TEXT_MAX(len));

	if (to)
		buffer__commit(out, escape__text(to, bytes, len, utf8));
}

void cells__put_process(struct buffer *out, const char *comm, uint32_t pid, bool utf8)
{
	cells__put_escaped(out, comm, utf8);
	buffer__put_char(out, '[');
	buffer__put_u64(out, pid);
	buffer__put_char(out, ']');
}

/* NULL: out of memory. */
static const struct user *find_user(struct users *users, uint32_t uid)
{
	const struct passwd *passwd;
	struct user *list;

	for (size_t i = 0; i < users->count; i++)
		if (users->list[i].uid == uid)
			return &users->list[i];
	list = vector__room(users->list, users->count, &users->cap, sizeof(*list));
	if (!list)
		return NULL;
	users->list = list;
	list += users->count++;
	list->uid = uid;
	passwd = getpwuid(uid);
	snprintf(list->name, sizeof(list->name), "%s", passwd ? passwd->pw_name : "");
	return list;
}

void cells__put_user(struct buffer *out, struct users *users, uint32_t uid, bool utf8)
{
	const struct user *user = find_user(users, uid);

	if (user && *user->name)
		cells__put_escaped(out, user->name, utf8);
	else
		buffer__put_u64(out, uid);
}

void users__free(struct users *users)
{
	free(users->list);
	*users = (struct users){0};
}
