// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lost calls, in words and in JSON. By name, since it matters which: a lost shmget may be a segment
 * that nobody knows the creator of, a lost semop is one count less.
 */
#include "view/loss.h"
#include "view/words.h"

unsigned long long loss__total(const unsigned long long calls[CALL_COUNT])
{
	unsigned long long total = 0;

	for (int i = 0; i < CALL_COUNT; i++)
		total += calls[i];
	return total;
}

void loss__put_text(struct buffer *out, const unsigned long long calls[CALL_COUNT])
{
	unsigned long long total = loss__total(calls);
	const char *separator = ": ";

	buffer__put_str(out, "lost ");
	buffer__put_u64(out, total);
	buffer__put_str(out, total == 1 ? " call" : " calls");
	for (int i = 0; i < CALL_COUNT; i++) {
		if (!calls[i])
			continue;
		buffer__put_str(out, separator);
		buffer__put_u64(out, calls[i]);
		buffer__put_char(out, ' ');
		buffer__put_str(out, words__call_name(i));
		separator = ", ";
	}
	buffer__put_str(out, " (buffer too small, see --buffer)");
}

void loss__put_json(struct json_writer *w, const unsigned long long calls[CALL_COUNT])
{
	json_writer__begin(w, "calls");
	for (int i = 0; i < CALL_COUNT; i++) {
		if (calls[i])
			json_writer__u64(w, words__call_name(i), calls[i]);
	}
	json_writer__end(w);
	json_writer__u64(w, "total", loss__total(calls));
}
