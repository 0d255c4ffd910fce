// SPDX-License-Identifier: GPL-2.0-only
/*
 * Escaping: what other processes call themselves must neither move the cursor, hide, nor pretend.
 * Buffers are allocated at exactly the promised size, so that the address sanitizer sees one byte
 * too many.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include "base/escape.h"

static void check_text(const char *bytes, bool utf8, const char *expected)
{
	size_t len = strlen(bytes);
	char *buf = malloc(ESCAPE_TEXT_MAX(len));

	assert_non_null(buf);
	assert_int_equal(escape__text(buf, bytes, len, utf8), strlen(expected));
	assert_string_equal(buf, expected);
	free(buf);
}

static void check_json(const char *bytes, const char *expected)
{
	size_t len = strlen(bytes);
	char *buf = malloc(ESCAPE_JSON_MAX(len));

	assert_non_null(buf);
	assert_int_equal(escape__json(buf, bytes, len), strlen(expected));
	assert_string_equal(buf, expected);
	free(buf);
}

/* Surrogates too, which no encoder should: that is what they are tested with. */
static size_t encode(uint32_t code, char *to)
{
	if (code < 0x80) {
		to[0] = code;
		to[1] = '\0';
	} else if (code < 0x800) {
		to[0] = 0xc0 | code >> 6;
		to[1] = 0x80 | (code & 0x3f);
		to[2] = '\0';
	} else if (code < 0x10000) {
		to[0] = 0xe0 | code >> 12;
		to[1] = 0x80 | (code >> 6 & 0x3f);
		to[2] = 0x80 | (code & 0x3f);
		to[3] = '\0';
	} else {
		to[0] = 0xf0 | code >> 18;
		to[1] = 0x80 | (code >> 12 & 0x3f);
		to[2] = 0x80 | (code >> 6 & 0x3f);
		to[3] = 0x80 | (code & 0x3f);
		to[4] = '\0';
	}
	return strlen(to);
}

static void hex_escapes(const char *bytes, char *to)
{
	*to = '\0';
	for (; *bytes; bytes++)
		to += sprintf(to, "\\x%02x", (unsigned char)*bytes);
}

static void test_text_ascii(void **state)
{
	(void)state;
	check_text("", false, "");
	check_text("postgres", false, "postgres");
	check_text("a b~!", true, "a b~!");
	check_text("\\x41", false, "\\\\x41");
	check_text("a\nb\t\x1b[31m\x7f", true, "a\\x0ab\\x09\\x1b[31m\\x7f");
	check_text("\xc3\xa9", false, "\\xc3\\xa9");
}

static void test_stops_at_nul(void **state)
{
	char buf[ESCAPE_JSON_MAX(8)];

	(void)state;
	assert_int_equal(escape__text(buf, "ab\0cd", 5, true), 2);
	assert_string_equal(buf, "ab");
	assert_int_equal(escape__json(buf, "ab\0cd", 5), 2);
	assert_string_equal(buf, "ab");
	/* No NUL within len: comm of 16 bytes need not have one. */
	assert_int_equal(escape__text(buf, "abcdefgh", 4, true), 4);
	assert_string_equal(buf, "abcd");
	assert_int_equal(escape__json(buf, "\xc3\xa9", 1), 3);
	assert_string_equal(buf, "\xef\xbf\xbd");
}

static void test_every_byte(void **state)
{
	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		char bytes[] = {byte, '\0'}, expected[8];

		if (byte == '\\')
			strcpy(expected, "\\\\");
		else if (byte >= 0x20 && byte < 0x7f)
			strcpy(expected, bytes);
		else
			hex_escapes(bytes, expected);
		check_text(bytes, false, expected);
		check_text(bytes, true, expected);
	}
}

static void test_text_utf8(void **state)
{
	(void)state;
	check_text("caf\xc3\xa9", true, "caf\xc3\xa9");
	check_text("\xe6\x97\xa5\xe6\x9c\xac", true, "\xe6\x97\xa5\xe6\x9c\xac");
	check_text("\xf0\x9f\x90\x98", true, "\xf0\x9f\x90\x98");
	/* Cut in the middle of a character, as the kernel cuts comm. */
	check_text("abc\xf0\x9f\x90", true, "abc\\xf0\\x9f\\x90");
	check_text("\xf0\x9f"
		   "a",
		   true, "\\xf0\\x9fa");
	/* A combining accent would sit on what stands before it, which may be ours. */
	check_text("\xcc\x81", true, "\\xcc\\x81");
}

static void test_malformed_utf8(void **state)
{
	static const char *const malformed[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x80\x80",
		"\xe0\x9f\xbf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\xfe",
		"\xff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		char expected[64], json[64] = "";

		hex_escapes(malformed[i], expected);
		check_text(malformed[i], true, expected);
		/* None of these has a valid beginning: one replacement a byte. */
		for (size_t j = 0; j < strlen(malformed[i]); j++)
			strcat(json, "\xef\xbf\xbd");
		check_json(malformed[i], json);
	}
}

static void test_denied(void **state)
{
	static const uint32_t first_and_last[][2] = {
		{0x01, 0x1f},	    {0x7f, 0xa0},	 {0xad, 0xad},	     {0x61c, 0x61c},
		{0x200b, 0x200f},   {0x2028, 0x202f},	 {0x2060, 0x206f},   {0xd800, 0xdfff},
		{0xe000, 0xf8ff},   {0xfdd0, 0xfdef},	 {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
		{0xfff9, 0xfffb},   {0xfffe, 0xffff},	 {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff},
		{0xe0000, 0xe007f}, {0xf0000, 0x10ffff},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(first_and_last) / sizeof(first_and_last[0]); i++) {
		for (uint32_t code = first_and_last[i][0]; code <= first_and_last[i][1]; code++) {
			char bytes[5], buf[ESCAPE_JSON_MAX(4)];
			size_t len = encode(code, bytes);

			assert_int_equal(escape__text(buf, bytes, len, true), len * 4);
			/* JSON: as an escape where it is a character at all. */
			escape__json(buf, bytes, len);
			if (code >= 0xd800 && code <= 0xdfff)
				assert_memory_equal(buf, "\xef\xbf\xbd", 3);
			else
				assert_memory_equal(buf, "\\u", 2);
		}
	}
}

/* Whatever the tables say: nothing gets through that the C library has no width for. */
static void test_every_code_point(void **state)
{
	unsigned int kept = 0;

	(void)state;
	for (uint32_t code = 0x80; code <= 0x10ffff; code++) {
		char bytes[5], buf[ESCAPE_TEXT_MAX(4)];
		size_t len = encode(code, bytes);
		size_t written = escape__text(buf, bytes, len, true);

		if (written == len) {
			assert_string_equal(buf, bytes);
			assert_true(wcwidth(code) > 0);
			assert_int_equal(escape__width(buf, true), wcwidth(code));
			kept++;
		} else {
			assert_int_equal(written, len * 4);
			assert_int_equal(escape__width(buf, true), len * 4);
		}
	}
	assert_true(kept > 100000);
}

static void test_locale_does_not_matter(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C"));
	check_text("\xc3\xa9\xff"
		   "a",
		   false, "\\xc3\\xa9\\xffa");
	/* utf8 in a locale that is not: the C library knows no such character. */
	check_text("\xc3\xa9", true, "\\xc3\\xa9");
	check_json("\xc3\xa9", "\xc3\xa9");
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	check_text("\xc3\xa9\xff"
		   "a",
		   false, "\\xc3\\xa9\\xffa");
	check_json("\xc3\xa9", "\xc3\xa9");
}

static void test_json(void **state)
{
	(void)state;
	check_json("", "");
	check_json("a\"b\\c/", "a\\\"b\\\\c/");
	check_json("\x01\n\x1f\x7f", "\\u0001\\u000a\\u001f\\u007f");
	check_json("\xc2\x85\xe2\x80\xae", "\\u0085\\u202e");
	check_json("\xf3\xa0\x80\x81", "\\udb40\\udc01");
	check_json("\xf0\x9f\x90\x98\xe2\x82\xac", "\xf0\x9f\x90\x98\xe2\x82\xac");
	/* One replacement for each maximal part. */
	check_json("\xf0\x9f\x90", "\xef\xbf\xbd");
	check_json("\xe2\x82"
		   "a",
		   "\xef\xbf\xbd"
		   "a");
	check_json("\xf0\x9f\xf0\x9f\x90\x98", "\xef\xbf\xbd\xf0\x9f\x90\x98");
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(escape__width("", true), 0);
	assert_int_equal(escape__width("postgres", true), 8);
	assert_int_equal(escape__width("caf\xc3\xa9", true), 4);
	assert_int_equal(escape__width("\xe6\x97\xa5", true), 2);
	assert_int_equal(escape__width("\\xe6\\x97", false), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_ascii),
		cmocka_unit_test(test_stops_at_nul),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_text_utf8),
		cmocka_unit_test(test_malformed_utf8),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_locale_does_not_matter),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_width),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		print_message("test_escape: skipped: no C.UTF-8 locale\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
