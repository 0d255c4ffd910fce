// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one file that includes the skeleton.
 */
#include "source/bpf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/membarrier.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/clock.h"
#include "base/log.h"
#include "shmtrace.skel.h"
#include "shmtrace_cast.skel.h"
#include "source/iterate.h"
#include "source/probe.h"
#include "source/seed.h"
#include "source/stream.h"
#include "source/unfinished.h"

#define PIDNS_INIT_INO 0xeffffffcU /* include/linux/proc_ns.h, PROC_PID_INIT_INO */

/* Callers that may be inside a data-path call at once: each sleeper holds its stash. */
#define STASH_BLOCKING 65536
#define FOLLOWED_MAX   32768
#define OBJECTS_MAX    16384

struct bpf_source {
	struct shmtrace_bpf *skel;
	struct hooks hooks;
	struct stream *stream;
	bool mappings_observed;
	uint64_t attached_ns; /* all hooks were on by then */
};

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[1024];
	size_t len;

	/* libbpf warns of what is probed on purpose: its words are for --debug. */
	if (level > LIBBPF_INFO || !log__enabled(LOG_DEBUG))
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	len = strlen(line);
	if (len && line[len - 1] == '\n')
		line[len - 1] = '\0';
	pr_debug("%s", line);
	return 0;
}

static size_t round_buffer(size_t bytes)
{
	size_t size = sysconf(_SC_PAGESIZE);

	while (size < bytes && size < BPF_SOURCE_BUFFER_MAX)
		size *= 2;
	return size;
}

/*
 * -k and -i learn from calls that -e leaves out: which object is behind a key, which address is an
 * attachment of it.
 */
static uint32_t hooked_calls(const struct bpf_source_options *options)
{
	uint32_t calls = options->calls;

	if (options->ledger)
		calls |= BPF_SOURCE_CALLS_CONTROL;
	if (options->by_key)
		calls |= 1U << CALL_SHMGET | 1U << CALL_SEMGET | 1U << CALL_MSGGET;
	if (options->by_key || options->by_id)
		calls |= 1U << CALL_SHMAT;
	return calls;
}

static void set_filters(struct shmtrace_bpf *skel, const struct bpf_source_options *options)
{
	skel->rodata->wanted_calls = options->calls;
	skel->rodata->hooked_calls = hooked_calls(options);
	skel->rodata->filters_callers = options->n_pids || options->root || options->by_uid ||
					options->ipcns || options->comm;
	skel->rodata->filters_results = hooked_calls(options) != options->calls ||
					options->failed || options->error || options->by_key ||
					options->by_id || options->min_size;
	skel->rodata->filter_by_pid = options->n_pids > 0;
	skel->rodata->filter_by_descent = options->root != 0;
	skel->rodata->filter_by_uid = options->by_uid;
	skel->rodata->filter_uid = options->uid;
	skel->rodata->filter_by_failure = options->failed;
	skel->rodata->filter_errno = options->error;
	skel->rodata->filter_by_key = options->by_key;
	skel->rodata->filter_key = options->key;
	skel->rodata->filter_by_id = options->by_id;
	skel->rodata->filter_id = options->id;
	skel->rodata->filter_ipcns = options->ipcns;
	skel->rodata->filter_min_size = options->min_size;
	if (options->comm) {
		size_t len = strnlen(options->comm, EVENT_COMM_LEN - 1);

		memcpy((void *)skel->rodata->filter_comm, options->comm, len);
		skel->rodata->filter_comm_len = len;
	}
	skel->bss->followed_root = options->root;
}

static void set_pid_namespace(struct shmtrace_bpf *skel)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino == PIDNS_INIT_INO)
		return;
	/* The kernel's own dev_t, not the C library's: include/linux/kdev_t.h. */
	skel->rodata->pidns_dev = (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev);
	skel->rodata->pidns_ino = st.st_ino;
}

static void set_lifecycle_programs(struct shmtrace_bpf *skel,
				   const struct bpf_source_options *options, bool tracepoints)
{
	bpf_program__set_autoload(skel->progs.sched_process_fork,
				  tracepoints && (options->root || options->ledger));
	bpf_program__set_autoload(skel->progs.sched_process_exit, tracepoints);
	bpf_program__set_autoload(skel->progs.sched_process_exec, tracepoints && options->ledger);
}

static void set_iterators(struct shmtrace_bpf *skel, const struct bpf_source_options *options)
{
	const bool over_mappings = options->ledger && probe__in_btf("bpf_iter_task_vma");

	bpf_program__set_autoload(skel->progs.iter_task, options->ledger);
	bpf_program__set_autoload(skel->progs.iter_task_namespace, options->ledger);
	bpf_program__set_autoload(skel->progs.read_table, options->ledger);
	bpf_program__set_autoload(skel->progs.iter_task_vma, over_mappings);
	bpf_program__set_autoload(skel->progs.iter_task_list,
				  options->ledger && !over_mappings &&
					  probe__has_member("mm_struct", "vmacache_seqnum"));
}

static void set_map_sizes(struct shmtrace_bpf *skel, const struct bpf_source_options *options)
{
	bpf_map__set_max_entries(skel->maps.events, round_buffer(options->buffer));
	if (options->calls & CALLS_BLOCKING)
		bpf_map__set_max_entries(skel->maps.stash, STASH_BLOCKING);
	if (options->n_pids)
		bpf_map__set_max_entries(skel->maps.filter_pids, options->n_pids);
	if (options->root)
		bpf_map__set_max_entries(skel->maps.followed, FOLLOWED_MAX);
	if (options->by_key)
		bpf_map__set_max_entries(skel->maps.objects, OBJECTS_MAX);
	if (options->by_key || options->by_id)
		bpf_map__set_max_entries(skel->maps.attaches, OBJECTS_MAX);
}

static int fill_maps(struct shmtrace_bpf *skel, const struct bpf_source_options *options)
{
	uint8_t one = 1;

	for (size_t i = 0; i < options->n_pids; i++)
		if (bpf_map_update_elem(bpf_map__fd(skel->maps.filter_pids), &options->pids[i],
					&one, BPF_ANY))
			return -errno;
	if (options->by_key)
		seed__objects(bpf_map__fd(skel->maps.objects), options->key);
	return 0;
}

/* Those that are loaded. */
static int attach_lifecycle(struct shmtrace_bpf *skel, const char **failed)
{
	const struct {
		struct bpf_program *program;
		struct bpf_link **link;
	} all[] = {
		{skel->progs.sched_process_exit, &skel->links.sched_process_exit},
		{skel->progs.sched_process_exec, &skel->links.sched_process_exec},
		{skel->progs.sched_process_fork, &skel->links.sched_process_fork},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (!bpf_program__autoload(all[i].program))
			continue;
		*all[i].link = bpf_program__attach(all[i].program);
		if (!*all[i].link) {
			*failed = bpf_program__name(all[i].program);
			return -errno;
		}
	}
	return 0;
}

static int attach(struct bpf_source *source, char *why, size_t why_size)
{
	const struct hook *failed;
	const char *process_hook;
	int err;

	/* Processes first: one that calls must be known by then. */
	err = attach_lifecycle(source->skel, &process_hook);
	if (err) {
		snprintf(why, why_size, "cannot follow processes (%s): %s", process_hook,
			 strerror(-err));
		return err;
	}
	err = hooks__attach(&source->hooks, &failed);
	source->attached_ns = clock__ns(CLOCK_MONOTONIC);
	pr_debug("the hooks are on, after %.1f ms of CPU time",
		 clock__ns(CLOCK_PROCESS_CPUTIME_ID) / 1e6);
	source->skel->bss->staged_calls = hooks__staged_calls(&source->hooks);
	if (err)
		snprintf(why, why_size, "cannot hook %s: %s; see 'shmtrace doctor'", failed->name,
			 strerror(-err));
	return err;
}

/* Of the two that are built, the one that reads faster if this kernel can: bpf/kernel.bpf.c. */
static struct shmtrace_bpf *open_skeleton(void)
{
	struct shmtrace_bpf *skel = calloc(1, sizeof(*skel));
	int err;

	if (!skel)
		return NULL;
	err = shmtrace_bpf__create_skeleton(skel);
	if (!err && probe__rdonly_cast())
		skel->skeleton->data = (void *)shmtrace_cast_bpf__elf_bytes(
			&skel->skeleton->data_sz);
	if (!err)
		err = bpf_object__open_skeleton(skel->skeleton, NULL);
	if (err) {
		shmtrace_bpf__destroy(skel);
		errno = -err;
		return NULL;
	}
	return skel;
}

static int try_open(struct bpf_source *source, const struct bpf_source_options *options,
		    bool thorough, char *why, size_t why_size)
{
	const struct hook *failed;
	struct shmtrace_bpf *skel;
	bool tracepoints;
	int err;

	skel = open_skeleton();
	if (!skel) {
		snprintf(why, why_size, "cannot open the BPF object: %s", strerror(errno));
		return -errno;
	}
	source->skel = skel;
	err = hooks__init(&source->hooks, skel->obj);
	if (err)
		return err;
	err = hooks__choose(&source->hooks, options->hooks, hooked_calls(options), thorough,
			    &failed);
	if (err)
		return hook__explain_refusal(failed, options->hooks, why, why_size);
	tracepoints = !hooks__choose_lifecycle(&source->hooks, options->hooks, thorough);
	set_lifecycle_programs(skel, options, tracepoints);
	set_iterators(skel, options);
	if (options->ledger)
		source->mappings_observed = hooks__choose_ledger(&source->hooks, options->hooks,
								 thorough);
	set_filters(skel, options);
	skel->rodata->own_pid = getpid();
	skel->rodata->tell_cgroups = options->cgroups;
	skel->rodata->ledger = options->ledger;
	skel->rodata->ledger_by_calls = options->ledger && !source->mappings_observed;
	set_pid_namespace(skel);
	set_map_sizes(skel, options);
	hooks__select_programs(&source->hooks);
	/* libbpf reads the kernel's types for itself: they need not be there twice. */
	probe__close();
	err = shmtrace_bpf__load(skel);
	if (err) {
		snprintf(why, why_size, "cannot load the BPF programs: %s; see 'shmtrace doctor'",
			 strerror(-err));
		return err;
	}
	err = fill_maps(skel, options);
	if (err) {
		snprintf(why, why_size, "cannot fill the filters: %s", strerror(-err));
		return err;
	}
	return attach(source, why, why_size);
}

static void clear(struct bpf_source *source)
{
	stream__free(source->stream);
	source->stream = NULL;
	hooks__close(&source->hooks);
	shmtrace_bpf__destroy(source->skel);
	source->skel = NULL;
}

/* What no set of hooks can do without. */
static int check_basics(char *why, size_t why_size)
{
	int err = probe__ringbuf();

	if (err == -EPERM || err == -EACCES) {
		snprintf(why, why_size,
			 "cannot use BPF: %s; run as root, or with CAP_BPF, CAP_PERFMON and "
			 "CAP_DAC_READ_SEARCH; see 'shmtrace doctor'",
			 strerror(-err));
		return -EPERM;
	}
	if (err) {
		snprintf(why, why_size,
			 "cannot make a BPF ring buffer: %s; Linux 5.8 or newer is needed; see "
			 "'shmtrace doctor'",
			 strerror(-err));
		return -ENOTSUP;
	}
	err = probe__btf();
	if (err) {
		snprintf(why, why_size,
			 "cannot read the kernel's types (/sys/kernel/btf/vmlinux): %s; a kernel "
			 "with CONFIG_DEBUG_INFO_BTF is needed; see 'shmtrace doctor'",
			 strerror(-err));
		return -ENOTSUP;
	}
	return 0;
}

int bpf_source__open(struct bpf_source **out, const struct bpf_source_options *options,
		     bpf_source_handler handler, void *context, char *why, size_t why_size)
{
	const struct stream_consumer consumer = {
		.event = handler, .ahead = options->ahead, .context = context};
	struct bpf_source *source;
	int err;

	libbpf_set_print(print_libbpf);
	err = check_basics(why, why_size);
	if (err)
		return err;
	source = calloc(1, sizeof(*source));
	if (!source) {
		snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	source->hooks.tracefs_fd = -1;
	err = try_open(source, options, false, why, why_size);
	if (err) {
		pr_debug("%s; trying each hook on its own", why);
		clear(source);
		*why = '\0';
		err = try_open(source, options, true, why, why_size);
	}
	if (err)
		goto fail;
	err = stream__new(&source->stream, source->skel->maps.events, source->attached_ns,
			  &consumer);
	if (err) {
		snprintf(why, why_size, "cannot map the ring buffer: %s", strerror(-err));
		goto fail;
	}
	*out = source;
	return 0;
fail:
	bpf_source__close(source);
	return err;
}

void bpf_source__close(struct bpf_source *source)
{
	if (!source)
		return;
	clear(source);
	probe__close();
	free(source);
}

int bpf_source__open_unloaded(struct bpf_source **out)
{
	struct bpf_source *source;
	int err;

	libbpf_set_print(print_libbpf);
	source = calloc(1, sizeof(*source));
	if (!source)
		return -ENOMEM;
	source->hooks.tracefs_fd = -1;
	source->skel = open_skeleton();
	if (!source->skel) {
		err = -errno;
		free(source);
		return err;
	}
	err = hooks__init(&source->hooks, source->skel->obj);
	if (err) {
		bpf_source__close(source);
		return err;
	}
	*out = source;
	return 0;
}

struct hooks *bpf_source__hooks(struct bpf_source *source)
{
	return &source->hooks;
}

int bpf_source__consume(struct bpf_source *source)
{
	return stream__consume(source->stream);
}

/*
 * Taking a tracepoint program off makes the kernel wait for all CPUs, 70 ms each, one after the
 * other. So the programs are told to do nothing, and one barrier makes sure that none of them is
 * still at work: they run inside RCU read-side sections, and MEMBARRIER_CMD_GLOBAL is
 * synchronize_rcu (kernel/sched/membarrier.c; refused where CPUs run without a tick).
 */
void bpf_source__stop(struct bpf_source *source)
{
	*(volatile bool *)&source->skel->bss->stopped = true;
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		hooks__detach(&source->hooks);
}

void bpf_source__lost(const struct bpf_source *source, unsigned long long lost[CALL_COUNT])
{
	for (int i = 0; i < CALL_COUNT; i++)
		lost[i] = ((volatile const __u64 *)source->skel->bss->lost_calls)[i];
	hooks__add_missed(&source->hooks, lost);
	/* The threads' numbers are those of the initial pid namespace. */
	if (source->skel->bss->stopped && !source->skel->rodata->pidns_ino)
		unfinished__add(bpf_map__fd(source->skel->maps.places),
				bpf_map__fd(source->skel->maps.stash), lost);
}

unsigned long long bpf_source__lost_ledger(const struct bpf_source *source)
{
	return *(volatile const __u64 *)&source->skel->bss->lost_ledger;
}

unsigned long long bpf_source__unfollowed(const struct bpf_source *source)
{
	return *(volatile const __u64 *)&source->skel->bss->followed_lost;
}

int bpf_source__pause_ms(struct bpf_source *source, int *fd)
{
	bool listen;
	int ms = stream__pause_ms(source->stream, &listen);

	*fd = listen ? bpf_map__fd(source->skel->maps.events) : -1;
	return ms;
}

bool bpf_source__mappings_observed(const struct bpf_source *source)
{
	return source->mappings_observed;
}

int bpf_source__for_each_task(const struct bpf_source *source,
			      void (*each)(void *context, const void *task_record), void *context)
{
	return iterate(source->skel->progs.iter_task, NULL, sizeof(struct task_record), each,
		       context);
}

int bpf_source__for_each_task_namespace(const struct bpf_source *source,
					void (*each)(void *context, const void *task_record),
					void *context)
{
	return iterate(source->skel->progs.iter_task_namespace, NULL, sizeof(struct task_record),
		       each, context);
}

static int iterate_mappings(const struct bpf_source *source, const union bpf_iter_link_info *of,
			    void (*each)(void *context, const void *vma_record), void *context)
{
	struct bpf_program *const ways[] = {
		source->skel->progs.iter_task_vma,
		source->skel->progs.iter_task_list,
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (bpf_program__autoload(ways[i]))
			return iterate(ways[i], of, sizeof(struct vma_record), each, context);
	return -EOPNOTSUPP;
}

int bpf_source__for_each_mapping(const struct bpf_source *source,
				 void (*each)(void *context, const void *vma_record), void *context)
{
	return iterate_mappings(source, NULL, each, context);
}

int bpf_source__for_each_mapping_of(const struct bpf_source *source, uint32_t pid, bool whole,
				    void (*each)(void *context, const void *vma_record),
				    void *context)
{
	const union bpf_iter_link_info of = {
		.task = {.tid = whole ? 0 : pid, .pid = whole ? pid : 0},
	};

	return iterate_mappings(source, &of, each, context);
}

int bpf_source__read_table(const struct bpf_source *source, uint64_t ns, uint32_t kind,
			   uint32_t index, uint32_t semaphore, const struct table_page **page)
{
	uint64_t args[] = {ns, kind, index, semaphore};
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = args, .ctx_size_in = sizeof(args));
	const struct table_page *table = &source->skel->bss->table;
	int err;

	err = bpf_prog_test_run_opts(bpf_program__fd(source->skel->progs.read_table), &options);
	if (err)
		return err;
	*page = table;
	switch (table->result) {
	case TABLE_READ:
		return 0;
	case TABLE_CHANGES:
		return -EAGAIN;
	default:
		return -EOPNOTSUPP;
	}
}
