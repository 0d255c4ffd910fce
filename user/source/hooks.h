/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which programs attach where. The hooks are read off the BPF object itself (a program's name says
 * its way and its call), so that a new program needs nothing here. The exits of all system calls
 * share a program by tracepoints, exit_any, and by return probes, kretprobe_any.
 *
 * Each hook can be reached by up to three ways. The choice is made for each on its own.
 */
#ifndef SHMTRACE_SOURCE_HOOKS_H
#define SHMTRACE_SOURCE_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#include "event.h"

enum hook_way {
	WAY_FENTRY,	  /* fentry and fexit */
	WAY_KPROBE_FEXIT, /* kprobe and fexit: where fentry may not read the argument (5.10) */
	WAY_KPROBE,	  /* kprobe and kretprobe */
	WAY_TRACEPOINT,	  /* syscalls:sys_enter_* and sys_exit_* */
	WAY_COUNT,
	WAY_NONE = WAY_COUNT,
};

/* What a hook is there for. */
enum hook_role {
	ROLE_CALL,	/* entry and exit of a system call */
	ROLE_LIMITS,	/* how far a failed get came, and the exact limits behind it */
	ROLE_LIFECYCLE, /* processes, where tracepoints are not exact: see bpf/lifecycle.bpf.c */
	ROLE_LEDGER,	/* what no system call shows: see bpf/objects.bpf.c, bpf/mappings.bpf.c */
};

/* What the user may ask for. */
enum hook_set { HOOKS_AUTO, HOOKS_FUNCTIONS, HOOKS_SYSCALLS };

#define HOOKS_MAX	64
#define HOOK_NAME_MAX	24
#define HOOK_TARGET_MAX 64

struct hook_programs {
	struct bpf_program *enter; /* NULL: this way has no entry program */
	struct bpf_program *exit;  /* NULL: no exit program; both NULL: no such way */
};

struct hook {
	char name[HOOK_NAME_MAX]; /* "shmget", "shmget_32", "newseg" */
	enum hook_role role;
	unsigned int call; /* enum call_id: its own, or the one it serves; CALL_COUNT: none */
	bool compat;	   /* only 32-bit callers take it */

	enum hook_way way;  /* chosen; WAY_NONE: not attached */
	int err[WAY_COUNT]; /* 0 or -errno, of the last probe or attach */
	struct hook_programs programs[WAY_COUNT];
};

struct hooks {
	struct hook hook[HOOKS_MAX];
	size_t count;
	struct bpf_link *links[2 * HOOKS_MAX];
	size_t n_links;
	int tracefs_fd;			/* or -errno */
	int way_err[WAY_COUNT];		/* of what was tried for all; 0: not tried, or usable */
	enum hook_way order[WAY_COUNT]; /* in which the ways are tried */
	bool multi_returns;		/* return probes by kprobe.multi: see hooks.c */
};

/* "fentry", "kprobe+fexit", "kprobe", "tracepoint"; static. */
const char *hook_way__name(enum hook_way way);

/* Why a way does not attach, in a few words: "not in BTF". err is that of struct hook. Static. */
const char *hook_way__reason(enum hook_way way, int err);

/* Where the way attaches the hook: "__x64_sys_shmget", "syscalls/sys_enter_shmget"; NULL: nowhere.
 */
const char *hook__target(const struct hook *hook, enum hook_way way);

/* Where that program of the way goes; the answer may stand in `target`. */
const char *hook__program_target(const struct hook *hook, const struct bpf_program *program,
				 char target[HOOK_TARGET_MAX]);

/* A hook that the kernel may do without: it is left off, and doctor says so. */
bool hook__is_optional(const struct hook *hook);

/*
 * In one line, why no way that was tried reaches the hook. EPERM: they were refused, or ENOTSUP,
 * negative.
 */
int hook__explain_refusal(const struct hook *hook, enum hook_set set, char *why, size_t why_size);

/* It runs at the return of a function, by kretprobe. */
bool hook_program__is_return(const struct bpf_program *program);

/* Reads the hooks off the object, which must outlive them. hooks__close releases everything. */
int hooks__init(struct hooks *hooks, struct bpf_object *object);
void hooks__close(struct hooks *hooks);

/*
 * Tries one way with a program that does nothing, at entry and exit, and takes it off again.
 * 0 or -errno: ENOENT no such function or event, EPERM refused, ENOTSUPP (524) or EOPNOTSUPP not
 * on this kernel. Needs no loaded object.
 */
int hooks__probe(struct hooks *hooks, struct hook *hook, enum hook_way way);

/* The same with shmget, which every kernel with System V IPC has: it speaks for the way. */
int hooks__probe_way(struct hooks *hooks, enum hook_way way);

/* The same by looking alone: for hooks whose way has been probed with another hook. */
int hooks__look_at(struct hooks *hooks, struct hook *hook, enum hook_way way);

/*
 * Chooses a way for every hook of the wanted calls (bits by enum call_id). thorough: probes every
 * hook; otherwise one hook speaks for all of its way, and hooks__attach finds out. -errno where a
 * call of a 64-bit caller cannot be hooked at all: *failed is that hook.
 */
int hooks__choose(struct hooks *hooks, enum hook_set set, uint32_t calls, bool thorough,
		  const struct hook **failed);

/*
 * Chooses the hooks of ROLE_LIFECYCLE. false, and none is chosen, where tracepoints are as good, or
 * nothing else is to be had: then the caller attaches those.
 */
bool hooks__choose_lifecycle(struct hooks *hooks, enum hook_set set, bool thorough);

/*
 * Chooses ways for the hooks of ROLE_LEDGER, after the above. false, and none is chosen, where not
 * all of them can be had: then the ledger has to live on system calls.
 */
bool hooks__choose_ledger(struct hooks *hooks, enum hook_set set, bool thorough);

/* Before bpf_object__load: loads the programs of the chosen ways and no others. */
void hooks__select_programs(struct hooks *hooks);

/*
 * Attaches everything, exits before entries: an exit without its entry is ignored, an entry without
 * its exit would look like a lost call. *failed is the hook that could not be attached.
 */
int hooks__attach(struct hooks *hooks, const struct hook **failed);
void hooks__detach(struct hooks *hooks);

/* The way of the native calls, for the user to know; WAY_NONE before hooks__choose. */
enum hook_way hooks__main_way(const struct hooks *hooks);

/* The gets, bits by enum call_id, whose making of a new object is hooked. */
uint32_t hooks__staged_calls(const struct hooks *hooks);

/*
 * Adds to lost, by enum call_id, how often the kernel did not run an entry program because it ran
 * already on that CPU: counted for fentry since 5.12, for tracepoints and kprobes since 6.7.
 */
void hooks__add_missed(const struct hooks *hooks, unsigned long long lost[CALL_COUNT]);

#endif
