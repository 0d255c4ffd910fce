// SPDX-License-Identifier: GPL-2.0-only
#include "source/kernel_btf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/btf.h>

#define PATH "/sys/kernel/btf/vmlinux"

struct kernel_btf {
	size_t size;
	const char *types, *types_end; /* struct btf_type and what follows each by its kind */
	const char *strings, *strings_end;
	char data[];
};

static bool find_sections(struct kernel_btf *btf)
{
	const struct btf_header *header = (const struct btf_header *)btf->data;
	uint64_t types, strings;

	if (btf->size < sizeof(*header) || header->magic != BTF_MAGIC ||
	    header->version != BTF_VERSION)
		return false;
	types = (uint64_t)header->hdr_len + header->type_off;
	strings = (uint64_t)header->hdr_len + header->str_off;
	if (types % 4 || types + header->type_len > btf->size ||
	    strings + header->str_len > btf->size)
		return false;
	btf->types = btf->data + types;
	btf->types_end = btf->types + header->type_len;
	btf->strings = btf->data + strings;
	btf->strings_end = btf->strings + header->str_len;
	return true;
}

static int read_all(int fd, struct kernel_btf *btf)
{
	size_t have = 0;

	while (have < btf->size) {
		ssize_t len = read(fd, btf->data + have, btf->size - have);

		if (len <= 0)
			return len ? -errno : -EIO;
		have += len;
	}
	return 0;
}

int kernel_btf__open(struct kernel_btf **out)
{
	struct kernel_btf *btf = NULL;
	struct stat st;
	int fd, err;

	fd = open(PATH, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) ? -errno : 0;
	if (err)
		goto out;
	btf = malloc(sizeof(*btf) + st.st_size);
	err = btf ? 0 : -ENOMEM;
	if (err)
		goto out;
	btf->size = st.st_size;
	err = read_all(fd, btf);
	if (!err && !find_sections(btf))
		err = -EINVAL;
out:
	close(fd);
	if (err)
		free(btf);
	else
		*out = btf;
	return err;
}

void kernel_btf__free(struct kernel_btf *btf)
{
	free(btf);
}

/* Bytes behind the struct btf_type; -1: a kind that is younger than this program. */
static int extra(const struct btf_type *type)
{
	const unsigned int n = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return n * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return n * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return n * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return n * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	}
	return -1;
}

/* Where the name stands among the strings, each of which is there once; 0: nowhere. */
static uint32_t find_string(const struct kernel_btf *btf, const char *name)
{
	const size_t len = strlen(name) + 1;
	const char *at = btf->strings;

	/* What has no name; and each string ends with that. */
	if (!*name)
		return 0;
	while ((at = memmem(at, btf->strings_end - at, name, len))) {
		if (at > btf->strings && !at[-1])
			return at - btf->strings;
		at++;
	}
	return 0;
}

static int find(const struct kernel_btf *btf, const char *name, unsigned int kind)
{
	const uint32_t offset = find_string(btf, name);
	const char *at = btf->types;

	/* Type 0 is void and is not written. */
	for (int id = 1; offset && at + sizeof(struct btf_type) <= btf->types_end; id++) {
		const struct btf_type *type = (const struct btf_type *)at;
		const int more = extra(type);

		if (type->name_off == offset && BTF_INFO_KIND(type->info) == kind)
			return id;
		if (more < 0)
			return -ENOENT;
		at += sizeof(*type) + more;
	}
	return -ENOENT;
}

int kernel_btf__function(const struct kernel_btf *btf, const char *name)
{
	return find(btf, name, BTF_KIND_FUNC);
}

int kernel_btf__structure(const struct kernel_btf *btf, const char *name)
{
	return find(btf, name, BTF_KIND_STRUCT);
}
