// SPDX-License-Identifier: GPL-2.0-only
/*
 * Strict readers of numbers. strtoul and friends take blanks, signs and junk, and wrap negative
 * numbers to huge ones, so digits are read here.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"

#define NS_PER_SEC 1000000000ull

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/*
 * Reads digits from *text on and moves it behind them. All are read even when the number is too
 * large, so that "99999999999999999999x" is called malformed and not out of range.
 */
static int read_digits(const char **text, int base, uint64_t *value)
{
	const char *s = *text;
	uint64_t sum = 0;
	bool overflow = false;

	for (int digit; (digit = digit_of(*s)) < base; s++) {
		overflow |= __builtin_mul_overflow(sum, (uint64_t)base, &sum);
		overflow |= __builtin_add_overflow(sum, (uint64_t)digit, &sum);
	}
	if (s == *text)
		return -EINVAL;
	*text = s;
	*value = sum;
	return overflow ? -ERANGE : 0;
}

int parse__u64(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	uint64_t number;
	int err = read_digits(&text, 10, &number);

	if (err == -EINVAL || *text)
		return -EINVAL;
	if (err || number < min || number > max)
		return -ERANGE;
	*value = number;
	return 0;
}

int parse__size(const char *text, uint64_t *bytes)
{
	static const char units[] = "kmgtpe";
	const char *unit;
	unsigned int shift = 0;
	uint64_t number;
	int err = read_digits(&text, 10, &number);

	if (err == -EINVAL)
		return -EINVAL;
	unit = *text ? strchr(units, *text | 0x20) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		text++;
		if (!strcasecmp(text, "ib"))
			text += 2;
	}
	if (!strcasecmp(text, "b"))
		text++;
	if (*text)
		return -EINVAL;
	if (err || number > UINT64_MAX >> shift)
		return -ERANGE;
	*bytes = number << shift;
	return 0;
}

/* ".5" at *text as nanoseconds; 0 where there is no point. */
static int read_fraction(const char **text, uint64_t *ns)
{
	const char *start;
	uint64_t number;
	int err;

	*ns = 0;
	if (**text != '.')
		return 0;
	start = ++*text;
	err = read_digits(text, 10, &number);
	if (err || *text - start > 9)
		return -EINVAL;
	for (int digits = *text - start; digits < 9; digits++)
		number *= 10;
	*ns = number;
	return 0;
}

int parse__seconds(const char *text, uint64_t *ns)
{
	uint64_t seconds, fraction, total;
	uint64_t unit = 1;
	int err = read_digits(&text, 10, &seconds);

	if (err == -EINVAL || read_fraction(&text, &fraction))
		return -EINVAL;
	switch (*text) {
	case 'd':
		unit = 86400;
		text++;
		break;
	case 'h':
		unit = 3600;
		text++;
		break;
	case 'm':
		unit = 60;
		text++;
		break;
	case 's':
		text++;
		break;
	}
	if (*text)
		return -EINVAL;
	if (err || __builtin_mul_overflow(seconds, NS_PER_SEC, &total) ||
	    __builtin_add_overflow(total, fraction, &total) ||
	    __builtin_mul_overflow(total, unit, &total))
		return -ERANGE;
	*ns = total;
	return 0;
}

int parse__key(const char *text, uint32_t *key)
{
	bool negative = false;
	int base = 10;
	uint64_t number;
	int err;

	if (!strcmp(text, "IPC_PRIVATE")) {
		*key = 0;
		return 0;
	}
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	} else if (text[0] == '-') {
		negative = true;
		text++;
	}
	err = read_digits(&text, base, &number);
	if (err == -EINVAL || *text)
		return -EINVAL;
	if (err || number > (negative ? (uint64_t)1 << 31 : UINT32_MAX))
		return -ERANGE;
	*key = negative ? -(uint32_t)number : (uint32_t)number;
	return 0;
}

int parse__pids(const char *text, uint32_t *pids, size_t max, size_t *count)
{
	bool out_of_range = false, too_many = false;
	size_t found = 0;

	for (;; text++) {
		uint64_t number;
		int err = read_digits(&text, 10, &number);

		if (err == -EINVAL || (*text && *text != ','))
			return -EINVAL;
		if (err || number < 1 || number > PARSE_PID_MAX)
			out_of_range = true;
		else if (found == max)
			too_many = true;
		else
			pids[found++] = number;
		if (!*text)
			break;
	}
	if (out_of_range || too_many)
		return out_of_range ? -ERANGE : -E2BIG;
	*count = found;
	return 0;
}

const char *parse__reason(int err)
{
	switch (err) {
	case -EINVAL:
		return "not valid here";
	case -ERANGE:
		return "out of range";
	case -E2BIG:
		return "too many";
	default:
		return "not understood";
	}
}
