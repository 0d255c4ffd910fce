// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables: alignment, what is cut and what never is, and the raw form.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "view/table.h"

static const struct table_column columns[] = {
	{"ID", true, false},
	{"NAME", false, true},
	{"HOLDERS", false, true},
};

static const char *const rows[][3] = {
	{"1", "postgres main", "a[1,2]"},
	{"12345", "", ""},
	{"7", "ä\\x1b", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
};

static void check(const struct table_options *options, const char *expected)
{
	struct table *table = table__new(columns, 3, options);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(table);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(table__add(table, rows[i]), 0);
	table__print(table, out);
	fclose(out);
	assert_string_equal(text, expected);
	table__free(table);
	free(text);
}

static void test_aligned(void **state)
{
	(void)state;
	check(&(struct table_options){.headings = true, .utf8 = true},
	      "   ID NAME          HOLDERS\n"
	      "    1 postgres main a[1,2]\n"
	      "12345\n"
	      "    7 ä\\x1b         bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n");
}

static void test_cut(void **state)
{
	(void)state;
	check(&(struct table_options){.width = 30, .utf8 = true},
	      "    1 postgres main a[1,2]\n"
	      "12345\n"
	      "    7 ä\\x1b         bbbbbbbbb+\n");
	/* Where even that is too much, columns keep the width of their names; ids are never cut. */
	check(&(struct table_options){.width = 5, .utf8 = true}, "    1 pos+ a[1,2]\n"
								 "12345\n"
								 "    7 ä\\x+ bbbbbb+\n");
}

static void test_raw(void **state)
{
	(void)state;
	check(&(struct table_options){.headings = true, .raw = true, .width = 10},
	      "ID NAME HOLDERS\n"
	      "1 postgres\\x20main a[1,2]\n"
	      "12345 - -\n"
	      "7 ä\\x1b bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n");
}

static void test_empty(void **state)
{
	const struct table_options options = {.headings = true};
	struct table *table = table__new(columns, 3, &options);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	table__print(table, out);
	fclose(out);
	assert_string_equal(text, "ID NAME HOLDERS\n");
	table__free(table);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_empty),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
