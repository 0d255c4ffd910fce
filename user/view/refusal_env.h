/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a get was refused, as variables for the environment of a command.
 */
#ifndef SHMTRACE_VIEW_REFUSAL_ENV_H
#define SHMTRACE_VIEW_REFUSAL_ENV_H

#include "base/buffer.h"
#include "view/refusal.h"

/* Bytes of all variables together. */
#define REFUSAL_ENV_MAX 8192

/* What the refusal itself does not say. */
struct refusal_env {
	uint64_t missed;	   /* failures that nothing was told of since the last time */
	long long clock_offset_ns; /* as of struct view */
	uint32_t own_ipcns;	   /* the IPC namespace that the command runs in */
	bool utf8;
};

/*
 * SHMTRACE_TIME=… and so on, with a NUL behind each: always all of them, empty where nothing is
 * known. Other processes' bytes are escaped as in the text view.
 */
void refusal__put_env(struct buffer *out, const struct view_refusal *view,
		      const struct refusal_env *env);

#endif
