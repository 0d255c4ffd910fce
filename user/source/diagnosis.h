/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this kernel and these privileges allow: the facts behind `shmtrace doctor`.
 */
#ifndef SHMTRACE_SOURCE_DIAGNOSIS_H
#define SHMTRACE_SOURCE_DIAGNOSIS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

#include "event.h"
#include "source/hooks.h"

#define DIAGNOSIS_CAPABILITIES 5

struct diagnosis_capability {
	const char *name; /* "cap_bpf" */
	const char *need; /* what it is for */
	bool needed;	  /* on this kernel */
	bool have;
};

struct diagnosis {
	struct utsname kernel;
	unsigned int uid; /* effective */
	struct diagnosis_capability capabilities[DIAGNOSIS_CAPABILITIES];
	int bpf_err;	   /* 0 or -errno: a ring buffer can be made */
	int btf_err;	   /* 0 or -errno */
	char lockdown[32]; /* "none", "integrity", "confidentiality"; "" where it is not known */
	const char *tracefs_path; /* NULL: not mounted */
	int tracefs_err;	  /* 0 or -errno: it can be opened, mounted or not */
	const char *bpffs_path;	  /* NULL: not mounted */
	uint32_t ipcns;		  /* inode number; 0: not known */
	int limits_err;		  /* 0 or -errno */
	struct ipc_limits limits;
	int hooks_err;	      /* 0 or -errno: the hooks below were looked at */
	struct hooks hooks;   /* each way of each hook was probed; way: what auto would choose */
	bool usable;	      /* every call of 64-bit callers has a way */
	bool compat_usable;   /* so have those of 32-bit callers */
	bool ledger_observed; /* the ledger sees every mapping, and need not infer */
	char start_why[256];  /* why a start with all hooks failed; "": it did not */
};

/* Tries everything, and takes it off again: takes a few seconds. */
struct diagnosis *diagnosis__make(void);
void diagnosis__free(struct diagnosis *diagnosis);

#endif
