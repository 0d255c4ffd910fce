// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decimal numbers, two digits a step: printf would cost more than the rest of a line.
 */
#include "base/buffer.h"

#define U64_DIGITS 20
/* Sign and digits; as many bytes more behind the end, so that the copy has one length always. */
#define ROOM (1 + U64_DIGITS)

static const char digit_pairs[] = "00010203040506070809"
				  "10111213141516171819"
				  "20212223242526272829"
				  "30313233343536373839"
				  "40414243444546474849"
				  "50515253545556575859"
				  "60616263646566676869"
				  "70717273747576777879"
				  "80818283848586878889"
				  "90919293949596979899";

/* Writes backwards from end and returns where the number starts. */
static char *format_u64(char *end, uint64_t value)
{
	while (value >= 100) {
		end -= 2;
		memcpy(end, digit_pairs + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, digit_pairs + value * 2, 2);
	} else {
		*--end = '0' + value;
	}
	return end;
}

void buffer__put_spaces(struct buffer *b, size_t count)
{
	char *to = buffer__reserve(b, count);

	if (!to)
		return;
	memset(to, ' ', count);
	b->len += count;
}

/* The number from start to end, behind which another ROOM bytes may be read. */
static void put_number(struct buffer *b, const char *start, const char *end)
{
	if (!b->overflow && b->cap - b->len >= ROOM) {
		memcpy(b->data + b->len, start, ROOM);
		b->len += end - start;
	} else {
		buffer__put(b, start, end - start);
	}
}

void buffer__put_u64(struct buffer *b, uint64_t value)
{
	char digits[2 * ROOM];

	memset(digits + ROOM, 0, ROOM);
	put_number(b, format_u64(digits + ROOM, value), digits + ROOM);
}

void buffer__put_s64(struct buffer *b, int64_t value)
{
	/* The sign and the digits together, so that a full buffer never keeps a lone '-'. */
	char digits[2 * ROOM];
	char *end = digits + ROOM;
	char *start = format_u64(end, value < 0 ? -(uint64_t)value : (uint64_t)value);

	if (value < 0)
		*--start = '-';
	memset(end, 0, ROOM);
	put_number(b, start, end);
}

void buffer__put_digits(struct buffer *b, uint64_t value, unsigned int digits)
{
	char text[U64_DIGITS];
	char *end = text + sizeof(text);
	char *start = format_u64(end, value);

	if (digits > U64_DIGITS)
		digits = U64_DIGITS;
	while (end - start < (ptrdiff_t)digits)
		*--start = '0';
	buffer__put(b, start, end - start);
}
