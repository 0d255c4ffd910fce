// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ids of functions and structs in the running kernel's types, against what libbpf finds. Types are
 * read by anybody.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>

#include "source/kernel_btf.h"

#define EVERY 499 /* looked for: libbpf takes its time */

static void test_types_have_the_ids_that_libbpf_says(void **state)
{
	struct kernel_btf *ours;
	struct btf *theirs = btf__load_vmlinux_btf();
	size_t functions = 0, structures = 0;

	(void)state;
	if (!theirs) {
		print_message("this kernel has no types: /sys/kernel/btf/vmlinux\n");
		skip();
	}
	assert_int_equal(kernel_btf__open(&ours), 0);
	for (uint32_t id = 1; id < btf__type_cnt(theirs); id += EVERY) {
		const struct btf_type *type = btf__type_by_id(theirs, id);
		const char *name = btf__name_by_offset(theirs, type->name_off);

		assert_int_equal(kernel_btf__function(ours, name),
				 *name ? btf__find_by_name_kind(theirs, name, BTF_KIND_FUNC)
				       : -ENOENT);
		assert_int_equal(kernel_btf__structure(ours, name),
				 *name ? btf__find_by_name_kind(theirs, name, BTF_KIND_STRUCT)
				       : -ENOENT);
		functions += btf_is_func(type);
		structures += btf_is_struct(type);
	}
	assert_true(functions && structures);
	assert_int_equal(kernel_btf__function(ours, "no function has this name"), -ENOENT);
	kernel_btf__free(ours);
	btf__free(theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types_have_the_ids_that_libbpf_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
