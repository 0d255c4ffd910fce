// SPDX-License-Identifier: GPL-2.0-only
#include "source/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "source/kernel_btf.h"
#include "source/kernelfs.h"

/* Read once. */
static struct kernel_btf *kernel_btf;

int probe__btf(void)
{
	return kernel_btf ? 0 : kernel_btf__open(&kernel_btf);
}

static int btf_id(const char *function)
{
	int err = probe__btf();

	return err ? err : kernel_btf__function(kernel_btf, function);
}

bool probe__in_btf(const char *function)
{
	return btf_id(function) > 0;
}

static bool has_member(const struct btf *btf, const struct btf_type *type, const char *name)
{
	const struct btf_member *members;

	if (!type || !btf_is_composite(type))
		return false;
	members = btf_members(type);
	for (int i = 0; i < btf_vlen(type); i++) {
		const char *own = btf__name_by_offset(btf, members[i].name_off);

		if (!strcmp(own, name))
			return true;
		if (!*own && has_member(btf, btf__type_by_id(btf, members[i].type), name))
			return true;
	}
	return false;
}

bool probe__has_member(const char *structure, const char *member)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool has;
	int id;

	if (!btf)
		return false;
	id = btf__find_by_name_kind(btf, structure, BTF_KIND_STRUCT);
	has = id > 0 && has_member(btf, btf__type_by_id(btf, id), member);
	btf__free(btf);
	return has;
}

void probe__close(void)
{
	kernel_btf__free(kernel_btf);
	kernel_btf = NULL;
}

static int load(enum bpf_prog_type type, const struct bpf_insn *program, size_t len,
		struct bpf_prog_load_opts *opts)
{
	int fd = bpf_prog_load(type, "shmtrace_probe", "GPL", program, len, opts);

	return fd < 0 ? -errno : fd;
}

#define INSN_RETURN_0                                                \
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0}, \
	{                                                            \
		.code = BPF_JMP | BPF_EXIT                           \
	}

static int load_nothing(enum bpf_prog_type type)
{
	const struct bpf_insn program[] = {INSN_RETURN_0};

	return load(type, program, sizeof(program) / sizeof(*program), NULL);
}

bool probe__rdonly_cast(void)
{
	const int function = btf_id("bpf_rdonly_cast");
	const int type = function < 0 ? function : kernel_btf__structure(kernel_btf, "task_struct");
	const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = type},
		{.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = function},
		INSN_RETURN_0,
	};
	int fd;

	if (type < 0)
		return false;
	fd = load(BPF_PROG_TYPE_KPROBE, program, sizeof(program) / sizeof(*program), NULL);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/*
 * Reads the function's first argument: in 5.10 the BTF of the system call wrappers does not know
 * struct pt_regs, and then the verifier allows the hook and not its argument.
 */
static int load_fentry(struct bpf_prog_load_opts *opts)
{
	const struct bpf_insn program[] = {
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_1},
		INSN_RETURN_0,
	};

	return load(BPF_PROG_TYPE_TRACING, program, sizeof(program) / sizeof(*program), opts);
}

static int load_tracing_nothing(struct bpf_prog_load_opts *opts)
{
	const struct bpf_insn program[] = {INSN_RETURN_0};

	return load(BPF_PROG_TYPE_TRACING, program, sizeof(program) / sizeof(*program), opts);
}

/* Returns the descriptor of the program, or -errno. */
static int fentry_load(const char *function, bool at_exit)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = at_exit ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY);
	int id = btf_id(function);

	if (id < 0)
		return id;
	opts.attach_btf_id = id;
	/* The exit programs read no argument. */
	return at_exit ? load_tracing_nothing(&opts) : load_fentry(&opts);
}

int probe__fentry_load(const char *function, bool at_exit)
{
	int fd = fentry_load(function, at_exit);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int probe__fentry(const char *function, bool at_exit)
{
	int fd, link, err = 0;

	fd = fentry_load(function, at_exit);
	if (fd < 0)
		return fd;
	link = bpf_raw_tracepoint_open(NULL, fd);
	if (link < 0)
		err = -errno;
	else
		close(link);
	close(fd);
	return err;
}

int probe__in_kallsyms(const char *function)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	char *line = NULL, name[128];
	int err = -ENOENT;
	size_t size = 0;

	if (!symbols)
		return -errno;
	/* The C library would read 1024 bytes at a time, and the kernel begins anew at each. */
	setvbuf(symbols, NULL, _IOFBF, 65536);
	while (err && getline(&line, &size, symbols) > 0)
		if (sscanf(line, "%*s %*c %127s", name) == 1 && !strcmp(name, function))
			err = 0;
	free(line);
	fclose(symbols);
	return err;
}

static int open_perf_event(struct perf_event_attr *attr)
{
	int fd;

	attr->size = sizeof(*attr);
	fd = syscall(SYS_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int probe__open_tracepoint(int event_id)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.config = event_id,
	};

	return open_perf_event(&attr);
}

/* -1 where the file is missing: that kernel has no such PMU. */
static int read_number(const char *path, const char *format_prefix)
{
	char text[32] = {};
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0 || strncmp(text, format_prefix, strlen(format_prefix)))
		return -1;
	return atoi(text + strlen(format_prefix));
}

static int open_kprobe(const char *function, bool at_return)
{
	static const char pmu[] = "/sys/bus/event_source/devices/kprobe/type";
	static const char bit[] = "/sys/bus/event_source/devices/kprobe/format/retprobe";
	struct perf_event_attr attr = {
		.config1 = (uintptr_t)function,
	};
	int type = read_number(pmu, ""), retprobe = read_number(bit, "config:");

	if (type < 0 || retprobe < 0)
		return -EOPNOTSUPP;
	attr.type = type;
	if (at_return)
		attr.config |= 1ULL << retprobe;
	return open_perf_event(&attr);
}

/* perf_event_fd is closed. */
static int attach_nothing(enum bpf_prog_type type, int perf_event_fd)
{
	int fd, err = 0;

	if (perf_event_fd < 0)
		return perf_event_fd;
	fd = load_nothing(type);
	if (fd < 0) {
		close(perf_event_fd);
		return fd;
	}
	if (ioctl(perf_event_fd, PERF_EVENT_IOC_SET_BPF, fd))
		err = -errno;
	close(perf_event_fd);
	close(fd);
	return err;
}

int probe__kprobe(const char *function, bool at_return)
{
	return attach_nothing(BPF_PROG_TYPE_KPROBE, open_kprobe(function, at_return));
}

int probe__tracepoint(int event_id)
{
	return attach_nothing(BPF_PROG_TYPE_TRACEPOINT, probe__open_tracepoint(event_id));
}

/* "none voluntary (full) lazy"; false where it cannot be read. */
static bool read_preemption(char *mode, size_t size)
{
	char text[128] = {}, *begin, *end;
	bool found = false;
	int dir, fd;

	dir = kernelfs__open(&kernelfs_debugfs);
	if (dir < 0)
		return false;
	fd = openat(dir, "sched/preempt", O_RDONLY | O_CLOEXEC);
	close(dir);
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) > 0) {
		begin = strchr(text, '(');
		end = begin ? strchr(begin, ')') : NULL;
		found = end && (size_t)(end - begin) <= size;
	}
	if (found) {
		*end = '\0';
		strcpy(mode, begin + 1);
	}
	close(fd);
	return found;
}

bool probe__kernel_at_least(int major, int minor)
{
	int have_major = 0, have_minor = 0;
	struct utsname name;

	if (uname(&name))
		return false;
	sscanf(name.release, "%d.%d", &have_major, &have_minor);
	return have_major > major || (have_major == major && have_minor >= minor);
}

bool probe__is_preemptible(void)
{
	struct utsname name;
	char mode[16];

	if (read_preemption(mode, sizeof(mode)))
		return !strcmp(mode, "full") || !strcmp(mode, "lazy");
	/* Lockdown hides debugfs, and older kernels have no such file. */
	if (uname(&name) || !strstr(name.version, "PREEMPT"))
		return false;
	if (!strstr(name.version, "PREEMPT_DYNAMIC"))
		return true;
	/* Chosen at boot: distributions took "voluntary" until 6.13 brought "lazy". */
	return probe__kernel_at_least(6, 13);
}

int probe__ringbuf(void)
{
	int fd;

	fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "shmtrace_probe", 0, 0, sysconf(_SC_PAGESIZE),
			    NULL);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}
