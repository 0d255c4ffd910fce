// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes of other processes made safe to print. Nearly all of them are plain ASCII, which one look
 * into a table settles; the rest may take its time.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/escape.h"

static const char hex_digits[] = "0123456789abcdef";

#define BYTES(byte) (0x0101010101010101ULL * (byte))

/* The high bit of each byte that is 0; of those above the first such one it says nothing. */
static uint64_t zero_bytes(uint64_t word)
{
	return (word - BYTES(1)) & ~word & BYTES(0x80);
}

/*
 * Length of the beginning that is printable ASCII without quote and backslash, and so stays as it
 * is everywhere; in steps of eight bytes, as nearly all text is nothing else.
 */
static size_t plain_length(const unsigned char *s, size_t len)
{
	size_t n = 0;
	uint64_t word;

	for (; n + sizeof(word) <= len; n += sizeof(word)) {
		memcpy(&word, s + n, sizeof(word));
		if ((word & BYTES(0x80)) || ((word - BYTES(0x20)) & BYTES(0x80)) ||
		    zero_bytes(word ^ BYTES(0x7f)) || zero_bytes(word ^ BYTES('"')) ||
		    zero_bytes(word ^ BYTES('\\')))
			break;
	}
	return n;
}

struct range {
	uint32_t first;
	uint32_t last;
};

/*
 * What must not reach a terminal, although a C library may call it printable: general categories
 * Cc, Cf, Co, Zl, Zp and Zs (but the space) of Unicode 14, the noncharacters, variation selectors
 * and the other default ignorable code points, and letters and symbols that show as a blank.
 */
static const struct range denied[] = {
	{0x0000, 0x001f},   {0x007f, 0x00a0},	 {0x00ad, 0x00ad},   {0x034f, 0x034f},
	{0x0600, 0x0605},   {0x061c, 0x061c},	 {0x06dd, 0x06dd},   {0x070f, 0x070f},
	{0x0890, 0x0891},   {0x08e2, 0x08e2},	 {0x115f, 0x1160},   {0x1680, 0x1680},
	{0x17b4, 0x17b5},   {0x180b, 0x180f},	 {0x2000, 0x200f},   {0x2028, 0x202f},
	{0x205f, 0x206f},   {0x2800, 0x2800},	 {0x3000, 0x3000},   {0x3164, 0x3164},
	{0xe000, 0xf8ff},   {0xfdd0, 0xfdef},	 {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
	{0xffa0, 0xffa0},   {0xfff0, 0xfffb},	 {0xfffe, 0xffff},   {0x110bd, 0x110bd},
	{0x110cd, 0x110cd}, {0x13430, 0x1345f},	 {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
	{0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff},	 {0x3fffe, 0x3ffff}, {0x4fffe, 0x4ffff},
	{0x5fffe, 0x5ffff}, {0x6fffe, 0x6ffff},	 {0x7fffe, 0x7ffff}, {0x8fffe, 0x8ffff},
	{0x9fffe, 0x9ffff}, {0xafffe, 0xaffff},	 {0xbfffe, 0xbffff}, {0xcfffe, 0xcffff},
	{0xdfffe, 0xe0fff}, {0xefffe, 0x10ffff},
};

static bool is_denied(uint32_t code)
{
	size_t low = 0, high = sizeof(denied) / sizeof(denied[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (code > denied[middle].last)
			low = middle + 1;
		else if (code < denied[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

/*
 * One character from the len > 0 bytes at s. Returns its length and sets *code; or minus the length
 * of the maximal part that is no character. The limits of the second byte keep out overlong forms,
 * surrogates and what lies above U+10FFFF (The Unicode Standard, table 3-7).
 */
static int decode_utf8(const unsigned char *s, size_t len, uint32_t *code)
{
	unsigned char low = 0x80, high = 0xbf;
	int need;

	if (s[0] < 0x80) {
		*code = s[0];
		return 1;
	} else if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		need = 2;
		*code = s[0] & 0x1f;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		need = 3;
		*code = s[0] & 0x0f;
		low = s[0] == 0xe0 ? 0xa0 : low;
		high = s[0] == 0xed ? 0x9f : high;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		need = 4;
		*code = s[0] & 0x07;
		low = s[0] == 0xf0 ? 0x90 : low;
		high = s[0] == 0xf4 ? 0x8f : high;
	} else {
		return -1;
	}
	for (int i = 1; i < need; i++) {
		if ((size_t)i >= len || s[i] < low || s[i] > high)
			return -i;
		*code = *code << 6 | (s[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	return need;
}

/*
 * Combining marks have no width of their own and would sit on a character of ours: not printable
 * here, like all that takes no column.
 */
static bool is_printable(uint32_t code)
{
	return !is_denied(code) && iswprint(code) && wcwidth(code) > 0;
}

static char *put_byte_escape(char *to, unsigned char byte)
{
	*to++ = '\\';
	*to++ = 'x';
	*to++ = hex_digits[byte >> 4];
	*to++ = hex_digits[byte & 0xf];
	return to;
}

size_t escape__text(char *buf, const char *bytes, size_t len, bool utf8)
{
	const unsigned char *s = (const unsigned char *)bytes;
	const unsigned char *end = s + strnlen(bytes, len);
	const size_t plain = plain_length(s, end - s);
	char *to = buf + plain;
	uint32_t code;

	memcpy(buf, s, plain);
	for (s += plain; s < end;) {
		if (*s >= 0x20 && *s < 0x7f) {
			if (*s == '\\')
				*to++ = '\\';
			*to++ = *s++;
			continue;
		}

		int count = utf8 && *s >= 0x80 ? decode_utf8(s, end - s, &code) : -1;

		if (count > 0 && is_printable(code)) {
			memcpy(to, s, count);
			to += count;
			s += count;
			continue;
		}
		/* All bytes of a refused character: each tail alone would be refused anyway. */
		for (count = count < 0 ? -count : count; count; count--)
			to = put_byte_escape(to, *s++);
	}
	*to = '\0';
	return to - buf;
}

static char *put_unit_escape(char *to, unsigned int unit)
{
	*to++ = '\\';
	*to++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*to++ = hex_digits[unit >> shift & 0xf];
	return to;
}

static char *put_json_escape(char *to, uint32_t code)
{
	if (code < 0x10000)
		return put_unit_escape(to, code);
	code -= 0x10000;
	to = put_unit_escape(to, 0xd800 + (code >> 10));
	return put_unit_escape(to, 0xdc00 + (code & 0x3ff));
}

size_t escape__json(char *buf, const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes;
	const unsigned char *end = s + strnlen(bytes, len);
	const size_t plain = plain_length(s, end - s);
	char *to = buf + plain;
	uint32_t code;

	memcpy(buf, s, plain);
	for (s += plain; s < end;) {
		if (*s >= 0x20 && *s < 0x7f) {
			if (*s == '\\' || *s == '"')
				*to++ = '\\';
			*to++ = *s++;
			continue;
		}

		int count = decode_utf8(s, end - s, &code);

		if (count < 0) {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			s -= count;
			continue;
		}
		if (is_denied(code)) {
			to = put_json_escape(to, code);
		} else {
			memcpy(to, s, count);
			to += count;
		}
		s += count;
	}
	*to = '\0';
	return to - buf;
}

size_t escape__width(const char *text, bool utf8)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = strlen(text), width = 0;
	uint32_t code;

	if (!utf8)
		return len;
	for (const unsigned char *end = s + len; s < end;) {
		int count = *s < 0x80 ? 1 : decode_utf8(s, end - s, &code);

		if (count > 1) {
			int columns = wcwidth(code);

			width += columns > 0 ? columns : 0;
			s += count;
		} else {
			width++;
			s++;
		}
	}
	return width;
}
