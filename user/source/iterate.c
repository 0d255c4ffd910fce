// SPDX-License-Identifier: GPL-2.0-only
#include "source/iterate.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>

/* What the kernel gathers before it hands it over (PAGE_SIZE << 3, kernel/bpf/bpf_iter.c). */
#define ITERATOR_BYTES (1u << 15)

int iterate(struct bpf_program *program, const union bpf_iter_link_info *of, size_t record_size,
	    void (*each)(void *context, const void *record), void *context)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = (union bpf_iter_link_info *)of,
		    .link_info_len = of ? sizeof(*of) : 0);
	const size_t size = ITERATOR_BYTES / record_size * record_size;
	struct bpf_link *link;
	char *records;
	ssize_t len;
	int fd, err = 0;

	link = bpf_program__attach_iter(program, &options);
	if (!link)
		return -errno;
	records = malloc(size);
	if (!records) {
		err = -ENOMEM;
		goto out;
	}
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		err = -errno;
		goto out;
	}
	/* The kernel hands over whole records, as many as fit. */
	while ((len = read(fd, records, size)) > 0)
		for (ssize_t at = 0; at + (ssize_t)record_size <= len; at += record_size)
			each(context, records + at);
	if (len < 0)
		err = -errno;
	close(fd);
out:
	free(records);
	bpf_link__destroy(link);
	return err;
}
