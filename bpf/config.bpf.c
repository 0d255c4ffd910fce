// SPDX-License-Identifier: GPL-2.0-only
/*
 * The maps, the settings that the user side writes before it loads the programs, and the state
 * that it reads while they run.
 */
#include "ledger.bpf.h"
#include "stash.bpf.h"

struct places_map places SEC(".maps");
struct claims_map claims SEC(".maps");
struct stash_map stash SEC(".maps");
struct limits_map limits SEC(".maps");
struct pids_map filter_pids SEC(".maps");
struct followed_map followed SEC(".maps");
struct objects_map objects SEC(".maps");
struct attaches_map attaches SEC(".maps");
struct events_map events SEC(".maps");
struct hook_args_map hook_args SEC(".maps");

/*
 * Settings: constant for the compiler where they are used, but it does not know them there. No
 * program may be in this file, where it does.
 */

/* Device and inode of the reader's pid namespace; 0: it is the initial one. */
const __u64 pidns_dev = 0;
const __u64 pidns_ino = 0;

/*
 * The reader is woken by the first event after this much silence and then no more than once an
 * interval: it looks by itself while it is busy (user/source/pace.h, PACE_INTERVAL_MS).
 */
const __u64 wakeup_interval_ns = 20000000;

/* Records have the cgroup of who made them. */
const _Bool tell_cgroups = 0;

/* Feed the ledger; by_calls: from the system calls, as nothing else is seen. */
const _Bool ledger = 0;
const _Bool ledger_by_calls = 0;

/*
 * Bits by enum call_id. Programs of calls that are not hooked are not loaded, but one ipc(2) is
 * many calls. Some are hooked to learn from them and not wanted (filter.bpf.c).
 */
const __u32 hooked_calls = ~0U;
const __u32 wanted_calls = ~0U;

/* There is a filter of either kind: without one nothing is asked (filter.bpf.c). */
const _Bool filters_callers = 0;
const _Bool filters_results = 0;

/* Each filter is off until its switch, or a value that is not 0, is written here. */
const _Bool filter_by_pid = 0;	   /* filter_pids holds the processes */
const _Bool filter_by_descent = 0; /* followed_root and its descendants */
const _Bool filter_by_uid = 0;
const _Bool filter_by_failure = 0;
const _Bool filter_by_key = 0;
const _Bool filter_by_id = 0;
const __u32 filter_uid = 0; /* real uid, initial user namespace */
const __u32 filter_errno = 0;
const __u32 filter_ipcns = 0; /* inode number */
const __u32 filter_key = 0;
const __s32 filter_id = 0;
const __u64 filter_min_size = 0; /* bytes */
const __u32 filter_comm_len = 0;
const char filter_comm[EVENT_COMM_LEN] = {};

/* The process, in the reader's pid namespace, whose descendants are followed; 0: it has ended. */
__u32 followed_root = 0;
/* Our own pid, as our pid namespace has it: what we do ourselves is not told. */
const __u32 own_pid = 0;
/* Set at the end: taking the programs off takes the kernel a second, and this a moment. */
_Bool stopped = 0;
/* Gets, by enum call_id, whose making of a new object is hooked too: written once they are on. */
__u32 staged_calls = 0;
/* Children that found no room in `followed`. */
__u64 followed_lost = 0;
/* Calls that found no room in the ring buffer or in the stash, or whose exit was not seen. */
__u64 lost_calls[CALL_COUNT] = {};
/* Records for the ledger that found no room, or that could not be made out. */
__u64 lost_ledger = 0;

char LICENSE[] SEC("license") = "GPL";
