// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removing from the screen of `shmtrace top`: what its ledger says is left, and what the kernel's
 * tables say of it, before the kernel is asked for each removal as `rm` does.
 */
#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "cmd/existing.h"
#include "cmd/top.h"
#include "source/removal.h"
#include "view/listing.h"
#include "view/rm.h"

/* What never changes while it lives: another object has another time, where that was seen. */
static bool is_shown(const struct object_info *shown, const struct object_info *now)
{
	return now->created_ns == shown->created_ns && now->size == shown->size &&
	       now->creator == shown->creator;
}

/* The ledger knows who made and used it, also of sets and queues, and is the one to say no. */
static const char *refuse(const struct ledger *ledger, const struct object_info *shown)
{
	const struct ledger_object *found = ledger__find_object(ledger, shown->ipcns, shown->kind,
								shown->id);
	struct object_info now;

	if (!ledger__is_exact(ledger))
		return "kept: events were lost, and who uses it is not certain yet";
	if (!found)
		return "gone already";
	ledger__object_info(found, &now);
	if (!is_shown(shown, &now))
		return "kept: its id is another object's by now";
	return now.state == STATE_ORPHAN ? NULL : "kept: it is in use by now, or marked";
}

/*
 * listed: from before the ledger was brought up to date, so that what both have is one object, and
 * not what has taken its place meanwhile.
 */
static void remove_listed(const struct ledger *listed, const struct object_info *shown,
			  int64_t listed_s, struct buffer *out)
{
	const struct rm_view view = {.ledger = listed, .no_hints = true, .utf8 = listing__utf8()};
	const struct ledger_object *found = ledger__find_object(listed, shown->ipcns, shown->kind,
								shown->id);
	struct object_info info;
	struct rm_row row;

	if (!found) {
		buffer__put_str(out, "gone already");
		return;
	}
	ledger__object_info(found, &info);
	rm_view__choose(&row, listed, &info, false, false);
	/* The tables alone prove nothing of sets and queues; the ledger, which has seen who made
	 * and used it, does. */
	if (row.info.state == STATE_UNKNOWN)
		row.info.state = STATE_ORPHAN;
	if (row.refusal == RM_TRIED)
		removal__run(&row.removal, 1, listed_s, false);
	rm_view__put_outcome(out, &view, &row);
}

int top__remove(struct top *top, const struct object_info *shown, char *text, size_t size)
{
	const struct existing_options options = {.keep_past = true};
	const int64_t listed_s = removal__clock();
	struct snapshot_report report;
	struct ledger *listed = NULL;
	const char *refusal;
	struct buffer out;
	int err;

	buffer__init(&out, text, size - 1);
	buffer__put_str(&out, object_kind__name(shown->kind));
	buffer__put_char(&out, ' ');
	buffer__put_s64(&out, shown->id);
	buffer__put_char(&out, ' ');
	/* What failed has been said. */
	if (existing__read(&listed, &options, &report)) {
		text[0] = '\0';
		return 0;
	}
	/* Whatever it costs. */
	top->compare_cost_ns = 0;
	err = top__settle(top, clock__ns(CLOCK_MONOTONIC));
	refusal = refuse(top->ledger, shown);
	if (!err && refusal)
		buffer__put_str(&out, refusal);
	else if (!err)
		remove_listed(listed, shown, listed_s, &out);
	text[out.len] = '\0';
	ledger__free(listed);
	return err ? err : top__settle(top, clock__ns(CLOCK_MONOTONIC));
}
