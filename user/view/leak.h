/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A leak as it happens, in words and in JSON, the same in every view.
 */
#ifndef SHMTRACE_VIEW_LEAK_H
#define SHMTRACE_VIEW_LEAK_H

#include "base/buffer.h"
#include "base/json_writer.h"
#include "ledger/ledger.h"

/* What is known of a leak, whether or not the ledger still has it. */
struct view_leak {
	uint64_t time_ns;	   /* CLOCK_MONOTONIC */
	struct object_info object; /* owner is not for views: it may be gone */
	bool has_owner, has_ended;
	struct process_info owner; /* its creator */
	struct process_info ended; /* whose end or detach left it */
	/* Theirs, as the pointers in these two are not for views. */
	struct leak_container {
		bool known;
		struct container container;
	} owner_container, ended_container;
};

void leak__describe(struct view_leak *view, const struct ledger_leak *leak);

/*
 * "exit SIGKILL, leaving segment 32769 (8192 bytes) that nothing uses, the 3rd of httpd (4388)", no
 * newline, escaped.
 */
void leak__put_text(struct buffer *out, const struct view_leak *leak, bool utf8);

/* "exit 0", "exit SIGKILL"; of a process that lives on, what it did. */
void leak__put_ending(struct buffer *out, const struct process_info *process);

/* "signal" and "status": of an end that is known one of them, else both are null. */
void leak__put_end(struct json_writer *w, bool known, uint32_t status);

/* The members of an object of type "leak" behind its time. */
void leak__put_json(struct json_writer *w, const struct view_leak *leak);

/* The process that the line is about: whose end left it, or else who made it. pid 0: not known. */
const struct process_info *leak__subject(const struct view_leak *leak);
/* Where that was; NULL: not known. */
const struct container *leak__subject_container(const struct view_leak *leak);

#endif
