// SPDX-License-Identifier: GPL-2.0-only
/*
 * What speaks for an object's being unused, in words: what the kernel keeps of it, and what the
 * ledger has seen.
 */
#include <string.h>

#include "base/escape.h"
#include "view/cells.h"
#include "view/leak.h"
#include "view/unused.h"

void unused__put_process(struct buffer *out, const struct ledger *ledger, uint32_t pid, bool utf8)
{
	const struct ledger_process *process = ledger__find_process(ledger, pid);
	struct process_info info;

	if (!process) {
		buffer__put_u64(out, pid);
		buffer__put_str(out, " has ended");
		return;
	}
	ledger__process_info(process, &info);
	cells__put_process(out, info.comm, pid, utf8);
	buffer__put_str(out, " runs");
}

struct evidence {
	struct buffer *out;
	const struct ledger *ledger;
	const struct object_info *info;
	bool utf8;
	bool begun;
};

static void begin(struct evidence *e, const char *words)
{
	if (e->begun)
		buffer__put_str(e->out, "; ");
	e->begun = true;
	buffer__put_str(e->out, words);
}

/* "4388 has ended", "httpd[4390] runs". */
static void put_process(struct evidence *e, uint32_t pid)
{
	unused__put_process(e->out, e->ledger, pid, e->utf8);
}

/* "creator httpd[4388] ended by SIGKILL", where that was seen. */
static void put_creator(struct evidence *e)
{
	struct process_info creator;

	if (!e->info->creator) {
		if (e->info->kind == OBJECT_SHM)
			begin(e, "creator not visible here");
		return;
	}
	begin(e, "creator ");
	if (!unused__creator_end(e->info, &creator)) {
		put_process(e, e->info->creator);
		return;
	}
	cells__put_process(e->out, creator.comm, creator.pid, e->utf8);
	buffer__put_str(e->out, " has ended: ");
	leak__put_ending(e->out, &creator);
}

static void put_attachments(struct evidence *e)
{
	uint32_t nattch = e->info->nattch;

	if (!nattch) {
		begin(e, "not attached");
		return;
	}
	begin(e, "attached ");
	cells__put_count(e->out, nattch, "time");
}

static void put_last_user(struct evidence *e)
{
	const struct object_past *past = &e->info->past;

	if (!past->last[0] && !past->last[1]) {
		begin(e, "never attached");
	} else if (!past->last_pids[0]) {
		begin(e, "last user not visible here");
	} else if (past->last_pids[0] != e->info->creator) {
		begin(e, "last user ");
		put_process(e, past->last_pids[0]);
	}
}

static void put_operators(struct evidence *e)
{
	const struct object_past *past = &e->info->past;

	if (!past->last[0]) {
		begin(e, "never operated on");
		return;
	}
	/* Values may be set without an operation, and an operation may leave no pid behind. */
	if (!past->last_pids[0])
		begin(e, "last operators not visible here");
	for (int i = 0; i < 2; i++)
		if (past->last_pids[i]) {
			begin(e, i ? "" : "last operator ");
			put_process(e, past->last_pids[i]);
		}
}

static void put_correspondents(struct evidence *e)
{
	static const char *const never[] = {"nothing was sent", "nothing was received"};
	static const char *const hidden[] = {"last sender not visible here",
					     "last receiver not visible here"};
	static const char *const last[] = {"last sender ", "last receiver "};
	const struct object_past *past = &e->info->past;

	for (int i = 0; i < 2; i++) {
		if (!past->last[i]) {
			begin(e, never[i]);
		} else if (!past->last_pids[i]) {
			begin(e, hidden[i]);
		} else {
			begin(e, last[i]);
			put_process(e, past->last_pids[i]);
		}
	}
}

void unused__put_evidence(struct buffer *out, const struct ledger *ledger,
			  const struct object_info *info, bool utf8)
{
	struct evidence e = {.out = out, .ledger = ledger, .info = info, .utf8 = utf8};

	if (info->kind == OBJECT_SHM)
		put_attachments(&e);
	put_creator(&e);
	/* What the kernel keeps has not been read of what was made a moment ago. */
	if (!info->past.since)
		return;
	if (info->kind == OBJECT_SHM)
		put_last_user(&e);
	else if (info->kind == OBJECT_SEM)
		put_operators(&e);
	else
		put_correspondents(&e);
}
