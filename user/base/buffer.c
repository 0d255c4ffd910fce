// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decimal numbers, two digits a step: printf would cost more than the rest of a line.
 */
#include "base/buffer.h"

#define U64_DIGITS 20

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

static unsigned int count_digits(uint64_t value)
{
	unsigned int digits = 1;

	for (; value >= 10000; value /= 10000)
		digits += 4;
	return digits + (value >= 10) + (value >= 100) + (value >= 1000);
}

void buffer__put_u64(struct buffer *b, uint64_t value)
{
	const unsigned int digits = count_digits(value);
	char *to = buffer__reserve(b, digits);

	if (!to)
		return;
	format_u64(to + digits, value);
	b->len += digits;
}

void buffer__put_s64(struct buffer *b, int64_t value)
{
	const uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	/* The sign and the digits together, so that a full buffer never keeps a lone '-'. */
	const unsigned int len = (value < 0) + count_digits(size);
	char *to = buffer__reserve(b, len);

	if (!to)
		return;
	if (value < 0)
		*to = '-';
	format_u64(to + len, size);
	b->len += len;
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
