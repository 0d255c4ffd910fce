// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers, sizes, times and names for the cells of the screen, where columns are few.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <wchar.h>

#include "base/escape.h"
#include "view/screen_internal.h"

#define NS_PER_S 1000000000ULL

static void put_scaled(struct buffer *out, double value, const char *units, double base,
		       double below)
{
	char text[32];

	while (value >= below && units[1]) {
		value /= base;
		units++;
	}
	snprintf(text, sizeof(text), "%.*f%c", value < 100 ? 1 : 0, value, *units);
	buffer__put_str(out, text);
}

void screen__put_count(struct buffer *out, uint64_t count, unsigned int width)
{
	uint64_t limit = 1;

	for (unsigned int i = 0; i < width && i < 19; i++)
		limit *= 10;
	if (count < limit)
		buffer__put_u64(out, count);
	else
		put_scaled(out, count / 1e3, "KMGTPE", 1000, 999.5);
}

void screen__put_bytes(struct buffer *out, uint64_t bytes)
{
	if (bytes <= 9999)
		buffer__put_u64(out, bytes);
	else
		put_scaled(out, bytes / 1024.0, "KMGTPE", 1024, 9999);
}

void screen__put_age(struct buffer *out, uint64_t since_ns, uint64_t now_ns)
{
	static const struct {
		uint64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	uint64_t seconds = now_ns > since_ns ? (now_ns - since_ns) / NS_PER_S : 0;
	size_t i = 0;

	if (!since_ns) {
		buffer__put_char(out, '-');
		return;
	}
	/* Two digits at least where the next unit has them: 90s, not 1m. */
	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	buffer__put_u64(out, seconds / units[i].seconds);
	buffer__put_char(out, units[i].unit);
}

void screen__put_clock(struct buffer *out, uint64_t ns, long long clock_offset_ns)
{
	time_t seconds = ((long long)ns + clock_offset_ns) / (long long)NS_PER_S;
	char text[32];
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%H:%M:%S", &tm))
		return;
	buffer__put_str(out, text);
}

void screen__put_comm(struct buffer *out, const char *comm, bool utf8)
{
	char *to = buffer__reserve(out, ESCAPE_TEXT_MAX(EVENT_COMM_LEN));

	if (to)
		buffer__commit(out, escape__text(to, comm, EVENT_COMM_LEN, utf8));
}

void screen__value_comm(struct row_order *order, const char *comm)
{
	unsigned char bytes[2 * sizeof(uint64_t)] = "";
	uint64_t *const values[] = {&order->value, &order->value2};

	memcpy(bytes, comm, strnlen(comm, sizeof(bytes)));
	for (size_t i = 0; i < sizeof(bytes); i++)
		*values[i / 8] = *values[i / 8] << 8 | bytes[i];
}

void screen__keep_container(char text[SCREEN_CONTAINER_MAX], const struct container *container,
			    bool utf8)
{
	char whole[ESCAPE_TEXT_MAX(CONTAINER_TEXT_MAX) + 32];
	unsigned int columns;
	struct buffer out;
	size_t len;

	buffer__init(&out, whole, sizeof(whole) - 1);
	container_view__put_text(&out, container, utf8);
	whole[out.len] = '\0';
	len = screen__fit(whole, SCREEN_CONTAINER_MAX - 1, utf8, &columns);
	while (len >= SCREEN_CONTAINER_MAX)
		len = screen__fit(whole, --columns, utf8, &columns);
	memcpy(text, whole, len);
	text[len] = '\0';
}

void screen__put_hex(struct buffer *out, uint32_t key)
{
	static const char digits[] = "0123456789abcdef";
	char text[10] = "0x";

	for (int i = 0; i < 8; i++)
		text[2 + i] = digits[key >> (28 - 4 * i) & 0xf];
	buffer__put(out, text, sizeof(text));
}

void screen__put_ending(struct buffer *out, bool alive, uint32_t wait_status)
{
	const char *name;

	if (alive) {
		buffer__put_str(out, "alive");
	} else if (!WIFSIGNALED(wait_status)) {
		buffer__put_str(out, "exit ");
		buffer__put_u64(out, WEXITSTATUS(wait_status));
	} else {
		name = sigabbrev_np(WTERMSIG(wait_status));
		buffer__put_str(out, name ? "SIG" : "sig ");
		if (name)
			buffer__put_str(out, name);
		else
			buffer__put_u64(out, WTERMSIG(wait_status));
	}
}

size_t screen__fit(const char *text, unsigned int columns, bool utf8, unsigned int *taken)
{
	mbstate_t state = {};
	size_t at = 0;

	*taken = 0;
	while (text[at] && *taken < columns) {
		size_t len = 1;
		int width = 1;
		wchar_t c;

		if (utf8 && (unsigned char)text[at] >= 0x80) {
			len = mbrtowc(&c, text + at, strlen(text + at), &state);
			if (len == (size_t)-1 || len == (size_t)-2)
				break;
			width = wcwidth(c) < 0 ? 1 : wcwidth(c);
		}
		if (*taken + width > columns)
			break;
		*taken += width;
		at += len;
	}
	return at;
}

size_t screen__next_line(const char *text, unsigned int columns, bool utf8)
{
	const size_t whole = strcspn(text, "\n");
	unsigned int taken;
	size_t fits = screen__fit(text, columns, utf8, &taken), blank;

	if (fits >= whole)
		return text[whole] ? whole + 1 : whole;
	if (!fits)
		return whole ? 1 : 0; /* not one character has room */
	for (blank = fits; blank > 1 && text[blank] != ' '; blank--)
		;
	return blank > fits / 2 ? blank + 1 : fits;
}
