// SPDX-License-Identifier: GPL-2.0-only
#include "source/kernel_btf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/btf.h>

#define PATH "/sys/kernel/btf/vmlinux"

struct function {
	uint32_t id; /* 0: an empty place */
	uint32_t name;
};

struct kernel_btf {
	struct function *functions; /* found by their names; NULL: not read yet */
	size_t mask;		    /* places - 1 */
	size_t size;
	const char *types, *types_end; /* struct btf_type and what follows each by its kind */
	const char *strings, *strings_end;
	const char *data;
	bool is_mapped;
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

/* Before 6.16 it cannot be mapped, and is read a page at a time. */
static int read_all(int fd, struct kernel_btf *btf)
{
	char *data = malloc(btf->size);
	size_t have = 0;

	if (!data)
		return -ENOMEM;
	btf->data = data;
	while (have < btf->size) {
		ssize_t len = read(fd, data + have, btf->size - have);

		if (len <= 0)
			return len ? -errno : -EIO;
		have += len;
	}
	return 0;
}

static int map_or_read(int fd, struct kernel_btf *btf)
{
	void *data = mmap(NULL, btf->size, PROT_READ, MAP_PRIVATE, fd, 0);

	btf->is_mapped = data != MAP_FAILED;
	if (!btf->is_mapped)
		return read_all(fd, btf);
	btf->data = data;
	return 0;
}

int kernel_btf__open(struct kernel_btf **out)
{
	struct kernel_btf *btf;
	struct stat st;
	int fd, err;

	btf = calloc(1, sizeof(*btf));
	if (!btf)
		return -ENOMEM;
	fd = open(PATH, O_RDONLY | O_CLOEXEC);
	err = fd < 0 || fstat(fd, &st) ? -errno : 0;
	if (!err) {
		btf->size = st.st_size;
		err = map_or_read(fd, btf);
	}
	if (!err && !find_sections(btf))
		err = -EINVAL;
	if (fd >= 0)
		close(fd);
	if (err)
		kernel_btf__free(btf);
	else
		*out = btf;
	return err;
}

void kernel_btf__free(struct kernel_btf *btf)
{
	if (!btf)
		return;
	if (btf->is_mapped)
		munmap((void *)btf->data, btf->size);
	else
		free((void *)btf->data);
	free(btf->functions);
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

/* NULL: not a name. */
static const char *name_at(const struct kernel_btf *btf, uint32_t offset)
{
	const char *name = btf->strings + offset;

	if (offset >= (size_t)(btf->strings_end - btf->strings) ||
	    !memchr(name, '\0', btf->strings_end - name))
		return NULL;
	return name;
}

/* The place of the function of that name, or where it would be. */
static struct function *place_of(const struct kernel_btf *btf, const char *name)
{
	uint32_t code = 2166136261; /* FNV-1a */
	size_t at;

	for (const char *c = name; *c; c++)
		code = (code ^ (unsigned char)*c) * 16777619;
	for (at = code & btf->mask; btf->functions[at].id; at = (at + 1) & btf->mask)
		if (!strcmp(name_at(btf, btf->functions[at].name), name))
			break;
	return &btf->functions[at];
}

/* Each type in turn, from the first; false: the end, or a kind that is not known. */
struct type_walk {
	const struct btf_type *type;
	const char *next;
	uint32_t id; /* type 0 is void and is not written */
};

static bool next_type(const struct kernel_btf *btf, struct type_walk *walk)
{
	const char *at = walk->id ? walk->next : btf->types;
	int more;

	if ((size_t)(btf->types_end - at) < sizeof(*walk->type))
		return false;
	walk->type = (const struct btf_type *)at;
	walk->id++;
	more = extra(walk->type);
	if (more < 0 || (size_t)more > btf->types_end - at - sizeof(*walk->type))
		return false;
	walk->next = at + sizeof(*walk->type) + more;
	return true;
}

static bool is_function(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info) == BTF_KIND_FUNC;
}

static int read_functions(struct kernel_btf *btf)
{
	struct type_walk walk = {};
	size_t n = 0, places = 2;

	while (next_type(btf, &walk))
		n += is_function(walk.type);
	/* At most half full. */
	while (places < 2 * n)
		places *= 2;
	btf->functions = calloc(places, sizeof(*btf->functions));
	if (!btf->functions)
		return -ENOMEM;
	btf->mask = places - 1;
	walk = (struct type_walk){};
	while (next_type(btf, &walk)) {
		const char *name = name_at(btf, walk.type->name_off);
		struct function *place;

		if (!is_function(walk.type) || !name)
			continue;
		place = place_of(btf, name);
		if (!place->id)
			*place = (struct function){walk.id, walk.type->name_off};
	}
	return 0;
}

int kernel_btf__function(struct kernel_btf *btf, const char *name)
{
	int err = btf->functions ? 0 : read_functions(btf);
	uint32_t id;

	if (err)
		return err;
	id = place_of(btf, name)->id;
	return id ? (int)id : -ENOENT;
}

int kernel_btf__structure(const struct kernel_btf *btf, const char *name)
{
	struct type_walk walk = {};

	/* Many have no name. */
	while (*name && next_type(btf, &walk)) {
		const char *there = name_at(btf, walk.type->name_off);

		if (BTF_INFO_KIND(walk.type->info) == BTF_KIND_STRUCT && there &&
		    !strcmp(there, name))
			return walk.id;
	}
	return -ENOENT;
}
