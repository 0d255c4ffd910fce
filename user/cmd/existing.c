// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/existing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/cmd.h"

static int apply(void *context, const struct event *event)
{
	return ledger__apply(context, event);
}

void existing__report_unseen(const struct snapshot_report *report, unsigned int kinds, bool all)
{
	const char *hint = geteuid() ? "; run as root" : "";

	if (report->mappings_hidden)
		pr_warn("attachments whose holders may not be seen: %u%s", report->mappings_hidden,
			hint);
	if (all && report->processes_unreadable)
		pr_warn("processes whose IPC namespace may not be seen: %u%s",
			report->processes_unreadable, hint);
	if (all && report->processes_hidden)
		pr_warn("/proc does not show all processes, nor their IPC namespaces: it is "
			"mounted with hidepid%s",
			hint);
	if (all && report->namespaces_unreadable)
		pr_warn("IPC namespaces that may not be entered and are missing: %u of %u%s",
			report->namespaces_unreadable, report->namespaces, hint);
	if (report->mappings_ambiguous)
		pr_warn("attachments that may be of several IPC namespaces and are missing: %u%s",
			report->mappings_ambiguous, hint);
	if (report->mappings_unlisted)
		pr_warn("attachments of segments in IPC namespaces that cannot be found: %u%s",
			report->mappings_unlisted, hint);
	if (kinds & 1u << OBJECT_SEM && report->sets_unreadable)
		pr_warn("semaphore sets whose last users may not be seen: %u%s",
			report->sets_unreadable, hint);
}

struct ledger *existing__read(struct snapshot_report *report, int *status)
{
	const struct ledger_options options = {.mappings_observed = true, .keep_past = true};
	struct ledger *ledger = ledger__new(&options);
	int err;

	*status = EXIT_FAILED;
	if (!ledger) {
		pr_err("out of memory");
		return NULL;
	}
	err = snapshot__read(apply, ledger, report);
	if (!err) {
		*status = EXIT_DONE;
		return ledger;
	}
	pr_err("cannot read what exists: %s", strerror(-err));
	if (err == -ENOSYS)
		*status = EXIT_NOT_ALLOWED;
	ledger__free(ledger);
	return NULL;
}

int existing__flush(void)
{
	if ((!fflush(stdout) && !ferror(stdout)) || errno == EPIPE)
		return 0;
	pr_err("cannot write to standard output: %s", strerror(errno));
	return -EIO;
}
