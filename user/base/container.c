// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the runtimes name cgroups. With the systemd driver all of them end in .scope, with cgroupfs
 * they are plain directories:
 *
 *   docker      docker-ID.scope, docker/ID
 *   containerd  cri-containerd-ID.scope, SLICE:cri-containerd:ID, nerdctl-ID.scope, and below
 *               kubepods ID alone
 *   CRI-O       crio-ID.scope, crio-ID; its monitor crio-conmon-ID is no container
 *   podman      libpod-ID.scope, libpod-ID, libpod_pod_ID/ID; its monitor libpod-conmon-ID
 *   LXC         lxc.payload.NAME (4.0), lxc.payload/NAME (3.1), lxc/NAME; lxc.monitor.NAME is not
 *   nspawn      machine-NAME.scope, systemd-nspawn@NAME.service; below either, `supervisor` is
 *               nspawn itself
 */
#include "base/container.h"

#include <string.h>
#include <strings.h>

#define HEX_ID_LEN 64

/* Part of a path between two slashes. */
struct element {
	const char *bytes;
	size_t len;
};

/* What a path has said so far. */
struct finding {
	struct container container;
	unsigned int nested; /* containers */
	unsigned int depth;  /* of the element that decided */
};

#define LITERAL(text) (text), sizeof(text) - 1

static bool is(const struct element *e, const char *text)
{
	return strlen(text) == e->len && !memcmp(e->bytes, text, e->len);
}

static bool begins(const struct element *e, const char *text, size_t len)
{
	return e->len > len && !memcmp(e->bytes, text, len);
}

static bool ends(const struct element *e, const char *text, size_t len)
{
	return e->len > len && !memcmp(e->bytes + e->len - len, text, len);
}

static bool cut_begin(struct element *e, const char *text, size_t len)
{
	if (!begins(e, text, len))
		return false;
	e->bytes += len;
	e->len -= len;
	return true;
}

static bool cut_end(struct element *e, const char *text, size_t len)
{
	if (!ends(e, text, len))
		return false;
	e->len -= len;
	return true;
}

static bool is_hex_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_hex_id(const struct element *e)
{
	if (e->len != HEX_ID_LEN)
		return false;
	for (size_t i = 0; i < e->len; i++)
		if (!is_hex_digit(e->bytes[i]))
			return false;
	return true;
}

static bool set(struct container *container, enum container_runtime runtime,
		const struct element *id)
{
	if (!id->len || id->len >= sizeof(container->id))
		return false;
	container->runtime = runtime;
	memcpy(container->id, id->bytes, id->len);
	container->id[id->len] = '\0';
	return true;
}

static unsigned int hex_value(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* systemd writes what a unit's name may not have as \xNN (unit_name_escape); "-" stands for "/". */
static void unescape(char *name)
{
	char *to = name;

	for (const char *from = name; *from; to++) {
		if (from[0] == '\\' && from[1] == 'x' && is_hex_digit(from[2]) &&
		    is_hex_digit(from[3]) && (from[2] != '0' || from[3] != '0')) {
			*to = hex_value(from[2]) << 4 | hex_value(from[3]);
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* "docker-ID.scope" and its like, with or without the suffix. */
static bool find_prefixed(const struct element *element, struct container *container)
{
	static const struct {
		const char *prefix;
		enum container_runtime runtime;
	} prefixes[] = {
		{"docker-", RUNTIME_DOCKER},
		{"cri-containerd-", RUNTIME_CONTAINERD},
		{"nerdctl-", RUNTIME_CONTAINERD},
		{"crio-", RUNTIME_CRIO},
		{"libpod-", RUNTIME_PODMAN},
		{"libpod_pod_", RUNTIME_PODMAN},
		{"machine-libpod_pod_", RUNTIME_PODMAN},
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		struct element id = *element;

		if (!cut_begin(&id, prefixes[i].prefix, strlen(prefixes[i].prefix)))
			continue;
		if (!cut_end(&id, LITERAL(".scope")))
			cut_end(&id, LITERAL(".slice"));
		if (is_hex_id(&id))
			return set(container, prefixes[i].runtime, &id);
	}
	return false;
}

/* "SLICE:cri-containerd:ID": systemd's way to name a scope, taken for a path by cgroupfs. */
static bool find_triple(const struct element *element, struct container *container)
{
	const char *first = memchr(element->bytes, ':', element->len);
	const char *end = element->bytes + element->len;
	const char *second = first ? memchr(first + 1, ':', end - first - 1) : NULL;
	struct element runtime, id;

	if (!second)
		return false;
	runtime = (struct element){first + 1, second - first - 1};
	id = (struct element){second + 1, end - second - 1};
	if (!is_hex_id(&id))
		return false;
	if (is(&runtime, "cri-containerd"))
		return set(container, RUNTIME_CONTAINERD, &id);
	if (is(&runtime, "crio"))
		return set(container, RUNTIME_CRIO, &id);
	return set(container, is(&runtime, "docker") ? RUNTIME_DOCKER : RUNTIME_OCI, &id);
}

/* An id alone: whose it is, the directories above say. */
static enum container_runtime bare_runtime(const struct element *above, const char *path,
					   const char *end)
{
	if (is(above, "docker"))
		return RUNTIME_DOCKER;
	if (begins(above, LITERAL("libpod_pod_")) || is(above, "libpod_parent"))
		return RUNTIME_PODMAN;
	if (memmem(path, end - path, LITERAL("/kubepods")))
		return RUNTIME_CONTAINERD;
	return RUNTIME_OCI;
}

static bool find_lxc(const struct element *element, const struct element *above,
		     struct container *container)
{
	struct element name = *element;

	if (cut_begin(&name, LITERAL("lxc.payload.")))
		return set(container, RUNTIME_LXC, &name);
	return (is(above, "lxc") || is(above, "lxc.payload")) && set(container, RUNTIME_LXC, &name);
}

/* machined gives virtual machines such scopes as well: those of libvirt are no containers. */
static bool is_virtual(const struct element *name)
{
	struct element number = *name;

	return cut_begin(&number, LITERAL("qemu\\x2d")) && *number.bytes >= '0' &&
	       *number.bytes <= '9';
}

static bool find_machine(const struct element *element, struct container *container)
{
	struct element name = *element;

	if (!(cut_begin(&name, LITERAL("machine-")) && cut_end(&name, LITERAL(".scope"))) &&
	    !(cut_begin(&name, LITERAL("systemd-nspawn@")) && cut_end(&name, LITERAL(".service"))))
		return false;
	if (is_virtual(&name) || !set(container, RUNTIME_NSPAWN, &name))
		return false;
	unescape(container->id);
	return true;
}

/* Processes of the runtime itself, beside the container whose name they bear. */
static bool is_monitor(const struct element *element)
{
	return begins(element, LITERAL("crio-conmon-")) ||
	       begins(element, LITERAL("libpod-conmon-")) ||
	       begins(element, LITERAL("lxc.monitor."));
}

static bool is_unit(const struct element *element)
{
	return ends(element, LITERAL(".service")) || ends(element, LITERAL(".scope"));
}

static bool find_container(const struct element *element, const struct element *above,
			   const char *path, struct container *container)
{
	if (is_hex_id(element))
		return set(container, bare_runtime(above, path, element->bytes), element);
	return find_prefixed(element, container) || find_triple(element, container) ||
	       find_lxc(element, above, container) || find_machine(element, container);
}

static void judge_unit(struct finding *finding, const struct element *element)
{
	struct element unit = *element;

	if (finding->nested)
		return;
	/* The init.scope of a user's systemd is a part of user@UID.service. */
	if (is(element, "init.scope") && finding->container.runtime == RUNTIME_UNIT)
		return;
	/* What would be a name of the kernel's own has a "_" in front (cg_escape). */
	cut_begin(&unit, LITERAL("_"));
	set(&finding->container, RUNTIME_UNIT, &unit);
}

/* before: what the path has said above the last container. */
static void judge(struct finding *finding, struct finding *before, const struct element *element,
		  const struct element *above, const char *path)
{
	struct container found;

	if (is(element, "supervisor") && find_machine(above, &found)) {
		/* nspawn itself, in the scope or service that it has for the machine. */
		*finding = *before;
		judge_unit(finding, above);
	} else if (find_container(element, above, path, &found)) {
		*before = *finding;
		finding->nested++;
		finding->container = found;
	} else if (is_monitor(element)) {
		/* In a pod, but in no container of it. */
		if (find_prefixed(above, &found))
			*finding = *before;
		if (is_unit(element))
			judge_unit(finding, element);
	} else if (is_unit(element)) {
		judge_unit(finding, element);
	}
}

static void parse_path(const char *path, size_t len, struct finding *finding)
{
	struct element element = {path, len}, above = {path, 0};
	struct finding before = {0};
	const char *end;

	*finding = (struct finding){0};
	/* proc_cgroup_show adds it, of a removed one in version 2. */
	cut_end(&element, LITERAL(" (deleted)"));
	end = path + element.len;
	for (const char *at = path; at < end;) {
		const char *slash = memchr(at, '/', end - at);

		element = (struct element){at, (slash ? slash : end) - at};
		at += element.len + 1;
		/* Above the root of a cgroup namespace. */
		if (!element.len || is(&element, ".."))
			continue;
		finding->depth++;
		judge(finding, &before, &element, &above, path);
		above = element;
	}
}

static bool is_better(const struct finding *a, const struct finding *b)
{
	if (a->nested != b->nested)
		return a->nested > b->nested;
	if ((a->container.runtime == RUNTIME_NONE) != (b->container.runtime == RUNTIME_NONE))
		return b->container.runtime == RUNTIME_NONE;
	return a->depth > b->depth;
}

void container__parse(const char *text, size_t len, struct container *container)
{
	const char *end = text + len;
	struct finding best = {0};

	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		const char *stop = newline ? newline : end;
		const char *colon = memchr(text, ':', stop - text);
		struct finding finding;

		colon = colon ? memchr(colon + 1, ':', stop - colon - 1) : NULL;
		if (colon) {
			parse_path(colon + 1, stop - colon - 1, &finding);
			if (is_better(&finding, &best))
				best = finding;
		}
		text = stop + 1;
	}
	*container = best.container;
}

const char *container_runtime__name(enum container_runtime runtime)
{
	static const char *const names[RUNTIME_COUNT] = {
		[RUNTIME_NONE] = "none",     [RUNTIME_UNIT] = "systemd",
		[RUNTIME_DOCKER] = "docker", [RUNTIME_CONTAINERD] = "containerd",
		[RUNTIME_CRIO] = "cri-o",    [RUNTIME_PODMAN] = "podman",
		[RUNTIME_LXC] = "lxc",	     [RUNTIME_NSPAWN] = "nspawn",
		[RUNTIME_OCI] = "oci",
	};

	return names[runtime];
}

bool container__has_hex_id(const struct container *container)
{
	return container->runtime >= RUNTIME_DOCKER && container->runtime != RUNTIME_LXC &&
	       container->runtime != RUNTIME_NSPAWN;
}

bool container__equal(const struct container *a, const struct container *b)
{
	return a->runtime == b->runtime && !strcmp(a->id, b->id);
}

static bool id_matches(const struct container *container, const char *pattern)
{
	const size_t len = strlen(pattern);

	if (!len || container->runtime == RUNTIME_NONE)
		return false;
	if (container__has_hex_id(container))
		return !strncasecmp(container->id, pattern, len);
	if (strncmp(container->id, pattern, len) != 0)
		return false;
	return !container->id[len] ||
	       (container->runtime == RUNTIME_UNIT && !strcmp(container->id + len, ".service"));
}

bool container__matches(const struct container *container, const char *pattern)
{
	const char *runtime = container_runtime__name(container->runtime);
	const size_t len = strlen(runtime);

	/* Names of units may have colons, too. */
	if (id_matches(container, pattern))
		return true;
	return !strncmp(pattern, runtime, len) && pattern[len] == ':' &&
	       id_matches(container, pattern + len + 1);
}
