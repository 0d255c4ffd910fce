// SPDX-License-Identifier: GPL-2.0-only
/*
 * The readers of /proc: what a process can put into its name, and files that only look like
 * segments.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <cmocka.h>

#include "source/maps.h"
#include "source/namespaces.h"
#include "source/processes.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define REST	     " S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 91234 1048576 99 1844\n"

static void test_stat(void **state)
{
	static const struct {
		const char *text;
		const char *comm;
	} cases[] = {
		{"42 (sh)" REST, "sh"},
		{"42 ()" REST, ""},
		{"42 (a) R 1 ()" REST, "a) R 1 ("},
		{"42 (a) Z 1 2 3)" REST, "a) Z 1 2 3"},
		{"42 (((()" REST, "((("},
		{"42 (a\nb )" REST, "a\nb "},
		{"42 (\x1b[2J\xff)" REST, "\x1b[2J\xff"},
		{"42 (kworker/u8:2-events_unbound)" REST, "kworker/u8:2-ev"},
	};
	struct process_stat stat;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(processes__parse_stat(cases[i].text, strlen(cases[i].text), &stat),
				 0);
		assert_string_equal(stat.comm, cases[i].comm);
		assert_int_equal(stat.state, 'S');
		assert_int_equal(stat.parent, 7);
		assert_int_equal(stat.flags, 4194560);
		assert_int_equal(stat.threads, 3);
		assert_int_equal(stat.start_ticks, 91234);
		assert_int_equal(stat.vsize, 1048576);
	}
}

static void test_stat_cut(void **state)
{
	static const char text[] = "42 (sh)" REST;
	struct process_stat stat;
	size_t whole = strlen("42 (sh)" REST) - strlen(" 99 1844\n");

	(void)state;
	/* Up to the last field that is read; in the middle of it the number is another. */
	for (size_t len = 0; len < whole - strlen("1048576"); len++)
		assert_int_equal(processes__parse_stat(text, len, &stat), -EINVAL);
	assert_int_equal(processes__parse_stat(text, whole, &stat), 0);
	assert_int_equal(processes__parse_stat("42 )sh( S 1", 11, &stat), -EINVAL);
	assert_int_equal(processes__parse_stat("42 (sh)", 7, &stat), -EINVAL);
}

static void test_uid(void **state)
{
	static const char text[] = "Name:\tUid:\\n\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nGid:\t5\n";
	uint32_t uid = 77;

	(void)state;
	assert_int_equal(processes__parse_uid(text, strlen(text), &uid), 0);
	assert_int_equal(uid, 1000);
	assert_int_equal(processes__parse_uid(text, 30, &uid), -EINVAL);
	assert_int_equal(processes__parse_uid("\nUid:\tx", 7, &uid), -EINVAL);
}

static void test_maps_line(void **state)
{
	static const char *const refused[] = {
		"",
		"7f0a33362000-7f0a33364000 rw-s 00000000 00:01 0",
		"7f0a33362000-7f0a33364000 rw-s 00000000 00:01 0   /SYSV12345678",
		"7f0a33362000-7f0a33364000 rw-s 00000000 00:01 0   /SYSV1234567 (deleted)",
		"7f0a33362000-7f0a33364000 rw-s 00000000 00:01 0   /SYSV123456789 (deleted)",
		"7f0a33362000-7f0a33364000 rw-s 00000000 00:01 0   /SYSV1234567g (deleted)",
		"7f0a33362000-7f0a33364000 rw-s 00000000 00:01 0   /tmp/SYSV12345678 (deleted)",
		"7f0a33362000-7f0a33364000 rw-s 00000000 00:01 0   /SYSV12345678 (deleted) x",
		"7f0a33362000-7f0a33364000 rw-p 00000000 00:01 0   /SYSV12345678 (deleted)",
		"7f0a33362000-7f0a33364000 rw-s 00000000 00:01 2147483648 /SYSV12345678 (deleted)",
		"7f0a33362000 7f0a33364000 rw-s 00000000 00:01 0   /SYSV12345678 (deleted)",
	};
	static const char line[] = "7f0a33362000-7f0a33364000 r--s 00001000 fd:1a 2147483647      "
				   "             /SYSVff0052e2 (deleted)";
	struct segment_mapping mapping;
	dev_t device;

	(void)state;
	assert_true(maps__parse_line(line, strlen(line), &mapping, &device));
	assert_int_equal(mapping.start, 0x7f0a33362000);
	assert_int_equal(mapping.end, 0x7f0a33364000);
	assert_int_equal(mapping.id, 2147483647);
	assert_int_equal(mapping.key, 0xff0052e2);
	assert_int_equal(device, makedev(0xfd, 0x1a));
	for (size_t i = 0; i < COUNT(refused); i++)
		if (maps__parse_line(refused[i], strlen(refused[i]), &mapping, &device))
			fail_msg("taken for a segment: %s", refused[i]);
	for (size_t len = 0; len < strlen(line); len++)
		assert_false(maps__parse_line(line, len, &mapping, &device));
}

static void test_mounts(void **state)
{
	char path[256];

	(void)state;
	assert_int_equal(
		namespaces__parse_mount("99 22 0:4 ipc:[4026532178] /run/ipcns/a\\040b\\134 rw "
					"shared:9 - nsfs nsfs rw\n",
					path),
		4026532178u);
	assert_string_equal(path, "/run/ipcns/a b\\");
	assert_int_equal(namespaces__parse_mount(
				 "99 22 0:4 net:[4026532178] /run/x rw - nsfs nsfs rw\n", path),
			 0);
	assert_int_equal(namespaces__parse_mount(
				 "99 22 0:4 ipc:[4026532178] /run/x rw - ext4 /dev/sda rw\n", path),
			 0);
	assert_int_equal(namespaces__parse_mount("", path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat),   cmocka_unit_test(test_stat_cut),
		cmocka_unit_test(test_uid),    cmocka_unit_test(test_maps_line),
		cmocka_unit_test(test_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
