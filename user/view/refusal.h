/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a get was refused, in words and in JSON, the same in every view.
 */
#ifndef SHMTRACE_VIEW_REFUSAL_H
#define SHMTRACE_VIEW_REFUSAL_H

#include "base/buffer.h"
#include "base/json_writer.h"
#include "ledger/refusal.h"
#include "view/remedy.h"

/* All lines together, indent of up to 64 columns included. */
#define REFUSAL_TEXT_MAX 4096

/* What is said of one refusal. */
struct view_refusal {
	const struct refusal *refusal;
	struct remedy remedy; /* of REFUSAL_LIMIT */
};

/* Refusals that were alike and followed one that was explained. */
struct view_suppressed {
	uint64_t time_ns; /* CLOCK_MONOTONIC of the last one */
	uint64_t count;
	uint32_t ipcns;
	uint32_t call; /* enum call_id; CALL_COUNT: of several kinds, and nothing below is known */
	int error;
	enum refusal_cause cause;
	enum ipc_limit limit;
};

/*
 * Lines that say why, each behind that many blanks and with a newline, escaped: the cause; who
 * fills the limit, or has the key; what to do.
 */
void refusal__put_text(struct buffer *out, const struct view_refusal *view, unsigned int indent,
		       bool utf8);

/* The members of an object of type "limit" behind its time. */
void refusal__put_json(struct json_writer *w, const struct view_refusal *view);

/* "9990 more shmget that failed so by SHMMNI in ipc:[4026531839]", no newline. */
void suppressed__put_text(struct buffer *out, const struct view_suppressed *suppressed);

/* The members of an object of type "suppressed" behind its time. */
void suppressed__put_json(struct json_writer *w, const struct view_suppressed *suppressed);

#endif
